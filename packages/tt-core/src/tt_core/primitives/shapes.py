"""The same numbers in another arrangement. Rows marked `view` copy nothing where the memory's order allows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tt_core.dispatch import primitive
from tt_core.dtypes import Array


@primitive(view=True)
def reshape(x: Array, *, shape: tuple[int, ...]) -> Array:
    """The numbers in their order, in another shape."""
    return x.reshape(shape)


@primitive(view=True)
def permute(x: Array, *, dims: tuple[int, ...]) -> Array:
    """The dimensions in another order."""
    return x.transpose(dims)


@primitive(view=True)
def expand(x: Array, *, shape: tuple[int, ...]) -> Array:
    """Dimensions of size 1 repeated without a copy; the result is read-only."""
    return np.broadcast_to(x, shape)


@primitive(view=True)
def flip(x: Array, *, dims: tuple[int, ...]) -> Array:
    """The given dimensions backwards."""
    return np.flip(x, dims)


@primitive(view=True)
def diagonal(x: Array, *, offset: int, dim1: int, dim2: int) -> Array:
    """The elements whose indices in two dimensions differ by `offset`, as a last dimension."""
    return np.diagonal(x, offset, dim1, dim2)


@primitive(view=True)
def getitem(x: Array, *, key: Any) -> Array:
    """x[key]: a view for integers, slices, None and `...`; a copy where arrays or masks pick elements."""
    out = x[key]
    if isinstance(out, np.ndarray):
        return out
    return x[(*key, ...) if isinstance(key, tuple) else (key, ...)]  # a number would be a copy; this is a view of one


@primitive
def unindex(x: Array, *, key: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of `shape` to which x is added at [key], an element named twice twice: the reverse of `getitem`."""
    out = np.zeros(shape, x.dtype)
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, np.ndarray) and part.dtype != bool for part in parts):
        np.add.at(out, key, x)
    else:
        out[key] = x
    return out


@primitive
def setitem(x: Array, values: Array, *, key: Any) -> Array:
    """A copy of x with [key] overwritten by `values`."""
    out = x.copy()
    out[key] = trimmed(values)
    return out


def trimmed(values: Array) -> Array:
    """Return the values without leading dimensions of 1, which mean nothing and which NumPy does not always take."""
    extra = next((d for d, n in enumerate(values.shape) if n != 1), values.ndim)
    return values.reshape(values.shape[extra:])


@primitive
def gather(x: Array, index: Array, *, dim: int) -> Array:
    """out[i][j][k] = x[i][index[i][j][k]][k] for dim = 1: along `dim`, the elements that `index` names."""
    return x[_along(index, dim)]


@primitive
def scatter(x: Array, index: Array, src: Array, *, dim: int) -> Array:
    """A copy of x in which `src` overwrites the elements that `index` names along `dim`."""
    out = x.copy()
    out[_along(index, dim)] = src if np.ndim(src) == 0 else src[tuple(map(slice, index.shape))]
    return out


@primitive
def scatter_add(x: Array, index: Array, src: Array, *, dim: int) -> Array:
    """A copy of x in which `src` is added to the elements that `index` names along `dim`."""
    out = x.copy()
    np.add.at(out, _along(index, dim), src[tuple(map(slice, index.shape))])
    return out


def _along(index: Array, dim: int) -> tuple[Array, ...]:
    """Return the key that names, for each element of `index`, its own position but `index` itself in `dim`."""
    grid = np.ogrid[tuple(map(slice, index.shape))]
    return tuple(index if d == dim else g for d, g in enumerate(grid)) if index.ndim else ()


@primitive
def cat(*xs: Array, dim: int) -> Array:
    """The arrays one after the other along `dim`."""
    return np.concatenate(xs, axis=dim)


@primitive
def pad(x: Array, *, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    """`x` framed by `value`; a negative width cuts off."""
    core = x[tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(x.shape, widths, strict=True))]
    out = np.full([n + a + b for n, (a, b) in zip(x.shape, widths, strict=True)], value, x.dtype)
    out[tuple(slice(max(a, 0), max(a, 0) + n) for n, (a, _) in zip(core.shape, widths, strict=True))] = core
    return out


@primitive
def roll(x: Array, *, shifts: tuple[int, ...], dims: tuple[int, ...]) -> Array:
    """What falls off one end comes back at the other."""
    return np.roll(x, shifts, dims)


@primitive
def tril(x: Array, *, diagonal: int) -> Array:
    """The lower triangle of the last two dimensions, zeros above."""
    return np.tril(x, diagonal)


@primitive
def triu(x: Array, *, diagonal: int) -> Array:
    """The upper triangle of the last two dimensions, zeros below."""
    return np.triu(x, diagonal)


@primitive
def clone(x: Array) -> Array:
    """A copy in memory of its own, in row-major order."""
    return np.array(x, order="C")
