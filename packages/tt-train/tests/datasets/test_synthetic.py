from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn
from tt_core.errors import ShapeError
from tt_train.datasets import blobs, moons, spirals, synthetic_images

MAKERS = [
    lambda g: spirals(120, generator=g),
    lambda g: moons(120, generator=g),
    lambda g: blobs(120, generator=g),
    lambda g: synthetic_images(120, (2, 9, 7), 3, generator=g),
]


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_seed_gives_the_same_data_and_another_one_others(make: Any) -> None:
    first, again, other = (make(tt.Generator(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.features.data, again.features.data)
    assert np.array_equal(first.labels.data, again.labels.data)
    assert not np.array_equal(first.features.data, other.features.data)
    tt.manual_seed(1)
    assert np.array_equal(make(None).features.data, first.features.data)


@pytest.mark.parametrize("make", MAKERS)
def test_classes_are_of_one_size_and_in_no_order(make: Any) -> None:
    data = make(tt.Generator(0))
    counts = np.bincount(data.labels.data)
    assert counts.max() - counts.min() <= 1
    assert len(counts) == len(data.classes)
    assert np.abs(np.diff(data.labels.data)).sum() > len(counts)
    assert data.labels.dtype == tt.int64


def accuracy_of(model: Any, data: Any, test: Any, steps: int) -> Any:
    weights = list(model.parameters())
    for _ in range(steps):
        nn.CrossEntropyLoss()(model(data.features), data.labels).backward()
        with tt.no_grad():
            for w in weights:
                w.sub_(0.5 * w.grad)
                w.grad = None
    return float((model(test.features).argmax(1) == test.labels).float().mean())


@pytest.mark.parametrize("make", [spirals, moons])
def test_points_that_no_line_parts_are_learnt_by_a_network(make: Any) -> None:
    tt.manual_seed(0)
    data, test = make(300, noise=0.05, generator=tt.Generator(0)), make(300, noise=0.05, generator=tt.Generator(1))
    classes = len(data.classes)
    line = accuracy_of(nn.Linear(2, classes), data, test, 200)
    network = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, classes))
    assert line < 0.92
    assert accuracy_of(network, data, test, 1500) > 0.95


def test_blobs_lie_around_their_centers() -> None:
    centers = [[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]]
    data = blobs(400, 2, 3, centers=centers, noise=0.5, generator=tt.Generator(0))
    for c in (0, 1):
        points = data.features.data[data.labels.data == c]
        assert np.allclose(points.mean(0), centers[c], atol=0.2)
        assert np.allclose(points.std(0), 0.5, atol=0.1)


def test_centers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"expected 3 centers of 2 numbers for blobs; got shape \[2, 2\]"):
        blobs(centers=[[0, 0], [1, 1]])


def test_more_classes_than_examples_are_refused() -> None:
    with pytest.raises(ShapeError, match="got 2 examples of 3 classes"):
        spirals(2)


def test_images_are_those_of_a_camera() -> None:
    data = synthetic_images(600, (3, 12, 10), classes=5, generator=tt.Generator(0))
    assert data.features.shape == (600, 3, 12, 10)
    assert data.features.dtype == tt.uint8
    assert data.features.data.transpose(0, 2, 3, 1).flags.c_contiguous
    assert all(0.4 < mean < 0.6 for mean in data.mean)
    assert all(0.1 < std < 0.4 for std in data.std)


def spectra(data: Any) -> Any:
    """Return what neither a shift nor a mirroring changes much: the sizes of the waves, without the mean."""
    images = data.features.data.mean(1) - data.features.data.mean((1, 2, 3), keepdims=True)[:, 0]
    waves = np.abs(np.fft.rfft2(images))[:, :, :9]
    return np.log1p(waves).reshape(len(images), -1)


def test_images_can_be_told_apart_but_not_by_their_pixels_means() -> None:
    train, test = (synthetic_images(n, generator=tt.Generator(n)) for n in (3000, 500))
    found = {}
    for name, features in (("pixels", lambda d: d.features.data.reshape(len(d), -1) / 255.0), ("waves", spectra)):
        x, z = features(train), features(test)
        means = np.stack([x[train.labels.data == c].mean(0) for c in range(10)])
        nearest = ((z[:, None] - means) ** 2).sum(-1).argmin(1)
        found[name] = float((nearest == test.labels.data).mean())
    assert found["pixels"] < 0.4
    assert found["waves"] > found["pixels"] + 0.15


def test_another_seed_gives_other_classes() -> None:
    one, other = (synthetic_images(50, seed=s, noise=0.0, generator=tt.Generator(0)) for s in (0, 1))
    assert np.array_equal(one.labels.data, other.labels.data)
    assert not np.array_equal(one.features.data, other.features.data)
