"""One number in, one number out: arithmetic, comparisons and the elementary functions.

Where NumPy has the function, its ufunc is the kernel. `quiet` ones follow IEEE 754 without a warning, as PyTorch does:
log(0) is -inf, 0/0 is nan.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from tt_core.dispatch import Primitive, primitive
from tt_core.dtypes import Array, DType

Unary: TypeAlias = Primitive[[Array]]
Binary: TypeAlias = Primitive[[Array, Array]]
quiet = np.errstate(all="ignore")
_MANY = 8192  # elements, from where on masks of bits are faster than branches


def _unary(ufunc: Callable[..., Any], name: str = "", *, differentiable: bool = True) -> Unary:
    return Primitive(ufunc, name=name, arity=1, differentiable=differentiable)


def _binary(ufunc: Callable[..., Any], name: str = "", *, differentiable: bool = True) -> Binary:
    return Primitive(ufunc, name=name, arity=2, differentiable=differentiable)


add = _binary(np.add)
sub = _binary(np.subtract, "sub")
mul = _binary(np.multiply, "mul")
div = _binary(quiet(np.true_divide), "div")
floor_divide = _binary(quiet(np.floor_divide), "floor_divide")
remainder = _binary(quiet(np.remainder), "remainder")
maximum = _binary(np.maximum)
minimum = _binary(np.minimum)
logaddexp = _binary(quiet(np.logaddexp), "logaddexp")

neg = _unary(np.negative, "neg")
abs = _unary(np.absolute, "abs")
floor = _unary(np.floor)
ceil = _unary(np.ceil)
trunc = _unary(np.trunc)
exp = _unary(quiet(np.exp), "exp")
expm1 = _unary(quiet(np.expm1), "expm1")
log = _unary(quiet(np.log), "log")
log1p = _unary(quiet(np.log1p), "log1p")
log2 = _unary(quiet(np.log2), "log2")
log10 = _unary(quiet(np.log10), "log10")
sqrt = _unary(quiet(np.sqrt), "sqrt")
square = _unary(quiet(np.square), "square")
sin = _unary(quiet(np.sin), "sin")
cos = _unary(quiet(np.cos), "cos")
tan = _unary(quiet(np.tan), "tan")
asin = _unary(quiet(np.arcsin), "asin")
acos = _unary(quiet(np.arccos), "acos")
atan = _unary(np.arctan, "atan")
sinh = _unary(quiet(np.sinh), "sinh")
cosh = _unary(quiet(np.cosh), "cosh")
tanh = _unary(np.tanh)

eq = _binary(np.equal, "eq", differentiable=False)
ne = _binary(np.not_equal, "ne", differentiable=False)
lt = _binary(np.less, "lt", differentiable=False)
le = _binary(np.less_equal, "le", differentiable=False)
gt = _binary(np.greater, "gt", differentiable=False)
ge = _binary(np.greater_equal, "ge", differentiable=False)
bitwise_and = _binary(np.bitwise_and, differentiable=False)
bitwise_or = _binary(np.bitwise_or, differentiable=False)
bitwise_xor = _binary(np.bitwise_xor, differentiable=False)
bitwise_not = _unary(np.invert, "bitwise_not", differentiable=False)


# a hundred times faster than the general power, and what PyTorch does
_QUICK: dict[float, Callable[[Array], Array]] = {
    3: lambda x: x * x * x,
    0.5: np.sqrt,
    -1: np.reciprocal,
    -2: lambda x: np.reciprocal(x * x),
}


@primitive
@quiet
def pow(x: Array, y: Array) -> Array:
    """x^y; an integer to a negative power is the reciprocal with its fraction cut off: 0, or ±1 for ±1."""
    exponent: Any = y  # an array, or a Python number
    if exponent.__class__ in (int, float) and exponent in _QUICK and x.dtype.kind == "f":
        return _QUICK[exponent](x)
    try:
        return np.power(x, y)
    except ValueError:
        if not isinstance(exponent, np.ndarray):
            raise
    power = np.power(x, np.maximum(y, 0))
    return np.where(y < 0, np.where(np.abs(x) == 1, np.power(x, y % 2), 0), power).astype(power.dtype)


@primitive
@quiet
def trunc_divide(x: Array, y: Array) -> Array:
    """`x / y` rounded towards zero; integers exactly."""
    if np.result_type(x, y).kind == "f":
        return np.asarray(np.trunc(np.true_divide(x, y)))
    down = np.floor_divide(x, y)
    return np.asarray(down + ((down < 0) & (down * y != x)).astype(down.dtype))


@primitive
def sign(x: Array) -> Array:
    """-1, 0 or 1; 0 for nan, as in PyTorch; of a truth value, itself."""
    positive = np.greater(x, 0).astype(x.dtype)
    return positive if x.dtype.kind == "b" else np.asarray(positive - np.less(x, 0))


@primitive
@quiet
def reciprocal(x: Array) -> Array:
    """1 / x."""
    return np.divide(1, x, dtype=x.dtype)


@primitive
@quiet
def rsqrt(x: Array) -> Array:
    """1 / √x."""
    return np.divide(1, np.sqrt(x), dtype=x.dtype)


@primitive
@quiet
def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), from e^-|x| so that neither tail overflows."""
    e = np.exp(-np.abs(x))
    out = np.maximum(e, x >= 0)  # e is at most 1
    e += 1
    out /= e
    return out


def choose(condition: Array, x: Array, y: Array) -> Array:
    """Do as `np.where`; for many elements with masks of bits, which leave the processor no branch to guess."""
    if condition.size < _MANY or x.dtype != y.dtype:
        return np.where(condition, x, y)
    bits = np.dtype(f"i{x.itemsize}")
    mask = condition.astype(bits)
    np.negative(mask, out=mask)
    out = (x.view(bits) ^ y.view(bits)) & mask
    out ^= y.view(bits)
    return out.view(x.dtype)


# erf(x) / x as a polynomial in 2x² - 1 on [0, 1], and e^x² erfc(x) in u = (12 (x - 2) / (x + 2) - 1) / 5 on [1, 6]:
# Chebyshev interpolants computed with 40 digits, with a relative error below 3e-16.
_ERF_SMALL = (
    0.9654687386698673, -0.1405360890227171, 0.019852496688983708, -0.0022854855611441132,
    0.00021751715604159932, -1.7537169441124866e-05, 1.223382738359897e-06, -7.511569286591727e-08,
    4.115800583208149e-09, -2.035228405815769e-10, 9.167619596865806e-12, -3.8078824063194953e-13,
    1.4543887079465116e-14,
)  # fmt: skip
_ERFCX_LARGE = (
    0.2214295402299318, -0.16189356804102498, 0.03856057042518243, -0.005588816281839609,
    0.0001971391777277226, 8.079220426293067e-05, -7.340517934970952e-06, -1.9795618189578446e-06,
    1.6349935293466479e-07, 7.005319580576908e-08, -5.885355290157333e-10, -2.62402194786673e-09,
    -2.6883072233536537e-10, 7.362738434909444e-11, 2.2278309356940502e-11, 1.2718226318181825e-13,
    -1.0185140159980557e-12, -1.4213140304715316e-13, 1.9212732679880574e-14,
)  # fmt: skip


def _horner(coefficients: tuple[float, ...], x: Array) -> Array:
    p = np.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        p *= x
        p += c
    return p


def erf_array(x: Array) -> Array:
    """(2/√π) ∫₀ˣ e^-t² dt; exact to the last digit or two in float64."""
    wide = x.astype(np.float32 if x.dtype == np.float16 else x.dtype, copy=False)
    terms = 8 if wide.dtype == np.float32 else None  # the others are below 1e-8
    a = np.abs(wide)
    small = wide * _horner(_ERF_SMALL[:terms], 2 * np.minimum(a * a, 1) - 1)
    b = np.clip(a, 1, 6)
    tail = np.exp(-b * b) * _horner(_ERFCX_LARGE[:terms], 2.4 * (b - 2) / (b + 2) - 0.2)
    return choose(a < 1, small, np.copysign(1 - tail, wide)).astype(x.dtype, copy=False)


erf = Primitive(quiet(erf_array), name="erf")


@primitive
def round(x: Array, *, decimals: int) -> Array:
    """The nearest number with so many decimals; halves go to the even neighbour."""
    if x.dtype.kind != "f" and decimals >= 0:
        return x.copy()  # NumPy before 2.1 returns the array itself
    return np.round(x, decimals)


@primitive
def where(condition: Array, x: Array, y: Array) -> Array:
    """`x` where the condition holds, y elsewhere."""
    return choose(condition, x, y)


@primitive
def zero_where(x: Array, mask: Array) -> Array:
    """`x` with zeros where the mask holds, in place of nan and infinity too: what most kinks need of their gradient.

    And of the bits with all ones or all zeros: no branch to predict, so several times faster than `np.where`.
    """
    bits = np.dtype(f"i{x.itemsize}")
    kept = mask.astype(bits)
    kept -= 1
    whole = kept if kept.shape == x.shape else None
    return np.bitwise_and(kept, x.view(bits), out=whole).view(x.dtype)


@primitive
def clamp(x: Array, low: Array | None, high: Array | None) -> Array:
    """`x`, but not below `low` and not above `high`; None is no bound."""
    raised = x if low is None else np.maximum(x, low)
    lowered = raised if high is None else np.minimum(raised, high)
    return lowered if lowered is not x else x.copy()


@primitive
@quiet
def cast(x: Array, *, dtype: DType) -> Array:
    """`x` with another element type; a copy even if the type is x's own."""
    return x.astype(dtype)
