"""Windows as columns, number by number."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tt_core.extend import NAIVE, Array, quiet
from tt_train.spatial.geometry import Pair, steps
from tt_train.spatial.naive.convolution import taps
from tt_train.spatial.primitives import folding as P


def places(
    size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> Iterator[tuple[int, int, int, int]]:
    """Yield (tap, window, row, column) for each pixel of each window; taps and windows are counted row by row.

    What lies on the border is left out. Tap (a, b) has the number a · kernel width + b, and window (i, j) the number
    i · columns + j, where `steps` says how many columns of windows there are.

    >>> list(places((2, 3), kernel=(1, 2), stride=(1, 1), padding=(0, 0), dilation=(1, 1)))[:3]
    [(0, 0, 0, 0), (1, 0, 0, 1), (0, 1, 0, 1)]
    """
    high, wide = map(steps, size, kernel, stride, padding, dilation)
    for i, j in np.ndindex(high, wide):
        for a, row in taps(i, size[0], kernel[0], stride[0], padding[0], dilation[0]):
            for b, column in taps(j, size[1], kernel[1], stride[1], padding[1], dilation[1]):
                yield a * kernel[1] + b, i * wide + j, row, column


@P.unfold.kernel(NAIVE)
def unfold(x: Array, *, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """Each pixel to its places in the columns; zeros where a window lies on the border.

    From (B, C, H, W) to (B, C · taps, windows): the number of channel c under tap t of window w is in row
    c · taps + t, column w.
    """
    batch, channels, *size = x.shape
    count, windows = math.prod(kernel), math.prod(map(steps, size, kernel, stride, padding, dilation))
    out = np.zeros((batch, channels * count, windows), x.dtype)
    for n, c in np.ndindex(batch, channels):
        for tap, window, row, column in places((size[0], size[1]), kernel, stride, padding, dilation):
            out[n, c * count + tap, window] = x[n, c, row, column]
    return out


@P.fold.kernel(NAIVE)
@quiet
def fold(x: Array, *, size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """Each number of the columns added to its pixel: from (B, C · taps, windows) back to (B, C, *size).

    It reads where `unfold` writes. A pixel that several windows see gets the sum of what they have for it, in the type
    of x, in which it may also be added up: such sums are short. What stands for the border is dropped.
    """
    count = math.prod(kernel)
    out = np.zeros((len(x), x.shape[1] // count, *size), x.dtype)
    for n, c in np.ndindex(out.shape[:2]):
        for tap, window, row, column in places(size, kernel, stride, padding, dilation):
            out[n, c, row, column] += x[n, c * count + tap, window]
    return out
