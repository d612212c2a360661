"""Element types and what mixtures of them give."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given

import tt_core as tt
from tt_core import DTypeError, Tensor
from tt_core.dtypes import as_dtype, is_floating, promote_types, result_type

from .strategies import DTYPES, dtypes

ORDER = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


@given(a=dtypes, b=dtypes)
def test_two_types_give_the_smallest_of_the_higher_category(a: np.dtype[Any], b: np.dtype[Any]) -> None:
    found = promote_types(a, b)
    assert found == promote_types(b, a)
    if {a, b} == {tt.uint8, tt.int8}:
        assert found == tt.int16
    else:
        assert found == max(a, b, key=lambda d: ORDER.index(d.name))
    x, y = Tensor([1], dtype=a), Tensor([1], dtype=b)
    assert (x * y).dtype == found
    assert (x > y).dtype == tt.bool


MIXTURES: list[tuple[Any, Any, str]] = [
    (Tensor([1]), 0.5, "float32"), (Tensor([1]), 2, "int64"), (Tensor([True]), 2, "int64"),
    (Tensor([True]), True, "bool"),
    (Tensor([1], dtype="int8"), 1000, "int8"), (Tensor([1.0]), 2, "float32"), (Tensor([1.0]), True, "float32"),
    (Tensor([1.0], dtype="float16"), 2.5, "float16"), (Tensor([1.0], dtype="float64"), 2.5, "float64"),
    (Tensor([1.0]), Tensor(2.0, dtype="float64"), "float32"), (Tensor([1]), Tensor(2.0, dtype="float64"), "float64"),
    (Tensor([1], dtype="int8"), Tensor(1), "int8"), (Tensor([True]), Tensor(1, dtype="int8"), "int8"),
    (Tensor(1, dtype="int8"), 2, "int8"), (Tensor(1, dtype="int8"), 0.5, "float32"), (Tensor(1), 2, "int64"),
    (Tensor([1.0]), np.float64(2.0), "float32"), (Tensor([1]), np.float32(2.0), "float32"),
    (Tensor([1.0]), np.zeros(1), "float64"), (Tensor([1.0]), np.zeros(1, np.int64), "float32"),
    (1, 2.5, "float32"), (True, 2, "int64"), (True, False, "bool"),
]  # fmt: skip


@pytest.mark.parametrize("a, b, expected", MIXTURES)
def test_ranks(a: Any, b: Any, expected: str) -> None:
    assert result_type(a, b) == result_type(b, a) == expected
    if isinstance(a, Tensor):
        assert (a + b).dtype == (b + a).dtype == expected


def test_division_gives_floats() -> None:
    assert (Tensor([1]) / Tensor([2])).dtype == tt.float32
    assert (Tensor([1], dtype="float64") / 2).dtype == tt.float64


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_names(dtype: np.dtype[Any]) -> None:
    assert as_dtype(dtype) is as_dtype(dtype.name) is as_dtype(dtype.type) is dtype
    assert getattr(tt, "bool" if dtype.name == "bool" else dtype.name) is dtype
    assert is_floating(dtype) == dtype.name.startswith("float")


def test_python_types() -> None:
    assert (as_dtype(float), as_dtype(int), as_dtype(bool)) == (tt.float64, tt.int64, tt.bool)


@pytest.mark.parametrize("dtype", ["complex64", "uint32", "datetime64", "nonsense", object, np.str_])
def test_other_types_are_refused(dtype: Any) -> None:
    with pytest.raises(DTypeError, match=r"expected a dtype out of float32, float64, .*, bool; got"):
        as_dtype(dtype)


def test_other_operands_are_refused() -> None:
    with pytest.raises(DTypeError, match="expected a tensor, an array or a number; got str"):
        result_type(Tensor([1.0]), "2")


def test_no_operands_have_no_type() -> None:
    with pytest.raises(DTypeError, match="expected at least one operand to find a common type of; got none"):
        result_type()
