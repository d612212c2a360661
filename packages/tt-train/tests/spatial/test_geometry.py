"""Sizes of windows against counting them one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core.errors import DTypeError, ShapeError
from tt_train.spatial.geometry import as_pair, as_sizes, batched, span, steps


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3))
def test_steps_count_the_windows_that_fit(size: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    last = size + padding
    starts = range(-padding, last, stride)
    fit = [i for i in starts if i + dilation * (kernel - 1) < last]
    assert max(steps(size, kernel, stride, padding, dilation), 0) == len(fit)


@pytest.mark.parametrize("kernel, dilation, reach", [(1, 7, 1), (3, 1, 3), (3, 2, 5), (2, 4, 5)])
def test_a_span_reaches_from_the_first_tap_to_the_last(kernel: int, dilation: int, reach: int) -> None:
    assert span(kernel, dilation) == reach == dilation * (kernel - 1) + 1


@pytest.mark.parametrize("value, sizes", [(2, (2, 2)), ((2, 3), (2, 3)), ([4], (4, 4)), (tt.tensor(5), (5, 5))])
def test_one_number_stands_for_all(value: Any, sizes: tuple[int, int]) -> None:
    assert as_pair(value, "stride") == sizes


@pytest.mark.parametrize(
    "value, error, words",
    [
        (0, ShapeError, "expected stride of at least 1; got 0"),
        ((1, 2, 3), ShapeError, r"expected stride as one number or 2; got \(1, 2, 3\)"),
        ((), ShapeError, "expected stride as one number or 2"),
        (1.5, DTypeError, "expected stride as a whole number or 2 of them; got 1.5"),
        ("ab", DTypeError, "expected stride as a whole number"),
        (None, DTypeError, "expected stride as a whole number"),
    ],
)
def test_sizes_that_make_no_window_are_refused(value: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        as_sizes(value, 2, "stride")


def test_one_image_becomes_a_batch_of_one() -> None:
    image = tt.zeros(3, 4, 5)
    x, single = batched(image, 2, "conv2d")
    assert (x.shape, single) == ((1, 3, 4, 5), True)
    assert batched(x, 2, "conv2d") == (x, False)


@pytest.mark.parametrize("spatial, shape, words", [(2, (3, 4), r"\(B, C, H, W\) or \(C, H"), (1, (4,), r"\(C, L\)")])
def test_other_shapes_are_refused(spatial: int, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        batched(tt.zeros(*shape), spatial, "conv")
