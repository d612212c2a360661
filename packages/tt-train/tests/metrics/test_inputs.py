import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import ShapeError
from tt_train import metrics


def test_scores_or_class_numbers() -> None:
    scores = tt.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]])
    assert metrics.accuracy(scores, tt.tensor([1, 2])) == 0.5
    assert metrics.accuracy(scores.argmax(1), tt.tensor([1, 2])) == 0.5
    assert metrics.accuracy(scores[0], tt.tensor(1)) == 1


def test_scores_along_dimension_1() -> None:
    rng = np.random.default_rng(0)
    scores, t = rng.normal(size=(2, 5, 3, 4)), rng.integers(5, size=(2, 3, 4))
    assert metrics.accuracy(scores, t) == (scores.argmax(1) == t).mean()
    assert metrics.confusion_matrix(scores, t).shape == (5, 5)


def test_one_score_per_sample_says_yes_above_0() -> None:
    scores, answers = np.array([-1.0, 2.0, 0.0, 3.0]), np.array([0, 1, 0, 0])
    for p, t in [(scores, answers), (scores[:, None], answers), (scores[:, None], answers[:, None].astype(float))]:
        assert metrics.accuracy(p, t) == 0.75
        assert metrics.confusion_matrix(p, t).tolist() == [[2, 1], [0, 1]]


@pytest.mark.parametrize("scores", [[0.0, 1.0, 2.0], [[0.0], [1.0], [2.0]]])
def test_one_score_cannot_tell_three_classes(scores: list[float]) -> None:
    with pytest.raises(
        ShapeError, match="expected targets 0 and 1 for one score per sample; got 2: give a score for each"
    ):
        metrics.accuracy(scores, [0, 1, 2])


def test_answers_that_are_booleans() -> None:
    p, t = np.array([True, False, True]), np.array([True, True, True])
    assert metrics.accuracy(p, t) == 2 / 3
    assert metrics.confusion_matrix(p, t).tolist() == [[0, 0], [1, 2]]
    assert metrics.f1(p, t, "binary") == 0.8


def test_targets_that_are_probabilities() -> None:
    assert metrics.accuracy([[0.2, 0.8], [0.9, 0.1]], [[0.4, 0.6], [0.3, 0.7]]) == 0.5


def test_targets_that_are_whole_floats() -> None:
    assert metrics.accuracy([1, 0], [1.0, 1.0]) == 0.5
    with pytest.raises(ShapeError, match=r"expected class numbers as targets; got 0\.5"):
        metrics.accuracy([1, 0], [1.0, 0.5])


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"got predictions of shape \[3, 2\] for targets of shape \[4\]"):
        metrics.accuracy(np.zeros((3, 2)), [0, 1, 0, 1])
    with pytest.raises(ShapeError, match=r"got predictions of shape \[3\] for targets of shape \[4\]"):
        metrics.accuracy([0, 1, 0], [0, 1, 0, 1])
