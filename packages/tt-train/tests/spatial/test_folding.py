"""Windows as columns, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core.errors import ShapeError
from tt_core.testing import check_backend, check_gradients
from tt_train import functional as F


@pytest.mark.parametrize("primitive", ["unfold", "fold"])
def test_kernels_agree_with_the_loops(primitive: str) -> None:
    check_backend("numpy", primitives=[primitive])


pairs = st.tuples(*[st.integers(1, 3)] * 2)


@given(pairs, st.tuples(*[st.integers(1, 2)] * 2), st.tuples(*[st.integers(0, 2)] * 2), pairs)
def test_folding_what_was_unfolded_counts_how_often_each_pixel_was_seen(
    kernel: Any, dilation: Any, padding: Any, stride: Any
) -> None:
    x = tt.randn(2, 3, 6, 7, dtype="float64")
    settings = (kernel, dilation, padding, stride)
    columns = F.unfold(x, *settings)
    seen = F.fold(F.unfold(tt.ones_like(x), *settings), (6, 7), *settings)
    np.testing.assert_allclose(F.fold(columns, (6, 7), *settings).numpy(), (x * seen).numpy(), 1e-12)
    assert check_gradients(lambda x: F.unfold(x, *settings), x[:1], second=True)
    assert check_gradients(lambda c: F.fold(c, (6, 7), *settings), columns[:1], second=True)


def test_one_image_needs_no_batch() -> None:
    x = tt.arange(12).reshape(1, 1, 3, 4)
    columns = F.unfold(x, 2)
    assert tt.equal(F.unfold(x[0], 2), columns[0])
    assert tt.equal(F.fold(columns[0], (3, 4), 2), F.fold(columns, (3, 4), 2)[0])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: F.unfold(tt.zeros(1, 1, 3, 3), 4), "image for unfold at least as large as a window"),
        (lambda: F.unfold(tt.zeros(3, 3), 2), r"\(B, C, H, W\) or \(C, H, W\)"),
        (lambda: F.fold(tt.zeros(1, 4, 5), (3, 3), 2), "a multiple of 4 rows and 4 columns"),
        (lambda: F.fold(tt.zeros(1, 5, 4), (3, 3), 2), "a multiple of 4 rows and 4 columns"),
        (lambda: F.fold(tt.zeros(4), (3, 3), 2), r"\(B, C · taps, windows\)"),
        (lambda: F.fold(tt.zeros(1, 4, 4), (1, 3), 2), "image for fold at least as large"),
    ],
)
def test_what_has_no_windows_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ShapeError) as caught:
        call()
    caught.match(words)
