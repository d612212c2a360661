"""Functions of neural networks that are one operation because parts would cost precision or memory traffic."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from tt_core.dispatch import primitive
from tt_core.dtypes import Array
from tt_core.primitives.elementwise import erf_array, quiet


@primitive
def linear(x: Array, weight: Array, bias: Array | None) -> Array:
    """`x Wᵀ + b`, as one product of two matrices whatever the leading dimensions of x are."""
    rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    out = rows @ weight.T
    if bias is not None:
        out += bias
    return out.reshape(*x.shape[:-1], weight.shape[0])


@primitive
def relu(x: Array) -> Array:
    """max(x, 0)."""
    return np.maximum(x, 0)


@primitive
@quiet
def gelu(x: Array, *, approximate: Literal["none", "tanh"]) -> Array:
    """`x Φ(x)` with the normal distribution's Φ, or its approximation by tanh (Hendrycks & Gimpel 2016)."""
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + np.tanh(inner))
    return 0.5 * x * (1 + erf_array(x * math.sqrt(0.5)))


@primitive
@quiet
def softplus(x: Array, *, beta: float, threshold: float) -> Array:
    """log(1 + e^(βx)) / β; x itself where βx is above the threshold."""
    scaled = x * beta
    soft = np.log1p(np.exp(np.minimum(scaled, threshold))) / beta
    return np.where(scaled > threshold, x, soft).astype(x.dtype, copy=False)


@primitive
@quiet
def softmax(x: Array, *, dim: int) -> Array:
    """e^x / Σ e^x along `dim`, from differences to the maximum."""
    out: Array = np.exp(x - _top(x, dim))
    out /= out.sum(axis=dim, keepdims=True)
    return out


@primitive
@quiet
def log_softmax(x: Array, *, dim: int) -> Array:
    """`x - log Σ e^x` along `dim`, from differences to the maximum."""
    out: Array = x - _top(x, dim)
    out -= np.log(np.exp(out).sum(axis=dim, keepdims=True))
    return out


def _top(x: Array, dim: int) -> Array:
    """Return the maximum along `dim`, or zeros where the array is empty."""
    return x.max(axis=dim, keepdims=True) if x.size else np.zeros((), x.dtype)


@primitive
@quiet
def standardize(x: Array, *, ndim: int, eps: float) -> Array:
    """(x - mean) / √(variance + ε) over the last `ndim` dimensions: what layer normalisation scales and shifts."""
    axes = tuple(range(-ndim, 0))
    out: Array = x - x.mean(axis=axes, keepdims=True)
    out /= np.sqrt(np.square(out).mean(axis=axes, keepdims=True) + eps)
    return out
