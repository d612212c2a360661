"""Where the pixels of a resized image come from, one dimension at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from tt_core.extend import Array

Kind: TypeAlias = Literal["nearest", "nearest-exact", "linear", "cubic"]
SHARPNESS = -0.75  # of the cubic: its slope one pixel away


@dataclass(frozen=True)
class Grid:
    """`count` pixels made of `size` pixels, each a sum of some of them with weights that add up to 1.

    Attributes:
        kind: of which ones: the nearest, the two around (linear) or the four around (cubic).
        align: whether the first and the last pixel's centers stay where they are, or else the image's borders.
        scale: how many pixels become of one, if that is not count / size.
    """

    size: int
    count: int
    kind: Kind
    align: bool = False
    scale: float | None = None

    def sources(self, dtype: np.dtype[Any]) -> list[tuple[Array, Array]]:
        """Return, for each term of the sum, which pixel it takes and with which weight, for all pixels.

        Args:
            dtype: in which to compute: where rounding decides which pixel is nearest, PyTorch's decides here too.
        """
        if self.kind in ("nearest", "nearest-exact"):
            return [(self._nearest(), np.ones(self.count, dtype))]
        place = self._places(dtype)
        if self.kind == "linear":
            place = np.clip(place, 0, self.size - 1)
        below = np.floor(place).astype(np.int64)
        past = place - below.astype(dtype)
        offsets, weights = ((0, 1), (1 - past, past)) if self.kind == "linear" else ((-1, 0, 1, 2), _cubic(past))
        return [(np.clip(below + n, 0, self.size - 1), w) for n, w in zip(offsets, weights, strict=True)]

    def _ratio(self, dtype: np.dtype[Any]) -> Any:
        """Return how many pixels become one."""
        if self.align:
            return dtype.type((self.size - 1) / (self.count - 1) if self.count > 1 else 0)
        return dtype.type(1 / self.scale if self.scale else self.size / self.count)

    def _places(self, dtype: np.dtype[Any]) -> Array:
        """Return where each pixel lies among those it is made of."""
        half = dtype.type(0 if self.align else 0.5)
        places: Array = (np.arange(self.count, dtype=dtype) + half) * self._ratio(dtype) - half
        return places

    def _nearest(self) -> Array:
        """Return the pixel below, or with "nearest-exact" the nearest."""
        if self.kind == "nearest" and self.count in (self.size, 2 * self.size):
            return np.arange(self.count) // (self.count // self.size)
        half = 0.0 if self.kind == "nearest" else 0.5
        places = (np.arange(self.count) + half) * np.float64(self._ratio(np.dtype(np.float32)))
        return np.minimum(np.floor(places.astype(np.float32)).astype(np.int64), self.size - 1)


def _cubic(past: Array) -> tuple[Array, Array, Array, Array]:
    """Return the weights of the four pixels around (Keys 1981)."""
    return _outer(past + 1), _inner(past), _inner(1 - past), _outer(2 - past)


def _inner(t: Array) -> Array:
    """Return the weight of a pixel at most 1 away."""
    result: Array = ((SHARPNESS + 2) * t - (SHARPNESS + 3)) * t * t + 1
    return result


def _outer(t: Array) -> Array:
    """Return the weight of a pixel between 1 and 2 away."""
    result: Array = ((SHARPNESS * t - 5 * SHARPNESS) * t + 8 * SHARPNESS) * t - 4 * SHARPNESS
    return result
