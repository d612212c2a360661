"""Pooling: values that can be seen, gradients, corners, and errors that name what was expected."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import DTypeError, ShapeError
from tt_core.testing import check_backend, check_gradients
from tt_train import functional as F

ROWS = tt.arange(16.0).reshape(1, 1, 4, 4)
PRIMITIVES = ["max_pool", "max_pool_input", "max_pool_picked", "avg_pool", "avg_pool_input"]


def spread(*shape: int) -> Any:
    """Return numbers that are all different, in random order."""
    return tt.from_numpy(np.random.default_rng(0).permutation(math.prod(shape)).reshape(shape) / 4)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_kernels_agree_with_loops(name: str) -> None:
    check_backend("numpy", primitives=[name])


FUNCTIONS: dict[str, Any] = {
    "max": lambda x: F.max_pool2d(x, 2),
    "max overlapping": lambda x: F.max_pool2d(x, 3, 2, 1),
    "max dilated": lambda x: F.max_pool2d(x, (2, 3), 1, (0, 1), (2, 1), ceil_mode=True),
    "avg": lambda x: F.avg_pool2d(x, 2),
    "avg cut off": lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
    "adaptive avg": lambda x: F.adaptive_avg_pool2d(x, (2, 4)),
    "adaptive max": lambda x: F.adaptive_max_pool2d(x, (3, 2)),
    "unpool": lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients(name: str) -> None:
    check_gradients(FUNCTIONS[name], spread(2, 2, 5, 6), second=True)


def test_the_largest_of_each_window() -> None:
    assert F.max_pool2d(ROWS, 2).tolist() == [[[[5, 7], [13, 15]]]]
    assert F.max_pool2d(ROWS, 3, 1).tolist() == [[[[10, 11], [14, 15]]]]
    assert F.max_pool2d(-ROWS, 2, 2, 1).tolist() == [[[[0, -1, -3], [-4, -5, -7], [-12, -13, -15]]]]
    assert F.max_pool1d(ROWS[0, 0], 2).tolist() == [[1, 3], [5, 7], [9, 11], [13, 15]]


def test_the_mean_of_each_window() -> None:
    assert F.avg_pool2d(ROWS, 2).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]
    assert F.avg_pool2d(ROWS, 2, divisor_override=1).tolist() == [[[[10, 18], [42, 50]]]]
    assert F.avg_pool2d(ROWS + 4, 2, 2, 1)[0, 0, 0, 0].item() == 1
    assert F.avg_pool2d(ROWS + 4, 2, 2, 1, count_include_pad=False)[0, 0, 0, 0].item() == 4
    assert F.avg_pool1d(ROWS[0], 4).tolist() == [[[1.5], [5.5], [9.5], [13.5]]]
    assert F.avg_pool2d(tt.tensor([[[-3, -4]]]), (1, 2)).tolist() == [[[-3]]]


def test_as_many_windows_as_wanted() -> None:
    assert F.adaptive_avg_pool2d(ROWS, 1).tolist() == [[[[7.5]]]]
    assert F.adaptive_avg_pool2d(ROWS, (None, 1)).tolist() == [[[[1.5], [5.5], [9.5], [13.5]]]]
    assert F.adaptive_avg_pool1d(tt.arange(5.0).reshape(1, 5), 2).tolist() == [[1, 3]]
    assert F.adaptive_max_pool1d(tt.arange(5.0).reshape(1, 5), [3]).tolist() == [[1, 3, 4]]
    assert F.adaptive_avg_pool2d(ROWS, 0).shape == (1, 1, 0, 0)


def test_indices_lead_to_the_largest() -> None:
    x = spread(2, 3, 5, 6)
    for out, places in (
        F.max_pool2d(x, 3, 2, 1, return_indices=True),
        F.adaptive_max_pool2d(x, (3, 4), return_indices=True),
    ):
        assert places.dtype == tt.int64
        assert not places.requires_grad
        assert tt.equal(x.flatten(2).gather(2, places.flatten(2)), out.flatten(2))


def test_of_equal_numbers_the_first_has_the_gradient() -> None:
    x = tt.tensor([[[[2.0, 1.0], [2.0, 2.0]]]], requires_grad=True)
    F.max_pool2d(x, 2).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[[[1, 0], [0, 0]]]]
    x = tt.tensor([[[0.0, 2.0], [2.0, 0.0]]], requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[[0, 1], [0, 0]]]


def test_nan_wins_and_an_infinite_gradient_stays_where_it_belongs() -> None:
    x = tt.tensor([[[1.0, math.nan, 3.0, 0.0]]], requires_grad=True)
    out = F.max_pool1d(x, 2)
    assert np.isnan(out.detach().numpy()[0, 0]).tolist() == [True, False]
    out.backward(tt.tensor([[[2.0, math.inf]]]))
    assert x.grad is not None
    assert x.grad.tolist() == [[[0, 2, math.inf, 0]]]


@pytest.mark.parametrize("backend", ["naive", "numpy"])
def test_the_last_of_several_nan_wins_as_in_pytorch(backend: str) -> None:
    x = tt.tensor([[[math.nan, 1.0, math.nan, 2.0, math.nan]]], requires_grad=True)
    with tt.use_backend(backend):
        F.max_pool1d(x, 3, 1).backward(tt.tensor([[[1.0, 2.0, 4.0]]]))
    assert x.grad is not None
    assert x.grad.tolist() == [[[0, 0, 3, 0, 4]]]


@pytest.mark.parametrize("function", [F.max_pool2d, F.avg_pool2d])
def test_channels_that_lie_side_by_side_stay_so(function: Any) -> None:
    x = tt.from_numpy(np.moveaxis(np.random.default_rng(0).random((2, 6, 6, 3)), -1, 1)).requires_grad_()
    for kernel, stride in ((2, 2), (3, 2)):
        out = function(x, kernel, stride)
        (g,) = tt.grad(out.sum(), x)
        for y in (out, g):
            assert np.moveaxis(y.data, 1, -1).flags.c_contiguous


def test_neither_batch_nor_elements_are_needed() -> None:
    x = spread(3, 4, 6)
    assert tt.equal(F.max_pool2d(x, 2), F.max_pool2d(x.unsqueeze(0), 2)[0])
    empty = tt.zeros(0, 3, 4, 6, requires_grad=True)
    for name, function in FUNCTIONS.items():
        out = function(empty)
        assert out.shape[:2] == (0, 3), name
        assert tt.grad(out.sum(), empty)[0].shape == empty.shape


def test_many_images_are_shared_among_threads() -> None:
    x = np.random.default_rng(0).standard_normal((40, 130, 16, 16), dtype=np.float32)
    out = F.max_pool2d(tt.from_numpy(x), 2).numpy()
    np.testing.assert_array_equal(out, x.reshape(40, 130, 8, 2, 8, 2).max((3, 5)))
    mean = F.avg_pool2d(tt.from_numpy(x), 2).numpy()
    np.testing.assert_allclose(mean, x.reshape(40, 130, 8, 2, 8, 2).mean((3, 5)), 1e-5, 1e-6)


def test_float16_is_added_up_in_float32() -> None:
    x = tt.full((1, 4, 4), 60_000.0, dtype=tt.float16)
    assert F.avg_pool2d(x, 4).item() == 60_000


def test_integers() -> None:
    for dtype in (tt.int64, tt.int8, tt.uint8):
        assert F.max_pool2d(ROWS.to(dtype), 2).dtype == dtype
    assert F.max_pool2d(tt.tensor([[[-7]]]), 1, 1).item() == -7
    with pytest.raises(DTypeError, match=r"numbers for max_pool2d; got bool"):
        F.max_pool2d(ROWS.bool(), 2)
    with pytest.raises(DTypeError, match=r"avg_pool2d; got int32"):
        F.avg_pool2d(ROWS.to(tt.int32), 2)
    for function in (F.max_pool1d, F.adaptive_avg_pool1d, F.adaptive_max_pool1d):
        with pytest.raises(DTypeError, match=r"1d; got int64"):
            function(ROWS[0].long(), 2)  # type: ignore[operator]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: F.max_pool2d(ROWS[0, 0], 2), r"\(B, C, H, W\) or \(C, H, W\), only B may be 0; got \[4, 4\]"),
        (lambda: F.max_pool2d(tt.zeros(2, 0, 4, 4), 2), r"only B may be 0; got \[2, 0, 4, 4\]"),
        (lambda: F.avg_pool1d(tt.zeros(2), 2), r"\(B, C, L\) or \(C, L\)"),
        (lambda: F.max_pool2d(ROWS, 5), r"fit into x; got kernel_size 5 for shape \[1, 1, 4, 4\]"),
        (lambda: F.max_pool2d(ROWS, 2, padding=2), r"padding of max_pool2d of at most half a window, 1; got 2"),
        (lambda: F.max_pool2d(ROWS, 2, 0), r"stride of at least 1; got 0"),
        (lambda: F.max_pool2d(ROWS, (2, 2, 2)), r"kernel_size as one number or 2"),
        (lambda: F.avg_pool2d(ROWS, 2, divisor_override=0), r"divisor_override of avg_pool2d other than 0"),
        (lambda: F.adaptive_avg_pool2d(ROWS, (1, 2, 3)), r"output_size of adaptive_avg_pool2d as one number or 2"),
        (lambda: F.adaptive_avg_pool2d(ROWS, -1), r"output_size of adaptive_avg_pool2d of at least 0"),
        (lambda: F.max_unpool2d(ROWS, tt.zeros(1, 1, 4, 4).long() + 64, 2), r"below 64.*up to 64"),
        (lambda: F.max_unpool2d(ROWS, tt.zeros(4, 4).long(), 2), r"shape \[1, 1, 4, 4\].*got shape \[4, 4\]"),
    ],
)
def test_errors_say_what_was_expected(call: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call()


def test_unpooling_puts_numbers_back() -> None:
    out, places = F.max_pool2d(ROWS, 2, return_indices=True)
    back = F.max_unpool2d(out, places, 2)
    assert back.tolist() == [[[[0, 0, 0, 0], [0, 5, 0, 7], [0, 0, 0, 0], [0, 13, 0, 15]]]]
    assert F.max_unpool2d(out, places, 2, output_size=(1, 1, 5, 4)).shape == (1, 1, 5, 4)
