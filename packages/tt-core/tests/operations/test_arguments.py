"""What operations share: dimensions counted from the end, operands brought to one type."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core import DTypeError, ShapeError, Tensor
from tt_core.operations.arguments import (
    alike,
    as_dim,
    as_dims,
    as_shape,
    binary,
    floating,
    need_floating,
    sized,
    to_dtype,
    to_tensor,
)
from tt_core.primitives import elementwise


@given(ndim=st.integers(1, 5), data=st.data())
def test_dimensions_count_from_both_ends(ndim: int, data: st.DataObject) -> None:
    dim = data.draw(st.integers(-ndim, ndim - 1))
    assert as_dim(dim, ndim) == range(ndim)[dim]
    for outside in (ndim, -ndim - 1):
        with pytest.raises(ShapeError, match=f"expected a dimension from {-ndim} to {ndim - 1}; got {outside}"):
            as_dim(outside, ndim)


def test_dimensions_of_a_single_number() -> None:
    assert as_dim(0, 0) == as_dim(-1, 0) == 0
    assert as_dims(0, 0) is as_dims((), 0) is as_dims(None, 0) is as_dims((-1,), 0) is None
    with pytest.raises(ShapeError, match="expected a dimension from -1 to 0; got 1"):
        as_dims(1, 0)
    with pytest.raises(ShapeError, match="split expected a tensor with dimensions to take parts along dimension 0"):
        sized(Tensor(1.0), 0, "split")


def test_several_dimensions() -> None:
    assert as_dims(-1, 3) == (2,)
    assert as_dims([0, -1], 3) == (0, 2)
    assert as_dims((), 3) is as_dims(None, 3) is None
    with pytest.raises(ShapeError, match=r"expected each dimension once; got \(1, -2\)"):
        as_dims([1, -2], 3)


def test_sizes_one_by_one_or_together() -> None:
    assert as_shape((2, 3)) == as_shape(((2, 3),)) == as_shape(([2, 3],)) == (2, 3)
    assert as_shape(()) == as_shape(((),)) == ()
    assert as_shape((np.int64(2), Tensor(3))) == (2, 3)
    assert as_shape((), (2, 3)) == as_shape((), [2, 3]) == (2, 3)
    assert tt.zeros(size=(2, 3)).shape == tt.zeros(6).reshape(shape=(2, 3)).shape == (2, 3)


def test_tensors_of_operands() -> None:
    x = Tensor([1.0])
    assert to_tensor(x) is x
    assert to_tensor(2).dtype == tt.int64
    assert to_tensor(2.0).dtype == tt.float32
    assert to_tensor(True).dtype == tt.bool
    assert to_tensor(np.float64(2.0)).dtype == tt.float64
    array = np.zeros(2)
    assert to_tensor(array).data is array


def test_one_type_for_all() -> None:
    x, y, n = alike(Tensor([1]), Tensor([2.0]), 3)
    assert (x.dtype, y.dtype, n) == (tt.float32, tt.float32, 3)
    x, y = alike(Tensor([1], dtype=tt.int8), np.float64(2.0))
    assert x.dtype == y.dtype == tt.float64
    assert isinstance(y, Tensor)
    assert to_dtype(x, tt.float64) is x


def test_binary_on_numbers_alone_still_gives_a_tensor() -> None:
    out = binary(elementwise.add, 1, 2)
    assert isinstance(out, Tensor)
    assert (out.dtype, out.item()) == (tt.int64, 3)


def test_floating() -> None:
    x = Tensor([1.0], dtype=tt.float16)
    assert floating(x) is need_floating(x, "f") is x
    assert floating(Tensor([True])).dtype == tt.float32
    with pytest.raises(DTypeError, match=r"expected a floating type for f; got uint8: convert with .float\(\) first"):
        need_floating(Tensor([1], dtype=tt.uint8), "f")


@pytest.mark.parametrize("other", [None, "1", [1.0], {}, 1j], ids=repr)
def test_operands_of_another_kind_are_refused(other: Any) -> None:
    with pytest.raises(TypeError, match="expected a tensor, an array or a number; got"):
        Tensor([1.0]) + other
    with pytest.raises(TypeError):
        other * Tensor([1.0])


@pytest.mark.parametrize("x", [np.ones(2), [1.0], 2.0], ids=["ndarray", "list", "float"])
@pytest.mark.parametrize("name", ["exp", "mean", "sum"])
def test_what_is_not_a_tensor_is_refused_by_name(name: str, x: Any) -> None:
    operation = "a sum or product" if name == "sum" else name
    with pytest.raises(DTypeError, match=f"expected tensors for {operation}; got {type(x).__name__}: make"):
        getattr(tt, name)(x)
    with pytest.raises(DTypeError, match="expected tensors for an operation"):
        floating(x)


def test_a_dimension_may_be_numpys_integer() -> None:
    assert tt.ones(2, 3).sum(np.int64(1)).tolist() == [3.0, 3.0]
