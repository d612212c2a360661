from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import DTypeError, ShapeError
from tt_train import transforms as T

from .batches import LAYOUTS, images

MEAN, STD = [0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]


@pytest.mark.parametrize("layout", [None, *LAYOUTS])
def test_normalize_is_what_the_formula_says(layout: Any) -> None:
    x = images() if layout is None else LAYOUTS[layout](images())
    expected = (x.data / 255 - np.array(MEAN)[:, None, None]) / np.array(STD)[:, None, None]
    found = T.Normalize(MEAN, STD)(x)
    assert found.dtype == tt.float32
    assert np.allclose(found.data, expected, atol=1e-5)
    floating = T.normalize(T.to_float(x), MEAN, STD)
    assert np.allclose(floating.data, expected, atol=1e-5)
    assert T.normalize(tt.as_tensor(x.data / 255), MEAN, STD).dtype == tt.float64


def test_normalize_keeps_the_order_of_memory() -> None:
    x = LAYOUTS["channels last"](images())
    assert T.Normalize(MEAN, STD)(x).data.transpose(0, 2, 3, 1).flags.c_contiguous
    assert T.Normalize(MEAN, STD)(images()).data.flags.c_contiguous


def test_grey_images_are_normalised_by_two_numbers() -> None:
    x = images(shape=(1, 5, 6))
    assert np.allclose(T.normalize(x, [0.5], [0.25]).data, (x.data / 255 - 0.5) / 0.25, atol=1e-5)


def test_one_image_can_be_normalised_too() -> None:
    x = images()
    assert np.allclose(T.normalize(x[0], MEAN, STD).data, T.normalize(x, MEAN, STD).data[0])


@pytest.mark.parametrize("mean, std", [([0.5], [0.5]), (MEAN, STD[:2]), (MEAN, [0.1, 0.0, 0.1]), ([], [])])
def test_numbers_that_do_not_fit_the_channels_are_refused(mean: Any, std: Any) -> None:
    with pytest.raises(ShapeError, match="expected one mean and one positive deviation per channel for normalize"):
        T.normalize(images(), mean, std)


def test_integers_other_than_uint8_are_refused() -> None:
    with pytest.raises(DTypeError, match="expected uint8 or floating images for normalize; got int64"):
        T.normalize(images().long(), MEAN, STD)


def test_to_float_divides() -> None:
    x = images()
    assert np.allclose(T.ToFloat()(x).data, x.data / 255)
    assert np.allclose(T.ToFloat(16)(x).data, x.data / 16)
    assert T.ToFloat()(x).dtype == tt.float32


def test_one_hot_makes_rows_of_labels_and_keeps_soft_ones() -> None:
    _, y = T.OneHot(3)((images(2), tt.tensor([2, 0])))
    assert y.tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert y.dtype == tt.float32
    assert T.one_hot(y, 3) is y
    with pytest.raises(ShapeError, match="expected class indices from 0 to 2"):
        T.one_hot(tt.tensor([3]), 3)


def test_brightness_multiplies_and_contrast_keeps_the_mean() -> None:
    x = images(2).float()
    bright = T.color_jitter(x, np.array([1.0, 0.5]), np.ones(2))
    assert np.allclose(bright.data[0], x.data[0], atol=1e-3)
    assert np.allclose(bright.data[1], x.data[1] / 2, atol=1e-3)
    flat = T.color_jitter(x, np.ones(2), np.array([0.0, 0.5]))
    assert np.allclose(flat.data[0], x.data[0].mean(), atol=1e-2)
    assert np.allclose(flat.data[1].mean(), x.data[1].mean(), atol=1e-2)
    assert np.allclose(flat.data[1].std(), x.data[1].std() / 2, atol=1e-2)


def test_uint8_is_clipped_not_wrapped() -> None:
    white = tt.as_tensor(np.full((1, 3, 4, 4), 250, np.uint8))
    assert T.color_jitter(white, np.array([1.5]), np.ones(1)).data.min() == 255


@pytest.mark.parametrize("options", [{"brightness": -0.1}, {"contrast": 1.1}])
def test_factors_below_0_are_refused(options: Any) -> None:
    with pytest.raises(ShapeError, match="expected brightness and contrast from 0 to 1"):
        T.ColorJitter(**options)
