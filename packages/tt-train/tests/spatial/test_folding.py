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
from tt_train.spatial.folding import conv2d_unfolded


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


settings = st.fixed_dictionaries(
    {
        "stride": st.tuples(*[st.integers(1, 3)] * 2),
        "padding": st.tuples(*[st.integers(0, 2)] * 2),
        "dilation": st.tuples(*[st.integers(1, 2)] * 2),
    }
)


@given(st.integers(0, 2), pairs, settings, st.booleans())
def test_a_product_of_weights_and_columns_is_a_convolution(
    batch: int, kernel: Any, how: dict[str, Any], biased: bool
) -> None:
    x, weight = tt.randn(batch, 2, 6, 7, dtype="float64"), tt.randn(3, 2, *kernel, dtype="float64")
    bias = tt.randn(3, dtype="float64") if biased else None
    np.testing.assert_allclose(
        conv2d_unfolded(x, weight, bias, **how).numpy(), F.conv2d(x, weight, bias, **how).numpy(), 1e-9, 1e-12
    )


def test_its_gradients_are_those_of_conv2d() -> None:
    given_to = [tt.randn(2, 2, 5, 5, dtype="float64"), tt.randn(3, 2, 3, 3, dtype="float64"), tt.randn(3).double()]

    def gradients(function: Any) -> list[Any]:
        leaves = [a.clone().requires_grad_() for a in given_to]
        (function(*leaves, stride=2, padding=1) ** 2).sum().backward()
        return [leaf.grad.numpy() for leaf in leaves if leaf.grad is not None]

    for ours, theirs in zip(gradients(conv2d_unfolded), gradients(F.conv2d), strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-9, 1e-12)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: conv2d_unfolded(tt.zeros(1, 2, 3, 3), tt.zeros(1, 3, 2, 2)), r"as \(B, 3, H, W\); got \[1, 2, 3, 3\]"),
        (lambda: conv2d_unfolded(tt.zeros(2, 3, 3), tt.zeros(1, 2, 2, 2)), r"as \(B, 2, H, W\); got \[2, 3, 3\]"),
        (lambda: conv2d_unfolded(tt.zeros(1, 2, 3, 3), tt.zeros(1, 2, 4, 4)), "at least as large as a window"),
    ],
)
def test_a_convolution_of_what_does_not_fit_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        call()
