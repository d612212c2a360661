"""Borders, number by number."""

from __future__ import annotations

import numpy as np

from tt_core.extend import NAIVE, Array, quiet
from tt_train.spatial.primitives import padding as P
from tt_train.spatial.primitives.padding import Mode, Widths


def source(i: int, size: int, width: tuple[int, int], mode: Mode) -> int:
    """Return where the number at position i of a padded line comes from.

    >>> [source(i, 3, (2, 2), "reflect") for i in range(7)]
    [2, 1, 0, 1, 2, 1, 0]
    """
    i -= width[0]
    if mode == "circular":
        first = max(-width[0], 0)
        left = size - first + min(width[1], 0)
        return (i - first) % left + first
    if mode == "replicate":
        return min(max(i, 0), size - 1)
    return -i if i < 0 else 2 * (size - 1) - i if i >= size else i


@P.border.kernel(NAIVE)
def border(x: Array, *, widths: Widths, mode: Mode) -> Array:
    """Each number of the result from its source."""
    out = np.empty([n + before + behind for n, (before, behind) in zip(x.shape, widths, strict=True)], x.dtype)
    for place in np.ndindex(out.shape):
        out[place] = x[tuple([source(i, n, w, mode) for i, n, w in zip(place, x.shape, widths, strict=True)])]
    return out


@P.unborder.kernel(NAIVE)
@quiet
def unborder(x: Array, *, shape: tuple[int, ...], widths: Widths, mode: Mode) -> Array:
    """Each number added to what it was taken from."""
    out = np.zeros(shape, x.dtype)
    for place in np.ndindex(x.shape):
        out[tuple([source(i, n, w, mode) for i, n, w in zip(place, shape, widths, strict=True)])] += x[place]
    return out
