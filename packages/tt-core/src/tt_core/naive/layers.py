"""Layers that are one operation (module 04)."""

from __future__ import annotations

import math

import numpy as np

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array
from tt_core.naive.loops import put
from tt_core.naive.reductions import total
from tt_core.naive.scalars import Number, divide
from tt_core.primitives import neural as P
from tt_core.primitives.elementwise import quiet


@P.linear.kernel(NAIVE)
@quiet
def linear(x: Array, weight: Array, bias: Array | None) -> Array:
    """Σₖ xₖ wₒₖ + bₒ for each row of x and each output o, in the type that x and the weight have together.

    Args:
        x: (..., inputs): a row is what lies along the last dimension, however many others there are.
        weight: (outputs, inputs).
        bias: (outputs,), or None for none.

    Raises:
        ValueError: the rows of x and of the weight differ in length; both lengths are named.

    >>> linear(np.asarray([[1.0, 2.0]]), np.asarray([[10.0, 1.0], [0.0, 3.0]]), np.asarray([0.5, -1.0]))
    array([[12.5,  5. ]])
    """
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


@P.standardize.kernel(NAIVE)
@quiet
def standardize(x: Array, *, ndim: int, eps: float) -> Array:
    """(x - mean) / √(variance + ε) over the last `ndim` dimensions; the variance is Σ (x - mean)² / n.

    >>> standardize(np.asarray([[1.0, 3.0], [10.0, 10.0]]), ndim=1, eps=1e-12).round(5)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    out = np.empty(x.shape, x.dtype)
    outer = x.ndim - ndim
    for i in np.ndindex(x.shape[:outer]):
        numbers = x[i].ravel().tolist()
        mean = divide(total(numbers), len(numbers))
        variance = divide(total([(a - mean) ** 2 for a in numbers]), len(numbers))
        for j in np.ndindex(x.shape[outer:]):
            put(out, (*i, *j), divide(x.item(*i, *j) - mean, math.sqrt(variance + eps)))
    return out


@P.unit_rms.kernel(NAIVE)
@quiet
def unit_rms(x: Array, *, ndim: int, eps: float) -> Array:
    """`x / √(mean(x²) + ε)` over the last `ndim` dimensions."""
    out = np.empty(x.shape, x.dtype)
    outer = x.ndim - ndim
    for i in np.ndindex(x.shape[:outer]):
        squares = [a * a for a in x[i].ravel().tolist()]
        scale = math.sqrt(divide(total(squares), len(squares)) + eps)
        for j in np.ndindex(x.shape[outer:]):
            put(out, (*i, *j), divide(x.item(*i, *j), scale))
    return out
