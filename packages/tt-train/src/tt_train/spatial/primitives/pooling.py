"""Pooling: the largest number or the mean of each window; and what their gradients are made of.

    max_pool            the largest number of each window
    max_pool_input      its gradient: each window's goes to where its largest number was found first
    max_pool_picked     the gradient of that: from another array, the numbers at those places
    avg_pool            the sum of each window over a divisor
    avg_pool_input      its gradient; the two are each other's

The windows lie over the last dimensions. Where the largest numbers were is not stored: it is found again, from two
arrays that the layers before and after keep anyway.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce
from typing import Any

import numpy as np

from tt_core.extend import Array, primitive, quiet
from tt_train.spatial.windows import Strided, Windows, taps

Axes = tuple[Windows, ...]


@primitive
@quiet
def max_pool(x: Array, *, windows: Axes) -> Array:
    """The largest number of each window, nan if there is one; one dimension after the other."""
    for dim, axis in enumerate(windows, x.ndim - len(windows)):
        x = _reduced(np.maximum, x, axis, dim, lowest(x))
    return x


def lowest(x: Array) -> float:
    """Return the number that is not larger than any other of x's type."""
    return -math.inf if x.dtype.kind == "f" else int(np.iinfo(x.dtype).min)


def _reduced(ufunc: np.ufunc, x: Array, axis: Windows, dim: int, start: float) -> Array:
    """Return ufunc over each window along one dimension, in the order of x's memory."""
    before = (slice(None),) * dim
    parts = [((*before, outputs), (*before, inputs)) for outputs, inputs in axis.taps()]
    if isinstance(axis, Strided) and axis.tiling:
        return _folded(ufunc, [x[inputs] for _, inputs in parts])
    out = np.full_like(x, start, shape=(*x.shape[:dim], axis.count, *x.shape[dim + 1 :]))
    for outputs, inputs in parts:
        _update(ufunc, out, outputs, x[inputs])
    return out


def _folded(ufunc: np.ufunc, parts: list[Array]) -> Array:
    """Return ufunc over arrays of one shape, in new memory."""
    if len(parts) == 1:
        return np.array(parts[0])
    out: Array = ufunc(parts[0], parts[1])
    for part in parts[2:]:
        ufunc(out, part, out=out)
    return out


def _update(ufunc: np.ufunc, out: Array, key: tuple[Any, ...], part: Array) -> None:
    """Set out[key] to ufunc of itself and `part`; lists in the key may name an element more than once."""
    if any(isinstance(k, np.ndarray) for k in key):
        ufunc.at(out, key, part)
    else:
        ufunc(out[key], part, out=out[key])


@primitive
@quiet
def max_pool_input(y: Array, x: Array, top: Array, *, windows: Axes) -> Array:
    """`y` of each window at the first place where x is `top`, its largest number; zeros elsewhere.

    Numbers are handed on as bits: what one place takes is not left for the next. Of several nan the last takes
    it, as in PyTorch.
    """
    bits = np.dtype(f"i{y.itemsize}")
    rest = np.empty_like(top, dtype=bits)
    np.copyto(rest.view(y.dtype), y)
    if all(axis.tiling for axis in windows) and not _has_nan(top):
        return _hand_out(rest, x, top, windows).view(y.dtype)
    out = np.zeros_like(x, dtype=y.dtype)
    for outputs, inputs, found in _places(x, top, windows):
        taken = -found.astype(bits) & rest[outputs]
        _update(np.add, out, inputs, taken.view(y.dtype))
        _update(np.bitwise_xor, rest, outputs, taken)
    return out


def _hand_out(rest: Array, x: Array, top: Array, windows: Axes) -> Array:
    """Do it where each number is in one window, so that nothing is added up and the last place takes what is left."""
    out = np.empty_like(x, dtype=rest.dtype)
    taken = np.empty_like(rest)
    *places, (_, last) = taps(windows)
    for _, inputs in places:
        np.equal(np.array(x[inputs]), top, out=taken)  # a copy, since to compare what is scattered costs more
        np.negative(taken, out=taken)
        np.bitwise_and(taken, rest, out=taken)
        out[inputs] = taken
        np.bitwise_xor(rest, taken, out=rest)
    out[last] = rest
    return out


def _has_nan(x: Array) -> bool:
    return x.dtype.kind == "f" and x.size > 0 and bool(np.isnan(x.max()))


def _places(x: Array, top: Array, windows: Axes) -> Iterator[tuple[Any, Any, Array]]:
    """Yield keys of windows and of a number of each, and whether it is the largest, in the order that counts."""
    for outputs, inputs in taps(windows):
        yield outputs, inputs, x[inputs] == top[outputs]
    if _has_nan(top):
        for outputs, inputs in reversed(taps(windows)):
            yield outputs, inputs, np.isnan(x[inputs]) & np.isnan(top[outputs])


@primitive
@quiet
def max_pool_picked(y: Array, x: Array, top: Array, *, windows: Axes) -> Array:
    """`y` at the first place of each window where x is `top`, its largest number; of several nan at the last."""
    out = np.zeros_like(top, dtype=y.dtype)
    left = np.ones_like(top, dtype=bool)
    for outputs, inputs, found in _places(x, top, windows):
        first = found & left[outputs]
        out[outputs] = np.where(first, y[inputs], out[outputs])
        left[outputs] ^= first
    return out


@primitive
@quiet
def avg_pool(x: Array, *, windows: Axes, include_pad: bool, divisor: int | None) -> Array:
    """The sum of each window over how many numbers it holds, padding among them if `include_pad`, or over `divisor`."""
    out = _wide(x)
    for dim, axis in enumerate(windows, x.ndim - len(windows)):
        out = _reduced(np.add, out, axis, dim, 0)
    number = _divisor(windows, divisor, include_pad=include_pad)
    if x.dtype.kind != "f":
        return np.abs(out) // np.abs(number) * np.sign(out) * np.sign(number)
    np.divide(out, number.astype(out.dtype), out=out)
    return out.astype(x.dtype, copy=False)


@primitive
@quiet
def avg_pool_input(y: Array, *, windows: Axes, include_pad: bool, divisor: int | None) -> Array:
    """`y` of each window over its divisor, added to each of the window's numbers."""
    out = _wide(y)
    out = out / _divisor(windows, divisor, include_pad=include_pad).astype(out.dtype)
    for dim, axis in reversed(list(enumerate(windows, y.ndim - len(windows)))):
        out = _spread(out, axis, dim)
    return out.astype(y.dtype, copy=False)


def _spread(y: Array, axis: Windows, dim: int) -> Array:
    """Return zeros to which each window's number is added wherever it holds one, along one dimension."""
    before = (slice(None),) * dim
    make = np.empty_like if axis.tiling else np.zeros_like
    out = make(y, shape=(*y.shape[:dim], axis.size, *y.shape[dim + 1 :]))
    for outputs, inputs in axis.taps():
        if axis.tiling:
            out[(*before, inputs)] = y
        else:
            _update(np.add, out, (*before, inputs), y[(*before, outputs)])
    return out


def _divisor(windows: Axes, divisor: int | None, *, include_pad: bool) -> Array:
    """Return what the sum of each window is divided by; one number where it is the same for all."""
    if divisor is not None:
        return np.array(divisor)
    lengths = [axis.lengths(include_pad=include_pad) for axis in windows]
    if all(axis.tiling for axis in windows):
        return np.array(math.prod(int(n[0]) for n in lengths))
    return reduce(np.multiply, np.ix_(*lengths))


def _wide(x: Array) -> Array:
    """Return x, or float16 in float32, in which to add up."""
    return x.astype(np.float32) if x.dtype == np.float16 else x
