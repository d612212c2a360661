"""What a transform is: a function of a batch, and of the generator that it draws from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from tt_core import Generator, Tensor
from tt_core.errors import DTypeError, ShapeError
from tt_core.extend import Array, wrap
from tt_train.data.fetching import takes_generator

Batch = TypeVar("Batch")


class Transform(ABC):
    """A change of a batch: a tensor of images (B, C, H, W), or a tuple or list of which they are the first member.

    What is random is drawn from `generator`, or else from the default one, for the whole batch at once. No gradient
    flows through a transform.
    """

    def __call__(self, batch: Batch, generator: Generator | None = None) -> Batch:
        """Return the changed batch; the one given stays as it is."""
        if isinstance(batch, (tuple, list)):
            return type(batch)([self.change(batch[0], generator), *batch[1:]])
        changed: Batch = self.change(batch, generator)
        return changed

    @abstractmethod
    def change(self, images: Any, generator: Generator | None) -> Any:
        """Return changed images; one that draws calls `tt_core.extend.stream(generator)`."""


class Compose:
    """Transforms one after the other; a plain function of a batch is one as well.

    >>> import tt_core as tt
    >>> Compose([lambda x: x * 2, lambda x: x + 1])(tt.tensor(3.0))
    tensor(7.)
    """

    def __init__(self, transforms: Sequence[Callable[..., Any]]) -> None:
        self.transforms = tuple(transforms)
        self._random = [takes_generator(each) for each in self.transforms]

    def __call__(self, batch: Any, generator: Generator | None = None) -> Any:
        """Return what the last one returns."""
        for transform, random in zip(self.transforms, self._random, strict=True):
            batch = transform(batch, generator=generator) if random else transform(batch)
        return batch

    def __repr__(self) -> str:
        return f"Compose([{', '.join(map(repr, self.transforms))}])"


def pixels(images: Any) -> Array:
    """Return images (B, C, H, W) as an array (B, H, W, C), in this order in memory: a view if they are so already.

    Raises:
        ShapeError: they are no such batch.
    """
    if not isinstance(images, Tensor) or images.ndim != 4:
        found = f"shape {list(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
        message = f"expected a tensor of images (B, C, H, W) for a transform; got {found}"
        raise ShapeError(message)
    array: Array = images.data.transpose(0, 2, 3, 1)
    if array.flags.c_contiguous:
        return array
    out = np.empty(array.shape, array.dtype)
    for c in range(array.shape[-1]):  # three times as fast as pixel by pixel
        out[..., c] = array[..., c]
    return out


def as_images(array: Array) -> Tensor:
    """Return an array (B, H, W, C) as a tensor (B, C, H, W) on the same memory, as convolutions like it best."""
    return wrap(array.transpose(0, 3, 1, 2))


def need_uint8_or_float(images: Tensor, name: str) -> None:
    """Refuse images of other types.

    Raises:
        DTypeError: they are.
    """
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        message = f"expected uint8 or floating images for {name}; got {images.dtype.name}"
        raise DTypeError(message)
