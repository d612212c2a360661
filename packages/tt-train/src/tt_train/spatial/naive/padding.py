"""Borders, number by number."""

from __future__ import annotations

import numpy as np

from tt_core.extend import NAIVE, Array, quiet
from tt_train.spatial.primitives import padding as P
from tt_train.spatial.primitives.padding import Mode, Widths


def source(i: int, size: int, mode: Mode) -> int:
    """Return where the border takes the number at position i from, which is 0 where the line begins.

    >>> [source(i, 3, "reflect") for i in range(-2, 5)]
    [2, 1, 0, 1, 2, 1, 0]
    """
    if mode == "circular":
        return i % size
    if mode == "replicate":
        return min(max(i, 0), size - 1)
    return -i if i < 0 else 2 * (size - 1) - i if i >= size else i


@P.border.kernel(NAIVE)
def border(x: Array, *, widths: Widths, mode: Mode) -> Array:
    """Each number of the result from its source."""
    out = np.empty([n + before + behind for n, (before, behind) in zip(x.shape, widths, strict=True)], x.dtype)
    for place in np.ndindex(out.shape):
        out[place] = x[tuple([source(i - w[0], n, mode) for i, n, w in zip(place, x.shape, widths, strict=True)])]
    return out


@P.unborder.kernel(NAIVE)
@quiet
def unborder(x: Array, *, shape: tuple[int, ...], widths: Widths, mode: Mode) -> Array:
    """Each number added to what it was taken from."""
    out = np.zeros(shape, x.dtype)
    for place in np.ndindex(x.shape):
        out[tuple([source(i - w[0], n, mode) for i, n, w in zip(place, shape, widths, strict=True)])] += x[place]
    return out
