"""Convolution as it is defined: loops over images, outputs, places, channels and taps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tt_core.extend import NAIVE, Array, quiet
from tt_train.spatial.geometry import Pair, steps
from tt_train.spatial.primitives import convolution as P


def taps(i: int, size: int, kernel: int, stride: int, padding: int, dilation: int) -> Iterator[tuple[int, int]]:
    """Yield each tap of the window at step i that lies on the image, and where.

    >>> list(taps(0, size=8, kernel=3, stride=2, padding=1, dilation=1))
    [(1, 0), (2, 1)]
    """
    for a in range(kernel):
        position = stride * i - padding + dilation * a
        if 0 <= position < size:
            yield a, position


@P.conv2d.kernel(NAIVE)
@quiet
def conv2d(
    x: Array, weight: Array, bias: Array | None, *, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """Σ over channels c and taps a of x[n, c, stride · i - padding + dilation · a] · w[o, c, a], plus b[o]."""
    batch, _, *size = x.shape
    outputs, channels, *kernel = weight.shape
    high, wide = map(steps, size, kernel, stride, padding, dilation)
    out = np.empty((batch, outputs, high, wide), x.dtype)
    for n, o, i, j in np.ndindex(out.shape):
        first = o // (outputs // groups) * channels
        total = 0 if bias is None else bias.item(o)
        for a, row in taps(i, size[0], kernel[0], stride[0], padding[0], dilation[0]):
            for b, column in taps(j, size[1], kernel[1], stride[1], padding[1], dilation[1]):
                for c in range(channels):
                    total += x.item(n, first + c, row, column) * weight.item(o, c, a, b)
        out[n, o, i, j] = total
    return out


@P.conv2d_input.kernel(NAIVE)
@quiet
def conv2d_input(
    y: Array, weight: Array, *, size: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """Each y[n, o, i] times w[o, c, a], given to the x that it was made from."""
    outputs, channels, *kernel = weight.shape
    total = np.zeros((len(y), groups * channels, *size), np.int64 if y.dtype.kind in "iu" else np.float64)
    for n, o, i, j in np.ndindex(y.shape):
        first = o // (outputs // groups) * channels
        for a, row in taps(i, size[0], kernel[0], stride[0], padding[0], dilation[0]):
            for b, column in taps(j, size[1], kernel[1], stride[1], padding[1], dilation[1]):
                for c in range(channels):
                    total[n, first + c, row, column] += y.item(n, o, i, j) * weight.item(o, c, a, b)
    return total.astype(y.dtype)


@P.channel_sum.kernel(NAIVE)
@quiet
def channel_sum(x: Array) -> Array:
    """Each number added to its channel."""
    total = np.zeros(x.shape[1], np.int64 if x.dtype.kind in "iu" else np.float64)
    for n, c, i, j in np.ndindex(x.shape):
        total[c] += x.item(n, c, i, j)
    return total.astype(x.dtype)


@P.conv2d_weight.kernel(NAIVE)
@quiet
def conv2d_weight(x: Array, y: Array, *, size: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int) -> Array:
    """Each y[n, o, i] times x[n, c, stride · i - padding + dilation · a], given to the weight that lay between them."""
    channels, outputs = x.shape[1] // groups, y.shape[1]
    total = np.zeros((outputs, channels, *size), np.int64 if y.dtype.kind in "iu" else np.float64)
    for n, o, i, j in np.ndindex(y.shape):
        first = o // (outputs // groups) * channels
        for a, row in taps(i, x.shape[2], size[0], stride[0], padding[0], dilation[0]):
            for b, column in taps(j, x.shape[3], size[1], stride[1], padding[1], dilation[1]):
                for c in range(channels):
                    total[o, c, a, b] += y.item(n, o, i, j) * x.item(n, first + c, row, column)
    return total.astype(x.dtype)
