"""Functions of neural networks that are one operation because parts would cost precision or memory traffic."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from tt_core.dispatch import primitive
from tt_core.dtypes import Array
from tt_core.primitives.elementwise import choose, erf_array, quiet

GELU_CUBIC = 0.044715


@primitive
def linear(x: Array, weight: Array, bias: Array | None) -> Array:
    """`x Wᵀ + b`, as one product of two matrices whatever the leading dimensions of x are."""
    flat = x.ndim == 2
    out: Array = (x if flat else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])) @ weight.T
    if bias is not None:
        out += bias
    return out if flat else out.reshape(*x.shape[:-1], weight.shape[0])


@primitive
def relu(x: Array) -> Array:
    """max(x, 0)."""
    return np.maximum(x, 0)


@primitive
def gate(x: Array, y: Array) -> Array:
    """`x`, but zeros where y ≤ 0: what relu, whose result is y, does to its gradient.

    And of the bits with all ones or all zeros, in one buffer: several times faster than `np.where`, and no mask is
    kept. The buffer has y's order of memory, which the layer before it reads best.
    """
    bits = np.dtype(f"i{x.itemsize}")
    kept = np.empty_like(y, bits)
    np.less_equal(y, 0, out=kept)
    kept -= 1
    return np.bitwise_and(kept, x.view(bits), out=kept).view(x.dtype)


@primitive
@quiet
def gelu(x: Array, *, approximate: Literal["none", "tanh"]) -> Array:
    """`x Φ(x)` with the normal distribution's Φ, or its approximation by tanh (Hendrycks & Gimpel 2016)."""
    return x * _phi(x, approximate)


def _phi(x: Array, approximate: str) -> Array:
    """Return Φ(x), how much of the normal distribution lies below x, or its approximation."""
    if approximate == "tanh":
        out = x * x
        out *= GELU_CUBIC
        out += 1
        out *= x
        out *= math.sqrt(2 / math.pi)
        out = np.tanh(out)
    else:
        out = erf_array(x * math.sqrt(0.5))
    out += 1
    out *= 0.5
    return out


@primitive
@quiet
def gelu_slope(x: Array, *, approximate: Literal["none", "tanh"]) -> Array:
    """Φ(x) + x Φ'(x): the derivative of gelu."""
    wide = _wide(x)
    out = _phi(wide, approximate)
    square = wide * wide
    if approximate == "tanh":  # Φ = (1 + tanh u) / 2, so Φ' = 2 Φ (1 - Φ) u'
        density = 2 * math.sqrt(2 / math.pi) * (1 + 3 * GELU_CUBIC * square) * out * (1 - out)
    else:
        density = np.exp(-0.5 * square) * (1 / math.sqrt(2 * math.pi))
    density *= wide
    out += density
    return out.astype(x.dtype, copy=False)


@primitive
@quiet
def softplus(x: Array, *, beta: float, threshold: float) -> Array:
    """log(1 + e^(βx)) / β; x itself where βx is above the threshold."""
    scaled = x * beta
    soft = (np.maximum(scaled, 0) + _log1p_exp_minus_abs(scaled)) / beta
    return choose(scaled > threshold, x, soft)


def _log1p_exp_minus_abs(x: Array) -> Array:
    """Return log(1 + e^-|x|) from log u with u = 1 + e^-|x| rounded, and what rounding took: faster than `np.log1p`."""
    e = np.exp(-np.abs(x))
    u = e + 1
    e -= u - 1
    e /= u
    e += np.log(u)
    return e


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
    return np.maximum.reduce(x, dim, keepdims=True) if x.size else np.zeros((), x.dtype)


@primitive
@quiet
def standardize(x: Array, *, ndim: int, eps: float) -> Array:
    """(x - mean) / √(variance + ε) over the last `ndim` dimensions: what layer normalisation scales and shifts."""
    axes = tuple(range(-ndim, 0))
    out: Array = _wide(x) - _wide(x).mean(axis=axes, keepdims=True)
    out /= np.sqrt(np.square(out).mean(axis=axes, keepdims=True) + eps)
    return out.astype(x.dtype, copy=False)


@primitive
@quiet
def unit_rms(x: Array, *, ndim: int, eps: float) -> Array:
    """`x / √(mean(x²) + ε)` over the last `ndim` dimensions: what RMS normalisation scales."""
    wide = _wide(x)
    scale = np.sqrt(np.square(wide).mean(axis=tuple(range(-ndim, 0)), keepdims=True) + eps)
    return (wide / scale).astype(x.dtype, copy=False)


@primitive
def hardtanh(x: Array, *, low: float, high: float) -> Array:
    """`x`, but not below `low` and not above `high`; unlike `clamp`, flat at the bounds."""
    return np.minimum(np.maximum(x, low), high)


@primitive
def hardsigmoid(x: Array) -> Array:
    """min(max(x + 3, 0), 6) / 6."""
    out: Array = np.minimum(np.maximum(x + 3, 0), 6)
    return out / 6


@primitive
@quiet
def softsign(x: Array) -> Array:
    """`x / (1 + |x|)`."""
    return x / (1 + np.abs(x))


@primitive
@quiet
def logsigmoid(x: Array) -> Array:
    """-log(1 + e^-x), from e^-|x| so that neither tail overflows."""
    return np.minimum(x, 0) - _log1p_exp_minus_abs(x)


@primitive
@quiet
def binary_cross_entropy(x: Array, target: Array) -> Array:
    """-(t log x + (1 - t) log(1 - x)), no logarithm below -100."""
    return (target - 1) * np.maximum(np.log1p(-x), -100) - target * np.maximum(np.log(x), -100)


@primitive
@quiet
def cross_entropy(x: Array, target: Array) -> Array:
    """Log Σ e^x - x[target] along dimension 1, for class numbers `target` of x's shape without that dimension."""
    shifted = _wide(x) - _top(x, 1)
    picked = shifted[_at(target)]
    np.exp(shifted, out=shifted)
    return (np.log(np.add.reduce(shifted, 1)) - picked).astype(x.dtype, copy=False)


@primitive
@quiet
def softmax_minus_one_hot(x: Array, target: Array, scale: Array) -> Array:
    """(softmax(x) - one_hot(target)) · scale along dimension 1: the gradient of `cross_entropy`.

    It starts from x again: the saved loss is log Σ e^x too inexactly where another class is far above the target.
    """
    out = _wide(x) - _top(x, 1)
    np.exp(out, out=out)
    out *= scale[:, None] / np.add.reduce(out, 1, keepdims=True)
    out[_at(target)] -= scale
    return out.astype(x.dtype, copy=False)


def _at(target: Array) -> tuple[Array, ...]:
    """Return the key that picks, at each place, the class named there along dimension 1."""
    if target.ndim == 1:
        return np.arange(target.shape[0]), target
    first, *rest = np.ogrid[tuple(map(slice, target.shape))]
    return first, target, *rest


def _wide(x: Array) -> Array:
    """Return x, or float16 in float32, in which to add up."""
    return x.astype(np.float32) if x.dtype == np.float16 else x
