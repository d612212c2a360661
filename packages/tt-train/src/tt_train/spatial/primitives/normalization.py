"""Normalisation over channels: each one brought to mean 0 and variance 1, then scaled and shifted.

    moments             mean and variance of each channel
    batch_norm          (x - mean) / √(variance + ε) · weight + bias, the moments being those of x
    batch_norm_input    the gradient of x, through its moments too
    batch_norm_weight   the gradient of the weight
    scale_shift         x · scale + shift, each a number per channel
    channel_dot         Σ x y of each channel: the gradient of the scale
    channel_sum         Σ x of each channel: that of the shift

All take images as rows of channels, which is how they lie in memory, and go through them block by block, so that what is
done to a block is done in the processor's cache. Sums are of float32 within a block and of float64 beyond.
"""

from __future__ import annotations

import numpy as np

from tt_core.extend import Array, primitive, quiet

LONG = 1 << 11  # numbers in a line, of several pixels where there are few channels: NumPy likes long lines
BLOCK = 1 << 16  # numbers in a block
POOR = 100  # how many variances the square of a guessed mean may be off before the sums are made anew


@primitive
@quiet
def moments(x: Array) -> Array:
    """Mean and variance of each channel, as (2, C) of float64.

    Both from differences to a guess, which cost no precision and only one pass; the guess is the mean of some pixels.
    """
    lines = Lines(x)
    guess = np.nan_to_num(lines.sample().mean(0), nan=0, posinf=0, neginf=0)
    mean, variance = _moments(lines, guess)
    if (np.square(mean - guess) > POOR * variance).any():
        mean, variance = _moments(lines, mean)
    return np.stack([mean, variance])


def _moments(lines: Lines, guess: Array) -> tuple[Array, Array]:
    """Return mean and variance of each channel from Σ (x - guess) and Σ (x - guess)²."""
    center = lines.tiled(guess)

    def task(block: Array) -> tuple[Array, Array]:
        apart = block - center
        first = np.add.reduce(apart, 0)
        return first, np.add.reduce(np.multiply(apart, apart, out=apart), 0)

    first, second = (lines.folded(total) / lines.pixels for total in lines.totals(task, 2))
    return lines.untiled(center) + first, second - np.square(first)
