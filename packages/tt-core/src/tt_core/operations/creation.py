"""New tensors: from data, filled, or counted out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from tt_core.dtypes import Array, as_dtype, bool_, float32, float64, int64
from tt_core.errors import DTypeError, ShapeError
from tt_core.operations.arguments import Number, as_shape
from tt_core.operations.shapes import stack
from tt_core.random import Generator, rand, randint, randn
from tt_core.recording import Recorded, wrap

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


def to_array(data: Any, dtype: DTypeLike | None = None, *, copy: bool = True) -> Array:
    """Return data as a NumPy array of a supported type: Python floats become float32, arrays keep their type.

    Raises:
        DTypeError: the data are not numbers.
        ShapeError: nested lists have different lengths.
    """
    if isinstance(data, Recorded):
        data = data.data
    known = hasattr(data, "dtype")
    try:
        array = np.array(data, copy=copy or None)
    except ValueError as error:
        message = f"expected nested lists of equal lengths; got {error}"
        raise ShapeError(message) from error
    if array.dtype.kind not in "biuf":
        message = f"expected numbers; got {type(data).__name__} with elements of type {array.dtype}"
        raise DTypeError(message)
    if dtype is not None:
        return array.astype(as_dtype(dtype), copy=False)
    if not known and array.dtype == float64:
        return array.astype(_listed(data), copy=False)
    return array.astype(as_dtype(array.dtype), copy=False)


def _listed(data: Any) -> Any:
    """Return float64 if a list's first element says so by itself, as a NumPy float64 does, and float32 otherwise."""
    while isinstance(data, (list, tuple)) and len(data):
        data = data[0]
    return getattr(data, "dtype", float32)


def tensor(data: Any, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor with a copy of the data; no gradient flows back to them.

    >>> tensor([[1.0, 2.0], [3.0, 4.0]]).shape
    (2, 2)
    """
    out = wrap(to_array(data, dtype))
    if requires_grad:
        out.requires_grad_()
    return out


def as_tensor(data: Any, dtype: DTypeLike | None = None) -> Tensor:
    """Return `data` as a tensor, sharing its memory where it can; a tensor of this type is returned as it is."""
    if isinstance(data, Recorded) and (dtype is None or data.dtype == as_dtype(dtype)):
        return data  # type: ignore[return-value]  # Tensor is the only subclass
    if isinstance(data, (list, tuple)) and data and isinstance(data[0], Recorded):
        return stack(list(data))
    return wrap(to_array(data, dtype, copy=False))


def from_numpy(array: Any) -> Tensor:
    """Return a tensor that shares the array's memory."""
    if not isinstance(array, np.ndarray):
        message = f"expected a NumPy array; got {type(array).__name__}"
        raise DTypeError(message)
    as_dtype(array.dtype)
    return wrap(array)


def from_dlpack(x: Any) -> Tensor:
    """Return a tensor that shares the memory of an object with `__dlpack__`, such as a PyTorch tensor on the CPU."""
    return from_numpy(np.from_dlpack(x))


def _filled(size: tuple[Any, ...], value: Number, dtype: Any, requires_grad: bool) -> Tensor:
    out = wrap(np.full(as_shape(size), value, dtype) if value else np.zeros(as_shape(size), dtype))
    if requires_grad:
        out.requires_grad_()
    return out


def _or_float32(dtype: DTypeLike | None) -> Any:
    return float32 if dtype is None else as_dtype(dtype)


def zeros(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return zeros; sizes one by one or as one sequence."""
    return _filled(size, 0, _or_float32(dtype), requires_grad)


def ones(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return ones; sizes one by one or as one sequence."""
    return _filled(size, 1, _or_float32(dtype), requires_grad)


def empty(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return zeros: memory that is not set would make a program's result depend on chance."""
    return zeros(*size, dtype=dtype, requires_grad=requires_grad)


def full(
    size: Any, fill_value: Number | Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor full of one value, of the value's type unless `dtype` says otherwise."""
    value = fill_value.item() if isinstance(fill_value, Recorded) else fill_value
    by_value = bool_ if isinstance(value, bool) else int64 if isinstance(value, int) else float32
    return _filled((size,), value, by_value if dtype is None else as_dtype(dtype), requires_grad)


def zeros_like(x: Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return zeros in the shape and type of x."""
    return _filled(x.shape, 0, x.dtype if dtype is None else as_dtype(dtype), requires_grad)


def ones_like(x: Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return ones in the shape and type of x."""
    return _filled(x.shape, 1, x.dtype if dtype is None else as_dtype(dtype), requires_grad)


def full_like(x: Tensor, fill_value: Number, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return one value in the shape and type of x."""
    return _filled(x.shape, fill_value, x.dtype if dtype is None else as_dtype(dtype), requires_grad)


def empty_like(x: Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return zeros in the shape and type of x (see `empty`)."""
    return zeros_like(x, dtype=dtype, requires_grad=requires_grad)


def rand_like(
    x: Tensor, *, generator: Generator | None = None, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Return uniform random numbers in the shape and type of x."""
    return rand(x.shape, generator=generator, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def randn_like(
    x: Tensor, *, generator: Generator | None = None, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Return normally distributed random numbers in the shape and type of x."""
    return randn(x.shape, generator=generator, dtype=x.dtype if dtype is None else dtype, requires_grad=requires_grad)


def randint_like(
    x: Tensor, low: int, high: int | None = None, *, generator: Generator | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """Return random whole numbers in the shape and type of x."""
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, x.shape, generator=generator, dtype=x.dtype if dtype is None else dtype)


def arange(
    start: Number,
    end: Number | None = None,
    step: Number = 1,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return start, start + step, … below `end`: int64 if all three are whole, else float32.

    Raises:
        ShapeError: the step is 0 or leads away from the end.
    """
    if end is None:
        start, end = 0, start
    if step == 0 or (end - start) / step < 0:
        message = f"expected a step that leads from {start} to {end}; got {step}"
        raise ShapeError(message)
    whole = all(isinstance(n, int) for n in (start, end, step))
    found = (int64 if whole else float32) if dtype is None else as_dtype(dtype)
    counted = np.arange(math.ceil((end - start) / step)) * step + start
    out = wrap(counted.astype(found, copy=False))
    out.requires_grad = requires_grad
    return out


def linspace(
    start: Number, end: Number, steps: int, *, dtype: DTypeLike | None = None, requires_grad: bool = False
) -> Tensor:
    """Return `steps` numbers at equal distances from `start` to `end`, both included."""
    out = wrap(np.linspace(start, end, steps).astype(_or_float32(dtype)))
    out.requires_grad = requires_grad
    return out


def eye(n: int, m: int | None = None, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """Return a matrix (n, m) with ones on the diagonal and zeros elsewhere."""
    out = wrap(np.eye(n, m, dtype=_or_float32(dtype)))
    out.requires_grad = requires_grad
    return out
