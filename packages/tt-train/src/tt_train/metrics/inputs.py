"""What metrics are given: class numbers, scores, or answers to one question."""

from __future__ import annotations

from typing import Any

import numpy as np

from tt_core import Tensor
from tt_core.errors import ShapeError
from tt_core.extend import Array


def as_array(x: Any) -> Array:
    """Return the numbers of a tensor, an array or a list."""
    return x.data if isinstance(x, Tensor) else np.asarray(x)


def classes(predictions: Any, targets: Any, ignore_index: int | None = None) -> tuple[Array, Array, int]:
    """Return predicted and true class numbers, flat, and how many classes the scores have (0 if unknown).

    Args:
        predictions: class numbers; or scores of shape (N, K, …), whose largest wins, the first of equal ones; or one
            score per sample, above 0 for class 1.
        targets: class numbers of shape (N, …), or, as `cross_entropy` takes them, probabilities of the scores' shape.
        ignore_index: the target of samples that do not count.

    Raises:
        ShapeError: the shapes do not fit, or there are numbers that no class has.
    """
    p, t = as_array(predictions), as_array(targets)
    known = 0
    if p.ndim == t.ndim + 1 and (p.ndim == 1 or p.shape[1] > 1):
        known, p = p.shape[min(1, p.ndim - 1)], p.argmax(min(1, p.ndim - 1))
    elif p.ndim == t.ndim + 1:
        known, p = 2, _yes(p[:, 0], t)
    elif p.dtype.kind == "f" and p.ndim > 1 and p.shape == t.shape and t.dtype.kind == "f" and p.shape[1] > 1:
        known, p, t = p.shape[1], p.argmax(1), t.argmax(1)
    elif p.dtype.kind == "f":
        known, p = 2, _yes(p, t)
    if p.shape != t.shape:
        message = (
            "expected a prediction, or scores along dimension 1, for each target; "
            f"got predictions of shape {list(as_array(predictions).shape)} for targets of shape {list(t.shape)}"
        )
        raise ShapeError(message)
    p, t = p.reshape(-1), t.reshape(-1)
    if ignore_index is not None:
        kept = t != ignore_index
        p, t = p[kept], t[kept]
    return p, whole(t), known


def _yes(scores: Array, t: Array) -> Array:
    """Return which of the scores say yes.

    Raises:
        ShapeError: the targets are about more than yes and no.
    """
    if t.size and t.max() > 1:
        message = f"expected targets 0 and 1 for one score per sample; got {t.max()}: give a score for each class"
        raise ShapeError(message)
    return scores > 0


def whole(t: Array) -> Array:
    """Return class numbers as they are, or, where they came as floats, as integers.

    Raises:
        ShapeError: a number is not whole.
    """
    if t.dtype.kind != "f":
        return t
    numbers = t.astype(np.int64)
    if not np.array_equal(numbers, t):
        message = f"expected class numbers as targets; got {t[numbers != t][0]}"
        raise ShapeError(message)
    return numbers
