"""Questions about numbers: whether they are finite, both true, the same, or nearly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tt_core.dtypes import float64
from tt_core.errors import ShapeError
from tt_core.operations.arguments import Operand, to_dtype
from tt_core.operations.pointwise import (
    abs,
    add,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    eq,
    le,
    lt,
    mul,
    ne,
    sub,
)
from tt_core.primitives.elementwise import quiet

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


def isnan(x: Tensor) -> Tensor:
    """Whether the element is not a number; a number differs from nothing but itself."""
    return ne(x, x)


def isinf(x: Tensor) -> Tensor:
    """Whether the element is ±∞."""
    return eq(abs(x), math.inf)


def isfinite(x: Tensor) -> Tensor:
    """Whether the element is neither ±∞ nor nan."""
    return lt(abs(x), math.inf)


def logical_and(x: Operand, other: Operand) -> Tensor:
    """Whether neither is zero."""
    return bitwise_and(ne(x, 0), ne(other, 0))


def logical_or(x: Operand, other: Operand) -> Tensor:
    """Whether one of the two is not zero."""
    return bitwise_or(ne(x, 0), ne(other, 0))


def logical_xor(x: Operand, other: Operand) -> Tensor:
    """Whether exactly one of the two is not zero."""
    return bitwise_xor(ne(x, 0), ne(other, 0))


def equal(x: Tensor, other: Tensor) -> bool:
    """Tell whether the two have one shape and the same elements; nan is not the same as nan.

    >>> from tt_core import ones
    >>> equal(ones(2), ones(2)), equal(ones(2), ones(1))
    (True, False)
    """
    return x.shape == other.shape and bool(eq(x, other).data.all())


@quiet
def isclose(x: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether |x - other| ≤ atol + rtol · |other|.

    Raises:
        ShapeError: a tolerance is negative.
    """
    if rtol < 0 or atol < 0:
        message = f"expected tolerances of at least 0; got rtol {rtol} and atol {atol}"
        raise ShapeError(message)
    if other.data.dtype.kind != "f":  # whole numbers are compared without wrapping around
        x, other = to_dtype(x, float64), to_dtype(other, float64)
    close = le(abs(sub(x, other)), add(mul(abs(other), rtol), atol))
    close = bitwise_or(eq(x, other), bitwise_and(close, isfinite(other)))
    return bitwise_or(close, bitwise_and(isnan(x), isnan(other))) if equal_nan else close


def allclose(x: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Tell whether every element is close (see `isclose`)."""
    return bool(isclose(x, other, rtol, atol, equal_nan).data.all())
