from functools import cache

import pytest

import tt_core as tt
from tt_core.milestones import Result, Settings, iris
from tt_core.milestones.perceptron import (
    EPOCHS,
    EPOCHS_OVERLAPPING,
    MILESTONE,
    OVERLAPPING,
    SEPARABLE,
    Training,
    accuracy,
    fires,
    pocket,
    run,
    train,
    train_epoch,
    with_constant,
)

pytestmark = pytest.mark.long


@cache
def observed() -> tuple[Result, list[tuple[int, int]]]:
    """Run the milestone once for all tests, and keep what it said of its progress."""
    heard: list[tuple[int, int]] = []
    return run(Settings(seed=0), lambda done, total, note="": heard.append((done, total))), heard


def result() -> Result:
    return observed()[0]


def figure(name: str) -> float:
    return next(measure.value for measure in result().measures if measure.name.startswith(name))


def test_the_threshold_is_hard_and_zero_does_not_fire() -> None:
    inputs = tt.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    assert fires(tt.tensor([1.0, -1.0]), inputs).tolist() == [True, False, False]


def test_the_constant_is_the_last_input() -> None:
    assert with_constant(tt.tensor([[2.0, 3.0]])).tolist() == [[2.0, 3.0, 1.0]]


def test_a_mistake_adds_the_example_to_the_weights_or_takes_it_away() -> None:
    first, mistakes = train_epoch(tt.zeros(2), [(tt.tensor([2.0, 3.0]), 1.0)])
    assert (first.tolist(), mistakes) == ([2.0, 3.0], 1)
    second, mistakes = train_epoch(first, [(tt.tensor([1.0, 1.0]), -1.0)])
    assert (second.tolist(), mistakes) == ([1.0, 2.0], 1)


def test_a_right_answer_changes_nothing() -> None:
    weights = tt.tensor([1.0, 1.0])
    after, mistakes = train_epoch(weights, [(tt.tensor([2.0, 3.0]), 1.0), (tt.tensor([-1.0, -1.0]), -1.0)])
    assert (after.tolist(), mistakes) == ([1.0, 1.0], 0)


def test_every_example_meets_the_weights_that_the_one_before_left() -> None:
    first, second = (tt.tensor([1.0, 0.0]), 1.0), (tt.tensor([1.0, 1.0]), -1.0)
    one_way, mistakes = train_epoch(tt.zeros(2), [first, second])
    assert (one_way.tolist(), mistakes) == ([0.0, -1.0], 2)
    other_way, mistakes = train_epoch(tt.zeros(2), [second, first])
    assert (other_way.tolist(), mistakes) == ([1.0, 0.0], 1)


def test_the_pocket_keeps_the_best_line_and_not_the_last() -> None:
    flowers = iris.load(*SEPARABLE)
    nothing, good = tt.zeros(3), tt.tensor([1.0, -1.0, -2.0])
    assert accuracy(good, flowers) > accuracy(nothing, flowers) == 50
    assert pocket(Training((nothing, good, nothing), (3, 2)), flowers) is good


@pytest.mark.parametrize("seed", range(20))
def test_it_starts_knowing_nothing_whatever_the_seed(seed: int) -> None:
    flowers = iris.load(*SEPARABLE)
    assert accuracy(train(flowers, 1, tt.Generator().manual_seed(seed)).weights[0], flowers) == 50


@pytest.mark.parametrize("seed", [1, 2])
def test_where_a_line_exists_it_settles_with_every_answer_right(seed: int) -> None:
    flowers = iris.load(*SEPARABLE)
    training = train(flowers, EPOCHS, tt.Generator().manual_seed(seed))
    assert training.settled
    assert training.mistakes.index(0) == len(training.mistakes) - 1
    assert len(training.weights) == len(training.mistakes) + 1
    assert accuracy(training.weights[-1], flowers) == 100


def test_no_line_can_separate_the_other_two_since_two_flowers_are_equal() -> None:
    flowers = iris.load(*OVERLAPPING)
    versicolor, virginica = (
        {tuple(flower) for flower in flowers.features[flowers.labels == sign].tolist()} for sign in (-1, 1)
    )
    assert any(flower == pytest.approx((4.8, 1.8)) for flower in versicolor & virginica)


def test_where_no_line_exists_it_never_settles() -> None:
    training = train(iris.load(*OVERLAPPING), 30, tt.Generator().manual_seed(0))
    assert not training.settled
    assert min(training.mistakes) >= 1
    assert len(training.mistakes) == 30


def test_the_milestone_passes_and_is_honest_about_what_it_cannot_learn() -> None:
    assert result().passed
    assert result().before.value == 50
    assert result().after.value == 100
    assert 90 <= figure("versicolor or virginica: best line") < 100
    assert figure("versicolor or virginica: fewest mistakes") >= 1
    assert 1 < figure("epochs until") < EPOCHS


def test_the_same_seed_is_the_same_run_and_another_seed_another() -> None:
    one, again, other = (train(iris.load(*SEPARABLE), 10, tt.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert [weights.tolist() for weights in one.weights] == [weights.tolist() for weights in again.weights]
    assert one.mistakes == again.mistakes
    assert one.mistakes != other.mistakes


def test_progress_is_told_after_every_epoch_and_ends_complete() -> None:
    heard = observed()[1]
    epochs = int(figure("epochs until"))
    assert len(heard) == epochs + EPOCHS_OVERLAPPING
    assert heard[0] == (1, EPOCHS + EPOCHS_OVERLAPPING)
    assert heard[-1] == (epochs + EPOCHS_OVERLAPPING,) * 2
    assert [done for done, _ in heard] == list(range(1, len(heard) + 1))


def test_it_needs_no_autograd_which_comes_two_modules_later() -> None:
    assert max(MILESTONE.requires) == "04"
    training = train(iris.load(*SEPARABLE), 2, tt.Generator().manual_seed(0))
    assert not any(weights.requires_grad for weights in training.weights)


def test_it_runs_on_the_explicit_loops_too() -> None:
    flowers = iris.load(*SEPARABLE)
    vectorised = train(flowers, 3, tt.Generator().manual_seed(0))
    with tt.use_backend("naive"):
        loops = train(flowers, 3, tt.Generator().manual_seed(0))
    assert loops.mistakes == vectorised.mistakes
    assert loops.weights[-1].tolist() == pytest.approx(vectorised.weights[-1].tolist(), rel=1e-4)
