"""Resizing: each pixel a weighted sum of some, one dimension after the other; and its gradient, which hands them back.

resize          the resized image
resize_input    its gradient; the two are each other's
"""

from __future__ import annotations

import numpy as np

from tt_core.extend import Array, primitive, quiet
from tt_train.spatial.grids import Grid

Grids = tuple[Grid, ...]


@primitive
@quiet
def resize(x: Array, *, grids: Grids) -> Array:
    """`Σ weight · x[source]` along each of the dimensions after the channels."""
    out = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    for dim, grid in enumerate(grids, 1):
        out = _gathered(out, grid, dim)
    return np.moveaxis(out.astype(x.dtype, copy=False), -1, 1)


@primitive
@quiet
def resize_input(y: Array, *, grids: Grids) -> Array:
    """Zeros to which `weight · y` is added at each source."""
    out = np.ascontiguousarray(np.moveaxis(y, 1, -1))
    for dim, grid in enumerate(grids, 1):
        out = _scattered(out, grid, dim)
    return np.moveaxis(out.astype(y.dtype, copy=False), -1, 1)


def _gathered(x: Array, grid: Grid, dim: int) -> Array:
    """Return Σ weight · x[source] along one dimension."""
    if grid.kind in ("nearest", "nearest-exact"):
        ((source, _),) = grid.sources(np.dtype(np.float32))
        return x.take(source, dim)
    dtype = np.promote_types(x.dtype, np.float32)
    (source, weight), *rest = grid.sources(dtype)
    out: Array = np.multiply(x.take(source, dim), _along(weight, x, dim), dtype=dtype)
    for source, weight in rest:
        out += np.multiply(x.take(source, dim), _along(weight, x, dim), dtype=dtype)
    return out


def _scattered(y: Array, grid: Grid, dim: int) -> Array:
    """Return zeros to which weight · y is added at each source along one dimension; sources never go back."""
    dtype = np.promote_types(y.dtype, np.float32)
    out = np.zeros((*y.shape[:dim], grid.size, *y.shape[dim + 1 :]), dtype)
    for source, weight in grid.sources(dtype):
        firsts = np.flatnonzero(np.diff(source, prepend=-1))
        part = np.multiply(y, _along(weight, y, dim), dtype=dtype)
        out[(slice(None),) * dim + (source[firsts],)] += np.add.reduceat(part, firsts, dim)
    return out


def _along(weight: Array, x: Array, dim: int) -> Array:
    """Return weights so that they broadcast along one dimension of x."""
    return weight.reshape(-1, *(1,) * (x.ndim - dim - 1))
