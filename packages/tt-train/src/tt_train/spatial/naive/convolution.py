"""Convolution as it is defined: loops over images, outputs, places, channels and taps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tt_core.extend import NAIVE, Array, quiet
from tt_train.spatial.geometry import Pair, steps
from tt_train.spatial.primitives import convolution as P


def taps(i: int, size: int, kernel: int, stride: int, padding: int, dilation: int) -> Iterator[tuple[int, int]]:
    """Yield (a, position) for each tap a of the window at step i that lies on the image, 0 ≤ position < size.

    The position of tap a is stride · i - padding + dilation · a; what is outside is padding, zeros that no sum needs.

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
    """Σ over channels c and taps a of x[n, c, stride · i - padding + dilation · a] · w[o, c, a], plus b[o].

    x is (B, C, H, W), weight (O, C / groups, kernel height, kernel width), bias (O) or None. The result is
    (B, O, rows, columns), of the type of x, with as many rows and columns as `steps` says. Sums are Python's numbers,
    rounded to that type once. Of the groups that outputs and channels are divided into, each output sees the channels
    of its own: those from o // (O / groups) · (C / groups) on.
    """
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
    """Each y[n, o, i] times w[o, c, a], added to the x that it was made from.

    That is x[n, c, stride · i - padding + dilation · a]. y, (B, O, rows, columns), has the shape of a convolution's
    result, usually its gradient; the result, (B, C, *size) and of the type of y, that of its images. It is added up
    in int64 for whole numbers, in float64 for others, and converted at the end. Channels are counted as in `conv2d`.
    """
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
    """Σ over images n and places i, j of x[n, c, i, j], as (C): what a bias receives. Of no numbers it is 0.

    It is added up in int64 for whole numbers, in float64 for others, and at the end converted to the type of x.
    """
    total = np.zeros(x.shape[1], np.int64 if x.dtype.kind in "iu" else np.float64)
    for n, c, i, j in np.ndindex(x.shape):
        total[c] += x.item(n, c, i, j)
    return total.astype(x.dtype)


@P.conv2d_weight.kernel(NAIVE)
@quiet
def conv2d_weight(x: Array, y: Array, *, size: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int) -> Array:
    """Each y[n, o, i] times x[n, c, stride · i - padding + dilation · a], added to the w[o, c, a] between them.

    x is (B, C, H, W), and y, (B, O, rows, columns), has the shape of its convolution; the result,
    (O, C / groups, *size) and of the type of x, that of the weights. It is added up in int64 for whole numbers, in
    float64 for others, and converted at the end. Channels are counted as in `conv2d`.
    """
    channels, outputs = x.shape[1] // groups, y.shape[1]
    total = np.zeros((outputs, channels, *size), np.int64 if y.dtype.kind in "iu" else np.float64)
    for n, o, i, j in np.ndindex(y.shape):
        first = o // (outputs // groups) * channels
        for a, row in taps(i, x.shape[2], size[0], stride[0], padding[0], dilation[0]):
            for b, column in taps(j, x.shape[3], size[1], stride[1], padding[1], dilation[1]):
                for c in range(channels):
                    total[o, c, a, b] += y.item(n, o, i, j) * x.item(n, first + c, row, column)
    return total.astype(x.dtype)
