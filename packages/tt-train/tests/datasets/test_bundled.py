from __future__ import annotations

import numpy as np
import pytest

import tt_core as tt
from tt_train.data import DataError, DataLoader
from tt_train.datasets import digits, iris
from tt_train.transforms import Normalize


def test_digits_are_the_published_ones() -> None:
    data = digits()
    assert data.features.shape == (1797, 1, 8, 8)
    assert (data.features.dtype, data.labels.dtype) == (tt.uint8, tt.int64)
    assert np.bincount(data.labels.data).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert round(float(data.features.data.mean()), 4) == 4.8842
    assert (data.features.data.min(), data.features.data.max()) == (0, 16)
    assert data.classes == tuple("0123456789")


def test_digits_equal_scikit_learns() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    original = datasets.load_digits()
    assert np.array_equal(digits().features.data[:, 0], original.images)
    assert np.array_equal(digits().labels.data, original.target)


def test_the_parts_of_digits_are_fixed_disjoint_and_stratified() -> None:
    whole, train, test = (digits(split).features.data for split in ("all", "train", "test"))
    images = [{image.tobytes() for image in part} for part in (whole, train, test)]
    assert (len(train), len(test)) == (1442, 355)
    assert images[1] | images[2] == images[0]
    shares = np.bincount(digits("test").labels.data) / np.bincount(digits().labels.data)
    assert np.all(np.abs(shares - 0.2) < 0.006)
    assert digits("test").labels.tolist()[:5] == digits("test").labels.tolist()[:5]


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(DataError, match="expected split 'all', 'train' or 'test'; got 'valid'"):
        digits("valid")


def test_mean_and_deviation_normalise() -> None:
    data = digits()
    images, _ = next(iter(DataLoader(data, 1797, transform=Normalize(data.mean, data.std))))
    assert abs(float(images.mean())) < 1e-5
    assert abs(float(images.std()) - 1) < 1e-3


def test_iris_has_three_species_of_fifty_flowers() -> None:
    data = iris()
    assert data.features.shape == (150, 4)
    assert (data.features.dtype, data.labels.dtype) == (tt.float32, tt.int64)
    assert np.bincount(data.labels.data).tolist() == [50, 50, 50]
    assert np.allclose(data.mean, [5.8433, 3.0573, 3.7580, 1.1993], atol=1e-4)
    assert len(data.std) == 4
    features, label = data[0]
    assert np.allclose(features.data, [5.1, 3.5, 1.4, 0.2])
    assert data.classes[int(label)] == "setosa"
