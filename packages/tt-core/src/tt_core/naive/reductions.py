"""Many numbers in, fewer out."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array
from tt_core.naive.loops import along, copied, reduced
from tt_core.naive.scalars import Number, divide, is_nan, larger, power, smaller
from tt_core.primitives import reductions as P
from tt_core.primitives.reductions import Dims

Numbers: TypeAlias = list[Number]


def total(numbers: Numbers) -> Number:
    """Return their sum, 0 of none.

    >>> total([3, 4, 5]), total([])
    (12, 0)
    """
    result: Number = 0
    for a in numbers:
        result += a
    return result


def product(numbers: Numbers) -> Number:
    """Return their product, 1 of none.

    >>> product([3, 4, 5]), product([])
    (60, 1)
    """
    result: Number = 1
    for a in numbers:
        result *= a
    return result


def extreme(numbers: Numbers, better: Callable[[Number, Number], Number]) -> Number:
    """Return the one that is better than all others.

    Args:
        numbers: one or more.
        better: returns the better one of two, such as `larger`, and nan if one of them is nan.

    >>> extreme([-3, -1, -2], larger), extreme([1.0, math.nan, 2.0], larger)
    (-1, nan)

    Raises:
        ValueError: there are no numbers.
    """
    if not numbers:
        message = "there is no largest or smallest of no numbers"
        raise ValueError(message)
    result = numbers[0]
    for a in numbers:
        result = better(result, a)
    return result


def largest(numbers: Numbers) -> Number:
    """Return the largest, -∞ of none."""
    return extreme([-math.inf, *numbers], larger)


@P.sum.kernel(NAIVE)
def sum(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Σ x."""
    return reduced(total, x, dim, keepdim)


@P.mean.kernel(NAIVE)
def mean(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Σ x / n."""
    return reduced(lambda numbers: divide(total(numbers), len(numbers)), x, dim, keepdim)


@P.prod.kernel(NAIVE)
def prod(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Π x."""
    return reduced(product, x, dim, keepdim)


@P.amax.kernel(NAIVE)
def amax(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """The largest."""
    return reduced(lambda numbers: extreme(numbers, larger), x, dim, keepdim)


@P.amin.kernel(NAIVE)
def amin(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """The smallest."""
    return reduced(lambda numbers: extreme(numbers, smaller), x, dim, keepdim)


@P.vector_norm.kernel(NAIVE)
def vector_norm(x: Array, *, ord: float, dim: Dims, keepdim: bool) -> Array:
    """(Σ |x|^p)^(1/p); p = ±∞ is the largest or smallest |x|, p = 0 counts what is not zero."""

    def norm(numbers: Numbers) -> Number:
        sizes = [builtins.abs(a) for a in numbers]
        if math.isinf(ord):
            return extreme(sizes, larger if ord > 0 else smaller)
        if ord == 0:
            return total([a != 0 for a in sizes])
        return power(total([power(a, ord) for a in sizes]), 1 / ord)

    return reduced(norm, x, dim, keepdim)


def running(numbers: Numbers, combine: Callable[[Number, Number], Number]) -> Numbers:
    """Return each number combined with all before it."""
    results: Numbers = []
    for a in numbers:
        results.append(combine(results[-1], a) if results else a)
    return results


@P.cumsum.kernel(NAIVE)
def cumsum(x: Array, *, dim: int) -> Array:
    """Σ of all up to here."""
    return along(lambda numbers: running(numbers, operator.add), x, dim)


@P.cumprod.kernel(NAIVE)
def cumprod(x: Array, *, dim: int) -> Array:
    """Π of all up to here."""
    return along(lambda numbers: running(numbers, operator.mul), x, dim)


def first(numbers: Numbers, better: Callable[[Number, Number], Number]) -> int:
    """Return where the one that is better than all others stands for the first time."""
    best = extreme(numbers, better)
    return [a == best or is_nan(a) for a in numbers].index(True)


@P.argmax.kernel(NAIVE)
def argmax(x: Array, *, dim: int | None, keepdim: bool) -> Array:
    """The position of the first of the largest."""
    return reduced(lambda numbers: first(numbers, larger), x, None if dim is None else (dim,), keepdim, np.int64)


@P.argmin.kernel(NAIVE)
def argmin(x: Array, *, dim: int | None, keepdim: bool) -> Array:
    """The position of the first of the smallest."""
    return reduced(lambda numbers: first(numbers, smaller), x, None if dim is None else (dim,), keepdim, np.int64)


@P.all.kernel(NAIVE)
def all(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Whether none is zero."""
    return reduced(lambda numbers: builtins.all(a != 0 for a in numbers), x, dim, keepdim, np.bool_)


@P.any.kernel(NAIVE)
def any(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Whether one is not zero."""
    return reduced(lambda numbers: builtins.any(a != 0 for a in numbers), x, dim, keepdim, np.bool_)


def beats(a: Number, b: Number, *, descending: bool) -> bool:
    """Tell whether a comes before b in sorted order; nan counts as the largest of all."""
    if is_nan(a) or is_nan(b):
        return is_nan(a if descending else b) and not (is_nan(a) and is_nan(b))
    return a > b if descending else a < b


@P.argsort.kernel(NAIVE)
def argsort(x: Array, *, dim: int, descending: bool) -> Array:
    """The positions in sorted order, by insertion: each goes left until the one before it must not come later."""

    def positions(numbers: Numbers) -> list[int]:
        order: list[int] = []
        for i, a in enumerate(numbers):
            k = i
            while k > 0 and beats(a, numbers[order[k - 1]], descending=descending):
                k -= 1
            order.insert(k, i)
        return order

    return along(positions, x, dim, np.int64)


@P.topk.kernel(NAIVE)
def topk(x: Array, *, k: int, dim: int, largest: bool) -> Array:
    """The positions of the k largest (or smallest), one after the other: the first that no other beats."""

    def chosen_first(numbers: Numbers) -> list[int]:
        chosen: list[int] = []
        rest = list(range(len(numbers)))
        for _ in range(k):
            best = rest[0]
            for i in rest:
                if beats(numbers[i], numbers[best], descending=largest):
                    best = i
            rest.remove(best)
            chosen.append(best)
        return chosen + rest

    return copied(along(chosen_first, x, dim, np.int64)[(*[slice(None)] * dim, slice(k))])
