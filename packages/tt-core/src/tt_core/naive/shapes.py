"""The same numbers in another arrangement. Views have no loops: they copy nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array
from tt_core.naive.loops import Index, at, common_shape, copied, put
from tt_core.primitives import shapes as P
from tt_core.primitives.elementwise import quiet


def places(key: Any, shape: tuple[int, ...]) -> Array:
    """Return which elements of an array of this shape [key] names, counted row by row.

    >>> places((slice(None), 1), (2, 3))
    array([1, 4])
    """
    numbered = np.arange(math.prod(shape)).reshape(shape)
    return np.asarray(numbered[key])


def named_by(key: Any, shape: Index, values: Index) -> Iterator[tuple[Index, Index]]:
    """Yield the index of each element that [key] names, and that of the value for it, which may be broadcast.

    Raises:
        ValueError: the values do not fit.
    """
    found = places(key, shape)
    if math.prod(common_shape(values, found.shape)) != found.size:
        message = f"values of shape {list(values)} do not fit the shape {list(found.shape)} that is named"
        raise ValueError(message)
    indices = list(np.ndindex(shape))
    for i in np.ndindex(found.shape):
        yield indices[found.item(i)], at(i, values)


@P.unindex.kernel(NAIVE)
@quiet
def unindex(x: Array, *, key: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of `shape` to which x is added at [key], an element named twice twice."""
    out = np.zeros(shape, x.dtype)
    for i, j in named_by(key, shape, x.shape):
        put(out, i, out.item(i) + x.item(j))
    return out


@P.setitem.kernel(NAIVE)
@quiet
def setitem(x: Array, values: Array, *, key: Any) -> Array:
    """A copy of x with [key] overwritten by `values`."""
    out = copied(x)
    for i, j in named_by(key, x.shape, values.shape):
        put(out, i, values.item(j))
    return out


def moved(i: Index, dim: int, to: int) -> Index:
    """Return the index i with another position in `dim`."""
    return (*i[:dim], to, *i[dim + 1 :])


@P.gather.kernel(NAIVE)
def gather(x: Array, index: Array, *, dim: int) -> Array:
    """Along `dim`, the elements that `index` names."""
    out = np.empty(index.shape, x.dtype)
    for i in np.ndindex(index.shape):
        out[i] = x[moved(i, dim, index.item(i))]
    return out


@P.scatter.kernel(NAIVE)
@quiet
def scatter(x: Array, index: Array, src: Array, *, dim: int) -> Array:
    """A copy of x in which `src` overwrites the elements that `index` names; of two the later one stays."""
    out = copied(x)
    source = np.asarray(src)
    for i in np.ndindex(index.shape):
        put(out, moved(i, dim, index.item(i)), source.item(i if source.ndim else ()))
    return out


@P.scatter_add.kernel(NAIVE)
@quiet
def scatter_add(x: Array, index: Array, src: Array, *, dim: int) -> Array:
    """A copy of x in which `src` is added to the elements that `index` names."""
    out = copied(x)
    for i in np.ndindex(index.shape):
        place = moved(i, dim, index.item(i))
        put(out, place, out.item(place) + src.item(i))
    return out


@P.cat.kernel(NAIVE)
@quiet
def cat(*xs: Array, dim: int) -> Array:
    """The arrays one after the other along `dim`."""
    first = xs[0].shape
    out = np.empty(moved(first, dim, sum(x.shape[dim] for x in xs)), np.result_type(*xs))
    start = 0
    for x in xs:
        if moved(x.shape, dim, 0) != moved(first, dim, 0):
            message = f"shapes {list(first)} and {list(x.shape)} differ elsewhere than in dimension {dim}"
            raise ValueError(message)
        for i in np.ndindex(x.shape):
            put(out, moved(i, dim, start + i[dim]), x.item(i))
        start += x.shape[dim]
    return out


@P.pad.kernel(NAIVE)
@quiet
def pad(x: Array, *, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    """`x` framed by `value`; a negative width cuts off."""
    out = np.empty([n + before + after for n, (before, after) in zip(x.shape, widths, strict=True)], x.dtype)
    for i in np.ndindex(out.shape):
        inner = tuple([k - before for k, (before, _) in zip(i, widths, strict=True)])
        inside = all(0 <= k < n for k, n in zip(inner, x.shape, strict=True))
        put(out, i, x.item(inner) if inside else value)
    return out


@P.roll.kernel(NAIVE)
def roll(x: Array, *, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Array:
    """What falls off one end comes back at the other."""
    out = np.empty(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        place = i
        for n, d in zip(shifts, dims, strict=True):
            place = moved(place, d, (place[d] + n) % x.shape[d])
        out[place] = x[i]
    return out


@P.tril.kernel(NAIVE)
def tril(x: Array, *, diagonal: int) -> Array:
    """The lower triangle of the last two dimensions, zeros above."""
    out = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        row, column = i[-2:]
        if column - row <= diagonal:
            out[i] = x[i]
    return out


@P.triu.kernel(NAIVE)
def triu(x: Array, *, diagonal: int) -> Array:
    """The upper triangle of the last two dimensions, zeros below."""
    out = np.zeros(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        row, column = i[-2:]
        if column - row >= diagonal:
            out[i] = x[i]
    return out


@P.clone.kernel(NAIVE)
def clone(x: Array) -> Array:
    """A copy in memory of its own."""
    return copied(x)
