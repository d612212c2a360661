"""Held against scikit-learn, on whatever numbers hypothesis draws."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core.errors import NotSupportedError, ShapeError
from tt_train import metrics
from tt_train.metrics import F1, Accuracy, ConfusionMatrix, Metric, Precision, Recall, TopKAccuracy

reference = pytest.importorskip("sklearn.metrics")
Array = np.ndarray[Any, Any]

SCORES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "precision": (metrics.precision, reference.precision_score),
    "recall": (metrics.recall, reference.recall_score),
    "f1": (metrics.f1, reference.f1_score),
}
CLASSES = {"precision": Precision, "recall": Recall, "f1": F1}


@st.composite
def answers(draw: Any, classes: int = 5) -> tuple[Array, Array]:
    """Predicted and true class numbers; often some classes are missing on one side or on both."""
    used = draw(st.integers(1, classes))
    one = st.integers(0, used - 1)
    pairs = draw(st.lists(st.tuples(one, one), min_size=1, max_size=30))
    predicted, actual = zip(*pairs, strict=True)
    return np.array(predicted), np.array(actual)


def pieces(x: Array, size: int = 4) -> list[Array]:
    return [x[i : i + size] for i in range(0, len(x), size)]


def expected(score: str, p: Array, t: Array, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own default for classes that nobody predicted
        return SCORES[score][1](t, p, **options)


@given(answers())
def test_accuracy(drawn: tuple[Array, Array]) -> None:
    p, t = drawn
    assert metrics.accuracy(p, t) == reference.accuracy_score(t, p)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
@pytest.mark.parametrize("score", SCORES)
@given(drawn=answers())
def test_scores_of_the_classes_that_occur(score: str, average: Any, drawn: tuple[Array, Array]) -> None:
    p, t = drawn
    np.testing.assert_allclose(SCORES[score][0](p, t, average), expected(score, p, t, average=average), rtol=1e-13)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
@pytest.mark.parametrize("score", SCORES)
@given(drawn=answers())
def test_scores_of_all_classes(score: str, average: Any, drawn: tuple[Array, Array]) -> None:
    p, t = drawn
    ours = SCORES[score][0](p, t, average, num_classes=7)
    np.testing.assert_allclose(ours, expected(score, p, t, average=average, labels=range(7)), rtol=1e-13)


@pytest.mark.parametrize("score", SCORES)
@given(drawn=answers(2))
def test_scores_of_yes_and_no(score: str, drawn: tuple[Array, Array]) -> None:
    p, t = drawn
    assert SCORES[score][0](p, t, "binary") == pytest.approx(expected(score, p, t, average="binary"), rel=1e-13)


@given(answers())
def test_confusion_matrix(drawn: tuple[Array, Array]) -> None:
    p, t = drawn
    size = max(p.max(), t.max(), 1) + 1  # scikit-learn warns of a single class
    ours = metrics.confusion_matrix(p, t, None if size > 2 else 2)
    assert np.array_equal(ours, reference.confusion_matrix(t, p, labels=range(size)))
    assert np.array_equal(metrics.confusion_matrix(p, t, 7), reference.confusion_matrix(t, p, labels=range(7)))


@given(answers(), st.integers(1, 5), st.integers(0, 2**32 - 1), st.booleans())
def test_top_k_also_with_equal_scores(drawn: tuple[Array, Array], k: int, seed: int, coarse: bool) -> None:
    t = drawn[1]
    scores = np.random.default_rng(seed).normal(size=(len(t), 6))
    scores = scores.round() if coarse else scores
    ours = metrics.top_k_accuracy(scores, t, k)
    assert ours == reference.top_k_accuracy_score(t, scores, k=k, labels=range(6))


@given(answers())
def test_perplexity(drawn: tuple[Array, Array]) -> None:
    t = drawn[1]
    logits = np.random.default_rng(len(t)).normal(size=(len(t), 5))
    likely = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert metrics.perplexity(logits, t) == pytest.approx(np.exp(reference.log_loss(t, likely, labels=range(5))))


def streams() -> list[tuple[Metric[Any], Callable[[Any, Any], Any]]]:
    return [
        (Accuracy(), metrics.accuracy),
        (TopKAccuracy(2), lambda p, t: metrics.top_k_accuracy(p, t, 2)),
        (ConfusionMatrix(), metrics.confusion_matrix),
        (Precision(), metrics.precision),
        (Recall("weighted"), lambda p, t: metrics.recall(p, t, "weighted")),
        (F1("none"), lambda p, t: metrics.f1(p, t, None)),
    ]


@pytest.mark.parametrize("metric,at_once", streams(), ids=lambda found: getattr(found, "name", ""))
def test_batches_and_processes_add_up(metric: Metric[Any], at_once: Callable[[Any, Any], Any]) -> None:
    rng = np.random.default_rng(0)
    scores, t = rng.normal(size=(23, 4)), rng.integers(4, size=23)
    other = type(metric).__new__(type(metric))
    other.__dict__.update(metric.__dict__)
    other.reset()
    for i, (p, y) in enumerate(zip(pieces(scores), pieces(t), strict=True)):
        (metric, other)[i % 2].update(tt.from_numpy(p), tt.from_numpy(y))
    metric.merge(other)
    np.testing.assert_array_equal(metric.compute(), at_once(scores, t))
    state = metric.state_dict()
    metric.reset()
    metric.load_state_dict(state)
    np.testing.assert_array_equal(metric.compute(), at_once(scores, t))


def test_more_classes_may_come_later() -> None:
    m = ConfusionMatrix()
    m.update([0, 1], [1, 1])
    m.update([3], [0])
    assert m.compute().tolist() == [[0, 0, 0, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    other = ConfusionMatrix()
    other.update([0], [0])
    other.merge(m)
    assert other.compute()[0].tolist() == [1, 0, 0, 1]


def test_a_class_that_nobody_predicted_has_precision_0() -> None:
    assert metrics.precision([0, 0], [0, 1], None).tolist() == [0.5, 0.0]  # type: ignore[union-attr]  # of each class


def test_of_no_samples() -> None:
    assert np.isnan(Accuracy().compute())
    assert Precision().compute() == Recall("weighted").compute() == F1("micro").compute() == F1("binary").compute() == 0
    assert ConfusionMatrix().compute().shape == (0, 0)


def test_unknown_average() -> None:
    with pytest.raises(NotSupportedError, match=r"expected average to be one of 'micro'.* for f1; got 'samples'"):
        F1("samples")  # type: ignore[arg-type]  # the mistake


def test_class_numbers_out_of_range() -> None:
    with pytest.raises(ShapeError, match="from 0 to 2 for confusion; got some from 0 to 3"):
        metrics.confusion_matrix([0, 3], [0, 1], 3)
    with pytest.raises(ShapeError, match="from 0 upwards for precision; got some from -1 to 1"):
        metrics.precision([0, 1], [-1, 1])


def test_a_number_to_ignore() -> None:
    assert metrics.accuracy([1, 1, 0], [1, -100, 1], ignore_index=-100) == 0.5
    assert metrics.confusion_matrix([1, 1, 0], [1, -100, 1], ignore_index=-100).tolist() == [[0, 0], [1, 1]]
    scores = [[0.1, 0.9], [0.4, 0.6], [0.2, 0.8]]
    assert metrics.top_k_accuracy(scores, [1, -100, 0], k=1, ignore_index=-100) == 0.5


class TestTopK:
    def test_nan_is_never_right(self) -> None:
        assert metrics.top_k_accuracy([[np.nan, 0.0, 0.0]], [0], k=1) == 0
        assert metrics.top_k_accuracy([[np.nan, 1.0, 0.0]], [1], k=1) == 0

    def test_no_guesses(self) -> None:
        with pytest.raises(ShapeError, match="expected at least 1 guess for the top-k accuracy; got k=0"):
            TopKAccuracy(0)

    def test_shapes(self) -> None:
        with pytest.raises(ShapeError, match=r"scores of shape \[N, K\].*; got \[3\] and \[3\]"):
            metrics.top_k_accuracy([0.1, 0.2, 0.7], [1, 2, 0])

    def test_targets_out_of_range(self) -> None:
        with pytest.raises(ShapeError, match="expected targets from 0 to 1; got some from 0 to 2"):
            metrics.top_k_accuracy([[0.1, 0.2], [0.3, 0.4]], [0, 2])
