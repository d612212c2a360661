"""Borders made of what is inside: reflected, repeated, or from the other end."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from tt_core.extend import Array, primitive

Mode: TypeAlias = Literal["reflect", "replicate", "circular"]
Widths: TypeAlias = tuple[tuple[int, int], ...]


def sources(size: int, width: tuple[int, int], mode: Mode) -> Array:
    """Return where each position of a padded line of `size` numbers comes from.

    >>> sources(4, (2, 2), "reflect").tolist()
    [2, 1, 0, 1, 2, 3, 2, 1]
    >>> sources(4, (2, 2), "replicate").tolist()
    [0, 0, 0, 1, 2, 3, 3, 3]
    >>> sources(4, (2, 2), "circular").tolist()
    [2, 3, 0, 1, 2, 3, 0, 1]
    """
    places, last = np.arange(-width[0], size + width[1]), size - 1
    if mode == "circular":  # of what is left where a negative width has cut off
        first, end = max(-width[0], 0), size + min(width[1], 0)
        return (places - first) % (end - first) + first
    return np.clip(places, 0, last) if mode == "replicate" else last - abs(last - abs(places))


@primitive
def border(x: Array, *, widths: Widths, mode: Mode) -> Array:
    """`x` with a border around it, whose numbers are those of `sources`; a negative width cuts off."""
    out = x
    for d, width in enumerate(widths):
        if width != (0, 0):
            out = np.take(out, sources(x.shape[d], width, mode), d)
    return out.copy() if out is x else out


@primitive
def unborder(x: Array, *, shape: tuple[int, ...], widths: Widths, mode: Mode) -> Array:
    """An array of `shape` in which each number of x is added to the one that `border` would take it from."""
    out = x
    for d, width in enumerate(widths):
        if width != (0, 0):
            wide, taken = np.moveaxis(out, d, 0), sources(shape[d], width, mode)
            total = np.zeros((shape[d], *wide.shape[1:]), x.dtype)
            np.add.at(total, taken, wide)
            out = np.moveaxis(total, 0, d)
    return out.copy() if out is x else out
