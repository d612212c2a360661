"""Transforms that mix each example of a batch with another one, and the labels likewise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from tt_core import Generator, Tensor
from tt_core.errors import DTypeError, ShapeError
from tt_core.extend import Array, stream, wrap
from tt_train.transforms.base import as_images, pixels
from tt_train.transforms.values import one_hot


def mixup(images: Tensor, labels: Tensor, share: float, order: Array) -> tuple[Tensor, Tensor]:
    """Share · x + (1 − share) · x[order], of floating images and of labels (B, K).

    Raises:
        DTypeError: the images are integers, which cannot be mixed.
    """
    if images.dtype.kind != "f":
        message = f"expected floating images to mix; got {images.dtype.name}: put Normalize or ToFloat before it"
        raise DTypeError(message)
    x = images.data
    mixed = x * x.dtype.type(share)
    mixed += x[order] * x.dtype.type(1 - share)
    return wrap(mixed), mix_labels(labels, share, order)


def cutmix(images: Tensor, labels: Tensor, box: tuple[int, int, int, int], order: Array) -> tuple[Tensor, Tensor]:
    """Paste the box (top, left, bottom, right) of x[order] into x; labels (B, K) are mixed as the areas are."""
    x = pixels(images)
    top, left, bottom, right = box
    out = x.copy()
    out[:, top:bottom, left:right] = x[order, top:bottom, left:right]
    share = 1 - (bottom - top) * (right - left) / (x.shape[1] * x.shape[2])
    return as_images(out), mix_labels(labels, share, order)


def mix_labels(labels: Tensor, share: float, order: Array) -> Tensor:
    """Share · y + (1 − share) · y[order]."""
    y = labels.data
    return wrap(y * y.dtype.type(share) + y[order] * y.dtype.type(1 - share))


@dataclass(frozen=True)
class _Mixing(ABC):
    """A transform of a batch (images, labels) whose labels become soft: (B, K), floating, each row with sum 1.

    Args:
        alpha: the share is drawn from Beta(alpha, alpha), once for a batch: small ones give shares near 0 and 1.
        num_classes: K.
    """

    alpha: float
    num_classes: int

    def __post_init__(self) -> None:
        if not (self.alpha > 0 and self.num_classes > 0):
            message = f"expected alpha and num_classes above 0; got {self}"
            raise ShapeError(message)

    def __call__(self, batch: Any, generator: Generator | None = None) -> Any:
        """Return the mixed batch."""
        if not isinstance(batch, (tuple, list)) or len(batch) < 2:
            message = f"expected a batch (images, labels) for {type(self).__name__}; got {type(batch).__name__}"
            raise ShapeError(message)
        images, labels, *rest = batch
        random = stream(generator)
        share, order = float(random.beta(self.alpha, self.alpha)), random.permutation(len(images))
        mixed = self.mix(images, one_hot(labels, self.num_classes), share, order, random)
        return type(batch)([*mixed, *rest])

    @abstractmethod
    def mix(
        self, images: Tensor, labels: Tensor, share: float, order: Array, random: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return mixed images and labels."""


class Mixup(_Mixing):
    """Blend each image with another one of the batch.

    Source: Zhang et al., https://arxiv.org/abs/1710.09412 (2017).
    """

    def mix(
        self,
        images: Tensor,
        labels: Tensor,
        share: float,
        order: Array,
        random: np.random.Generator,  # noqa: ARG002
    ) -> tuple[Tensor, Tensor]:
        """Return blends."""
        return mixup(images, labels, share, order)


class CutMix(_Mixing):
    """Paste a rectangle of another image of the batch into each image, at the same place.

    Source: Yun et al., https://arxiv.org/abs/1905.04899 (2019).
    """

    def mix(
        self, images: Tensor, labels: Tensor, share: float, order: Array, random: np.random.Generator
    ) -> tuple[Tensor, Tensor]:
        """Return collages."""
        sides = np.array(images.shape[-2:])
        middle, half = random.integers(0, sides), (sides * np.sqrt(1 - share) / 2).astype(np.int64)
        top, left = (middle - half).clip(0, sides).tolist()
        bottom, right = (middle + half).clip(0, sides).tolist()
        return cutmix(images, labels, (top, left, bottom, right), order)
