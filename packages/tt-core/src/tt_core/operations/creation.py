"""New tensors: from data, filled, or counted out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from tt_core.dtypes import Array, as_dtype, bool_, float32, float64, int64
from tt_core.errors import DTypeError, ShapeError
from tt_core.graph import Recorded, wrap
from tt_core.operations.arguments import Number, as_number, as_size, finish, need_cpu
from tt_core.operations.joining import stack
from tt_core.random import Generator, rand, randint, randn

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


def to_array(data: Any, dtype: DTypeLike | None = None, *, copy: bool = True) -> Array:
    """Return data (a number, nested lists of numbers, an array, a tensor) as a NumPy array of a supported type.

    With `dtype`, of that type (`as_dtype` knows which are supported). Without, arrays, tensors and NumPy's own numbers
    keep their type; Python's floats become float32, its integers int64, its truth values bool. In a list, the first
    element tells (`_listed`). The array is a copy, unless `copy` is False and the data are an array of the right type.

    >>> [to_array(x).dtype.name for x in (1.5, [[1], [2]], [True], [1, 2.5], np.zeros(2))]
    ['float32', 'int64', 'bool', 'float32', 'float64']

    Raises:
        DTypeError: the data are not numbers, or of a type that is not supported.
        ShapeError: nested lists have different lengths (`_uneven` tells which).
    """
    if isinstance(data, Recorded):
        data = data.data
    known = hasattr(data, "dtype")
    try:
        array = np.array(data, copy=copy or None)
    except ValueError:
        message = f"expected nested lists of equal lengths; got {_uneven(data)}"
        raise ShapeError(message) from None
    if array.dtype.kind not in "biuf":
        message = f"expected numbers; got {type(data).__name__} with elements of type {array.dtype}"
        raise DTypeError(message)
    if dtype is not None:
        return array.astype(as_dtype(dtype), copy=False)
    if not known and array.dtype == float64:
        return array.astype(_listed(data), copy=False)
    return array.astype(as_dtype(array.dtype), copy=False)


def _uneven(data: Any) -> str:
    """Return which lengths stand side by side in nested lists."""
    level = [data]
    while level and all(isinstance(part, (list, tuple)) for part in level):
        lengths = sorted({len(part) for part in level})
        if len(lengths) > 1:
            return f"lengths {' and '.join(map(str, lengths))}"
        level = [inner for part in level for inner in part]
    return "parts of different shapes"


def _listed(data: Any) -> Any:
    """Return float64 if a list's first element says so by itself, as a NumPy float64 does, and float32 otherwise."""
    while isinstance(data, (list, tuple)) and len(data):
        data = data[0]
    return float64 if getattr(data, "dtype", float32) == float64 else float32


def tensor(data: Any, *, dtype: DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a tensor with a copy of the data; no gradient flows back to them.

    >>> tensor([[1.0, 2.0], [3.0, 4.0]]).shape
    (2, 2)
    """
    array = to_array(data, dtype)
    return finish(array, array.dtype, device, requires_grad)


def as_tensor(data: Any, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return `data` as a tensor, sharing its memory where it can; a tensor of this type is returned as it is."""
    need_cpu(device)
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


def _filled(shape: tuple[int, ...], value: Number, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    array = np.full(shape, as_number(value, dtype), dtype) if value else np.zeros(shape, dtype)
    return finish(array, dtype, device, requires_grad)


def _or_float32(dtype: DTypeLike | None) -> Any:
    return float32 if dtype is None else as_dtype(dtype)


def zeros(
    *sizes: Any,
    size: Any = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return zeros; sizes one by one or as one sequence."""
    return _filled(as_size(sizes, size), 0, _or_float32(dtype), device, requires_grad)


def ones(
    *sizes: Any,
    size: Any = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ones; sizes one by one or as one sequence."""
    return _filled(as_size(sizes, size), 1, _or_float32(dtype), device, requires_grad)


def empty(
    *sizes: Any,
    size: Any = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return zeros: memory that is not set would make a program's result depend on chance."""
    return zeros(*sizes, size=size, dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    size: Any,
    fill_value: Number | Tensor,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor full of one value, of the value's type unless `dtype` says otherwise."""
    value = fill_value.item() if isinstance(fill_value, Recorded) else fill_value
    by_value = bool_ if isinstance(value, bool) else int64 if isinstance(value, int) else float32
    found = by_value if dtype is None else as_dtype(dtype)
    return _filled(as_size((size,)), value, found, device, requires_grad)


def zeros_like(x: Tensor, *, dtype: DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return zeros in the shape and type of x."""
    return full_like(x, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(x: Tensor, *, dtype: DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ones in the shape and type of x."""
    return full_like(x, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    x: Tensor,
    fill_value: Number,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return one value in the shape and type of x."""
    return _filled(x.shape, fill_value, x.dtype if dtype is None else as_dtype(dtype), device, requires_grad)


def empty_like(x: Tensor, *, dtype: DTypeLike | None = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return zeros in the shape and type of x (see `empty`)."""
    return zeros_like(x, dtype=dtype, device=device, requires_grad=requires_grad)


def new_zeros(
    x: Tensor,
    *sizes: Any,
    size: Any = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return zeros of x's type."""
    found = x.dtype if dtype is None else dtype
    return zeros(*sizes, size=size, dtype=found, device=device, requires_grad=requires_grad)


def new_ones(
    x: Tensor,
    *sizes: Any,
    size: Any = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return ones of x's type."""
    found = x.dtype if dtype is None else dtype
    return ones(*sizes, size=size, dtype=found, device=device, requires_grad=requires_grad)


def new_full(
    x: Tensor,
    size: Any,
    fill_value: Number | Tensor,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor full of one value, of x's type."""
    found = x.dtype if dtype is None else dtype
    return full(size, fill_value, dtype=found, device=device, requires_grad=requires_grad)


def new_tensor(
    x: Tensor, data: Any, *, dtype: DTypeLike | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a copy of the data as a tensor of x's type."""
    found = x.dtype if dtype is None else dtype
    return tensor(data, dtype=found, device=device, requires_grad=requires_grad)


def rand_like(
    x: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return uniform random numbers in the shape and type of x."""
    found = x.dtype if dtype is None else dtype
    return rand(x.shape, generator=generator, dtype=found, device=device, requires_grad=requires_grad)


def randn_like(
    x: Tensor,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return normally distributed random numbers in the shape and type of x."""
    found = x.dtype if dtype is None else dtype
    return randn(x.shape, generator=generator, dtype=found, device=device, requires_grad=requires_grad)


def randint_like(
    x: Tensor,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
) -> Tensor:
    """Return random whole numbers in the shape and type of x; with one bound, from 0 to it."""
    low, high = (0, low) if high is None else (low, high)
    found = x.dtype if dtype is None else dtype
    return randint(low, high, x.shape, generator=generator, dtype=found, device=device)


def arange(
    start: Number,
    end: Number | None = None,
    step: Number = 1,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return start, start + step, … below `end`: int64 if all three are whole, else float32.

    Raises:
        ShapeError: the step is 0 or leads away from the end.
    """
    start, end, step = map(_number, (0, start, step) if end is None else (start, end, step))
    whole = all(isinstance(n, int) for n in (start, end, step))
    found = (int64 if whole else float32) if dtype is None else as_dtype(dtype)
    if found == int64:
        start, end, step = map(int, (start, end, step))
    if not (math.isfinite(start) and math.isfinite(end)) or step == 0 or (end - start) / step < 0:
        message = f"expected a step that leads from {start} to {end}; got {step}"
        raise ShapeError(message)
    n = math.ceil((end - start) / step)
    if found.kind != "f":
        start, step = int(start), int(step)
    return finish(np.arange(n) * step + start, found, device, requires_grad)


def _number(x: Number | Tensor) -> Number:
    return x.item() if isinstance(x, Recorded) else x


def linspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: int,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` numbers at equal distances from `start` to `end`, both included."""
    found = _or_float32(dtype)
    first, last = (x if found.kind == "f" else int(x) for x in map(_number, (start, end)))
    return finish(np.linspace(first, last, as_size((steps,))[0]), found, device, requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a matrix (n, m) with ones on the diagonal and zeros elsewhere."""
    rows, columns = as_size((n, n if m is None else m))
    return finish(np.eye(rows, columns), _or_float32(dtype), device, requires_grad)
