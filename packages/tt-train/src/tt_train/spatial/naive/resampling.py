"""Resizing, one pixel after the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from tt_core.extend import NAIVE, Array, quiet
from tt_core.naive.loops import Index, put
from tt_core.naive.scalars import Number
from tt_train.spatial.primitives import resampling as P
from tt_train.spatial.primitives.resampling import Grids


def terms(x: Array, grids: Grids) -> Iterator[tuple[Index, list[tuple[Index, Number]]]]:
    """Yield the index of each resized pixel, and the pixels with their weights that it is the sum of."""
    dtype = np.promote_types(x.dtype, np.float32)
    sources = [grid.sources(dtype) for grid in grids]
    for outer in np.ndindex(x.shape[:2]):
        for i in np.ndindex(*[grid.count for grid in grids]):
            found = []
            for term in product(*sources):
                weight = 1.0
                for (_, weights), k in zip(term, i, strict=True):
                    weight *= weights.item(k)
                found.append(((*outer, *[s.item(k) for (s, _), k in zip(term, i, strict=True)]), weight))
            yield (*outer, *i), found


@P.resize.kernel(NAIVE)
@quiet
def resize(x: Array, *, grids: Grids) -> Array:
    """`Σ weight · x[source]`."""
    out = np.empty((*x.shape[:2], *[grid.count for grid in grids]), x.dtype)
    for i, found in terms(x, grids):
        put(out, i, sum(x.item(place) * weight for place, weight in found))
    return out


@P.resize_input.kernel(NAIVE)
@quiet
def resize_input(y: Array, *, grids: Grids) -> Array:
    """`weight · y` added at each source."""
    out = np.zeros((*y.shape[:2], *[grid.size for grid in grids]), np.float64)
    for i, found in terms(y, grids):
        for place, weight in found:
            out[place] += y.item(i) * weight
    return out.astype(y.dtype)
