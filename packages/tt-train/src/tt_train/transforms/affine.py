"""Rotating, scaling, shearing and shifting by fractions of a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tt_core import Generator, Tensor
from tt_core.errors import NotSupportedError, ShapeError
from tt_core.extend import Array, stream
from tt_train.transforms.base import Transform, as_images, need_uint8_or_float, pixels
from tt_train.transforms.values import like

AT_ONCE = 2**14  # pixels whose numbers stay in the cache: three times as fast as a whole batch


def affine(
    images: Tensor,
    angle: Array | float = 0.0,
    translate: tuple[Array | float, Array | float] = (0.0, 0.0),
    scale: Array | float = 1.0,
    shear: Array | float = 0.0,
    *,
    interpolation: str = "bilinear",
    fill: float = 0.0,
) -> Tensor:
    """Shear, scale, rotate and then shift each image about its middle; each number may be one per image.

    Args:
        angle: in degrees, clockwise.
        translate: in pixels, to the right and down.
        scale: the factor by which it becomes larger.
        shear: in degrees, along the rows.
        interpolation: "bilinear" or "nearest".
        fill: what lies outside the images.

    Raises:
        NotSupportedError: another interpolation.
    """
    need_uint8_or_float(images, "affine")
    if interpolation not in {"bilinear", "nearest"}:
        message = f"expected interpolation 'bilinear' or 'nearest'; got {interpolation!r}"
        raise NotSupportedError(message)
    x = pixels(images)
    count, height, width, _ = x.shape
    numbers = np.broadcast_arrays(np.empty(count), np.radians(angle), *translate, scale, np.tan(np.radians(shear)))[1:]
    out = np.empty_like(x)
    step = max(AT_ONCE // max(height * width, 1), 1)
    for rows in (slice(i, i + step) for i in range(0, count, step)):
        ys, xs = _sources(height, width, *(each[rows, None, None].astype(np.float32) for each in numbers))
        if interpolation == "nearest":
            ys, xs = np.rint(ys), np.rint(xs)
        out[rows] = like(_sampled(x[rows], ys, xs, fill), x)
    return as_images(out)


def _sources(
    height: int, width: int, angle: Array, dx: Array, dy: Array, scale: Array, slope: Array
) -> tuple[Array, Array]:
    """Return for each pixel of the result where in the image it comes from: rows and columns, (B, H, W) each."""
    x = np.arange(width, dtype=np.float32) - (width - 1) / 2 - dx
    y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2 - dy
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    back_x, back_y = cos * x + sin * y, cos * y - sin * x
    return back_y + np.float32((height - 1) / 2), back_x - slope * back_y + np.float32((width - 1) / 2)


def _sampled(x: Array, ys: Array, xs: Array, fill: float) -> Array:
    """Return images (B, H, W, C) between their pixels; a border of one pixel stands for all that is outside."""
    count, height, width, channels = x.shape
    framed = np.empty((count, height + 2, width + 2), np.float64 if x.dtype == np.float64 else np.float32)
    row, dy = _cell(ys, height)
    column, dx = _cell(xs, width)
    first = (np.arange(count)[:, None, None] * (height + 2) + row) * (width + 2) + column
    corners = (first, first + 1, first + width + 2, first + width + 3)
    out = np.empty((*ys.shape, channels), framed.dtype)
    for c in range(channels):
        framed.fill(fill)
        framed[:, 1:-1, 1:-1] = x[..., c]
        a, b, below_a, below_b = (framed.take(corner) for corner in corners)
        out[..., c] = _between(_between(a, b, dx), _between(below_a, below_b, dx), dy)
    return out


def _between(a: Array, b: Array, part: Array) -> Array:
    """Return a + part · (b − a), in the memory of b."""
    b -= a
    b *= part
    b += a
    return b


def _cell(places: Array, size: int) -> tuple[Array, Array]:
    """Return the pixel at or before each place, counted with the border, and how far behind it the place is."""
    inside = places.clip(-1, size)
    before = np.minimum(np.floor(inside), size - 1)
    return (before + 1).astype(np.int64), inside - before


@dataclass(frozen=True)
class RandomAffine(Transform):
    """Rotate, shift, scale and shear each image by random amounts; names as in torchvision.

    Args:
        degrees: rotations are drawn from -degrees to degrees, or from a pair of bounds.
        translate: the largest shifts, as parts of width and height.
        scale: bounds of the factor.
        shear: as `degrees`.
        interpolation, fill: as in `affine`.
    """

    degrees: float | Sequence[float] = 0.0
    translate: tuple[float, float] | None = None
    scale: tuple[float, float] | None = None
    shear: float | Sequence[float] | None = None
    interpolation: str = "bilinear"
    fill: float = 0.0

    def __post_init__(self) -> None:
        if self.scale is not None and not 0 < self.scale[0] <= self.scale[1]:
            message = f"expected a scale of two factors above 0, the smaller one first; got {self.scale}"
            raise ShapeError(message)

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:
        """Return turned, shifted, scaled and sheared images."""
        random, n = stream(generator), len(images)
        height, width = images.shape[-2:]
        right, down = self.translate or (0.0, 0.0)
        return affine(
            images,
            random.uniform(*_bounds(self.degrees), n),
            (random.uniform(-right, right, n) * width, random.uniform(-down, down, n) * height),
            random.uniform(*(self.scale or (1.0, 1.0)), n),
            random.uniform(*_bounds(self.shear or 0.0), n),
            interpolation=self.interpolation,
            fill=self.fill,
        )


def _bounds(given: float | Sequence[float]) -> tuple[float, float]:
    bounds = tuple(given) if isinstance(given, Sequence) else (-given, given)
    if len(bounds) != 2:
        message = f"expected one number, or two bounds, of degrees for RandomAffine; got {given}"
        raise NotSupportedError(message)
    return bounds
