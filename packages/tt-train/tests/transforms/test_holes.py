from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import NotSupportedError
from tt_train import transforms as T

from .batches import images


def holes(found: Any, fill: Any) -> Any:
    """Return how many pixels of each image are filled."""
    return (found.data == fill).all(1).sum((1, 2))


def test_erase_fills_a_rectangle_of_each_image() -> None:
    x = tt.ones(3, 2, 5, 6)
    found = T.erase(x, np.array([[0, 0, 5, 6], [1, 2, 3, 4], [-2, 4, 2, 9]]), 7)
    assert holes(found, 7).tolist() == [30, 4, 4]
    assert found.data[1, :, 1:3, 2:4].tolist() == [[[7, 7], [7, 7]]] * 2


def test_each_channel_may_have_its_own_colour() -> None:
    found = T.Cutout(20, (1, 2, 3))(images(), tt.Generator(0))
    assert np.array_equal(found.data, np.broadcast_to(np.array([1, 2, 3])[:, None, None], (4, 3, 8, 8)))


def test_cutout_cuts_a_square_that_may_reach_beyond_the_image() -> None:
    found = T.Cutout(4)(tt.ones(500, 3, 8, 8), tt.Generator(0))
    sizes = set(holes(found, 0).tolist())
    assert max(sizes) == 16
    assert min(sizes) == 4
    assert holes(found, 0).mean() < 16


def test_erased_rectangles_lie_within_the_image_and_have_the_sizes_that_are_asked_for() -> None:
    transform = T.RandomErasing(p=1.0, scale=(0.1, 0.3), ratio=(0.5, 2.0), value=9)
    sizes = holes(transform(tt.ones(800, 1, 30, 40), tt.Generator(0)), 9) / 1200
    assert 0.09 < sizes.min() < 0.12
    assert 0.27 < sizes.max() < 0.32


def test_as_many_are_erased_as_p_says() -> None:
    found = T.RandomErasing(p=0.25)(tt.ones(2000, 1, 8, 8), tt.Generator(0))
    assert abs((holes(found, 0) > 0).mean() - 0.25) < 0.04


def test_noise_as_filling_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="as value for RandomErasing; got 'random'"):
        T.RandomErasing(value="random")
