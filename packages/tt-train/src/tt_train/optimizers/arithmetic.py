"""What updates are made of, in place: each line is one pass, or a few, over arrays that fit into the cache.

Factors are Python floats, which never widen an array; `a` is scratch memory of the same shape, for what comes between.
No function here allocates an array, and none changes an argument that its docstring does not name as changed.
"""

from __future__ import annotations

import numpy as np

from tt_core.extend import Array
from tt_train.optimizers.blas import axpby


def mix(x: Array, keep: float, y: Array, weight: float, a: Array) -> None:
    """Let x ← keep · x + weight · y, by BLAS in one pass if it can; with weight = 1 − keep, a running average.

    x is changed, a holds anything afterwards, y stays as it is. In NumPy: multiply x by `keep` into x, y by `weight`
    into a, and add both into x. `axpby(weight, y, keep, x)` does all of it and returns True where it can.

    >>> x, y, a = np.array([1.0, 2.0]), np.array([10.0, 20.0]), np.empty(2)
    >>> mix(x, 0.5, y, 0.1, a)
    >>> x
    array([1.5, 3. ])
    """
    if axpby(weight, y, keep, x):
        return
    if keep != 1:
        np.multiply(x, keep, out=x)
    np.add(x, y if weight == 1 else np.multiply(y, weight, out=a), out=x)


def mix_square(x: Array, keep: float, y: Array, weight: float, a: Array) -> None:
    """Let x ← keep · x + weight · y²; y stays as it is, and y² stands in a, which `mix` may use as its scratch."""
    mix(x, keep, np.multiply(y, y, out=a), weight, a)


def add(x: Array, y: Array, factor: float, a: Array) -> None:
    """Let x ← x + factor · y, with a as scratch; y stays as it is."""
    mix(x, 1, y, factor, a)


def add_quotient(x: Array, y: Array, divisor: Array, factor: float) -> None:
    """Let x ← x + factor · y / divisor; the divisor is used up: the quotient is written over it. y stays as it is."""
    add(x, np.divide(y, divisor, out=divisor), factor, divisor)


def root(x: Array, eps: float, a: Array) -> Array:
    """Return √x + ε, in a: the array that is returned is a itself. x stays as it is.

    >>> root(np.array([4.0, 9.0]), 0.5, np.empty(2))
    array([2.5, 3.5])
    """
    return np.add(np.sqrt(x, out=a), eps, out=a)
