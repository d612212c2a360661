"""Batches as bytes in shared memory: the arrays lie in it, and what remains is small (module 07)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from tt_core import Tensor
from tt_core.extend import Array, wrap

ALIGNMENT = 64  # bytes: a cache line, and more than any kernel asks for


class Place(NamedTuple):
    """Where an array lies: `axes` are its dimensions from the slowest to the fastest, `shape` their sizes."""

    offset: int
    dtype: str
    shape: tuple[int, ...]
    axes: tuple[int, ...]
    tensor: bool


class Packed:
    """A batch taken apart: `arrays`, and the batch with a `Place` in the place of each.

    Lists, tuples and dicts are looked into; in anything else, arrays are sent as part of it, which is slower.
    """

    def __init__(self, batch: Any) -> None:
        self.arrays: list[tuple[Place, Array]] = []
        self.size = 0
        self.rest = replace(batch, self._place)

    def _place(self, x: Any) -> Any:
        tensor = isinstance(x, Tensor) and not x.requires_grad
        array = x.data if tensor else x
        if type(array) is not np.ndarray or array.dtype.kind not in "biufcSUmM":
            return x
        axes = tuple(int(axis) for axis in np.argsort([-abs(s) for s in array.strides], kind="stable"))
        found = array.transpose(axes)
        place = Place(self.size, array.dtype.str, found.shape, axes, tensor)
        self.arrays.append((place, found))
        self.size += math.ceil(array.nbytes / ALIGNMENT) * ALIGNMENT
        return place

    def write(self, buffer: Any) -> None:
        """Copy the arrays into a buffer of at least `size` bytes."""
        for place, array in self.arrays:
            np.copyto(_view(place, buffer), array)


def unpack(rest: Any, buffer: Any) -> Any:
    """Return the batch again, with arrays of its own, in the order of memory that they had."""

    def restore(x: Any) -> Any:
        if type(x) is not Place:
            return x
        array = _view(x, buffer).copy().transpose(np.argsort(x.axes))
        return wrap(array) if x.tensor else array

    return replace(rest, restore)


def _view(place: Place, buffer: Any) -> Array:
    return np.ndarray(place.shape, place.dtype, buffer, place.offset)


def replace(x: Any, change: Any) -> Any:
    """Return what `change` makes of each member of lists, tuples and dicts, however deep."""
    kind = type(x)
    if kind is Place:
        return change(x)
    if kind in (list, tuple):
        return kind([replace(member, change) for member in x])
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return kind(*(replace(member, change) for member in x))
    if kind is dict:
        return {key: replace(member, change) for key, member in x.items()}
    return change(x)
