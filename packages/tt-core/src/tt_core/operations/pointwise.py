"""Operations that treat every element by itself, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tt_core.dtypes import result_type
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.graph import Recorded, wrap
from tt_core.operations.arguments import (
    Number,
    Operand,
    alike,
    binary,
    converted,
    floating,
    not_a_tensor,
    to_dtype,
    to_tensor,
    whole_number,
)
from tt_core.primitives import elementwise as P
from tt_core.primitives import shapes
from tt_core.recording import apply, apply_unary

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


def add(x: Operand, other: Operand, *, alpha: Number = 1) -> Tensor:
    """`x + alpha · other`."""
    return binary(P.add, x, other if alpha == 1 else _scaled(x, other, alpha))


def sub(x: Operand, other: Operand, *, alpha: Number = 1) -> Tensor:
    """`x - alpha · other`."""
    return binary(P.sub, x, other if alpha == 1 else _scaled(x, other, alpha))


def _scaled(x: Operand, other: Operand, alpha: Number) -> Tensor:
    if isinstance(alpha, float) and result_type(x, other).kind != "f":
        message = f"expected a whole alpha for integers; got {alpha}"
        raise DTypeError(message)
    return mul(other, alpha)


def mul(x: Operand, other: Operand) -> Tensor:
    """`x · other`."""
    return binary(P.mul, x, other)


def div(x: Operand, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """`x / other`; integers give float32 unless rounded.

    Args:
        rounding_mode: None, "trunc" (towards zero) or "floor" (downwards).
    """
    if rounding_mode is None:
        if isinstance(x, Recorded) and x.data.dtype.kind == "f":
            return binary(P.div, x, other)
        x, other = alike(x, other)
        if result_type(x, other).kind != "f":
            x = floating(to_tensor(x))
            other = floating(other) if isinstance(other, Recorded) else float(other)
        return binary(P.div, x, other)
    if rounding_mode not in ("floor", "trunc"):
        message = f"expected rounding_mode None, 'floor' or 'trunc'; got {rounding_mode!r}"
        raise NotSupportedError(message)
    primitive = P.floor_divide if rounding_mode == "floor" else P.trunc_divide
    return binary(primitive, *_nonzero(*alike(x, other)))


def floor_divide(x: Operand, other: Operand) -> Tensor:
    """⌊x / other⌋; the gradient is zero everywhere.

    Raises:
        ZeroDivisionError: an integer is divided by 0, for which there is no integer.
    """
    return binary(P.floor_divide, *_nonzero(*alike(x, other)))


def _nonzero(x: Any, other: Any) -> tuple[Any, Any]:
    """Return both, unless they are integers of which one would be divided by 0."""
    if result_type(x, other).kind != "f" and not np.all(other.data if isinstance(other, Recorded) else other):
        message = "expected no 0 among the divisors of integers; got one: convert with .float() to get inf"
        raise ZeroDivisionError(message)
    return x, other


def remainder(x: Operand, other: Operand) -> Tensor:
    """`x - ⌊x / other⌋ · other`, of the divisor's sign, as Python's %.

    Raises:
        ZeroDivisionError: an integer is divided by 0.
    """
    return binary(P.remainder, *_nonzero(*alike(x, other)))


def pow(x: Operand, exponent: Operand) -> Tensor:
    """`x` to the power of `exponent`."""
    if isinstance(exponent, (int, float)) and exponent == 2 and isinstance(x, Recorded):
        return apply(P.square, to_dtype(x, result_type(x, exponent)))
    if result_type(x, exponent).kind == "b":
        return bitwise_or(x, logical_not(to_tensor(exponent)))
    try:
        return binary(P.pow, x, exponent)
    except ShapeError:
        if isinstance(exponent, int) and exponent < 0:
            message = (
                f"pow expected floating-point numbers to raise to {exponent}; got integers: convert with .float() first"
            )
            raise DTypeError(message) from None
        raise


def maximum(x: Operand, other: Operand) -> Tensor:
    """The larger of the two; ties share the gradient."""
    return binary(P.maximum, x, other)


def minimum(x: Operand, other: Operand) -> Tensor:
    """The smaller of the two; ties share the gradient."""
    return binary(P.minimum, x, other)


def logaddexp(x: Tensor, other: Operand) -> Tensor:
    """log(e^x + e^other), without overflow."""
    return binary(P.logaddexp, x, other)


def _floating(primitive: P.Unary, formula: str = "") -> Callable[[Tensor], Tensor]:
    """Make a function of one tensor that is computed in floating point."""

    def function(x: Tensor) -> Tensor:
        try:
            kind = x.data.dtype.kind
        except AttributeError:
            raise not_a_tensor(primitive.name, x) from None
        return apply_unary(primitive, x if kind == "f" else floating(x))

    function.__name__ = function.__qualname__ = primitive.name
    what = formula or f"{primitive.name}(x)"
    function.__doc__ = f"{what}, of every element x; integers are converted to float32 first."
    return function


exp = _floating(P.exp, "e^x")
expm1 = _floating(P.expm1, "e^x - 1, exact near 0 too")
log = _floating(P.log, "The natural logarithm log(x)")
log1p = _floating(P.log1p, "log(1 + x), exact near 0 too")
log2 = _floating(P.log2)
log10 = _floating(P.log10)
sqrt = _floating(P.sqrt)
rsqrt = _floating(P.rsqrt, "1 / √x")
reciprocal = _floating(P.reciprocal, "1 / x")
sin = _floating(P.sin)
cos = _floating(P.cos)
tan = _floating(P.tan)
asin = _floating(P.asin)
acos = _floating(P.acos)
atan = _floating(P.atan)
sinh = _floating(P.sinh)
cosh = _floating(P.cosh)
tanh = _floating(P.tanh)
sigmoid = _floating(P.sigmoid, "σ(x) = 1 / (1 + e^-x)")
erf = _floating(P.erf, "(2 / √π) ∫₀ˣ e^-t² dt")


def neg(x: Tensor) -> Tensor:
    """`-x`."""
    return apply_unary(P.neg, x)


def abs(x: Tensor) -> Tensor:
    """|x|; its derivative at 0 is 0."""
    return apply(P.abs, x)


def sign(x: Tensor) -> Tensor:
    """-1, 0 or 1; the gradient is zero everywhere."""
    return apply(P.sign, x)


def square(x: Tensor) -> Tensor:
    """`x²`."""
    return apply(P.square, to_dtype(x, result_type(x, 2)))


def floor(x: Tensor) -> Tensor:
    """The nearest whole number downwards; the gradient is zero everywhere."""
    return _rounded(P.floor, x)


def ceil(x: Tensor) -> Tensor:
    """The nearest whole number upwards; the gradient is zero everywhere."""
    return _rounded(P.ceil, x)


def trunc(x: Tensor) -> Tensor:
    """The nearest whole number towards zero; the gradient is zero everywhere."""
    return _rounded(P.trunc, x)


def _rounded(primitive: P.Unary, x: Tensor) -> Tensor:
    """Round; integers are whole already, which NumPy before 2.1 would return as float64."""
    return apply(primitive if x.data.dtype.kind == "f" else shapes.clone, x)


def round(x: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number with so many decimals, halves to even; the gradient is zero everywhere."""
    return apply(P.round, x, decimals=decimals)


def clamp(x: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """`x`, but not below `min` and not above `max`; None is no bound."""
    bounds = [b for b in (min, max) if b is not None]
    if not bounds:
        message = "expected a bound for clamp; got None for both min and max"
        raise ShapeError(message)
    operands = iter(alike(x, *bounds))
    x = next(operands)
    low = None if min is None else next(operands)
    high = None if max is None else next(operands)
    return apply(P.clamp, x, low, high)


@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Tensor, input: Operand, other: Operand) -> Tensor: ...
def where(condition: Tensor, input: Operand | None = None, other: Operand | None = None) -> Tensor | tuple[Tensor, ...]:
    """`input` where the condition holds, `other` elsewhere; with a condition alone, the indices where it holds."""
    if input is None or other is None:
        return tuple([wrap(index) for index in np.nonzero(condition.data)])
    return select(condition, input, other)


def select(condition: Tensor, x: Operand, y: Operand) -> Tensor:
    """`x` where the condition holds, y elsewhere."""
    return apply(P.where, to_dtype(to_tensor(condition), np.dtype(bool)), *(to_tensor(v) for v in _both(x, y)))


def _both(x: Operand, y: Operand) -> list[Tensor]:
    """Return both in their common type, numbers as tensors of that type."""
    dtype = result_type(x, y)
    return [converted(v, dtype) for v in (x, y)]


def masked_fill(x: Tensor, mask: Tensor, value: Operand) -> Tensor:
    """`x` with `value`, a number or a tensor without dimensions, wherever the mask holds.

    Raises:
        DTypeError: the mask is not of type bool.
        ShapeError: the value has dimensions.
    """
    if mask.data.dtype.kind != "b":
        message = f"expected a mask of type bool for masked_fill; got {mask.data.dtype.name}"
        raise DTypeError(message)
    if np.ndim(value.data if isinstance(value, Recorded) else value):
        message = f"expected one number to fill with in masked_fill; got shape {list(value.shape)}: use where()"  # type: ignore[union-attr]
        raise ShapeError(message)
    return apply(P.where, mask, converted(value, x.data.dtype), x)


def lerp(x: Tensor, end: Tensor, weight: Operand) -> Tensor:
    """`x + weight · (end - x)`."""
    return add(x, mul(weight, sub(end, x)))


def addcmul(x: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """`x + value · tensor1 · tensor2`."""
    product = mul(tensor1, tensor2)
    if value == 1:
        return add(x, product)
    return add(x, mul(product, whole_number(value, result_type(x, product))))


def addcdiv(x: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """`x + value · tensor1 / tensor2`."""
    return add(x, mul(div(tensor1, tensor2), value))


def eq(x: Operand, other: Operand) -> Tensor:
    """Whether the two are equal."""
    return binary(P.eq, x, other)


def ne(x: Operand, other: Operand) -> Tensor:
    """Whether the two differ."""
    return binary(P.ne, x, other)


def lt(x: Operand, other: Operand) -> Tensor:
    """Whether x is less."""
    return binary(P.lt, x, other)


def le(x: Operand, other: Operand) -> Tensor:
    """Whether x is less or equal."""
    return binary(P.le, x, other)


def gt(x: Operand, other: Operand) -> Tensor:
    """Whether x is greater."""
    return binary(P.gt, x, other)


def ge(x: Operand, other: Operand) -> Tensor:
    """Whether x is greater or equal."""
    return binary(P.ge, x, other)


def bitwise_and(x: Operand, other: Operand) -> Tensor:
    """`x & other`, of truth values or of the bits of integers."""
    return binary(P.bitwise_and, x, other)


def bitwise_or(x: Operand, other: Operand) -> Tensor:
    """`x | other`, of truth values or of the bits of integers."""
    return binary(P.bitwise_or, x, other)


def bitwise_xor(x: Operand, other: Operand) -> Tensor:
    """`x ^ other`, of truth values or of the bits of integers."""
    return binary(P.bitwise_xor, x, other)


def bitwise_not(x: Tensor) -> Tensor:
    """`~x`, of truth values or of the bits of integers."""
    return apply(P.bitwise_not, x)


def logical_not(x: Tensor) -> Tensor:
    """Whether x is zero."""
    return eq(x, 0)


absolute, clip, divide, multiply, subtract = abs, clamp, div, mul, sub  # PyTorch's second names
