"""The data sets that come with the packages: `digits` and `iris`."""

from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np

from tt_core.extend import Array, wrap
from tt_train.data.errors import DataError
from tt_train.datasets.labelled import Labelled


def digits(split: str = "all") -> Labelled:
    """Return handwritten digits: 1,797 images (1, 8, 8) of uint8, and their labels.

    The pixels are the published ones, from 0 (paper) to 16 (ink). `mean` and `std` count uint8 as 0..1, as they do for
    all data sets here, so `Normalize(data.mean, data.std)` is right; `ToFloat(16)` brings the pixels to 0..1.

    Args:
        split: "all"; "train", 1,442 images; or "test", 355: every fifth image of each digit.

    Source: Alpaydin & Kaynak (1998), UCI Machine Learning Repository, CC BY 4.0; see `digits-attribution.txt`.

    >>> len(digits()), len(digits("train")), len(digits("test"))
    (1797, 1442, 355)
    """
    import pyarrow as pa  # noqa: PLC0415 - it takes as long to load as NumPy
    from pyarrow import parquet  # noqa: PLC0415 - the same

    data = files("tt_train.datasets").joinpath("digits.parquet").read_bytes()
    table = parquet.read_table(pa.BufferReader(data))
    images = table["image"].combine_chunks().flatten().to_numpy().reshape(-1, 1, 8, 8)
    labels = table["label"].to_numpy()
    rows = _part(labels, split)
    return Labelled(wrap(images[rows]), wrap(labels[rows]), tuple("0123456789"))


def iris() -> Labelled:
    """Return Fisher's iris flowers: 150 with 4 measurements in cm (float32), of 3 species.

    Source: Fisher (1936), UCI Machine Learning Repository, CC BY 4.0; see tt-core's `iris-attribution.txt`.

    >>> iris().classes
    ('setosa', 'versicolor', 'virginica')
    """
    text = files("tt_core.milestones").joinpath("iris.csv").read_text(encoding="ascii")
    (_, _, *classes), *rows = csv.reader(text.splitlines())
    numbers = np.array([[float(x) for x in row] for row in rows])
    return Labelled(wrap(numbers[:, :4].astype(np.float32)), wrap(numbers[:, 4].astype(np.int64)), classes)


def _part(labels: Array, split: str) -> Array:
    """Return the rows of a part: every fifth of each class is for testing."""
    if split not in {"all", "train", "test"}:
        message = f"expected split 'all', 'train' or 'test'; got {split!r}"
        raise DataError(message)
    number = np.empty_like(labels)  # of each row, within its class
    for c in np.unique(labels):
        number[labels == c] = np.arange((labels == c).sum())
    for_testing = number % 5 == 4
    return np.flatnonzero({"all": labels >= 0, "train": ~for_testing, "test": for_testing}[split])
