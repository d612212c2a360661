"""New tensors: which type and shape they get, whether memory is shared, and what cannot become one."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import tt_core as tt
from tt_core import DTypeError, GradientError, NotSupportedError, ShapeError, Tensor

from ..strategies import DTYPES, Shape, dtypes, shapes

DATA: list[tuple[Any, np.dtype[Any]]] = [
    (1.5, tt.float32), (2, tt.int64), (True, tt.bool), ([1.0, 2], tt.float32), ([1, 2], tt.int64), ([True], tt.bool),
    ([[1], [2.5]], tt.float32), ([], tt.float32), ([[], []], tt.float32), ((1, 2), tt.int64), (range(3), tt.int64),
    (np.float64(1.5), tt.float64), (np.float32(1.5), tt.float32), ([np.float64(1.5), 2.0], tt.float64),
    ([np.float32(1.5)], tt.float32), (np.zeros(2), tt.float64), (np.zeros(2, np.float16), tt.float16),
    ([np.zeros(2), np.ones(2)], tt.float64), (np.zeros(2, np.int8), tt.int8), (np.True_, tt.bool),
]  # fmt: skip


@pytest.mark.parametrize("data, dtype", DATA, ids=repr)
def test_types_follow_the_data(data: Any, dtype: np.dtype[Any]) -> None:
    for made in (Tensor(data), tt.tensor(data), tt.as_tensor(data)):
        assert made.dtype == dtype
        assert_array_equal(made.data, np.array(data))
        assert not made.requires_grad


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_type_can_be_asked_for(dtype: np.dtype[Any]) -> None:
    for made in (Tensor([1, 0], dtype=dtype), tt.tensor([1.0, 0.0], dtype=dtype), tt.as_tensor([True, False], dtype)):
        assert made.dtype == dtype
        assert made.tolist() == [1, 0]
    assert tt.zeros(2, dtype=dtype).dtype == tt.ones(2, dtype=dtype.name).dtype == dtype
    assert tt.full((2,), 1, dtype=dtype).tolist() == [1, 1]
    assert tt.arange(2, dtype=dtype).dtype == tt.eye(2, dtype=dtype).dtype == tt.linspace(0, 1, 2, dtype=dtype).dtype


def test_a_tensor_of_a_tensor_is_a_copy_without_history() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    for y in (Tensor(x * 2), tt.tensor(x)):
        assert y.is_leaf
        assert not y.requires_grad
        assert not np.shares_memory(y.data, x.data)


def test_who_shares_memory() -> None:
    a = np.zeros(3)
    assert not np.shares_memory(Tensor(a).data, a)
    assert not np.shares_memory(tt.tensor(a).data, a)
    assert np.shares_memory(tt.as_tensor(a).data, a)
    assert np.shares_memory(tt.from_numpy(a).data, a)
    assert not np.shares_memory(tt.as_tensor(a, "float32").data, a)
    x = Tensor([1.0])
    assert tt.as_tensor(x) is x
    assert tt.as_tensor(x, tt.float32) is x
    assert tt.as_tensor(x, tt.float64).dtype == tt.float64


def test_a_list_of_tensors_is_stacked_with_its_gradients() -> None:
    x = Tensor(2.0, requires_grad=True)
    made = tt.as_tensor([x, x * x])
    made.sum().backward()
    assert x.grad is not None
    assert (made.tolist(), x.grad.item()) == ([2.0, 4.0], 5.0)


@given(shape=shapes(), dtype=dtypes)
def test_filled(shape: Shape, dtype: np.dtype[Any]) -> None:
    for make, value in ((tt.zeros, 0), (tt.ones, 1), (tt.empty, 0)):
        for made in (make(shape, dtype=dtype), make(list(shape), dtype=dtype), make(*shape, dtype=dtype)):
            assert (made.shape, made.dtype) == (shape, dtype)
            assert (made.data == value).all()
    x = tt.zeros(shape, dtype=dtype)
    for like, value in ((tt.zeros_like, 0), (tt.ones_like, 1), (tt.empty_like, 0)):
        made = like(x)
        assert (made.shape, made.dtype) == (shape, dtype)
        assert (made.data == value).all()
        assert like(x, dtype=tt.float64).dtype == tt.float64
    assert (tt.full(shape, 1, dtype=dtype).data == 1).all()
    assert tt.full_like(x, 1).dtype == dtype


def test_full_takes_the_type_of_its_value() -> None:
    assert tt.full((2,), 7).dtype == tt.int64
    assert tt.full(2, 7.0).dtype == tt.float32
    assert tt.full((), True).dtype == tt.bool
    assert tt.full((1,), Tensor(3)).tolist() == [3]
    assert tt.full_like(Tensor([1.5]), 2).tolist() == [2.0]
    assert math.isnan(tt.full((1,), math.nan).item())


@given(
    start=st.integers(-5, 5) | st.floats(-5, 5),
    steps=st.integers(0, 7),
    step=st.sampled_from([1, 2, -1, 0.5, -0.25, 3]),
)
def test_counting(start: float, steps: int, step: float) -> None:
    end = start + steps * step
    found = tt.arange(start, end, step)
    whole = all(isinstance(n, int) for n in (start, end, step))
    assert found.dtype == (tt.int64 if whole else tt.float32)
    np.testing.assert_allclose(found.data, np.arange(start, end, step), rtol=1e-6, atol=1e-6)


def test_counting_forms() -> None:
    assert tt.arange(3).tolist() == [0, 1, 2]
    assert tt.arange(1, 4).tolist() == [1, 2, 3]
    assert tt.arange(0, 1, 0.25).tolist() == [0.0, 0.25, 0.5, 0.75]
    assert tt.arange(5, 0, -2).tolist() == [5, 3, 1]
    assert tt.arange(3.0).dtype == tt.float32
    assert tt.arange(0).shape == (0,)
    assert tt.arange(2**53, 2**53 + 2).tolist() == [2**53, 2**53 + 1]
    assert tt.linspace(0, 1, 5).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert tt.linspace(2, 3, 1).tolist() == [2.0]
    assert tt.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert tt.eye(2).dtype == tt.float32


MAKERS: list[Callable[..., Tensor]] = [
    lambda **k: Tensor([1.0], **k), lambda **k: tt.tensor([1.0], **k), lambda **k: tt.zeros(2, **k),
    lambda **k: tt.ones(2, **k), lambda **k: tt.full((2,), 1.0, **k), lambda **k: tt.empty(2, **k),
    lambda **k: tt.arange(2.0, **k), lambda **k: tt.linspace(0, 1, 2, **k), lambda **k: tt.eye(2, **k),
    lambda **k: tt.zeros_like(tt.zeros(2), **k), lambda **k: tt.ones_like(tt.zeros(2), **k),
    lambda **k: tt.full_like(tt.zeros(2), 1, **k), lambda **k: tt.empty_like(tt.zeros(2), **k),
    lambda **k: tt.rand(2, **k), lambda **k: tt.randn(2, **k), lambda **k: tt.rand_like(tt.zeros(2), **k),
    lambda **k: tt.randn_like(tt.zeros(2), **k),
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
def test_all_makers_take_requires_grad(make: Callable[..., Tensor]) -> None:
    assert not make().requires_grad
    made = make(requires_grad=True)
    assert made.requires_grad
    assert made.is_leaf


WHOLE: list[Callable[..., Tensor]] = [
    lambda: Tensor([1], requires_grad=True), lambda: tt.zeros(2, dtype=tt.int64, requires_grad=True),
    lambda: tt.arange(2, requires_grad=True), lambda: tt.eye(2, dtype="int32", requires_grad=True),
    lambda: tt.linspace(0, 9, 2, dtype="int8", requires_grad=True),
    lambda: tt.randint(0, 2, (2,), requires_grad=True), lambda: tt.randperm(2, requires_grad=True),
]  # fmt: skip


@pytest.mark.parametrize("make", WHOLE)
def test_whole_numbers_have_no_gradient(make: Callable[..., Tensor]) -> None:
    with pytest.raises(GradientError, match="expected a floating type to require a gradient; got int"):
        make()


def test_dlpack_both_ways() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    there = np.from_dlpack(x)
    assert np.shares_memory(there, x.data)
    back = tt.from_dlpack(there)
    assert np.shares_memory(back.data, x.data)
    assert back.tolist() == x.tolist()
    assert x.__dlpack_device__() == (1, 0)
    with pytest.raises(GradientError, match=r"call detach\(\).numpy\(\)"):
        np.from_dlpack(Tensor([1.0], requires_grad=True))


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: Tensor([[1], [2, 3]]), ShapeError, "expected nested lists of equal lengths; got lengths 1 and 2$"),
    (lambda: Tensor([[[1], [2]], [[3], []]]), ShapeError, "expected nested lists of .*; got lengths 0 and 1$"),
    (lambda: Tensor([1, [2]]), ShapeError, "expected nested lists of .*; got parts of different shapes$"),
    (lambda: tt.zeros(2.5), DTypeError, "expected whole numbers as sizes or dimensions; got 2.5"),
    (lambda: tt.zeros((2, "3")), DTypeError, "expected whole numbers as sizes or dimensions; got 2, '3'"),
    (lambda: tt.nn.Linear(2.0, 2), DTypeError, "expected whole numbers as sizes or dimensions; got 2, 2.0"),  # type: ignore[arg-type]
    (lambda: Tensor("abc"), DTypeError, "expected numbers; got str with elements of type <U3"),
    (lambda: Tensor([1j]), DTypeError, "expected numbers; got list with elements of type complex128"),
    (lambda: Tensor(None), DTypeError, "expected numbers; got NoneType with elements of type object"),
    (lambda: Tensor(np.zeros(1, np.uint16)), DTypeError, "expected a dtype out of .*; got dtype"),
    (lambda: Tensor([1], dtype="complex64"), DTypeError, "expected a dtype out of .*; got 'complex64'"),
    (lambda: Tensor([1], dtype="nonsense"), DTypeError, "expected a dtype out of float32, float64, .*; got 'nonsense'"),
    (lambda: tt.from_numpy([1.0]), DTypeError, "expected a NumPy array; got list"),
    (lambda: tt.from_numpy(np.zeros(1, complex)), DTypeError, "expected a dtype out of"),
    (lambda: tt.arange(0, 3, -1), ShapeError, "expected a step that leads from 0 to 3; got -1"),
    (lambda: tt.arange(0, 3, 0), ShapeError, "expected a step that leads from 0 to 3; got 0"),
    (lambda: tt.zeros(2, device="cuda"), NotSupportedError, "expected device 'cpu', the only one there is; got 'cuda'"),
    (lambda: tt.zeros(2, -1), ShapeError, r"expected sizes of at least 0; got \[2, -1\]"),
    (lambda: tt.linspace(0, 1, -1), ShapeError, r"expected sizes of at least 0; got \[-1\]"),
    (lambda: tt.eye(-1), ShapeError, r"expected sizes of at least 0; got \[-1, -1\]"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind, message", ERRORS)
def test_what_cannot_become_a_tensor(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
