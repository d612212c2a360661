"""What is known about data sets that others publish: where they are, and how to tell that they are the real ones."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tt_core.extend import Array

if TYPE_CHECKING:
    from tt_train.data.arrow import ArrowDataset

_DIGITS = tuple("0123456789")
_CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class Check(Protocol):
    """A way to tell whether decoded images and labels are the published ones."""

    def __call__(self, images: Iterable[Array], labels: Iterable[Array]) -> bool:
        """Look at images (N, H, W, C) and labels (N,), block by block."""


@dataclass(frozen=True)
class Published:
    """A data set of images that is at home on the Hugging Face hub, as one Parquet file per split."""

    name: str
    home: str
    columns: tuple[str, str]
    classes: tuple[str, ...]
    checks: Mapping[str, Check]

    def url(self, split: str) -> str:
        """Return the address of a split's file."""
        return f"{self.home}/{self.file(split)}"

    def file(self, split: str) -> str:
        """Return the name of a split's file."""
        return f"{split}-00000-of-00001.parquet"

    def is_genuine(self, split: str, dataset: ArrowDataset) -> bool:
        """Tell whether these are the images and labels that were published.

        How a Parquet file packs them is its writer's choice, so what counts is what comes out of it.
        """
        images, labels = (dataset.blocks(column) for column in self.columns)
        return self.checks[split](images, labels)


@dataclass(frozen=True)
class InOrder:
    """The MD5 digests of the original files (IDX: a header, then the numbers), which are published in many places."""

    images: str
    labels: str

    def __call__(self, images: Iterable[Array], labels: Iterable[Array]) -> bool:
        """Compare digests; the order counts."""
        pictures, numbers = list(images), [block.astype(np.uint8) for block in labels]
        return _idx(pictures) == self.images and _idx(numbers) == self.labels


@dataclass(frozen=True)
class InAnyOrder:
    """The SHA-256 of the sorted SHA-256s of all examples, pixels then label: for data that have no one order."""

    digest: str

    def __call__(self, images: Iterable[Array], labels: Iterable[Array]) -> bool:
        """Compare digests."""
        examples = (
            sha256(image.tobytes() + label.tobytes()).digest()
            for images_, labels_ in zip(images, labels, strict=True)
            for image, label in zip(images_, labels_.astype(np.uint8), strict=True)
        )
        return sha256(b"".join(sorted(examples))).hexdigest() == self.digest


def _idx(blocks: list[Array]) -> str:
    """Return the MD5 of uint8 numbers in an IDX file: type 8, number of dimensions, sizes, numbers."""
    shape = (sum(map(len, blocks)), *(n for n in blocks[0].shape[1:] if n > 1))
    digest = md5(struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape), usedforsecurity=False)
    for block in blocks:
        digest.update(block.tobytes())
    return digest.hexdigest()


MNIST = Published(
    "mnist",
    "https://huggingface.co/datasets/ylecun/mnist/resolve/main/mnist",
    ("image", "label"),
    _DIGITS,
    {
        "train": InOrder("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624"),
        "test": InOrder("2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
    },
)
FASHION_MNIST = Published(
    "fashion_mnist",
    "https://huggingface.co/datasets/zalando-datasets/fashion_mnist/resolve/main/fashion_mnist",
    ("image", "label"),
    _CLOTHES,
    {
        "train": InOrder("f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9"),
        "test": InOrder("8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965"),
    },
)
CIFAR10 = Published(
    "cifar10",
    "https://huggingface.co/datasets/uoft-cs/cifar10/resolve/main/plain_text",
    ("img", "label"),
    _THINGS,
    {
        "train": InAnyOrder("6a3b2c04d0a79ce272dcdacaf0bc440275db5a8cbe3717521a28fada2ea0d2ed"),
        "test": InAnyOrder("65a6ffe079453e514083f99356b35e02cbfd581b4951e3937fae188974b79f39"),
    },
)
