"""Transforms that move pixels by whole numbers: padding, cropping, shifting, mirroring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tt_core import Generator, Tensor
from tt_core.errors import NotSupportedError, ShapeError
from tt_core.extend import Array, stream
from tt_train.transforms.base import Transform, as_images, pixels


def pad(images: Tensor, padding: int | Sequence[int], fill: float = 0, padding_mode: str = "constant") -> Tensor:
    """Return images with a border.

    Args:
        padding: its width: on all sides; (left and right, top and bottom); or (left, top, right, bottom).
        padding_mode: "constant" fills it with `fill`; "reflect" mirrors the image without its edge,
            "symmetric" with it; "edge" repeats the edge.

    Raises:
        ShapeError: the widths are negative, not 1, 2 or 4, or more than there is to mirror.
        NotSupportedError: another mode.
    """
    return as_images(_padded(pixels(images), _sides(padding), fill, padding_mode))


def _padded(x: Array, sides: tuple[int, int, int, int], fill: float, mode: str) -> Array:
    left, top, right, bottom = sides
    if mode not in {"constant", "reflect", "edge", "symmetric"}:
        message = f"expected padding_mode 'constant', 'reflect', 'edge' or 'symmetric'; got {mode!r}"
        raise NotSupportedError(message)
    if not any(sides):
        return x
    _, height, width, _ = x.shape
    if mode == "constant":  # np.pad takes three times as long
        out = np.full((len(x), top + height + bottom, left + width + right, x.shape[-1]), fill, x.dtype)
        out[:, top : top + height, left : left + width] = x
        return out
    if mode == "reflect" and (max(top, bottom) >= height or max(left, right) >= width):
        message = f"expected a reflected border narrower than the images, {height} × {width}; got {list(sides)}"
        raise ShapeError(message)
    framed: Array = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), mode)  # type: ignore[call-overload]
    return framed


def _sides(padding: int | Sequence[int]) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom."""
    widths = [padding] if isinstance(padding, int) else list(padding)
    if len(widths) not in {1, 2, 4} or min(widths) < 0:
        message = f"expected 1, 2 or 4 widths of a border, none below 0; got {padding}"
        raise ShapeError(message)
    left, top, right, bottom = (widths * 4)[:4]
    return left, top, right, bottom


def crop(images: Tensor, tops: Array, lefts: Array, size: tuple[int, int]) -> Tensor:
    """Cut a window of one size out of each image: image i from row tops[i] and column lefts[i] on.

    Raises:
        ShapeError: a window reaches beyond the image.
    """
    return as_images(_cropped(pixels(images), np.asarray(tops), np.asarray(lefts), size))


def _cropped(x: Array, tops: Array, lefts: Array, size: tuple[int, int]) -> Array:
    count, height, width, channels = x.shape
    room = (height - size[0], width - size[1])
    if min(room) < 0 or ((count and not _within(tops, room[0])) or (count and not _within(lefts, room[1]))):
        message = (
            f"expected windows of {size[0]} × {size[1]} within images of {height} × {width}; they reach beyond them"
        )
        raise ShapeError(message)
    lines = x.reshape(count, height, width * channels)
    windows = sliding_window_view(lines, (size[0], size[1] * channels), axis=(1, 2))
    found: Array = windows[np.arange(count), tops, lefts * channels]
    return found.reshape(count, *size, channels)


def _within(starts: Array, room: int) -> bool:
    return bool(starts.min() >= 0 and starts.max() <= room)


def horizontal_flip(images: Tensor, which: Array) -> Tensor:
    """Mirror the images for which `which`, (B,) of truth values, is true; the others stay as they are."""
    x = pixels(images)
    out = x.copy()
    chosen = x[which]
    mirrored = np.empty_like(chosen)
    for c in range(x.shape[-1]):  # four times as fast as with whole pixels
        mirrored[..., c] = chosen[:, :, ::-1, c]
    out[which] = mirrored
    return as_images(out)


@dataclass(frozen=True)
class Pad(Transform):
    """A border around each image; see `pad`."""

    padding: int | Sequence[int]
    fill: float = 0
    padding_mode: str = "constant"

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:  # noqa: ARG002 - nothing is random here
        """Return larger images."""
        return pad(images, self.padding, self.fill, self.padding_mode)


@dataclass(frozen=True)
class RandomCrop(Transform):
    """A window at a random place of each image, after padding.

    Args:
        size: height and width, or one number for both.
        padding, fill, padding_mode: as in `pad`.
        pad_if_needed: whether to pad images that are smaller than the window, on both sides, as far as they are.
    """

    size: int | tuple[int, int]
    padding: int | Sequence[int] | None = None
    pad_if_needed: bool = False
    fill: float = 0
    padding_mode: str = "constant"

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:
        """Return windows."""
        size = (self.size, self.size) if isinstance(self.size, int) else self.size
        x = _padded(pixels(images), _sides(self.padding or 0), self.fill, self.padding_mode)
        if self.pad_if_needed:
            down, right = (max(want - have, 0) for have, want in zip(x.shape[1:3], size, strict=True))
            x = _padded(x, (right, down, right, down), self.fill, self.padding_mode)
        room = [max(have - want, 0) + 1 for have, want in zip(x.shape[1:3], size, strict=True)]
        random = stream(generator)
        tops, lefts = (random.integers(0, n, len(x)) for n in room)
        return as_images(_cropped(x, tops, lefts, size))


@dataclass(frozen=True)
class RandomTranslate(Transform):
    """A shift of each image by up to `shift` whole pixels, down or up and to the right or left."""

    shift: int
    fill: float = 0
    padding_mode: str = "constant"

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:
        """Return shifted images."""
        height, width = images.shape[-2:]
        window = RandomCrop((height, width), self.shift, fill=self.fill, padding_mode=self.padding_mode)
        return window.change(images, generator)


@dataclass(frozen=True)
class RandomHorizontalFlip(Transform):
    """Mirror each image with probability p."""

    p: float = 0.5

    def __post_init__(self) -> None:
        need_chance(self.p, self)

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:
        """Return images of which some are mirrored."""
        return horizontal_flip(images, stream(generator).random(len(images)) < self.p)


def need_chance(p: float, who: Any) -> None:
    """Refuse what is no probability.

    Raises:
        ShapeError: it is below 0 or above 1.
    """
    if not 0 <= p <= 1:
        message = f"expected a probability p from 0 to 1; got {who}"
        raise ShapeError(message)
