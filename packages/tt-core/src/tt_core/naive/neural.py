"""Functions of neural networks that are one operation."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array
from tt_core.naive.loops import along, each, put
from tt_core.naive.reductions import Numbers, extreme, total
from tt_core.naive.scalars import Number, divide, exponential, larger, logarithm
from tt_core.primitives import neural as P
from tt_core.primitives.elementwise import quiet


@P.linear.kernel(NAIVE)
@quiet
def linear(x: Array, weight: Array, bias: Array | None) -> Array:
    """Σₖ xₖ wₒₖ + bₒ for each row of x and each output o."""
    outputs, inputs = weight.shape
    if x.shape[-1] != inputs:
        message = f"rows of {x.shape[-1]} numbers meet weights for {inputs}"
        raise ValueError(message)
    out = np.empty((*x.shape[:-1], outputs), np.result_type(x, weight))
    for row in np.ndindex(x.shape[:-1]):
        for o in range(outputs):
            result: Number = 0 if bias is None else bias.item(o)
            for k in range(inputs):
                result += x.item(*row, k) * weight.item(o, k)
            put(out, (*row, o), result)
    return out


@P.relu.kernel(NAIVE)
def relu(x: Array) -> Array:
    """max(x, 0)."""
    return each(lambda a: larger(a, 0), x)


@P.gelu.kernel(NAIVE)
def gelu(x: Array, *, approximate: Literal["none", "tanh"]) -> Array:
    """`x Φ(x)`, where Φ(x) is how much of the normal distribution lies below x."""
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi)
        return each(lambda a: 0.5 * a * (1 + math.tanh(inner * (a + 0.044715 * a * a * a))), x)
    return each(lambda a: 0.5 * a * (1 + math.erf(a * math.sqrt(0.5))), x)


@P.softplus.kernel(NAIVE)
def softplus(x: Array, *, beta: float, threshold: float) -> Array:
    """log(1 + e^(βx)) / β; x itself where βx is above the threshold."""
    return each(lambda a: a if a * beta > threshold else divide(math.log1p(exponential(a * beta)), beta), x)


@P.softmax.kernel(NAIVE)
def softmax(x: Array, *, dim: int) -> Array:
    """e^x / Σ e^x; the largest is taken off first, so that no exponential is above 1."""

    def shares(numbers: Numbers) -> Numbers:
        top = extreme(numbers, larger)
        weights = [exponential(a - top) for a in numbers]
        whole = total(weights)
        return [divide(e, whole) for e in weights]

    return along(shares, x, dim)


@P.log_softmax.kernel(NAIVE)
def log_softmax(x: Array, *, dim: int) -> Array:
    """`x - log Σ e^x`; the largest is taken off first."""

    def log_shares(numbers: Numbers) -> Numbers:
        top = extreme(numbers, larger)
        log_whole = logarithm(total([exponential(a - top) for a in numbers]))
        return [a - top - log_whole for a in numbers]

    return along(log_shares, x, dim)


@P.standardize.kernel(NAIVE)
@quiet
def standardize(x: Array, *, ndim: int, eps: float) -> Array:
    """(x - mean) / √(variance + ε) over the last `ndim` dimensions."""
    out = np.empty(x.shape, x.dtype)
    outer = x.ndim - ndim
    for i in np.ndindex(x.shape[:outer]):
        numbers = x[i].ravel().tolist()
        mean = divide(total(numbers), len(numbers))
        variance = divide(total([(a - mean) ** 2 for a in numbers]), len(numbers))
        for j in np.ndindex(x.shape[outer:]):
            put(out, (*i, *j), divide(x.item(*i, *j) - mean, math.sqrt(variance + eps)))
    return out
