"""Borders, against NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core.errors import NotSupportedError, ShapeError
from tt_core.testing import check_backend, check_gradients
from tt_train import functional as F

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@pytest.mark.parametrize("primitive", ["border", "unborder"])
def test_kernels_agree_with_the_loops(primitive: str) -> None:
    check_backend("numpy", primitives=[primitive])


@given(st.sampled_from(sorted(MODES)), st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_borders_are_numpys(mode: Any, widths: list[int]) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    expected = np.pad(x, ((0, 0), (0, 0), tuple(widths[2:]), tuple(widths[:2])), MODES[mode])
    np.testing.assert_array_equal(F.pad(tt.from_numpy(x), widths, mode).numpy(), expected)
    assert check_gradients(lambda x: F.pad(x, widths, mode), tt.from_numpy(x[:1, :1]), second=True)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_only_what_comes_after_the_channels_gets_a_border(count: int, batch: tuple[int, ...]) -> None:
    x = tt.randn(*batch, 3, *[4] * count)
    assert F.pad(x, [1, 2] * count, "replicate").shape == (*batch, 3, *[7] * count)


def test_negative_widths_cut_off_before_anything_is_added() -> None:
    x = tt.arange(5).reshape(1, 1, 5)
    assert F.pad(x, (-1, 2), "circular")[0, 0].tolist() == [1, 2, 3, 4, 1, 2]
    assert F.pad(x, (-2, 1), "replicate")[0, 0].tolist() == [2, 3, 4, 4]
    assert F.pad(x, (-1, -1), value=9.0)[0, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "pads, mode, value, error, words",
    [
        ((4, 0), "reflect", None, ShapeError, r"at most 3 for mode 'reflect' of pad; got \(4, 0\) for a size of 4"),
        ((0, 5), "circular", None, ShapeError, "at most 4 for mode 'circular'"),
        ((-2, -2), "replicate", None, ShapeError, "a result of pad that is not empty"),
        ((1, 1, 1), "replicate", None, ShapeError, "a pair of widths for each dimension"),
        ((1, 1) * 4, "replicate", None, ShapeError, "a pair of widths for each dimension"),
        ((), "reflect", None, ShapeError, "a pair of widths for each dimension"),
        ((1, 1), "mirror", None, NotSupportedError, "got 'mirror'"),
        ((1, 1), "reflect", 2.0, NotSupportedError, "no value of pad beside mode 'reflect'"),
    ],
)
def test_borders_that_cannot_be_are_refused(
    pads: Any, mode: Any, value: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        F.pad(tt.zeros(2, 3, 4), pads, mode, value)
