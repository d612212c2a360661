from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import DTypeError, ShapeError
from tt_train import transforms as T

from .batches import images


def test_mixup_is_what_the_formula_says() -> None:
    x, y = images().float(), T.one_hot(tt.tensor([0, 1, 2, 0]), 3)
    order = np.array([1, 0, 3, 2])
    mixed, labels = T.mixup(x, y, 0.75, order)
    assert np.allclose(mixed.data, 0.75 * x.data + 0.25 * x.data[order])
    assert labels.tolist()[0] == [0.75, 0.25, 0.0]


def test_integers_are_not_mixed() -> None:
    with pytest.raises(DTypeError, match="expected floating images to mix; got uint8: put Normalize or ToFloat before"):
        T.Mixup(0.2, 4)((images(), tt.arange(4)))


def test_cutmix_pastes_a_box_and_weighs_labels_by_area() -> None:
    x, y = images(), T.one_hot(tt.tensor([0, 1, 2, 0]), 3)
    order = np.array([1, 0, 3, 2])
    mixed, labels = T.cutmix(x, y, (2, 0, 6, 4), order)
    assert np.array_equal(mixed.data[:, :, 2:6, :4], x.data[order][:, :, 2:6, :4])
    assert np.array_equal(mixed.data[:, :, :, 4:], x.data[:, :, :, 4:])
    assert labels.tolist()[0] == [0.75, 0.25, 0.0]


@pytest.mark.parametrize("make", [T.Mixup, T.CutMix])
def test_labels_are_soft_and_rows_sum_to_one(make: Any) -> None:
    batch = (images(64).float(), tt.randint(0, 5, (64,), generator=tt.Generator(0)), "extra")
    x, y, extra = make(1.0, 5)(batch, tt.Generator(1))
    assert y.shape == (64, 5)
    assert np.allclose(y.data.sum(1), 1)
    assert ((y.data > 0).sum(1) <= 2).all()
    assert not np.array_equal(x.data, batch[0].data)
    assert extra == "extra"
    again = make(1.0, 5)(batch, tt.Generator(1))
    assert np.array_equal(again[0].data, x.data)


@pytest.mark.parametrize("make", [T.Mixup, T.CutMix])
def test_soft_labels_can_be_mixed_again(make: Any) -> None:
    batch = (images(8).float(), tt.randint(0, 5, (8,), generator=tt.Generator(0)))
    x, y = T.Compose([make(1.0, 5), make(1.0, 5)])(batch, tt.Generator(1))
    assert np.allclose(y.data.sum(1), 1)
    assert x.shape == (8, 3, 8, 8)


@pytest.mark.parametrize("make", [T.Mixup, T.CutMix])
def test_the_size_of_what_is_pasted_or_blended_follows_the_share(make: Any) -> None:
    pure = tt.as_tensor(np.arange(2, dtype=np.float32).repeat(3 * 64 * 64).reshape(2, 3, 64, 64))
    for seed in range(20):
        x, y = make(1.0, 2)((pure, tt.arange(2)), tt.Generator(seed))
        assert np.allclose(x.data[0].mean(), y.data[0, 1], atol=1e-4)


@pytest.mark.parametrize("make", [T.Mixup, T.CutMix])
@pytest.mark.parametrize("options", [(0.0, 3), (1.0, 0)])
def test_shares_and_classes_that_cannot_be_are_refused(make: Any, options: Any) -> None:
    with pytest.raises(ShapeError, match=f"expected alpha and num_classes above 0; got {make.__name__}"):
        make(*options)


@pytest.mark.parametrize("batch", [images(), (images(),)])
def test_a_batch_without_labels_is_refused(batch: Any) -> None:
    with pytest.raises(ShapeError, match=r"expected a batch \(images, labels\) for Mixup"):
        T.Mixup(1.0, 3)(batch)
