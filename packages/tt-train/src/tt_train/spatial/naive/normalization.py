"""Normalisation, one channel after the other."""

from __future__ import annotations

import numpy as np

from tt_core.extend import NAIVE, Array, quiet
from tt_core.naive.loops import Index, put
from tt_core.naive.reductions import total
from tt_core.naive.scalars import Number, divide, square_root
from tt_train.spatial.primitives import normalization as P


def places(x: Array, channel: int) -> list[Index]:
    """Return the indices of all numbers of a channel."""
    return [(i[0], channel, *i[1:]) for i in np.ndindex(x.shape[:1] + x.shape[2:])]


def mean_of(numbers: list[Number]) -> Number:
    """Σ a / n."""
    return divide(total(numbers), len(numbers))


@P.moments.kernel(NAIVE)
@quiet
def moments(x: Array) -> Array:
    """Of each channel the mean, what rounding took from it, and the variance Σ (a - mean)² / n: (3, C).

    The channels are dimension 1; the numbers of a channel are those of all images and places. float16 becomes
    float32. The mean is computed in Python's floats: row 0 is what the array's type makes of it, row 1 what is left.
    The differences of the variance are to the mean before that rounding.
    """
    out = np.empty((3, x.shape[1]), np.promote_types(x.dtype, np.float32))
    for channel in range(x.shape[1]):
        numbers = [x.item(i) for i in places(x, channel)]
        mean = mean_of(numbers)
        put(out, (0, channel), mean)
        put(out, (1, channel), mean - out.item(0, channel))
        put(out, (2, channel), mean_of([(a - mean) ** 2 for a in numbers]))
    return out


def normalised(x: Array, moments: Array, channel: int, i: Index, eps: float) -> Number:
    """Return (x - mean) / √(variance + ε) at one place; the mean is the sum of the first two rows of `moments`."""
    mean = moments.item(0, channel) + moments.item(1, channel)
    return divide(x.item(i) - mean, square_root(moments.item(2, channel) + eps))


@P.batch_norm.kernel(NAIVE)
@quiet
def batch_norm(x: Array, moments: Array, weight: Array | None, bias: Array | None, *, eps: float) -> Array:
    """(x - mean) / √(variance + ε) · weight + bias, in the type of x; no weight is 1, no bias is 0."""
    out = np.empty(x.shape, x.dtype)
    for channel in range(x.shape[1]):
        for i in places(x, channel):
            scaled = normalised(x, moments, channel, i, eps) * (1 if weight is None else weight.item(channel))
            put(out, i, scaled + (0 if bias is None else bias.item(channel)))
    return out


@P.batch_norm_sums.kernel(NAIVE)
@quiet
def batch_norm_sums(y: Array, x: Array, moments: Array, *, eps: float) -> Array:
    """Σ y x̂ and Σ y of each channel, as (2, C), where x̂ is x normalised: the gradients of weight and bias.

    They are of the type of x; of float16, again float32.
    """
    out = np.empty((2, x.shape[1]), np.promote_types(x.dtype, np.float32))
    for channel in range(x.shape[1]):
        found = places(x, channel)
        put(out, (0, channel), total([y.item(i) * normalised(x, moments, channel, i, eps) for i in found]))
        put(out, (1, channel), total([y.item(i) for i in found]))
    return out


@P.batch_norm_input.kernel(NAIVE)
@quiet
def batch_norm_input(y: Array, x: Array, moments: Array, weight: Array | None, sums: Array, *, eps: float) -> Array:
    """`weight / √(variance + ε) · (y - mean(y) - x̂ mean(y x̂))`: the gradient of x, in the type of x.

    y is the gradient of the result. `sums`, (2, C), holds Σ y x̂ and Σ y of each channel, so that a mean is one of them
    over how many numbers the channel has; a channel of none has means of 0.
    """
    out = np.empty(x.shape, x.dtype)
    for channel in range(x.shape[1]):
        scale = divide(1 if weight is None else weight.item(channel), square_root(moments.item(2, channel) + eps))
        found = places(x, channel)
        along, level = (sums.item(k, channel) / len(found) if found else 0 for k in range(2))
        for i in found:
            put(out, i, scale * (y.item(i) - level - normalised(x, moments, channel, i, eps) * along))
    return out


@P.scale_shift.kernel(NAIVE)
@quiet
def scale_shift(x: Array, scale: Array, shift: Array | None) -> Array:
    """`x · scale + shift`."""
    out = np.empty(x.shape, x.dtype)
    for i in np.ndindex(x.shape):
        put(out, i, x.item(i) * scale.item(i[1]) + (0 if shift is None else shift.item(i[1])))
    return out


@P.channel_dots.kernel(NAIVE)
@quiet
def channel_dots(x: Array, y: Array) -> Array:
    """Σ x y and Σ x of each channel."""
    out = np.empty((2, x.shape[1]), np.promote_types(x.dtype, np.float32))
    for channel in range(x.shape[1]):
        found = places(x, channel)
        put(out, (0, channel), total([x.item(i) * y.item(i) for i in found]))
        put(out, (1, channel), total([x.item(i) for i in found]))
    return out
