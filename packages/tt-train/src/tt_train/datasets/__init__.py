"""Data sets: bundled, published by others, and made up.

digits, iris                   come with the package
mnist, fashion_mnist, cifar10  Parquet files in `TT_DATA_DIR`, or downloaded
spirals, moons, blobs          points in the plane, for networks that are trained in a second
synthetic_images               images of any size, for tests and measurements that need no files

All are map-style data sets of features and int64 labels with `classes`, `mean` and `std`. Images are uint8 (C, H, W).
"""

from __future__ import annotations

from tt_train.datasets.bundled import digits, iris
from tt_train.datasets.labelled import Labelled
from tt_train.datasets.synthetic import blobs, moons, spirals, synthetic_images
from tt_train.datasets.vision import cifar10, fashion_mnist, mnist

__all__ = [
    "Labelled",
    "blobs",
    "cifar10",
    "digits",
    "fashion_mnist",
    "iris",
    "mnist",
    "moons",
    "spirals",
    "synthetic_images",
]
