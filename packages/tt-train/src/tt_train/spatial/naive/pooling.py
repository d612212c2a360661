"""Pooling, one window after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tt_core.extend import NAIVE, Array, quiet
from tt_core.naive.loops import Index, put
from tt_core.naive.scalars import Number, is_nan
from tt_train.spatial.primitives import pooling as P
from tt_train.spatial.windows import Windows, counts, sizes, spans

Axes = tuple[Windows, ...]


def held(x: Array, windows: Axes, outer: int) -> Iterator[tuple[Index, list[Index]]]:
    """Yield the index of each window of each plane, and those of the numbers that it holds, row by row."""
    for plane in np.ndindex(x.shape[:outer]):
        for i, places in spans(windows):
            yield (*plane, *i), [(*plane, *place) for place in places]


def first_largest(x: Array, places: list[Index]) -> Index | None:
    """Return the first of the places where x is largest; nan counts as larger than all before it.

    All before it, another nan included: of several nan it is the last, as in PyTorch. Of no places there is none: a
    window with gaps may lie in the padding with all it has.
    """
    best: Index | None = None
    for place in places:
        if best is None or x.item(place) > x.item(best) or is_nan(x.item(place)):
            best = place
    return best


@P.max_pool.kernel(NAIVE)
def max_pool(x: Array, *, windows: Axes) -> Array:
    """The largest number of each window; where a window holds none, the lowest that x's type has, `P.lowest(x)`.

    The windows lie over the last dimensions of x, all dimensions before them are as they were; `held` names both.
    """
    outer = x.ndim - len(windows)
    out = np.empty((*x.shape[:outer], *counts(windows)), x.dtype)
    for i, places in held(x, windows, outer):
        best = first_largest(x, places)
        put(out, i, P.lowest(x) if best is None else x.item(best))
    return out


@P.max_pool_input.kernel(NAIVE)
@quiet
def max_pool_input(y: Array, x: Array, top: Array, *, windows: Axes) -> Array:  # noqa: ARG001 - x tells it all
    """`y` of each window, added where x is largest in it, and nothing elsewhere: an array of x's shape and y's type.

    A place that is the largest of several windows gets the sum of theirs. `top`, the result of `max_pool`, is for
    kernels that look for it in x all at once; here x tells it all.
    """
    out = np.zeros(x.shape, y.dtype)
    for i, places in held(x, windows, x.ndim - len(windows)):
        best = first_largest(x, places)
        if best is not None:
            put(out, best, out.item(best) + y.item(i))
    return out


@P.max_pool_picked.kernel(NAIVE)
def max_pool_picked(y: Array, x: Array, top: Array, *, windows: Axes) -> Array:
    """`y` where x is largest in each window."""
    out = np.zeros(top.shape, y.dtype)
    for i, places in held(x, windows, x.ndim - len(windows)):
        best = first_largest(x, places)
        if best is not None:
            put(out, i, y.item(best))
    return out


def divisor_of(i: Index, windows: Axes, divisor: int | None, *, include_pad: bool) -> int:
    """Return by what the sum of window i is divided."""
    if divisor is not None:
        return divisor
    return math.prod(int(w.lengths(include_pad=include_pad)[k]) for w, k in zip(windows, i, strict=True))


@P.avg_pool.kernel(NAIVE)
@quiet
def avg_pool(x: Array, *, windows: Axes, include_pad: bool, divisor: int | None) -> Array:
    """The sum of the numbers of each window over how many they are; of integers with the fraction cut off."""
    outer = x.ndim - len(windows)
    out = np.empty((*x.shape[:outer], *counts(windows)), x.dtype)
    for i, places in held(x, windows, outer):
        total: Number = sum(x.item(place) for place in places)
        mean = total / divisor_of(i[outer:], windows, divisor, include_pad=include_pad)
        put(out, i, mean if x.dtype.kind == "f" else math.trunc(mean))
    return out


@P.avg_pool_input.kernel(NAIVE)
@quiet
def avg_pool_input(y: Array, *, windows: Axes, include_pad: bool, divisor: int | None) -> Array:
    """`y` of each window over its divisor, added to each number that it holds."""
    outer = y.ndim - len(windows)
    out = np.zeros((*y.shape[:outer], *sizes(windows)), y.dtype)
    for i, places in held(out, windows, outer):
        share = y.item(i) / divisor_of(i[outer:], windows, divisor, include_pad=include_pad)
        for place in places:
            put(out, place, out.item(place) + share)
    return out
