"""Convolutions: against loops and differences, by what they mean, in memory, and in what they refuse."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.extend import NUMPY, Backend
from tt_core.testing import check_backend, check_gradients
from tt_train import functional as F


def drawn(*shape: int, dtype: str = "float64") -> tt.Tensor:
    return tt.from_numpy(np.asarray(np.random.default_rng(sum(shape)).standard_normal(shape)).astype(dtype))


@pytest.mark.parametrize("primitive", ["conv2d", "conv2d_input", "conv2d_weight", "channel_sum"])
def test_kernels_agree_with_the_loops(primitive: str) -> None:
    check_backend("numpy", primitives=[primitive])


pairs = st.tuples(*[st.integers(1, 2)] * 2)


@given(pairs, st.tuples(*[st.integers(0, 2)] * 2), pairs, st.integers(1, 2), pairs)
def test_rules_agree_with_differences_twice(stride: Any, padding: Any, dilation: Any, groups: int, kernel: Any) -> None:
    x, bias = drawn(2, 2 * groups, 3, 4), drawn(groups)

    def convolve(x: tt.Tensor, weight: tt.Tensor, bias: tt.Tensor) -> tt.Tensor:
        return F.conv2d(x, weight, bias, stride, padding, dilation, groups)

    assert check_gradients(convolve, x, drawn(groups, 2, *kernel), bias, second=True)

    def back(x: tt.Tensor, weight: tt.Tensor, bias: tt.Tensor) -> tt.Tensor:
        return F.conv_transpose2d(x, weight, bias, stride, 0, [n - 1 for n in stride], groups, dilation)

    assert check_gradients(back, x, drawn(2 * groups, 1, *kernel), bias, second=True)


def test_a_convolution_is_a_product_with_the_windows() -> None:
    x, weight = drawn(2, 3, 6, 7), drawn(4, 3, 2, 3)
    product = weight.reshape(4, 18) @ F.unfold(x, (2, 3), stride=2, padding=1)
    np.testing.assert_allclose(
        F.conv2d(x, weight, stride=2, padding=1).numpy(), product.reshape(2, 4, 4, 4).numpy(), 1e-12
    )


@pytest.mark.parametrize("groups", [1, 2])
def test_a_transposed_convolution_is_the_transposed_matrix(groups: int) -> None:
    x, weight = drawn(2, 4, 7, 8), drawn(6, 4 // groups, 3, 2)
    y = F.conv2d(x, weight, stride=(2, 3), padding=1, groups=groups)
    g = drawn(*y.shape)
    back = F.conv_transpose2d(g, weight, stride=(2, 3), padding=1, output_padding=(0, 2), groups=groups)
    assert back.shape == x.shape
    assert (y * g).sum().item() == pytest.approx((x * back).sum().item())


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_groups_are_convolutions_side_by_side(outputs: int, stride: int) -> None:
    for groups, inputs in ((3, 1), (2, 2)):
        x, weight = drawn(2, groups * inputs, 6, 7), drawn(groups * outputs, inputs, 3, 2)
        x.requires_grad_()
        weight.requires_grad_()
        parts = zip(x.split(inputs, 1), weight.split(outputs), strict=True)
        apart = tt.cat([F.conv2d(a, w, stride=stride, padding=1) for a, w in parts], 1)
        together = F.conv2d(x, weight, stride=stride, padding=1, groups=groups)
        np.testing.assert_allclose(together.detach().numpy(), apart.detach().numpy(), 1e-12, 1e-12)
        g = drawn(*apart.shape)
        for a, b in zip(tt.grad(together, [x, weight], g), tt.grad(apart, [x, weight], g), strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-12, 1e-12)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, (3, 6)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_keeps_the_size(kernel: Any, dilation: int) -> None:
    k = (kernel, kernel) if isinstance(kernel, int) else kernel
    assert F.conv2d(drawn(2, 3, 5, 4), drawn(4, 3, *k), padding="same", dilation=dilation).shape == (2, 4, 5, 4)


def test_valid_is_no_padding() -> None:
    x, weight = drawn(2, 3, 9), drawn(4, 3, 4)
    assert tt.equal(F.conv1d(x, weight, padding="valid"), F.conv1d(x, weight))


def test_one_image_needs_no_batch() -> None:
    x, weight = drawn(1, 3, 6, 7), drawn(4, 3, 2, 3)
    assert tt.equal(F.conv2d(x[0], weight), F.conv2d(x, weight)[0])
    back = drawn(3, 2, 2, 2)
    assert tt.equal(F.conv_transpose2d(x[0], back), F.conv_transpose2d(x, back)[0])
    line, taps = drawn(1, 3, 6), drawn(3, 2, 2)
    assert tt.equal(F.conv_transpose1d(line[0], taps), F.conv_transpose1d(line, taps)[0])


@pytest.mark.parametrize("shape", [(0, 3, 5, 5), (2, 3, 5, 5)])
def test_no_images_have_gradients_of_zero(shape: tuple[int, ...]) -> None:
    x, weight, bias = (a.requires_grad_() for a in (drawn(*shape), drawn(4, 3, 3, 3), drawn(4)))
    y = F.conv2d(x, weight, bias)
    assert y.shape == (shape[0], 4, 3, 3)
    y.sum().backward()
    assert x.grad is not None
    assert weight.grad is not None
    assert x.grad.shape == shape
    assert bool(weight.grad.abs().sum() > 0) == bool(shape[0])


def test_no_channels_leave_the_bias() -> None:
    y = F.conv2d(tt.zeros(2, 0, 5, 5), tt.zeros(4, 0, 3, 3), tt.arange(4).float())
    assert y.shape == (2, 4, 3, 3)
    assert y[0, :, 0, 0].tolist() == [0, 1, 2, 3]


class Calls(Backend):
    """NumPy, and which primitives it was asked for."""

    def __init__(self) -> None:
        super().__init__("calls", parent=NUMPY)
        self.names: list[str] = []

    def find(self, primitive: Any) -> Any:
        kernel = super().find(primitive)

        def noted(*arrays: Any, **settings: Any) -> Any:
            self.names.append(primitive.name)
            return kernel(*arrays, **settings)

        return noted


@pytest.mark.parametrize("needed", [0, 1, 2])
def test_only_gradients_that_are_asked_for_are_computed(needed: int) -> None:
    operands = [drawn(2, 3, 5, 5), drawn(4, 3, 3, 3), drawn(4)]
    operands[needed].requires_grad_()
    with tt.use_backend(Calls()) as calls:
        F.conv2d(*operands).sum().backward()
    rules = ("conv2d_input", "conv2d_weight", "channel_sum")
    assert [name for name in rules if name in calls.names] == [rules[needed]]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64"])
def test_results_have_the_operands_type_and_their_channels_together(dtype: str) -> None:
    x, weight = ((drawn(*s) * 5).to(dtype) for s in ((2, 3, 6, 6), (4, 3, 3, 3)))
    y = F.conv2d(x, weight, padding=1)
    assert y.dtype == np.dtype(dtype)
    assert y.data.transpose(0, 2, 3, 1).flags.c_contiguous


def test_gradients_keep_the_channels_together() -> None:
    x = drawn(2, 3, 6, 6).requires_grad_()
    h = F.relu(F.conv2d(x, drawn(4, 3, 3, 3), padding=1))
    y = F.conv2d(h, drawn(5, 4, 3, 3))
    (g,) = tt.grad(y.sum(), [h])
    assert g.data.transpose(0, 2, 3, 1).flags.c_contiguous


def peak(function: Any) -> int:
    """Return the most bytes that were alive during a call beyond those before it."""
    function()
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_windows_of_a_batch_are_never_alive_at_once() -> None:
    x, weight = drawn(32, 32, 32, 32, dtype="float32"), drawn(32, 32, 3, 3, dtype="float32")
    copy, spare = 9 * x.data.nbytes, 8 << 20
    assert copy > x.data.nbytes + 3 * spare
    assert peak(lambda: F.conv2d(x, weight, padding=1)) < x.data.nbytes + spare
    assert peak(lambda: F.conv_transpose2d(x, weight, padding=1)) < x.data.nbytes + spare
    assert peak(lambda: F.conv_transpose2d(x, weight, stride=2)) < 4.3 * x.data.nbytes + spare
    weight.requires_grad_()
    assert peak(lambda: F.conv2d(x, weight, padding=1).sum().backward()) < 2 * x.data.nbytes + spare


def test_a_large_image_is_taken_line_by_line() -> None:
    x, weight = drawn(1, 32, 96, 96, dtype="float32"), drawn(8, 32, 5, 5, dtype="float32")
    assert peak(lambda: F.conv2d(x, weight, padding=2)) < 2 * x.data.nbytes + (4 << 20) < 25 * x.data.nbytes
    few = F.conv2d(x[:, :, :12], weight, padding=2)
    np.testing.assert_allclose(F.conv2d(x, weight, padding=2)[:, :, :10].numpy(), few[:, :, :10].numpy(), 1e-4, 1e-4)


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (lambda x, w: F.conv2d(x, w[:, :2]), ShapeError, r"x of conv2d with 2 channels, 2 for each of 1 groups"),
    (lambda x, w: F.conv2d(x, w, groups=3), ShapeError, "outputs of conv2d that 3 groups can share; got 4"),
    (lambda x, w: F.conv2d(x, w, groups=0), ShapeError, "groups of at least 1"),
    (lambda x, w: F.conv2d(x, w, stride=0), ShapeError, "stride of at least 1"),
    (lambda x, w: F.conv2d(x, w, padding=-1), ShapeError, "padding of at least 0"),
    (
        lambda x, w: F.conv2d(x, w, dilation=3),
        ShapeError,
        r"as large as a window, \[7, 7\]; got x \[2, 3, 5, 6\]",
    ),
    (lambda x, w: F.conv2d(x, w, padding="full"), NotSupportedError, "padding as numbers, 'same' or 'valid'.*'full'"),
    (lambda x, w: F.conv2d(x, w, stride=2, padding="same"), ShapeError, r"stride 1 for padding 'same'.*\[2, 2\]"),
    (lambda x, w: F.conv2d(x, w, tt.zeros(3).double()), ShapeError, r"bias of conv2d of shape \[4\]; got \[3\]"),
    (lambda x, w: F.conv2d(x.float(), w), DTypeError, "one type in conv2d; got float32 and float64"),
    (lambda x, w: F.conv2d(x, w[0]), ShapeError, "weight of conv2d with 4 dimensions"),
    (lambda x, w: F.conv2d(x[0, 0], w), ShapeError, r"\(B, C, H, W\) or \(C, H, W\); got shape \[5, 6\]"),
    (F.conv1d, ShapeError, "weight of conv1d with 3 dimensions"),
    (F.conv_transpose2d, ShapeError, "x of conv_transpose2d with 4 channels"),
    (lambda x, w: F.conv_transpose2d(x, w[:3], groups=2), ShapeError, "channels of conv_transpose2d that 2 groups"),
    (
        lambda x, w: F.conv_transpose2d(x, w[:3], output_padding=1),
        ShapeError,
        "output_padding .* below stride",
    ),
    (lambda x, w: F.conv_transpose2d(x, w[:3], padding=4), ShapeError, "sizes of at least 1; got"),
    (lambda x, w: F.conv_transpose2d(x, w[:3], padding="same"), DTypeError, "padding as a whole number"),
]


@pytest.mark.parametrize("call, error, words", REFUSED)
def test_what_makes_no_convolution_is_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        call(drawn(2, 3, 5, 6), drawn(4, 3, 3, 3))
    caught.match(words)


def test_what_is_no_tensor_is_refused() -> None:
    with pytest.raises((DTypeError, ShapeError), match="ndarray"):
        F.conv2d(np.zeros((1, 1, 3, 3)), tt.zeros(1, 1, 2, 2))
