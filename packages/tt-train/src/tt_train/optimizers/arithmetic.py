"""What updates are made of, in place: each statement is one pass over arrays that fit into the cache.

Factors are Python floats, which never widen an array; `a` is scratch memory of the same shape, for what comes between.
"""

from __future__ import annotations

import numpy as np

from tt_core.extend import Array


def add(x: Array, y: Array, factor: float, a: Array) -> None:
    """Let x ← x + factor · y."""
    np.multiply(y, factor, out=a)
    np.add(x, a, out=x)


def blend(x: Array, y: Array, weight: float, a: Array) -> None:
    """Let x ← x + weight · (y − x): a running average, which forgets the past at this rate."""
    np.subtract(y, x, out=a)
    add(x, a, weight, a)


def blend_square(x: Array, y: Array, keep: float, a: Array) -> None:
    """Let x ← keep · x + (1 − keep) · y²."""
    np.multiply(x, keep, out=x)
    np.multiply(y, y, out=a)
    add(x, a, 1 - keep, a)


def add_quotient(x: Array, y: Array, divisor: Array, factor: float) -> None:
    """Let x ← x + factor · y / divisor; the divisor is used up."""
    np.divide(y, divisor, out=divisor)
    add(x, divisor, factor, divisor)


def root(x: Array, scale: float, eps: float, a: Array) -> Array:
    """Return √x / scale + ε, in a."""
    np.sqrt(x, out=a)
    if scale != 1:
        np.divide(a, scale, out=a)
    np.add(a, eps, out=a)
    return a
