from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import NotSupportedError, ShapeError
from tt_train import transforms as T

from .batches import images


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_nothing_changes_nothing(interpolation: Any) -> None:
    x = images()
    assert np.array_equal(T.affine(x, interpolation=interpolation).data, x.data)


def test_whole_shifts_are_crops_of_padded_images() -> None:
    x = images()
    found = T.affine(x, translate=(2.0, -1.0), fill=5)
    expected = T.crop(T.pad(x, 2, 5), np.full(4, 3), np.zeros(4, int), (8, 8))
    assert np.array_equal(found.data, expected.data)


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 7, 7)])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_numpys_clockwise(shape: tuple[int, ...], quarters: Any) -> None:
    x = images(shape=shape)
    expected = np.rot90(x.data, -quarters, (2, 3))
    assert np.array_equal(T.affine(x, 90.0 * quarters).data, expected)


def test_each_image_has_its_own_numbers() -> None:
    x = images()
    angles = np.array([0.0, 90.0, 180.0, 270.0])
    found = T.affine(x, angles)
    for i in range(4):
        assert np.array_equal(found.data[i], np.rot90(x.data[i], -i, (1, 2)))


def test_half_a_pixel_is_the_mean_of_two() -> None:
    x = images().float()
    found = T.affine(x, translate=(0.5, 0.0)).data
    assert np.allclose(found[..., 1:], (x.data[..., 1:] + x.data[..., :-1]) / 2, atol=1e-3)
    assert np.allclose(found[..., 0], x.data[..., 0] / 2, atol=1e-3)  # half of it is outside


def test_twice_as_large_is_half_as_much_to_see() -> None:
    x = tt.as_tensor(np.kron(images(shape=(3, 4, 4)).data, np.ones((2, 2), np.uint8)))
    found = T.affine(x, scale=2.0, interpolation="nearest")
    assert np.array_equal(found.data, np.kron(x.data[:, :, 2:6:2, 2:6:2], np.ones((4, 4), np.uint8)))


def test_shear_moves_rows_along() -> None:
    x = images(shape=(1, 9, 9))
    found = T.affine(x, shear=45.0).data
    assert np.array_equal(found[:, :, 4], x.data[:, :, 4])
    assert np.array_equal(found[:, :, 5, 1:], x.data[:, :, 5, :-1])
    assert np.array_equal(found[:, :, 2, :-2], x.data[:, :, 2, 2:])


def test_float64_stays_float64() -> None:
    x = tt.as_tensor(images().data.astype(np.float64))
    assert T.affine(x, 3.0).dtype == tt.float64


def test_an_unknown_interpolation_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="got 'bicubic'"):
        T.affine(images(), interpolation="bicubic")


@pytest.mark.parametrize("scale", [(0.0, 1.0), (2.0, 1.0)])
def test_scales_that_are_no_bounds_are_refused(scale: Any) -> None:
    with pytest.raises(ShapeError, match="expected a scale of two factors above 0"):
        T.RandomAffine(scale=scale)


def test_shear_along_columns_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="expected one number, or two bounds, of degrees for RandomAffine"):
        T.RandomAffine(shear=(0, 0, 1, 1))(images())


def test_degrees_may_be_bounds() -> None:
    x = images()
    found = T.RandomAffine((90.0, 90.0))(x, tt.Generator(0))
    assert np.array_equal(found.data, np.rot90(x.data, -1, (2, 3)))
