from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import NotSupportedError, ShapeError
from tt_train import transforms as T

from .batches import images


@pytest.mark.parametrize(
    "padding, sides", [(2, (2, 2, 2, 2)), ([1, 3], (1, 3, 1, 3)), ((1, 2, 3, 4), (1, 2, 3, 4)), (0, (0,) * 4)]
)
@pytest.mark.parametrize("mode", ["constant", "reflect", "edge", "symmetric"])
def test_pad_is_numpys(padding: Any, sides: Any, mode: str) -> None:
    x = images()
    left, top, right, bottom = sides
    options = {"constant_values": 9} if mode == "constant" else {}
    expected = np.pad(x.data, ((0, 0), (0, 0), (top, bottom), (left, right)), mode, **options)
    assert np.array_equal(T.pad(x, padding, 9, mode).data, expected)
    assert np.array_equal(T.Pad(padding, 9, mode)(x).data, expected)


@pytest.mark.parametrize("padding", [-1, [1, 2, 3], [1, -2]])
def test_borders_that_are_none_are_refused(padding: Any) -> None:
    with pytest.raises(ShapeError, match="expected 1, 2 or 4 widths of a border"):
        T.pad(images(), padding)


def test_more_than_there_is_cannot_be_reflected() -> None:
    with pytest.raises(ShapeError, match="expected a reflected border narrower than the images, 8 × 8"):
        T.pad(images(), 8, padding_mode="reflect")
    with pytest.raises(NotSupportedError, match="got 'wrap'"):
        T.pad(images(), 1, padding_mode="wrap")


def test_crop_cuts_a_window_of_each_image() -> None:
    x = images()
    tops, lefts = np.array([0, 1, 2, 3]), np.array([4, 3, 0, 1])
    found = T.crop(x, tops, lefts, (5, 4))
    for i in range(4):
        assert np.array_equal(found.data[i], x.data[i, :, tops[i] : tops[i] + 5, lefts[i] : lefts[i] + 4])
    assert found.data.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize(
    "tops, lefts, size", [([4] * 4, [0] * 4, (5, 4)), ([0] * 4, [-1] * 4, (2, 2)), ([0] * 4, [0] * 4, (9, 2))]
)
def test_windows_beyond_the_image_are_refused(tops: Any, lefts: Any, size: Any) -> None:
    with pytest.raises(ShapeError, match="within images of 8 × 8; they reach beyond them"):
        T.crop(images(), np.array(tops), np.array(lefts), size)


def test_a_random_crop_is_one_of_all_windows_and_each_comes_up() -> None:
    x = tt.as_tensor(np.repeat(images(1).data, 400, 0))
    padded = np.pad(x.data[0], ((0, 0), (1, 1), (1, 1)))
    windows = {padded[:, i : i + 8, j : j + 8].tobytes() for i in range(3) for j in range(3)}
    found = T.RandomCrop(8, padding=1)(x, tt.Generator(0)).data
    assert {np.ascontiguousarray(image).tobytes() for image in found} == windows
    moved = T.RandomTranslate(1)(x, tt.Generator(0)).data
    assert np.array_equal(moved, found)


def test_a_crop_larger_than_the_images_is_refused() -> None:
    with pytest.raises(ShapeError, match="expected windows of 12 × 12 within images of 8 × 8"):
        T.RandomCrop(12)(images())


def test_a_crop_may_pad_what_is_smaller() -> None:
    x = images(200, (1, 4, 8))
    found = T.RandomCrop(8, pad_if_needed=True, fill=1)(x, tt.Generator(0)).data
    assert found.shape == (200, 1, 8, 8)
    tops = {int(np.flatnonzero((image != 1).any(1))[0]) for image in found[:, 0]}
    assert tops == {0, 1, 2, 3, 4}
    assert np.array_equal(T.RandomCrop(4, pad_if_needed=True)(x[..., :4]).data, x.data[..., :4])


def test_flip_mirrors_the_chosen_ones() -> None:
    x = images()
    found = T.horizontal_flip(x, np.array([True, False, True, False]))
    assert np.array_equal(found.data[::2], x.data[::2, ..., ::-1])
    assert np.array_equal(found.data[1::2], x.data[1::2])


@pytest.mark.parametrize("p, share", [(0.0, 0.0), (0.3, 0.3), (1.0, 1.0)])
def test_as_many_are_mirrored_as_p_says(p: Any, share: Any) -> None:
    x = images(2000, (1, 2, 2))
    found = T.RandomHorizontalFlip(p)(x, tt.Generator(0)).data
    changed = (found != x.data).any((1, 2, 3)).mean()
    assert abs(changed - share) < 0.04


@pytest.mark.parametrize("make", [T.RandomHorizontalFlip, T.RandomErasing])
def test_what_is_no_probability_is_refused(make: Any) -> None:
    with pytest.raises(ShapeError, match=r"expected a probability p from 0 to 1; got .*p=1.5"):
        make(1.5)
