"""Transforms of what pixels and labels are worth; none of them moves a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

import tt_core as tt
from tt_core import Generator, Tensor
from tt_core.errors import ShapeError
from tt_core.extend import Array, stream, wrap
from tt_train.transforms.base import Transform, as_images, need_uint8_or_float, pixels


def to_float(images: Tensor, scale: float = 255.0) -> Tensor:
    """Return x / scale as float32."""
    out = images.data.astype(np.float32)
    out /= np.float32(scale)
    return wrap(out)


def normalize(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """(x − mean) / std, channel by channel, of images (B, C, H, W); uint8 counts as x / 255 and becomes float32.

    Other floating types stay what they are. The images given are not changed. The memory keeps its order: pixels that
    lie channel by channel still do, and so do those whose channels lie side by side. Convert, or copy, once; then
    multiply by 1 / (u · std), where u is 255 for uint8 and else 1, and add −mean / std, in place. Both factors are of
    shape (C, 1, 1), or made by `_spread`, which is faster.

    Raises:
        DTypeError: the images are neither uint8 nor floating (`need_uint8_or_float` says so).
        ShapeError: there are not as many means and deviations as channels, or a deviation is not positive; the message
            has the means and deviations.
    """
    need_uint8_or_float(images, "normalize")
    x = images.data
    if x.ndim < 3 or not len(mean) == len(std) == x.shape[-3] or min(std) <= 0:
        message = (
            "expected one mean and one positive deviation per channel for normalize; "
            f"got {tuple(mean)} and {tuple(std)} for images of shape {list(x.shape)}"
        )
        raise ShapeError(message)
    unit = 255.0 if x.dtype == np.uint8 else 1.0
    out = x.astype(np.float32) if x.dtype == np.uint8 else x.copy(order="K")
    order = (out.shape[-3:], out.strides[-3:], out.dtype)
    out *= _spread(tuple([1 / (unit * s) for s in std]), *order)
    out += _spread(tuple([-m / s for m, s in zip(mean, std, strict=True)]), *order)
    return wrap(out)


@lru_cache(maxsize=32)
def _spread(values: tuple[float, ...], shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any) -> Any:
    """Return one number per channel, spread over an image in its order of memory: what NumPy multiplies fastest."""
    if len(values) == 1:
        return dtype.type(values[0])
    order = np.argsort(strides, kind="stable")[::-1]
    out = np.empty([shape[i] for i in order], dtype).transpose(np.argsort(order))
    out[...] = np.array(values)[:, None, None]
    return out


def one_hot(labels: Tensor, num_classes: int) -> Tensor:
    """Return rows of float32 with a 1 at the label, (B,) → (B, K); soft labels (B, K) stay as they are."""
    if labels.ndim == 2 and labels.dtype.kind == "f":
        return labels
    return tt.one_hot(labels, num_classes).to(tt.float32)


def color_jitter(images: Tensor, brightness: Array, contrast: Array) -> Tensor:
    """Multiply each image by its brightness, and its distances from its own mean by its contrast.

    uint8 is rounded and stays within 0 to 255.
    """
    need_uint8_or_float(images, "color_jitter")
    x = pixels(images)
    each = (slice(None), None, None, None)
    level = x.mean((1, 2, 3), dtype=np.float32, keepdims=True) * brightness.astype(np.float32)[each]
    out = x * (brightness * contrast).astype(np.float32)[each]
    out += level * (1 - contrast.astype(np.float32)[each])
    return as_images(like(out, x))


def like(out: Array, x: Array) -> Array:
    """Return numbers in the type of the images that they were computed from; uint8 is rounded and clipped."""
    if x.dtype == np.uint8:
        np.rint(out, out=out)
        np.clip(out, 0, 255, out=out)
    return out.astype(x.dtype, copy=False)


@dataclass(frozen=True)
class ToFloat(Transform):
    """Divide by `scale`, into float32: uint8 images become 0..1."""

    scale: float = 255.0

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:  # noqa: ARG002 - nothing is random here
        """Return the quotient."""
        return to_float(images, self.scale)


@dataclass(frozen=True)
class Normalize(Transform):
    """(x − mean) / std per channel, where uint8 counts as 0..1; a data set's `mean` and `std` give 0 and 1.

    >>> Normalize([0.5], [0.5])(tt.tensor([[[[0, 255]]]], dtype=tt.uint8))
    tensor([[[[-1.,  1.]]]])
    """

    mean: Sequence[float]
    std: Sequence[float]

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:  # noqa: ARG002 - nothing is random here
        """Return normalised images."""
        return normalize(images, self.mean, self.std)


@dataclass(frozen=True)
class OneHot:
    """Turn the labels of a batch (images, labels) into rows of float32 with a 1 at the label."""

    num_classes: int

    def __call__(self, batch: Any, generator: Generator | None = None) -> Any:  # noqa: ARG002 - nothing is random here
        """Return the batch with other labels."""
        images, labels, *rest = batch
        return type(batch)([images, one_hot(labels, self.num_classes), *rest])


@dataclass(frozen=True)
class ColorJitter(Transform):
    """Make each image brighter or darker, and its contrast stronger or weaker, by random factors.

    Args:
        brightness: the factor is drawn from 1 - brightness to 1 + brightness.
        contrast: the same for the distances from the image's mean.
    """

    brightness: float = 0.0
    contrast: float = 0.0

    def __post_init__(self) -> None:
        if not (0 <= self.brightness <= 1 and 0 <= self.contrast <= 1):
            message = f"expected brightness and contrast from 0 to 1 for ColorJitter; got {self}"
            raise ShapeError(message)

    def change(self, images: Tensor, generator: Generator | None) -> Tensor:
        """Return images of other brightness and contrast."""
        strength = np.array([[self.brightness], [self.contrast]])
        random = stream(generator)
        factors = 1 + strength * random.uniform(-1, 1, (2, len(images)))
        return color_jitter(images, *factors)
