"""Another element type, or cut off from the graph."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import tt_core as tt
from tt_core import DTypeError, GradientError, NotSupportedError, Tensor

from ..strategies import DTYPES, Array, arrays, dtypes

METHODS: list[tuple[Callable[[Tensor], Tensor], np.dtype[Any]]] = [
    (Tensor.float, tt.float32), (Tensor.double, tt.float64), (Tensor.half, tt.float16), (Tensor.long, tt.int64),
    (Tensor.int, tt.int32), (Tensor.short, tt.int16), (Tensor.byte, tt.uint8), (Tensor.char, tt.int8),
    (Tensor.bool, tt.bool),
]  # fmt: skip


@pytest.mark.parametrize("convert, dtype", METHODS, ids=[str(row[1]) for row in METHODS])
@given(source=dtypes)
def test_each_type_into_each(convert: Callable[[Tensor], Tensor], dtype: np.dtype[Any], source: np.dtype[Any]) -> None:
    x = Tensor([0, 1, 7], dtype=source)
    expected = x.data.astype(dtype)
    for y in (
        convert(x),
        x.to(dtype),
        x.to(dtype.name),
        x.astype(dtype),
        x.type(dtype),
        x.to(Tensor([0], dtype=dtype)),
    ):
        assert y.dtype == dtype
        assert y.tolist() == expected.tolist()
        assert (y is x) == (source == dtype)
    assert x.type_as(Tensor(0, dtype=dtype)).dtype == dtype


@given(x=arrays())
def test_gradients_pass_through_types(x: Array) -> None:
    leaf = Tensor(x, requires_grad=True)
    leaf.float().half().sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.dtype == tt.float64
    assert (leaf.grad.data == 1).all()


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.kind != "f"], ids=str)
def test_gradients_end_at_whole_numbers(dtype: np.dtype[Any]) -> None:
    y = Tensor([1.0], requires_grad=True).to(dtype)
    assert not y.requires_grad
    assert y.is_leaf


def test_devices() -> None:
    x = Tensor([1.0])
    assert x.to("cpu") is x
    assert x.device == "cpu"
    for device in ("cuda", "cuda:0", "mps", "xpu"):
        with pytest.raises(NotSupportedError, match=rf"expected device 'cpu', the only one there is; got '{device}'"):
            x.to(device)
    with pytest.raises(DTypeError, match=r"expected a dtype out of .*; got 'gpu'"):
        x.to("gpu")


def test_a_copy_on_demand() -> None:
    x = Tensor([1.0])
    assert x.to() is x
    assert not np.shares_memory(x.to(copy=True).data, x.data)
    assert not np.shares_memory(x.to(tt.float64, copy=True).data, x.data)


def test_detach_shares_memory_and_stops_gradients() -> None:
    x = Tensor([3.0], requires_grad=True)
    y = (x * x).detach()
    assert not y.requires_grad
    assert y.is_leaf
    (x * x.detach()).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0]
    assert np.shares_memory(x.detach().data, x.data)


def test_switching_gradients() -> None:
    x = Tensor([1.0])
    assert x.requires_grad_() is x
    assert x.requires_grad
    assert not x.requires_grad_(False).requires_grad
    with pytest.raises(GradientError, match="expected a floating type to require a gradient; got bool"):
        Tensor([True]).requires_grad_()
    with pytest.raises(GradientError, match=r"a result's gradient cannot be switched off: use detach"):
        (x.requires_grad_() * 2).requires_grad_(False)
    y = x * 2
    assert y.requires_grad_() is y
