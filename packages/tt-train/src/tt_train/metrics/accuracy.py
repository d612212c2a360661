"""Accuracy: how many answers are right, or among the k best."""

from __future__ import annotations

from typing import Any

import numpy as np

from tt_core.errors import ShapeError
from tt_train.metrics.base import Metric, once, ratio
from tt_train.metrics.inputs import as_array, classes


class Accuracy(Metric[float]):
    """The part of the samples whose class is predicted.

    Args:
        ignore_index: the target of samples that do not count.
    """

    name = "accuracy"

    def __init__(self, *, ignore_index: int | None = None) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def reset(self) -> None:
        """Forget all samples."""
        self.counts = np.zeros(2, np.int64)  # right, all

    def update(self, predictions: Any, targets: Any, /) -> None:
        """Count a batch: class numbers, or scores (N, K, …), against class numbers (N, …).

        How many are right is added to `counts[0]`, how many there are to `counts[1]`. `classes` turns both arguments
        into flat arrays of class numbers, without those that do not count.
        """
        p, t, _ = classes(predictions, targets, self.ignore_index)
        self.counts += (np.count_nonzero(p == t), t.size)

    def compute(self) -> float:
        """Return right / all; nan if there are none."""
        return ratio(*self.counts)


class TopKAccuracy(Accuracy):
    """The part of the samples whose class is among the k with the highest scores.

    Of equal scores, the later class is taken as the higher one, as scikit-learn does.

    Args:
        k: how many guesses there are.
        ignore_index: the target of samples that do not count.
    """

    def __init__(self, k: int = 5, *, ignore_index: int | None = None) -> None:
        super().__init__(ignore_index=ignore_index)
        if k < 1:
            message = f"expected at least 1 guess for the top-k accuracy; got k={k}"
            raise ShapeError(message)
        self.k = k
        self.name = f"top{k}_accuracy"

    def update(self, predictions: Any, targets: Any, /) -> None:
        """Count a batch: scores (N, K) against class numbers (N,).

        Raises:
            ShapeError: the shapes or a class number do not fit.
        """
        scores, t = as_array(predictions), as_array(targets)
        if scores.ndim != 2 or t.shape != scores.shape[:1]:
            message = (
                "expected scores of shape [N, K] and targets of shape [N] for the top-k accuracy; "
                f"got {list(scores.shape)} and {list(t.shape)}"
            )
            raise ShapeError(message)
        if self.ignore_index is not None:
            kept = t != self.ignore_index
            scores, t = scores[kept], t[kept]
        if t.size and not 0 <= t.min() <= t.max() < scores.shape[1]:
            message = f"expected targets from 0 to {scores.shape[1] - 1}; got some from {t.min()} to {t.max()}"
            raise ShapeError(message)
        own = np.take_along_axis(scores, t[:, None], 1)  # (N, 1)
        later = np.arange(scores.shape[1]) > t[:, None]  # (N, K)
        better = ~(scores <= own) | ((scores == own) & later)  # so nan is better than all, and never right
        self.counts += (np.count_nonzero(better.sum(1) < self.k), t.size)


def accuracy(predictions: Any, targets: Any, *, ignore_index: int | None = None) -> float:
    """Return the part of the samples whose class is predicted.

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    return once(Accuracy(ignore_index=ignore_index), predictions, targets).compute()


def top_k_accuracy(predictions: Any, targets: Any, k: int = 5, *, ignore_index: int | None = None) -> float:
    """Return the part of the samples whose class is among the k with the highest scores.

    >>> top_k_accuracy([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
    0.5
    """
    return once(TopKAccuracy(k, ignore_index=ignore_index), predictions, targets).compute()
