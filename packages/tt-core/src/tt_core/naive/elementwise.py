"""One number in, one number out."""

from __future__ import annotations

import builtins
import math
import operator

import numpy as np

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array, DType
from tt_core.naive import scalars
from tt_core.naive.loops import copied, each
from tt_core.naive.scalars import Number, divide, exponential, ieee, larger, logarithm, smaller, whole
from tt_core.primitives import elementwise as P


@P.add.kernel(NAIVE)
def add(x: Array, y: Array) -> Array:
    """`x + y`."""
    return each(lambda a, b: a + b, x, y)


@P.sub.kernel(NAIVE)
def sub(x: Array, y: Array) -> Array:
    """`x - y`."""
    return each(lambda a, b: a - b, x, y)


@P.mul.kernel(NAIVE)
def mul(x: Array, y: Array) -> Array:
    """`x · y`."""
    return each(lambda a, b: a * b, x, y)


@P.div.kernel(NAIVE)
def div(x: Array, y: Array) -> Array:
    """`x / y`."""
    return each(divide, x, y)


@P.pow.kernel(NAIVE)
def pow(x: Array, y: Array) -> Array:
    """`x` to the power of y."""
    return each(scalars.power, x, y)


@P.floor_divide.kernel(NAIVE)
def floor_divide(x: Array, y: Array) -> Array:
    """⌊x / y⌋."""
    return each(scalars.floor_divide, x, y)


@P.trunc_divide.kernel(NAIVE)
def trunc_divide(x: Array, y: Array) -> Array:
    """`x / y` rounded towards zero."""
    return each(scalars.trunc_divide, x, y)


@P.remainder.kernel(NAIVE)
def remainder(x: Array, y: Array) -> Array:
    """`x - ⌊x / y⌋ y`."""
    return each(scalars.remainder, x, y)


@P.maximum.kernel(NAIVE)
def maximum(x: Array, y: Array) -> Array:
    """The larger of the two."""
    return each(larger, x, y)


@P.minimum.kernel(NAIVE)
def minimum(x: Array, y: Array) -> Array:
    """The smaller of the two."""
    return each(smaller, x, y)


@P.logaddexp.kernel(NAIVE)
def logaddexp(x: Array, y: Array) -> Array:
    """log(e^x + e^y) = m + log(1 + e^-|x - y|), where m is the larger: e^x itself could be too large."""

    def log_of_sum(a: Number, b: Number) -> Number:
        if a == b:  # two infinities have no difference
            return a + math.log(2)
        return larger(a, b) + math.log1p(math.exp(-builtins.abs(a - b)))

    return each(log_of_sum, x, y)


@P.neg.kernel(NAIVE)
def neg(x: Array) -> Array:
    """`-x`."""
    return each(lambda a: -a, x)


@P.abs.kernel(NAIVE)
def abs(x: Array) -> Array:
    """`x` without its sign."""
    return each(builtins.abs, x)


@P.sign.kernel(NAIVE)
def sign(x: Array) -> Array:
    """-1, 0 or 1."""
    return each(lambda a: (a > 0) - (a < 0), x)


@P.floor.kernel(NAIVE)
def floor(x: Array) -> Array:
    """The nearest whole number downwards."""
    return each(whole(math.floor), x)


@P.ceil.kernel(NAIVE)
def ceil(x: Array) -> Array:
    """The nearest whole number upwards."""
    return each(whole(math.ceil), x)


@P.trunc.kernel(NAIVE)
def trunc(x: Array) -> Array:
    """The nearest whole number towards zero."""
    return each(whole(math.trunc), x)


@P.exp.kernel(NAIVE)
def exp(x: Array) -> Array:
    """e^x."""
    return each(exponential, x)


@P.expm1.kernel(NAIVE)
def expm1(x: Array) -> Array:
    """e^x - 1, exact near 0."""
    return each(ieee(math.expm1), x)


@P.log.kernel(NAIVE)
def log(x: Array) -> Array:
    """The number y with e^y = x."""
    return each(logarithm, x)


@P.log1p.kernel(NAIVE)
def log1p(x: Array) -> Array:
    """log(1 + x), exact near 0."""
    return each(lambda a: -math.inf if a == -1 else ieee(math.log1p)(a), x)


@P.log2.kernel(NAIVE)
def log2(x: Array) -> Array:
    """The number y with 2^y = x."""
    return each(lambda a: logarithm(a, math.log2), x)


@P.log10.kernel(NAIVE)
def log10(x: Array) -> Array:
    """The number y with 10^y = x."""
    return each(lambda a: logarithm(a, math.log10), x)


@P.sqrt.kernel(NAIVE)
def sqrt(x: Array) -> Array:
    """The number y ≥ 0 with y² = x."""
    return each(scalars.square_root, x)


@P.square.kernel(NAIVE)
def square(x: Array) -> Array:
    """`x · x`."""
    return each(lambda a: a * a, x)


@P.sin.kernel(NAIVE)
def sin(x: Array) -> Array:
    """The sine of x radians."""
    return each(ieee(math.sin), x)


@P.cos.kernel(NAIVE)
def cos(x: Array) -> Array:
    """The cosine of x radians."""
    return each(ieee(math.cos), x)


@P.tan.kernel(NAIVE)
def tan(x: Array) -> Array:
    """The tangent of x radians."""
    return each(ieee(math.tan), x)


@P.asin.kernel(NAIVE)
def asin(x: Array) -> Array:
    """The angle from -π/2 to π/2 whose sine is x."""
    return each(ieee(math.asin), x)


@P.acos.kernel(NAIVE)
def acos(x: Array) -> Array:
    """The angle from 0 to π whose cosine is x."""
    return each(ieee(math.acos), x)


@P.atan.kernel(NAIVE)
def atan(x: Array) -> Array:
    """The angle from -π/2 to π/2 whose tangent is x."""
    return each(math.atan, x)


@P.sinh.kernel(NAIVE)
def sinh(x: Array) -> Array:
    """(e^x - e^-x) / 2; too large a result keeps the sign of x."""
    return each(lambda a: math.copysign(ieee(math.sinh)(builtins.abs(a)), a), x)


@P.cosh.kernel(NAIVE)
def cosh(x: Array) -> Array:
    """(e^x + e^-x) / 2."""
    return each(ieee(math.cosh), x)


@P.tanh.kernel(NAIVE)
def tanh(x: Array) -> Array:
    """Sinh x / cosh x."""
    return each(scalars.hyperbolic_tangent, x)


@P.eq.kernel(NAIVE)
def eq(x: Array, y: Array) -> Array:
    """Whether x = y."""
    return each(operator.eq, x, y, dtype=bool)


@P.ne.kernel(NAIVE)
def ne(x: Array, y: Array) -> Array:
    """Whether x ≠ y."""
    return each(operator.ne, x, y, dtype=bool)


@P.lt.kernel(NAIVE)
def lt(x: Array, y: Array) -> Array:
    """Whether x < y."""
    return each(operator.lt, x, y, dtype=bool)


@P.le.kernel(NAIVE)
def le(x: Array, y: Array) -> Array:
    """Whether x ≤ y."""
    return each(operator.le, x, y, dtype=bool)


@P.gt.kernel(NAIVE)
def gt(x: Array, y: Array) -> Array:
    """Whether x > y."""
    return each(operator.gt, x, y, dtype=bool)


@P.ge.kernel(NAIVE)
def ge(x: Array, y: Array) -> Array:
    """Whether x ≥ y."""
    return each(operator.ge, x, y, dtype=bool)


@P.bitwise_and.kernel(NAIVE)
def bitwise_and(x: Array, y: Array) -> Array:
    """The bits that are set in both."""
    return each(operator.and_, x, y)


@P.bitwise_or.kernel(NAIVE)
def bitwise_or(x: Array, y: Array) -> Array:
    """The bits that are set in one or both."""
    return each(operator.or_, x, y)


@P.bitwise_xor.kernel(NAIVE)
def bitwise_xor(x: Array, y: Array) -> Array:
    """The bits that are set in one of the two."""
    return each(operator.xor, x, y)


@P.bitwise_not.kernel(NAIVE)
def bitwise_not(x: Array) -> Array:
    """The bits that are not set."""
    return each(operator.not_ if x.dtype == bool else operator.invert, x)


@P.reciprocal.kernel(NAIVE)
def reciprocal(x: Array) -> Array:
    """1 / x."""
    return each(lambda a: divide(1, a), x)


@P.rsqrt.kernel(NAIVE)
def rsqrt(x: Array) -> Array:
    """1 / √x."""
    return each(lambda a: divide(1, scalars.square_root(a)), x)


@P.sigmoid.kernel(NAIVE)
def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x)."""
    return each(scalars.logistic, x)


@P.erf.kernel(NAIVE)
def erf(x: Array) -> Array:
    """(2/√π) ∫₀ˣ e^-t² dt."""
    return each(math.erf, x)


@P.round.kernel(NAIVE)
def round(x: Array, *, decimals: int) -> Array:
    """The nearest number with so many decimals; halves go to the even neighbour."""
    scale, nearest = 10 ** builtins.abs(decimals), whole(builtins.round)
    if x.dtype.kind != "f" and decimals >= 0:
        return copied(x)
    if decimals >= 0:
        return each(lambda a: nearest(a * scale) / scale, x)
    return each(lambda a: nearest(a / scale) * scale, x)


@P.where.kernel(NAIVE)
def where(condition: Array, x: Array, y: Array) -> Array:
    """`x` where the condition holds, y elsewhere."""
    return each(lambda c, a, b: a if c else b, condition, x, y, dtype=np.result_type(x, y))


@P.zero_where.kernel(NAIVE)
def zero_where(x: Array, mask: Array) -> Array:
    """`x` with zeros where the mask holds."""
    return each(lambda a, c: 0 if c else a, x, mask, dtype=x.dtype)


@P.clamp.kernel(NAIVE)
def clamp(x: Array, low: Array | None, high: Array | None) -> Array:
    """`x`, but not below `low` and not above `high`; None is no bound."""
    raised = copied(x) if low is None else each(larger, x, low)
    return raised if high is None else each(smaller, raised, high)


@P.cast.kernel(NAIVE)
def cast(x: Array, *, dtype: DType) -> Array:
    """`x` with another element type."""
    return each(lambda a: a, x, dtype=dtype)
