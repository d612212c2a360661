"""Perplexity: among how many equally likely answers a model still hesitates."""

from __future__ import annotations

from typing import Any

import numpy as np

from tt_core.errors import ShapeError
from tt_train.metrics.base import Metric, once, ratio
from tt_train.metrics.inputs import as_array


class Perplexity(Metric[float]):
    """exp of the mean of −log p(target), computed from logits in float64.

    Args:
        ignore_index: the target of samples that do not count, the same as that of `cross_entropy`.
    """

    name = "perplexity"

    def __init__(self, *, ignore_index: int = -100) -> None:
        super().__init__()
        self.ignore_index = ignore_index

    def update(self, predictions: Any, targets: Any, /) -> None:
        """Count a batch: logits (N, K, …), or (K,) for one sample, and class numbers (N, …).

        Raises:
            ShapeError: the shapes or a class number do not fit.
        """
        scores, t = as_array(predictions).astype(np.float64), as_array(targets)
        dim = min(1, scores.ndim - 1)
        if scores.ndim != t.ndim + 1 or scores.shape[:dim] + scores.shape[dim + 1 :] != t.shape:
            message = (
                "expected logits of shape [N, K, …] and targets of shape [N, …] for the perplexity; "
                f"got {list(scores.shape)} and {list(t.shape)}"
            )
            raise ShapeError(message)
        scores = np.moveaxis(scores, dim, -1).reshape(-1, scores.shape[dim])  # (N, K)
        kept = np.flatnonzero(t.reshape(-1) != self.ignore_index)
        scores, t = scores[kept], t.reshape(-1)[kept]
        if t.size and not 0 <= t.min() <= t.max() < scores.shape[1]:
            message = f"expected targets from 0 to {scores.shape[1] - 1}; got some from {t.min()} to {t.max()}"
            raise ShapeError(message)
        highest = scores.max(1, keepdims=True, initial=-np.inf)
        surprise = np.log(np.exp(scores - highest).sum(1)) + highest[:, 0] - scores[np.arange(t.size), t]
        self.counts += (surprise.sum(), t.size)

    def compute(self) -> float:
        """Return exp(Σ −log p / N); more than a float can hold is inf."""
        with np.errstate(over="ignore"):
            return float(np.exp(ratio(*self.counts)))


def perplexity(predictions: Any, targets: Any, *, ignore_index: int = -100) -> float:
    """Return exp of the mean of −log p(target), from logits.

    >>> round(perplexity([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [1, 2]), 12)
    3.0
    """
    return once(Perplexity(ignore_index=ignore_index), predictions, targets).compute()
