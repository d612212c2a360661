"""Functions between layers (module 03)."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np  # noqa: F401 - the examples use it

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array
from tt_core.naive.loops import along, each
from tt_core.naive.reductions import Numbers, largest, total
from tt_core.naive.scalars import Number, divide, exponential, larger, logarithm, smaller
from tt_core.primitives import neural as P


@P.relu.kernel(NAIVE)
def relu(x: Array) -> Array:
    """max(x, 0) of each number; nan stays nan.

    >>> relu(np.asarray([-1.5, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    return each(lambda a: larger(a, 0), x)


@P.gate.kernel(NAIVE)
def gate(x: Array, y: Array) -> Array:
    """`x`, but zeros where y ≤ 0: what a relu, whose result is y, lets through of the gradient x. Of x's type.

    Where y is nan, x passes: nan is not ≤ 0.

    >>> gate(np.asarray([5.0, 6.0, 7.0]), np.asarray([0.0, 2.0, 0.0]))
    array([0., 6., 0.])
    """
    return each(lambda a, b: 0 if b <= 0 else a, x, y, dtype=x.dtype)


def phi(a: Number, approximate: str) -> Number:
    """Return Φ(a) = (1 + erf(a / √2)) / 2, how much of the normal distribution lies below a, or its approximation.

    Args:
        a: a number.
        approximate: "none"; "tanh" computes (1 + tanh(√(2/π) (a + 0.044715 a³))) / 2 instead, as GPT-2 does; the
            constant is `P.GELU_CUBIC`.

    >>> phi(0.0, "none"), round(phi(1.0, "none"), 5), round(phi(1.0, "tanh"), 5)
    (0.5, 0.84134, 0.84119)
    """
    if approximate == "tanh":
        return (1 + math.tanh(math.sqrt(2 / math.pi) * (a + P.GELU_CUBIC * a * a * a))) / 2
    return (1 + math.erf(a * math.sqrt(0.5))) / 2


@P.gelu.kernel(NAIVE)
def gelu(x: Array, *, approximate: Literal["none", "tanh"]) -> Array:
    """`x Φ(x)`: each number times `phi` of it.

    >>> gelu(np.asarray([0.0, 1.0]), approximate="none").round(5)
    array([0.     , 0.84134])
    """
    return each(lambda a: a * phi(a, approximate), x)


@P.gelu_slope.kernel(NAIVE)
def gelu_slope(x: Array, *, approximate: Literal["none", "tanh"]) -> Array:
    """Φ(x) + x Φ'(x)."""

    def slope(a: Number) -> Number:
        part = phi(a, approximate)
        if approximate == "tanh":
            density = 2 * math.sqrt(2 / math.pi) * (1 + 3 * P.GELU_CUBIC * a * a) * part * (1 - part)
        else:
            density = math.exp(-0.5 * a * a) / math.sqrt(2 * math.pi)
        return part + a * density

    return each(slope, x)


@P.softplus.kernel(NAIVE)
def softplus(x: Array, *, beta: float, threshold: float) -> Array:
    """log(1 + e^(βx)) / β; x itself where βx is above the threshold.

    Computed as (max(βx, 0) + log(1 + e^-|βx|)) / β: no exponential is above 1, however large the threshold.

    >>> softplus(np.asarray([-800.0, 0.0, 800.0]), beta=1.0, threshold=20.0).round(5).tolist()
    [0.0, 0.69315, 800.0]
    """

    def rounded(a: Number) -> Number:
        scaled = a * beta
        if scaled > threshold:
            return a
        return divide(larger(scaled, 0) + math.log1p(math.exp(-abs(scaled))), beta)

    return each(rounded, x)


@P.logsigmoid.kernel(NAIVE)
def logsigmoid(x: Array) -> Array:
    """-log(1 + e^-x); for negative x as x - log(1 + e^x), so that no exponential is large.

    >>> logsigmoid(np.asarray([-800.0, 0.0])).round(5).tolist()
    [-800.0, -0.69315]
    """
    return each(lambda a: smaller(a, 0) - math.log1p(math.exp(-abs(a))), x)


def shares(numbers: Numbers) -> Numbers:
    """Return e^a / Σ e^a for each number; the largest is taken off first, so that no exponential is above 1.

    >>> shares([1000.0, 1000.0]), shares([])
    ([0.5, 0.5], [])
    """
    top = largest(numbers)
    weights = [exponential(a - top) for a in numbers]
    whole = total(weights)
    return [divide(e, whole) for e in weights]


@P.softmax.kernel(NAIVE)
def softmax(x: Array, *, dim: int) -> Array:
    """e^x / Σ e^x along `dim`: the `shares` of each line of numbers."""
    return along(shares, x, dim)


def log_shares(numbers: Numbers) -> Numbers:
    """Return a - log Σ e^a for each number; the largest is taken off first, as in `shares`, but no share is formed.

    >>> log_shares([0.0, -2000.0])
    [0.0, -2000.0]
    """
    top = largest(numbers)
    log_whole = logarithm(total([exponential(a - top) for a in numbers]))
    return [a - top - log_whole for a in numbers]


@P.log_softmax.kernel(NAIVE)
def log_softmax(x: Array, *, dim: int) -> Array:
    """`x - log Σ e^x` along `dim`: the `log_shares` of each line of numbers."""
    return along(log_shares, x, dim)


@P.hardtanh.kernel(NAIVE)
def hardtanh(x: Array, *, low: float, high: float) -> Array:
    """`x`, but not below `low` and not above `high`."""
    return each(lambda a: smaller(larger(a, low), high), x)


@P.hardsigmoid.kernel(NAIVE)
def hardsigmoid(x: Array) -> Array:
    """min(max(x + 3, 0), 6) / 6."""
    return each(lambda a: smaller(larger(a + 3, 0), 6) / 6, x)


@P.softsign.kernel(NAIVE)
def softsign(x: Array) -> Array:
    """`x / (1 + |x|)`."""
    return each(lambda a: a / (1 + abs(a)), x)
