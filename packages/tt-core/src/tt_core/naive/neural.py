"""Functions of neural networks that are one operation."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array
from tt_core.naive.loops import Index, along, each, put
from tt_core.naive.reductions import Numbers, largest, total
from tt_core.naive.scalars import Number, divide, exponential, larger, logarithm, smaller
from tt_core.primitives import neural as P
from tt_core.primitives.elementwise import quiet


@P.linear.kernel(NAIVE)
@quiet
def linear(x: Array, weight: Array, bias: Array | None) -> Array:
    """Σₖ xₖ wₒₖ + bₒ for each row of x and each output o, in the type that x and the weight have together.

    Args:
        x: (..., inputs): a row is what lies along the last dimension, however many others there are.
        weight: (outputs, inputs).
        bias: (outputs,), or None for none.

    Raises:
        ValueError: the rows of x and of the weight differ in length; both lengths are named.

    >>> linear(np.asarray([[1.0, 2.0]]), np.asarray([[10.0, 1.0], [0.0, 3.0]]), np.asarray([0.5, -1.0]))
    array([[12.5,  5. ]])
    """
    outputs, inputs = weight.shape
    if x.shape[-1] != inputs:
        message = f"rows of {x.shape[-1]} numbers meet weights for {inputs}"
        raise ValueError(message)
    out = np.empty((*x.shape[:-1], outputs), np.result_type(x, weight))
    for row in np.ndindex(x.shape[:-1]):
        for o in range(outputs):
            result: Number = 0 if bias is None else bias.item(o)
            for k in range(inputs):
                result += x.item(*row, k) * weight.item(o, k)
            put(out, (*row, o), result)
    return out


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


def shares(numbers: Numbers) -> Numbers:
    """Return e^a / Σ e^a for each number; the largest is taken off first, so that no exponential is above 1.

    >>> shares([1000.0, 1000.0]), shares([])
    ([0.5, 0.5], [])
    """
    top = largest(numbers)
    weights = [exponential(a - top) for a in numbers]
    whole = total(weights)
    return [divide(e, whole) for e in weights]


def log_shares(numbers: Numbers) -> Numbers:
    """Return a - log Σ e^a for each number; the largest is taken off first, as in `shares`, but no share is formed.

    >>> log_shares([0.0, -2000.0])
    [0.0, -2000.0]
    """
    top = largest(numbers)
    log_whole = logarithm(total([exponential(a - top) for a in numbers]))
    return [a - top - log_whole for a in numbers]


@P.softmax.kernel(NAIVE)
def softmax(x: Array, *, dim: int) -> Array:
    """e^x / Σ e^x along `dim`: the `shares` of each line of numbers."""
    return along(shares, x, dim)


@P.log_softmax.kernel(NAIVE)
def log_softmax(x: Array, *, dim: int) -> Array:
    """`x - log Σ e^x` along `dim`: the `log_shares` of each line of numbers."""
    return along(log_shares, x, dim)


@P.standardize.kernel(NAIVE)
@quiet
def standardize(x: Array, *, ndim: int, eps: float) -> Array:
    """(x - mean) / √(variance + ε) over the last `ndim` dimensions; the variance is Σ (x - mean)² / n.

    >>> standardize(np.asarray([[1.0, 3.0], [10.0, 10.0]]), ndim=1, eps=1e-12).round(5)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    out = np.empty(x.shape, x.dtype)
    outer = x.ndim - ndim
    for i in np.ndindex(x.shape[:outer]):
        numbers = x[i].ravel().tolist()
        mean = divide(total(numbers), len(numbers))
        variance = divide(total([(a - mean) ** 2 for a in numbers]), len(numbers))
        for j in np.ndindex(x.shape[outer:]):
            put(out, (*i, *j), divide(x.item(*i, *j) - mean, math.sqrt(variance + eps)))
    return out


@P.unit_rms.kernel(NAIVE)
@quiet
def unit_rms(x: Array, *, ndim: int, eps: float) -> Array:
    """`x / √(mean(x²) + ε)` over the last `ndim` dimensions."""
    out = np.empty(x.shape, x.dtype)
    outer = x.ndim - ndim
    for i in np.ndindex(x.shape[:outer]):
        squares = [a * a for a in x[i].ravel().tolist()]
        scale = math.sqrt(divide(total(squares), len(squares)) + eps)
        for j in np.ndindex(x.shape[outer:]):
            put(out, (*i, *j), divide(x.item(*i, *j), scale))
    return out


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


@P.logsigmoid.kernel(NAIVE)
def logsigmoid(x: Array) -> Array:
    """-log(1 + e^-x); for negative x as x - log(1 + e^x), so that no exponential is large.

    >>> logsigmoid(np.asarray([-800.0, 0.0])).round(5).tolist()
    [-800.0, -0.69315]
    """
    return each(lambda a: smaller(a, 0) - math.log1p(math.exp(-abs(a))), x)


def surprise(p: Number, t: Number) -> Number:
    """Return -(t log p + (1 - t) log(1 - p)), no logarithm below -100, so that 0 · log 0 is 0 and no loss is infinite.

    >>> surprise(1.0, 1.0) == 0, surprise(0.0, 1.0), round(surprise(0.5, 0.3), 4)
    (True, 100.0, 0.6931)
    """
    return -(t * larger(logarithm(p), -100) + (1 - t) * larger(logarithm(1 - p), -100))


@P.binary_cross_entropy.kernel(NAIVE)
def binary_cross_entropy(x: Array, target: Array) -> Array:
    """`surprise` of each probability and its target."""
    return each(surprise, x, target)


def classes(x: Array, i: Index) -> Numbers:
    """Return the numbers along dimension 1 at the place i, the index of all other dimensions.

    >>> classes(np.asarray([[1.0, 2.0], [3.0, 4.0]]), (1,))
    [3.0, 4.0]
    """
    return [x.item(i[0], k, *i[1:]) for k in range(x.shape[1])]


@P.cross_entropy.kernel(NAIVE)
@quiet
def cross_entropy(x: Array, target: Array) -> Array:
    """Return log Σ e^x - x[target] of the scores x at each place: -log of the share of the right class.

    Args:
        x: (N, K) or (N, K, d₁, …): the scores of K classes along dimension 1.
        target: (N,) or (N, d₁, …): the number of the right class at each place.

    >>> cross_entropy(np.asarray([[0.0, 0.0], [2000.0, 0.0]]), np.asarray([1, 1])).round(4).tolist()
    [0.6931, 2000.0]
    """
    out = np.empty(target.shape, x.dtype)
    for i in np.ndindex(target.shape):
        put(out, i, -log_shares(classes(x, i))[target.item(i)])
    return out


@P.softmax_minus_one_hot.kernel(NAIVE)
@quiet
def softmax_minus_one_hot(x: Array, target: Array, scale: Array) -> Array:
    """(softmax(x) - one_hot(target)) · scale along dimension 1: the gradient of `cross_entropy`.

    Args:
        x: (N, K) or (N, K, d₁, …).
        target: (N,) or (N, d₁, …): the number of the right class at each place.
        scale: of the target's shape: the gradient of the loss at that place.

    >>> softmax_minus_one_hot(np.asarray([[0.0, 0.0]]), np.asarray([1]), np.asarray([10.0])).tolist()
    [[5.0, -5.0]]
    """
    out = np.empty(x.shape, x.dtype)
    for i in np.ndindex(target.shape):
        for k, share in enumerate(shares(classes(x, i))):
            put(out, (i[0], k, *i[1:]), (share - (k == target.item(i))) * scale.item(i))
    return out
