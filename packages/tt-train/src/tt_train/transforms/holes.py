"""Transforms that fill a part of each image, so that a network looks at more than one feature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tt_core import Generator, Tensor
from tt_core.errors import NotSupportedError
from tt_core.extend import Array, stream
from tt_train.transforms.base import Transform, as_images, pixels
from tt_train.transforms.geometry import need_chance


def erase(images: Tensor, boxes: Array, fill: float | Sequence[float] = 0) -> Tensor:
    """Fill a rectangle of each image; `boxes` (B, 4) are top, left, bottom, right, the latter two not included."""
    x = pixels(images)
    top, left, bottom, right = np.asarray(boxes).T[:, :, None]
    rows, columns = np.arange(x.shape[1]), np.arange(x.shape[2])
    inside = ((rows >= top) & (rows < bottom))[:, :, None] & ((columns >= left) & (columns < right))[:, None]
    out = x.copy()
    out[inside] = fill
    return as_images(out)


@dataclass(frozen=True)
class Cutout(Transform):
    """Fill a square of each image, whose middle is anywhere in it.

    Source: DeVries & Taylor, https://arxiv.org/abs/1708.04552 (2017).
    """

    size: int
    fill: float | Sequence[float] = 0

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:
        """Return images with a hole."""
        corner = stream(generator).integers(0, images.shape[-2:], (len(images), 2)) - self.size // 2
        return erase(images, np.concatenate([corner, corner + self.size], 1), self.fill)


@dataclass(frozen=True)
class RandomErasing(Transform):
    """Fill, with probability p, a rectangle within the image.

    Args:
        scale: from which to which part of the image's area the rectangle has.
        ratio: from which to which ratio of its height to its width.
        value: what it is filled with, a number or one per channel.

    Source: Zhong et al., https://arxiv.org/abs/1708.04896 (2017); names as in torchvision.
    """

    p: float = 0.5
    scale: tuple[float, float] = (0.02, 0.33)
    ratio: tuple[float, float] = (0.3, 3.3)
    value: float | Sequence[float] = 0

    def __post_init__(self) -> None:
        need_chance(self.p, self)
        if str(self.value) == "random":
            message = f"expected a number, or one per channel, as value for RandomErasing; got {self.value!r}"
            raise NotSupportedError(message)

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:
        """Return images of which some have a hole."""
        random = stream(generator)
        n, sides = len(images), np.array(images.shape[-2:])
        area = random.uniform(*self.scale, n) * sides.prod()
        ratio = np.exp(random.uniform(math.log(self.ratio[0]), math.log(self.ratio[1]), n))
        size = np.sqrt(np.stack([area * ratio, area / ratio], 1)).round().astype(np.int64).clip(1, sides)
        corner = random.integers(0, sides - size + 1)
        size[random.random(n) >= self.p] = 0
        return erase(images, np.concatenate([corner, corner + size], 1), self.value)
