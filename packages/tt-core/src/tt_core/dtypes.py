"""Element types, and which one a mixture of them gives (PyTorch's rules).

A type is a NumPy dtype: `tt_core.float32 is np.dtype("float32")`. Types fall into three categories, bool < int < float.
Operands fall into three ranks: tensors with dimensions, tensors without (one number), and Python's own numbers. A lower
rank changes the result's type only if its category is higher: `int64_tensor * 0.5` is float32, `float32_tensor * 2` and
`float32_tensor + float64_number` stay float32.

Source: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tt_core.errors import DTypeError

Array: TypeAlias = NDArray[Any]
DType: TypeAlias = np.dtype[Any]

float16: DType = np.dtype(np.float16)
float32: DType = np.dtype(np.float32)
float64: DType = np.dtype(np.float64)
int8: DType = np.dtype(np.int8)
int16: DType = np.dtype(np.int16)
int32: DType = np.dtype(np.int32)
int64: DType = np.dtype(np.int64)
uint8: DType = np.dtype(np.uint8)
bool_: DType = np.dtype(np.bool_)

SUPPORTED = (float32, float64, float16, int64, int32, int16, int8, uint8, bool_)
_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2}
_OF_NUMBER = {bool: bool_, int: int64, float: float32}


def as_dtype(dtype: DTypeLike) -> DType:
    """Return the supported dtype that `dtype` names; `float` and `"float64"` mean float64, as in PyTorch.

    Raises:
        DTypeError: it is not one of the supported types.
    """
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found not in SUPPORTED:
        names = ", ".join(d.name for d in SUPPORTED)
        message = f"expected a dtype out of {names}; got {dtype!r}"
        raise DTypeError(message)
    return found


def is_floating(dtype: DType) -> bool:
    """Tell whether numbers of this type have gradients."""
    return dtype.kind == "f"


def _promote(a: DType | None, b: DType | None) -> DType | None:
    """Return the smallest type of the higher category that holds both."""
    if a is None or b is None or a is b:
        return a or b
    if _CATEGORY[a.kind] != _CATEGORY[b.kind]:
        return max(a, b, key=lambda d: _CATEGORY[d.kind])
    return np.promote_types(a, b)


def promote_types(a: DTypeLike, b: DTypeLike) -> DType:
    """Return the type that tensors of these two types give together.

    >>> promote_types("int64", "float32")
    dtype('float32')
    """
    return _promote(as_dtype(a), as_dtype(b)) or float32  # never None, of two types


def _outrank(higher: DType | None, lower: DType | None) -> DType | None:
    """Let operands of a lower rank count only where their category is higher."""
    if higher is None or lower is None:
        return higher or lower
    return _promote(higher, lower) if _CATEGORY[lower.kind] > _CATEGORY[higher.kind] else higher


def result_type(*operands: Any) -> DType:
    """Return the type of the result of an operation on tensors, arrays and Python numbers.

    >>> result_type(np.zeros(3, dtype=np.int64), 0.5)
    dtype('float32')
    """
    ranks: list[DType | None] = [None, None, None]
    for x in operands:
        dtype = getattr(x, "dtype", None)
        dtype = dtype if isinstance(dtype, np.dtype) else None
        rank = 2 if dtype is None else int(x.ndim == 0)
        ranks[rank] = _promote(ranks[rank], _of_number(x) if dtype is None else dtype)
    result = _outrank(ranks[0], _outrank(ranks[1], ranks[2]))
    if result is None:
        message = "expected at least one operand to find a common type of; got none"
        raise DTypeError(message)
    return result


def _of_number(x: Any) -> DType:
    try:
        return _OF_NUMBER[type(x)]
    except KeyError:
        message = f"expected a tensor, an array or a number; got {type(x).__name__}"
        raise DTypeError(message) from None
