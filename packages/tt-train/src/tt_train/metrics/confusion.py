"""The confusion matrix, and what is read from it: precision, recall and F1."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import numpy as np

from tt_core.errors import NotSupportedError, ShapeError
from tt_core.extend import Array
from tt_train.metrics.base import Metric, add, once
from tt_train.metrics.inputs import classes

Average = Literal["micro", "macro", "weighted", "binary", "none"] | None
V_co = TypeVar("V_co", float, Array, float | Array, covariant=True)

AVERAGES = ("micro", "macro", "weighted", "binary", "none", None)


class Counted(Metric[V_co]):
    """Pairs of classes, counted: `counts[i, j]` samples of class i were taken for class j.

    Args:
        num_classes: how many classes there are; by default as many as the scores have or the numbers need.
        ignore_index: the target of samples that do not count.
    """

    def __init__(self, num_classes: int | None = None, *, ignore_index: int | None = None) -> None:
        self.num_classes = num_classes
        self.ignore_index = ignore_index
        super().__init__()

    def reset(self) -> None:
        """Forget all samples."""
        self.counts = np.zeros((self.num_classes or 0,) * 2, np.int64)

    def update(self, predictions: Any, targets: Any, /) -> None:
        """Count a batch: class numbers, or scores (N, K, …), against class numbers (N, …).

        Raises:
            ShapeError: the shapes do not fit, or a class number is not from 0 to `num_classes` - 1.
        """
        p, t, known = classes(predictions, targets, self.ignore_index)
        low, high = (min(p.min(), t.min()), max(p.max(), t.max())) if t.size else (0, -1)
        k = self.num_classes or max(known, int(high) + 1)
        if low < 0 or high >= k:
            upper = f"to {k - 1}" if self.num_classes else "upwards"
            message = f"expected class numbers from 0 {upper} for {self.name}; got some from {low} to {high}"
            raise ShapeError(message)
        pairs = t.astype(np.int64) * k + p
        self.counts = add(self.counts, np.bincount(pairs, minlength=k * k).reshape(k, k))


class ConfusionMatrix(Counted[Array]):
    """How many samples of class i (rows) were taken for class j (columns).

    >>> m = ConfusionMatrix()
    >>> m.update([0, 1, 1], [0, 1, 0])
    >>> m.compute().tolist()
    [[1, 1], [0, 1]]
    """

    name = "confusion"

    def compute(self) -> Array:
        """Return the counts, (K, K)."""
        return self.counts.copy()


class _Quotient(Counted[float | Array]):
    """A quotient of counts for each class, averaged.

    Args:
        average: "macro", the mean over classes; "weighted", the same with the classes' numbers of samples as weights;
            "micro", of the counts of all classes together; "binary", that of class 1; "none" or None, each class's own.
        num_classes: which classes are looked at: 0 to `num_classes` - 1, or by default those that occur, in order.
        ignore_index: the target of samples that do not count.

    Raises:
        NotSupportedError: the average is none of these.
    """

    def __init__(
        self, average: Average = "macro", *, num_classes: int | None = None, ignore_index: int | None = None
    ) -> None:
        super().__init__(num_classes, ignore_index=ignore_index)
        if average not in AVERAGES:
            message = f"expected average to be one of {', '.join(map(repr, AVERAGES))} for {self.name}; got {average!r}"
            raise NotSupportedError(message)
        self.average = average

    def _parts(self, right: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        """Return what stands above the line and what below it, for each class."""
        raise NotImplementedError

    def compute(self) -> float | Array:
        """Return the average, or the value of each class."""
        right, predicted, actual = np.diag(self.counts), self.counts.sum(0), self.counts.sum(1)
        above, below = self._parts(right, predicted, actual)
        occurs = np.flatnonzero(predicted + actual) if self.num_classes is None else np.arange(self.num_classes)
        if self.average == "micro":
            return float(_divide(above.sum(), below.sum()))
        if self.average == "binary":
            return float(_divide(above, below)[1]) if len(above) > 1 else 0.0
        scores = _divide(above, below)[occurs]
        if self.average == "macro":
            return float(scores.mean()) if scores.size else 0.0
        if self.average == "weighted":
            return float(_divide((scores * actual[occurs]).sum(), actual.sum()))
        return scores


class Precision(_Quotient):
    """Of the samples that were taken for a class, the part that is of it."""

    name = "precision"

    def _parts(self, right: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:  # noqa: ARG002  one form
        return right, predicted


class Recall(_Quotient):
    """Of the samples of a class, the part that was taken for it."""

    name = "recall"

    def _parts(self, right: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:  # noqa: ARG002  one form
        return right, actual


class F1(_Quotient):
    """The harmonic mean of precision and recall, 2 · right / (predicted + actual)."""

    name = "f1"

    def _parts(self, right: Array, predicted: Array, actual: Array) -> tuple[Array, Array]:
        return 2 * right, predicted + actual


def _divide(above: Any, below: Any) -> Array:
    """Return the quotients, 0 where there is nothing below the line."""
    below = np.asarray(below, np.float64)
    out: Array = np.divide(above, below, out=np.zeros_like(below), where=below != 0)
    return out


def confusion_matrix(
    predictions: Any, targets: Any, num_classes: int | None = None, *, ignore_index: int | None = None
) -> Array:
    """Return how many samples of class i (rows) were taken for class j (columns).

    >>> confusion_matrix([0, 1, 1], [0, 1, 0]).tolist()
    [[1, 1], [0, 1]]
    """
    return once(ConfusionMatrix(num_classes, ignore_index=ignore_index), predictions, targets).compute()


def precision(
    predictions: Any,
    targets: Any,
    average: Average = "macro",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
) -> float | Array:
    """Return, of the samples that were taken for a class, the part that is of it, averaged as for `Precision`.

    >>> precision([0, 1, 1, 1], [0, 1, 0, 1])
    0.8333333333333333
    """
    metric = Precision(average, num_classes=num_classes, ignore_index=ignore_index)
    return once(metric, predictions, targets).compute()


def recall(
    predictions: Any,
    targets: Any,
    average: Average = "macro",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
) -> float | Array:
    """Return, of the samples of a class, the part that was taken for it, averaged as for `Recall`.

    >>> recall([0, 1, 1, 1], [0, 1, 0, 1], average=None).tolist()
    [0.5, 1.0]
    """
    metric = Recall(average, num_classes=num_classes, ignore_index=ignore_index)
    return once(metric, predictions, targets).compute()


def f1(
    predictions: Any,
    targets: Any,
    average: Average = "macro",
    *,
    num_classes: int | None = None,
    ignore_index: int | None = None,
) -> float | Array:
    """Return the harmonic mean of precision and recall, averaged as for `F1`.

    >>> f1([0, 1, 1, 1], [0, 1, 0, 1], "micro")
    0.75
    """
    return once(F1(average, num_classes=num_classes, ignore_index=ignore_index), predictions, targets).compute()
