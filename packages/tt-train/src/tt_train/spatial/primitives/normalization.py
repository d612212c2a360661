"""Normalisation over channels: each one brought to mean 0 and variance 1, then scaled and shifted.

    moments             mean and variance of each channel
    batch_norm          (x - mean) / √(variance + ε) · weight + bias, the moments being those of x
    batch_norm_sums     the gradients of weight and bias
    batch_norm_input    the gradient of x, through its moments too
    scale_shift         x · scale + shift, each a number per channel
    channel_dots        Σ x y and Σ x of each channel: the gradients of scale and shift

What follows from other arguments, `moments` and `sums`, is handed over only so that nobody computes it twice.

Source: Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167
"""

from __future__ import annotations

import numpy as np

from tt_core.extend import Array, primitive, quiet
from tt_train.spatial.primitives.lines import Lines, wide

FAR = 16  # how many standard deviations a mean may lie from 0 before differences to it are taken first
SOME = 1 << 14  # from how many numbers the mean is guessed


@primitive(differentiable=False)
@quiet
def moments(x: Array) -> Array:
    """Of each channel the mean, what rounding took from it, and the variance, as (3, C); float32 for float16.

    From the sums of x - guess and of its square, in one pass. The guess is the mean of some pixels; if it was not near
    enough for the squares to cancel with little loss, the mean itself is the next.
    """
    lines = Lines(x)
    guess = _guess(lines)
    mean, variance = _moments(lines, guess)
    if (np.square(mean - guess) > np.square(FAR) * variance).any():
        mean, variance = _moments(lines, mean.astype(guess.dtype))
    rounded = mean.astype(guess.dtype)
    return np.stack([rounded, mean - rounded, variance]).astype(guess.dtype)


def _guess(lines: Lines) -> Array:
    """Return a number near the mean of each channel, or zeros if all means are near 0."""
    lot = lines.data[:: max(1, lines.data.size // SOME)]
    some = lot.reshape(len(lot) * lines.repeat, lines.channels).astype(np.float64)
    if not some.size:
        return np.zeros(lines.channels, wide(lines.data))
    mean = np.nan_to_num(some.mean(0), nan=0, posinf=0, neginf=0)
    near = (np.square(mean) <= np.square(FAR) / 4 * some.var(0)).all()
    guess: Array = mean.astype(wide(lines.data)) * (not near)
    return guess


def _moments(lines: Lines, guess: Array) -> tuple[Array, Array]:
    """Return mean and variance of each channel, in float64."""
    center = lines.tiled(guess) if guess.any() else None

    def parts(rows: slice) -> tuple[Array, Array]:
        apart = _less(lines.data[rows], center)
        return apart, np.multiply(apart, apart)

    first, second = (total / lines.pixels for total in lines.sums(parts))
    return guess + first, second - np.square(first)


def _less(x: Array, center: Array | None) -> Array:
    """Return x - center, wide enough to compute with."""
    return x.astype(wide(x), copy=False) if center is None else np.subtract(x, center)


def _scales(moments: Array, weight: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """Return mean, deviation and weight / deviation of each channel, in float64."""
    mean = moments[0].astype(np.float64) + moments[1]
    deviation = np.sqrt(moments[2].astype(np.float64) + eps)
    return mean, deviation, (1 if weight is None else weight) / deviation


def _center(mean: Array, deviation: Array, dtype: np.dtype[np.generic]) -> Array:
    """Return what to subtract before anything else: a rounded mean, or zeros if all means are near 0."""
    center: Array = mean.astype(dtype) * (np.abs(mean) > FAR * deviation).any()
    return center


@primitive
@quiet
def batch_norm(x: Array, moments: Array, weight: Array | None, bias: Array | None, *, eps: float) -> Array:
    """(x - mean) / √(variance + ε) · weight + bias, with the `moments` of x."""
    mean, deviation, scale = _scales(moments, weight, eps)
    center = _center(mean, deviation, wide(x))
    return _affine(x, center, scale, (center - mean) * scale + (0 if bias is None else bias))


def _affine(x: Array, center: Array | None, scale: Array, shift: Array | None) -> Array:
    """(x - center) · scale + shift."""
    lines = Lines(x)
    middle = lines.tiled(center) if center is not None and center.any() else None
    factor, offset = lines.tiled(scale), None if shift is None else lines.tiled(shift)

    def part(rows: slice, out: Array | None) -> Array:
        if middle is None:
            made: Array = np.multiply(lines.data[rows], factor, out=out)
        else:
            made = np.subtract(lines.data[rows], middle, out=out)
            made *= factor
        if offset is not None:
            made += offset
        return made

    return lines.map(part)


@primitive
@quiet
def batch_norm_sums(y: Array, x: Array, moments: Array, *, eps: float) -> Array:
    """Of each channel Σ y (x - mean) / √(variance + ε) and Σ y, as (2, C)."""
    mean, deviation, _ = _scales(moments, None, eps)
    lines, others = Lines(x), Lines(y).data
    center = _center(mean, deviation, wide(x))
    middle = lines.tiled(center) if center.any() else None

    def parts(rows: slice) -> tuple[Array, Array]:
        return np.multiply(others[rows], _less(lines.data[rows], middle)), others[rows]

    products, total = lines.sums(parts)
    return np.stack([(products - (mean - center) * total) / deviation if x.size else total, total]).astype(wide(x))


@primitive
@quiet
def batch_norm_input(y: Array, x: Array, moments: Array, weight: Array | None, sums: Array, *, eps: float) -> Array:
    """`weight / √(variance + ε)` times what is left of y without its mean and without its part along the normalised x.

    With the `moments` of x and the `sums` of y and x.
    """
    mean, deviation, scale = _scales(moments, weight, eps)
    lines, others = Lines(x), Lines(y).data
    along, level = sums.astype(np.float64) / max(lines.pixels, 1)
    center = _center(mean, deviation, wide(x))
    slope = -scale * along / deviation
    middle = lines.tiled(center) if center.any() else None
    factor, tilt, offset = map(lines.tiled, (scale, slope, (center - mean) * slope - scale * level))

    def part(rows: slice, out: Array | None) -> Array:
        made: Array = np.multiply(others[rows], factor, out=out)
        apart = np.multiply(_less(lines.data[rows], middle), tilt)
        apart += offset
        made += apart
        return made

    return lines.map(part)


@primitive
@quiet
def scale_shift(x: Array, scale: Array, shift: Array | None) -> Array:
    """`x · scale + shift`, with a number of each per channel."""
    return _affine(x, None, scale, shift)


@primitive
@quiet
def channel_dots(x: Array, y: Array) -> Array:
    """Of each channel Σ x y and Σ x, as (2, C)."""
    lines, others = Lines(x), Lines(y).data
    sums = lines.sums(lambda rows: (np.multiply(lines.data[rows], others[rows], dtype=wide(x)), lines.data[rows]))
    return np.stack(sums).astype(wide(x))
