"""Many numbers in, fewer out. `dim` is a tuple of dimensions, or None for all of them; it is never negative."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from tt_core.dispatch import primitive
from tt_core.dtypes import Array
from tt_core.primitives.elementwise import quiet

Dims: TypeAlias = tuple[int, ...] | None
_add: Callable[..., Any] = np.add.reduce  # the ufunc itself: `x.sum()` takes a detour
_multiply: Callable[..., Any] = np.multiply.reduce


@primitive
def sum(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Σ x; float16 is added up in float32."""
    if x.dtype == np.float16:
        return _add(x, dim, np.float32, keepdims=keepdim).astype(np.float16)
    return _add(x, dim, x.dtype, keepdims=keepdim)


@primitive
@quiet
def mean(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Σ x / n; nan where n is 0."""
    n = x.size if dim is None else np.prod([x.shape[d] for d in dim], dtype=int)
    total = _add(x, dim, np.float32 if x.dtype == np.float16 else None, keepdims=keepdim)
    return (total / n).astype(x.dtype, copy=False)


@primitive
def prod(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Π x."""
    return _multiply(x, dim, x.dtype, keepdims=keepdim)


@primitive
def amax(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """The largest; its gradient is shared among ties."""
    return x.max(axis=dim, keepdims=keepdim)


@primitive
def amin(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """The smallest; its gradient is shared among ties."""
    return x.min(axis=dim, keepdims=keepdim)


@primitive
@quiet
def logsumexp(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Log Σ e^x, from differences to the maximum."""
    top: Array = x.max(axis=dim, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    out: Array = np.log(np.exp(x - top).sum(axis=dim, keepdims=True)) + top
    return out if keepdim else out.reshape(_add(np.empty(x.shape, bool), dim).shape)


@primitive
@quiet
def vector_norm(x: Array, *, ord: float, dim: Dims, keepdim: bool) -> Array:
    """(Σ |x|^p)^(1/p); p = ±∞ is the largest or smallest |x|, p = 0 counts what is not zero."""
    a = np.abs(x) if x.dtype != np.float16 else np.abs(x, dtype=np.float32)
    if ord in (np.inf, -np.inf):
        out = a.max(axis=dim, keepdims=keepdim) if ord > 0 else a.min(axis=dim, keepdims=keepdim)
    elif ord == 0:
        out = (a != 0).sum(axis=dim, keepdims=keepdim)
    elif ord == 1:
        out = a.sum(axis=dim, keepdims=keepdim)
    elif ord == 2:
        out = np.sqrt(_add(np.square(a), dim, keepdims=keepdim))
    else:
        out = np.power(np.power(a, ord).sum(axis=dim, keepdims=keepdim), 1 / ord)
    return out.astype(x.dtype, copy=False)


@primitive
@quiet
def cumsum(x: Array, *, dim: int) -> Array:
    """Σ of all up to here, along `dim`."""
    return np.cumsum(x, axis=dim, dtype=x.dtype)


@primitive
@quiet
def cumprod(x: Array, *, dim: int) -> Array:
    """Π of all up to here, along `dim`."""
    return np.cumprod(x, axis=dim, dtype=x.dtype)


@primitive(differentiable=False)
def argmax(x: Array, *, dim: int | None, keepdim: bool) -> Array:
    """The position of the first of the largest."""
    return np.argmax(x, axis=dim, keepdims=keepdim)


@primitive(differentiable=False)
def argmin(x: Array, *, dim: int | None, keepdim: bool) -> Array:
    """The position of the first of the smallest."""
    return np.argmin(x, axis=dim, keepdims=keepdim)


@primitive(differentiable=False)
def all(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Whether none is zero."""
    return np.all(x, axis=dim, keepdims=keepdim)


@primitive(differentiable=False)
def any(x: Array, *, dim: Dims, keepdim: bool) -> Array:
    """Whether one is not zero."""
    return np.any(x, axis=dim, keepdims=keepdim)


@primitive(differentiable=False)
def argsort(x: Array, *, dim: int, descending: bool) -> Array:
    """The positions in sorted order; equal numbers keep theirs (stable), nan counts as the largest."""
    return _order(x, dim, descending)


def _order(x: Array, dim: int, descending: bool) -> Array:
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    n = x.shape[dim]
    return n - 1 - np.flip(np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)


@primitive(differentiable=False)
def topk(x: Array, *, k: int, dim: int, largest: bool) -> Array:
    """The positions of the k largest (or smallest) in sorted order: the first k of `argsort`, without sorting all."""
    if k == 1 and largest:
        return np.argmax(x, axis=dim, keepdims=True)
    lines = np.moveaxis(x, dim, -1)
    if k == 0 or 8 * k > lines.shape[-1]:
        picked = _order(lines, -1, largest)[..., :k]
    else:
        candidates = _best(lines, k, largest)
        order = _order(np.take_along_axis(lines, candidates, -1), -1, largest)
        picked = np.take_along_axis(candidates, order, -1)
    return np.ascontiguousarray(np.moveaxis(picked, -1, dim))


def _best(x: Array, k: int, largest: bool) -> Array:
    """Return the positions of the k best of each row as they stand there; of equals at the limit, the first."""
    place = x.shape[-1] - k if largest else k - 1
    limit = np.partition(x, place, -1)[..., place, None]
    undefined = limit != limit  # noqa: PLR0124 - nan, which is larger than all numbers
    better = ~undefined & ~(x <= limit) if largest else (x < limit) | (undefined & (x == x))  # noqa: PLR0124
    equal = (x == limit) | (undefined & (x != x))  # noqa: PLR0124
    kept = better | equal
    if np.count_nonzero(kept) > k * math.prod(x.shape[:-1]):
        room = k - _add(better, -1, keepdims=True, dtype=np.int64)
        kept = better | (equal & (np.cumsum(equal, -1) <= room))
    return np.nonzero(kept)[-1].reshape(*x.shape[:-1], k)
