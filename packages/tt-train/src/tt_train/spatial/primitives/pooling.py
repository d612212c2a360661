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
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import numpy as np

from tt_core.extend import Array, primitive, quiet
from tt_train.spatial.primitives.lines import EFFORT
from tt_train.spatial.windows import Strided, Windows, counts, sizes, taps
from tt_train.threads import share

Axes = tuple[Windows, ...]

BLOCK = 1 << 18  # numbers in the images that are taken at a time


@primitive
@quiet
def max_pool(x: Array, *, windows: Axes) -> Array:
    """The largest number of each window, nan if there is one; one dimension after the other."""
    out = np.empty_like(x, shape=(*x.shape[: -len(windows)], *counts(windows)))

    def task(images: slice) -> None:
        part = x[images]
        for dim, axis in enumerate(windows, x.ndim - len(windows)):
            part = _reduced(np.maximum, part, axis, dim, lowest(x))
        out[images] = part

    by_images(task, x)
    return out


def by_images(task: Callable[[slice], None], x: Array) -> None:
    """Do it with a few images at a time, which stay in the processor's cache, and with a share of them per thread."""
    step = max(1, BLOCK * len(x) // max(x.size, 1))

    def run(images: range) -> None:
        for start in range(images.start, images.stop, step):
            task(slice(start, min(start + step, images.stop)))

    share(run, len(x), EFFORT * x.size)


def lowest(x: Array) -> float:
    """Return the number that is not larger than any other of x's type."""
    return -math.inf if x.dtype.kind == "f" else int(np.iinfo(x.dtype).min)


def _reduced(ufunc: np.ufunc, x: Array, axis: Windows, dim: int, start: float) -> Array:
    """Return ufunc over each window along one dimension, in the order of x's memory."""
    before = (slice(None),) * dim
    parts = [((*before, outputs), (*before, inputs)) for outputs, inputs in axis.taps()]
    if axis.whole:
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
    make = np.empty_like if all(axis.tiling for axis in windows) else np.zeros_like
    out = make(x, dtype=y.dtype)

    def task(images: slice) -> None:
        rest = np.empty_like(top[images], dtype=f"i{y.itemsize}")
        np.copyto(rest.view(y.dtype), y[images])
        if _has_nan(top[images]) or not all(isinstance(axis, Strided) for axis in windows):
            _hand_out_slowly(out[images], rest, x[images], top[images], windows)
        else:
            _hand_out(out[images], rest, x[images], top[images], windows)

    by_images(task, x)
    return out


def _hand_out(out: Array, rest: Array, x: Array, top: Array, windows: Axes) -> None:
    """Let each place take from `rest` where x is `top`; if no window is cut off, the last one takes what is left."""
    whole, apart = (all(getattr(axis, how) for axis in windows) for how in ("whole", "apart"))
    bits, keys = out.view(rest.dtype), taps(windows)
    for number, (outputs, inputs) in enumerate(keys, 1):
        left = taken = rest[outputs]
        if number < len(keys) or not whole:
            taken = np.empty_like(left)
            np.equal(np.array(x[inputs]), top[outputs], out=taken)  # a copy: to compare what is scattered costs more
            np.negative(taken, out=taken)
            taken &= left
            left ^= taken
        if apart:
            bits[inputs] = taken
        else:
            out[inputs] += taken.view(out.dtype)


def _hand_out_slowly(out: Array, rest: Array, x: Array, top: Array, windows: Axes) -> None:
    """Do it where some numbers are nan, or where windows are lists of positions."""
    out[...] = 0
    for outputs, inputs, found in _places(x, top, windows):
        taken = -found.astype(rest.dtype) & rest[outputs]
        _update(np.add, out, inputs, taken.view(out.dtype))
        _update(np.bitwise_xor, rest, outputs, taken)


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
    out = np.empty_like(x, shape=(*x.shape[: -len(windows)], *counts(windows)))
    number = _divisor(windows, divisor, include_pad=include_pad)

    def task(images: slice) -> None:
        part = _wide(x[images])
        for dim, axis in enumerate(windows, x.ndim - len(windows)):
            part = _reduced(np.add, part, axis, dim, 0)
        out[images] = _quotient(part, number)

    by_images(task, x)
    return out


def _quotient(x: Array, number: Array) -> Array:
    """Return x / number; of integers with the fraction cut off."""
    whole = x.dtype.kind != "f"
    quotient: Array = np.abs(x) // np.abs(number) if whole else np.divide(x, number.astype(x.dtype), out=x)
    return quotient * np.sign(x) * np.sign(number) if whole else quotient


@primitive
@quiet
def avg_pool_input(y: Array, *, windows: Axes, include_pad: bool, divisor: int | None) -> Array:
    """`y` of each window over its divisor, added to each of the window's numbers."""
    number = _divisor(windows, divisor, include_pad=include_pad)
    y = _channels_last(y, y.ndim - len(windows) - 1)
    out = np.empty_like(y, shape=(*y.shape[: -len(windows)], *sizes(windows)))

    def task(images: slice) -> None:
        part = _wide(y[images])
        part = part / number.astype(part.dtype)
        for dim, axis in reversed(list(enumerate(windows, y.ndim - len(windows)))):
            part = _spread(part, axis, dim)
        out[images] = part

    by_images(task, out)
    return out


def _channels_last(x: Array, dim: int) -> Array:
    """Return x with dimension `dim` side by side in memory: what a sum hands back does not know how x lay."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, dim, -1)), -1, dim)


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
    if all(axis.whole for axis in windows):
        return np.array(math.prod(int(n[0]) for n in lengths))
    return reduce(np.multiply, np.ix_(*lengths))


def _wide(x: Array) -> Array:
    """Return x, or float16 in float32, in which to add up."""
    return x.astype(np.float32) if x.dtype == np.float16 else x
