"""How wrong an answer is (module 05)."""

from __future__ import annotations

import math

import numpy as np

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array
from tt_core.naive.activations import log_shares, shares
from tt_core.naive.loops import Index, each, put, reduced
from tt_core.naive.reductions import Numbers, largest, total
from tt_core.naive.scalars import Number, exponential, larger, logarithm
from tt_core.primitives import neural as P
from tt_core.primitives import reductions as R
from tt_core.primitives.elementwise import quiet
from tt_core.primitives.reductions import Dims


def log_of_sum(numbers: Numbers) -> Number:
    """Return log Σ e^a = m + log Σ e^(a - m), where m is the largest: no exponential is above 1.

    -∞ of no numbers, and m itself where it is not finite: ∞ - ∞ would be nan.

    >>> log_of_sum([1000.0, 1000.0]) == 1000 + math.log(2), log_of_sum([-math.inf]), log_of_sum([])
    (True, -inf, -inf)
    """
    top = largest(numbers)
    if not math.isfinite(top):
        return top
    return top + logarithm(total([exponential(a - top) for a in numbers]))


@R.logsumexp.kernel(NAIVE)
def logsumexp(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """`log_of_sum` of the numbers along `dim`."""
    return reduced(log_of_sum, x, dim, keepdim)


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
