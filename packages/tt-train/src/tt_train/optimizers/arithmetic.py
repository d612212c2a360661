"""What updates are made of, in place: each line is one pass, or a few, over arrays that fit into the cache.

Factors are Python floats, which never widen an array; `a` is scratch memory of the same shape, for what comes between.
"""

from __future__ import annotations

import numpy as np

from tt_core.extend import Array
from tt_train.optimizers.blas import axpby


def mix(x: Array, keep: float, y: Array, weight: float, a: Array) -> None:
    """Let x ← keep · x + weight · y, by BLAS in one pass if it can; with weight = 1 − keep, a running average."""
    if axpby(weight, y, keep, x):
        return
    if keep != 1:
        np.multiply(x, keep, out=x)
    np.add(x, y if weight == 1 else np.multiply(y, weight, out=a), out=x)


def mix_square(x: Array, keep: float, y: Array, weight: float, a: Array) -> None:
    """Let x ← keep · x + weight · y²."""
    mix(x, keep, np.multiply(y, y, out=a), weight, a)


def add(x: Array, y: Array, factor: float, a: Array) -> None:
    """Let x ← x + factor · y."""
    mix(x, 1, y, factor, a)


def add_quotient(x: Array, y: Array, divisor: Array, factor: float) -> None:
    """Let x ← x + factor · y / divisor; the divisor is used up."""
    add(x, np.divide(y, divisor, out=divisor), factor, divisor)


def root(x: Array, eps: float, a: Array) -> Array:
    """Return √x + ε, in a."""
    return np.add(np.sqrt(x, out=a), eps, out=a)
