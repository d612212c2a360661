"""Functions of single numbers with the results that IEEE 754 asks for.

Python raises an error where a result is not a number or too large; arrays hold `nan` or `inf` there, and go on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

Number: TypeAlias = float
Function: TypeAlias = Callable[[Number], Number]


def ieee(function: Function) -> Function:
    """Return `function` with nan outside its domain, and infinity where its value is too large."""

    def quiet(a: Number) -> Number:
        try:
            return function(a)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return quiet


def whole(function: Function) -> Function:
    """Return a rounding function that leaves nan, ±∞ and the sign of zero as they are."""
    return lambda a: math.copysign(function(a), a) if math.isfinite(a) else a


exponential = ieee(math.exp)
square_root = ieee(math.sqrt)


def logarithm(a: Number, function: Function = math.log) -> Number:
    """The natural logarithm, or that of another base; -∞ at 0, nan below.

    >>> logarithm(0.0), logarithm(8, math.log2)
    (-inf, 3.0)
    """
    return -math.inf if a == 0 else ieee(function)(a)


def divide(a: Number, b: Number) -> Number:
    """A / b; ±∞ where b is 0, nan for 0 / 0.

    >>> divide(-1.0, 0.0), divide(0.0, 0.0)
    (-inf, nan)
    """
    if b != 0:
        return a / b
    return math.nan if a == 0 or is_nan(a) else math.copysign(math.inf, a) * math.copysign(1, b)


def floor_divide(a: Number, b: Number) -> Number:
    """⌊a / b⌋; for b = 0 as `divide`, and 0 for integers."""
    if b != 0:
        return a // b
    return 0 if isinstance(b, int) else divide(a, b)


def trunc_divide(a: Number, b: Number) -> Number:
    """A / b rounded towards zero; for b = 0 as `floor_divide`."""
    if isinstance(a, int) and isinstance(b, int):
        return floor_divide(a, b) if b == 0 or (a < 0) == (b < 0) else -floor_divide(-a, b)
    return whole(math.trunc)(divide(a, b))


def remainder(a: Number, b: Number) -> Number:
    """`a - ⌊a / b⌋ b`, of b's sign; nan for b = 0, and 0 for integers."""
    if b != 0:
        return a % b
    return 0 if isinstance(b, int) else math.nan


def power(a: Number, b: Number) -> Number:
    """a^b; of integers by repeated squaring, exactly.

    >>> power(2, 10), power(-8.0, 3.0), power(0.0, -1.0), power(-8.0, 0.5)
    (1024, -512.0, inf, nan)
    """
    if isinstance(a, int) and isinstance(b, int):
        return integer_power(a, b)
    odd = math.isfinite(b) and b % 2 == 1
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and odd else math.inf
    except ValueError:
        if a != 0:
            return math.nan
        return math.copysign(math.inf, a) if odd else math.inf


def integer_power(a: int, b: int) -> int:
    """a^b in 64 bits; for b < 0 the reciprocal with its fraction cut off: 0, or ±1 for ±1."""
    if b < 0:
        return int(a in (1, -1)) * (a if b % 2 else 1)
    return pow(a, b, 2**64)


def logistic(a: Number) -> Number:
    """Return 1 / (1 + e^-a), for a negative a as e^a / (1 + e^a): no exponential is above 1, so none is too large.

    >>> logistic(0.0), logistic(1000.0), logistic(-1000.0)
    (0.5, 1.0, 0.0)
    """
    return (1 if a >= 0 else math.exp(a)) / (1 + math.exp(-abs(a)))


def hyperbolic_tangent(a: Number) -> Number:
    """Return (e^a - e^-a) / (e^a + e^-a) with the sign of a, from t = e^-2|a| - 1 as -t / (t + 2).

    t is at most 1 in size, so nothing overflows, and `math.expm1` gives all its digits however small |a| is.

    >>> hyperbolic_tangent(1000.0), hyperbolic_tangent(-0.5) == -hyperbolic_tangent(0.5), hyperbolic_tangent(1e-20)
    (1.0, True, 1e-20)
    """
    t = math.expm1(-2 * abs(a))
    return math.copysign(-t / (t + 2), a)


def larger(a: Number, b: Number) -> Number:
    """The larger of two, and nan if one of them is nan."""
    return a if a >= b or is_nan(a) else b


def smaller(a: Number, b: Number) -> Number:
    """The smaller of two, and nan if one of them is nan."""
    return a if a <= b or is_nan(a) else b


def is_nan(a: Number) -> bool:
    """Whether this is "not a number", the only one that differs from itself."""
    return a != a  # noqa: PLR0124 - the definition
