"""Windows as columns, and columns added back to where they came from."""

from __future__ import annotations

import math

import numpy as np

from tt_core.extend import Array, primitive, quiet
from tt_train.spatial.geometry import Pair
from tt_train.spatial.primitives.blocks import Window, framed, sizes, windows


@primitive
def unfold(x: Array, *, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """(B, C · taps, windows): the numbers of each window, channel by channel, as a column."""
    window = Window(kernel, stride, padding, dilation)
    fits = window.steps(sizes(x))
    view = windows(framed(x, padding, None, flat=True), window, fits, 1)[..., 0, :]
    columns = view.transpose(0, 5, 3, 4, 1, 2)  # (B, C, kernel height, kernel width, rows, columns)
    return np.array(columns, x.dtype, order="C").reshape(len(x), x.shape[1] * math.prod(kernel), math.prod(fits))


@primitive
@quiet
def fold(x: Array, *, size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """(B, C, *size): each number of a column added to the pixel that `unfold` would take it from."""
    window = Window(kernel, stride, padding, dilation)
    fits, (above, left), (height, width) = window.steps(size), padding, size
    channels = x.shape[1] // math.prod(kernel)
    columns = x.reshape(len(x), channels, *kernel, *fits).transpose(0, 4, 5, 2, 3, 1)
    out = np.zeros((len(x), channels, height + 2 * above, width + 2 * left), x.dtype)
    places = windows(out, window, fits, 1)[..., 0, :]
    for a, b in np.ndindex(kernel):
        places[:, :, :, a, b] += columns[:, :, :, a, b]
    return np.ascontiguousarray(out[:, :, above : above + height, left : left + width])
