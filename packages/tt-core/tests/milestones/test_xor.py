import math
from dataclasses import replace
from functools import cache

import pytest

import tt_core as tt
from tt_core.milestones import Result, Settings
from tt_core.milestones.xor import MILESTONE, STEPS, one_layer, run, table, train, two_layers
from tt_core.milestones.xor_pictures import draw_all, surface

pytestmark = pytest.mark.long


def seeded(seed: int) -> tt.Generator:
    return tt.Generator().manual_seed(seed)


@cache
def result() -> Result:
    return run(Settings(seed=0))


def test_the_table_is_the_exclusive_or() -> None:
    inputs, targets = table()
    assert [(int(a) ^ int(b),) for a, b in inputs.tolist()] == [(int(t),) for (t,) in targets.tolist()]


@pytest.mark.parametrize("seed", range(3))
def test_one_layer_comes_down_to_ln_2_and_gets_three_of_four_at_best(seed: int) -> None:
    training = train(one_layer(seeded(seed)))
    assert training.losses[-1] == pytest.approx(math.log(2), abs=1e-4)
    assert min(training.losses) >= math.log(2) - 1e-6
    assert training.best_accuracy <= 75


@pytest.mark.parametrize("seed", range(12))
def test_two_layers_solve_it_from_every_start(seed: int) -> None:
    training = train(two_layers(seeded(seed)))
    assert training.accuracy == 100
    assert training.losses[-1] < 0.01


def test_the_surface_is_right_at_the_corners_and_bent_between_them() -> None:
    ticks, probabilities = surface(train(two_layers(seeded(0))).model, cells=41)
    assert (ticks[10], ticks[30]) == pytest.approx((0, 1), abs=1e-6)
    corners = [[probabilities[row][column] for column in (10, 30)] for row in (10, 30)]
    assert [[round(p) for p in row] for row in corners] == [[0, 1], [1, 0]]
    assert all(0 <= p <= 1 for row in probabilities for p in row)


def test_the_surface_s_rows_are_the_second_input() -> None:
    model = one_layer(seeded(0))
    with tt.no_grad():
        model[0].weight.copy_(tt.tensor([[0.0, 10.0]]))
        model[0].bias.zero_()
    _, probabilities = surface(model, cells=3)
    assert [[round(p) for p in row] for row in probabilities] == [[0] * 3, [1] * 3, [1] * 3]


def test_the_milestone_shows_the_failure_and_then_the_cure() -> None:
    assert result().passed
    assert result().before.value <= 75
    assert result().after.value == 100
    one, two, steps = (measure.value for measure in result().measures)
    assert one == pytest.approx(math.log(2), abs=1e-4)
    assert two < 0.01
    assert 0 < steps < STEPS


def test_the_captions_do_not_praise_a_run_that_failed() -> None:
    line, bent = train(one_layer(seeded(0))), replace(train(two_layers(seeded(0))), accuracy=75.0)
    _, second, _, folds = draw_all(line, bent)
    assert "75 % of the corners" in second.caption
    assert "75 % of its corners" in folds.alt


def test_it_needs_autograd() -> None:
    assert max(MILESTONE.requires) == "06"


def test_the_same_seed_gives_the_same_result_and_pictures() -> None:
    assert run(Settings(seed=0)) == result()


def test_progress_is_told_at_every_step_and_ends_complete() -> None:
    heard: list[tuple[int, int]] = []
    run(Settings(seed=0), lambda done, total, note="": heard.append((done, total)))
    assert heard[0] == (0, 2 * STEPS)
    assert heard[-1] == (2 * STEPS, 2 * STEPS)
    assert heard == sorted(heard)
