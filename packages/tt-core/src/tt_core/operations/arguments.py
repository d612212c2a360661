"""What operations share: dimensions counted from the end, and operands brought to one type."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np

from tt_core.dtypes import Array, DType, float32, result_type
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.graph import Recorded, wrap
from tt_core.primitives import elementwise as P
from tt_core.recording import apply, apply_binary

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

Number: TypeAlias = float | int | bool
Dim: TypeAlias = int | Sequence[int] | None
Operand: TypeAlias = "Tensor | Array | Number"
_NUMBERS = frozenset((float, int, bool))


def as_dim(dim: int, ndim: int, name: str = "") -> int:
    """Return `dim` counted from the front; an error begins with `name`, the operation's.

    Raises:
        ShapeError: there is no such dimension.
    """
    bound = max(ndim, 1)
    if not -bound <= dim < bound:
        message = f"{name} expected a dimension from {-bound} to {bound - 1}; got {dim}"
        raise ShapeError(message.lstrip())
    return dim % bound


def sized(x: Tensor, dim: int, name: str) -> tuple[int, int]:
    """Return `dim` counted from the front, and its size.

    Raises:
        ShapeError: there is no such dimension, or none at all.
    """
    if not x.data.ndim:
        message = f"{name} expected a tensor with dimensions to take parts along dimension {dim}; got a single number"
        raise ShapeError(message)
    d = as_dim(dim, x.data.ndim, name)
    return d, x.data.shape[d]


def as_dims(dim: Dim, ndim: int, name: str = "") -> tuple[int, ...] | None:
    """Return the dimensions counted from the front, or None for all of them (as PyTorch, for `()` too)."""
    if dim is None:
        return None
    if isinstance(dim, (int, np.integer)):
        return (as_dim(dim, ndim, name),)[:ndim] or None
    dims = tuple([as_dim(d, ndim, name) for d in dim])
    if len(set(dims)) != len(dims):
        message = f"{name} expected each dimension once; got {tuple(dim)}"
        raise ShapeError(message.lstrip())
    return (dims if ndim else None) or None


def as_shape(sizes: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """Return sizes given one by one, as one sequence, or by name.

    Raises:
        DTypeError: one is not a whole number.
    """
    if named is not None and not sizes:
        sizes = (named,)
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    try:
        return tuple([index(n) for n in sizes])
    except TypeError:
        found = ", ".join([repr(n) for n in sizes])
        raise DTypeError(f"expected whole numbers as sizes or dimensions; got {found}") from None


def as_size(sizes: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """Return the shape of something new.

    Raises:
        ShapeError: a size is negative.
    """
    shape = as_shape(sizes, named)
    if min(shape, default=0) < 0:
        message = f"expected sizes of at least 0; got {list(shape)}"
        raise ShapeError(message)
    return shape


def need_cpu(device: Any) -> None:
    """Accept "cpu" or nothing as the place of new tensors.

    Raises:
        NotSupportedError: any other device.
    """
    if device is not None and str(device) != "cpu":
        message = f"expected device 'cpu', the only one there is; got {str(device)!r}"
        raise NotSupportedError(message)


def refuse_inplace(name: str, *, inplace: bool) -> None:
    """Refuse PyTorch's `inplace=True`: a result in new memory would break a caller who goes on with the old.

    Raises:
        NotSupportedError: it is True.
    """
    if inplace:
        raise NotSupportedError(f"expected inplace=False; {name} always returns a new tensor: use its result")


def finish(array: Any, dtype: DType, device: Any, requires_grad: bool, made_by: str = "tensor") -> Tensor:
    """Return a new tensor around `array`, cast to `dtype`."""
    need_cpu(device)
    out = wrap(np.asarray(array).astype(dtype, copy=False), made_by)
    return out.requires_grad_() if requires_grad else out


def to_tensor(x: Operand) -> Tensor:
    """Return `x` as a tensor; a number becomes one without dimensions."""
    if isinstance(x, Recorded):
        return x
    return wrap(np.asarray(x, None if hasattr(x, "dtype") else result_type(x)))


def is_number(x: object) -> TypeGuard[Number]:
    """Tell whether `x` is one of Python's own numbers, which NumPy's float64 also claims to be."""
    return isinstance(x, (int, float)) and not isinstance(x, np.generic)


def converted(x: Operand, dtype: DType) -> Tensor:
    """Return `x` as a tensor of this type; a Python number takes it at once: 0.1 in float64 is not a float32's."""
    if is_number(x):
        return wrap(np.asarray(as_number(x, dtype)).astype(dtype))
    return to_dtype(to_tensor(x), dtype)


def to_dtype(x: Tensor, dtype: DType) -> Tensor:
    """Return `x` itself if it has this type, else a cast of it."""
    return x if x.data.dtype == dtype else apply(P.cast, x, dtype=dtype)


def alike(*operands: Operand) -> list[Any]:
    """Return the operands in their common type; Python numbers stay numbers, which never widen an array."""
    dtype = result_type(*operands)
    return [as_number(x, dtype) if is_number(x) else to_dtype(to_tensor(x), dtype) for x in operands]


def as_number(x: Number, dtype: DType) -> Number:
    """Return a number that NumPy takes for this type: whole ones wrap around as in PyTorch, so -1 in uint8 is 255."""
    if dtype.kind not in "iu":
        return x
    low, size = (0 if dtype.kind == "u" else -(1 << (8 * dtype.itemsize - 1))), 1 << (8 * dtype.itemsize)
    return x if low <= x < low + size else (int(x) - low) % size + low


def whole_number(x: Number, dtype: DType) -> Number:
    """Return a factor as PyTorch's fused operations read it: whole, the rest cut off, where the result is."""
    return x if dtype.kind == "f" else as_number(int(x), dtype)


def binary(primitive: Any, x: Operand, y: Operand) -> Tensor:
    """Apply a primitive to two operands in their common type; the usual cases are known at a glance."""
    if isinstance(x, Recorded):
        if isinstance(y, Recorded):
            if x.data.dtype is y.data.dtype:
                return apply_binary(primitive, x, y)
        elif y.__class__ in _NUMBERS and x.data.dtype.kind == "f":
            return apply(primitive, x, y)
    elif x.__class__ in _NUMBERS and isinstance(y, Recorded) and y.data.dtype.kind == "f":
        return apply(primitive, x, y)
    x, y = alike(x, y)
    return apply(primitive, x if isinstance(y, Recorded) else to_tensor(x), y)


def not_a_tensor(name: str, *operands: Any) -> DTypeError:
    """Return the error about operands that should have been tensors, to raise where one lacked what tensors have."""
    found = [type(x).__name__ for x in operands if not isinstance(x, Recorded) and x is not None]
    return DTypeError(
        f"expected tensors for {name}; got {' and '.join(found)}: make them tensors with tt_core.tensor()"
    )


def floating(x: Tensor, name: str = "an operation on floating-point numbers") -> Tensor:
    """Return `x` with a floating type: integers become float32.

    Raises:
        DTypeError: it is no tensor.
    """
    try:
        kind = x.data.dtype.kind
    except AttributeError:
        raise not_a_tensor(name, x) from None
    return x if kind == "f" else apply(P.cast, x, dtype=float32)


def need_floating(x: Tensor, name: str) -> Tensor:
    """Return `x`.

    Raises:
        DTypeError: it holds integers, for which `name` is not defined, or is no tensor.
    """
    try:
        kind = x.data.dtype.kind
    except AttributeError:
        raise not_a_tensor(name, x) from None
    if kind != "f":
        message = f"expected a floating type for {name}; got {x.data.dtype.name}: convert with .float() first"
        raise DTypeError(message)
    return x
