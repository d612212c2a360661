"""Convolutions in which each output sees one channel only ("depthwise"): there is nothing for matrices to add up.

Whole lines of pixels are multiplied with the weights of one tap, repeated for each pixel of the line, and added.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tt_core.extend import Array
from tt_train.spatial.geometry import Pair
from tt_train.spatial.primitives.blocks import Window, channel_memory, framed, portions, sizes, wide, windows
from tt_train.threads import share

ALIVE = 4  # arrays of the size of a block that are in use at the same time


def correlated(x: Array, weight: Array, bias: Array | None, window: Window) -> Array:
    """Return, for each channel of x, its convolution with the weights (C, 1, height, width) of its own."""
    fits, lines_of_taps = window.steps(sizes(x)), tiled(weight, window, sizes(x))
    out = np.empty((len(x), *fits, x.shape[1]), wide(x))

    def part(images: range) -> None:
        for total, view in views(x, window, images, out):
            total[...] = 0 if bias is None else bias
            for a, b in np.ndindex(window.kernel):
                np.add(total, view[:, :, :, a, b] * lines_of_taps[a, b], out=total)

    share(part, len(x), out.size * weight[0].size)
    return out.transpose(0, 3, 1, 2)


def scattered(y: Array, weight: Array, window: Window, size: Pair) -> Array:
    """Return what each channel of an image of this size receives from the windows that cover it."""
    (above, left), (height, width), fits = window.padding, size, sizes(y)
    ys, lines_of_taps = y.transpose(0, 2, 3, 1), tiled(weight, window, size)[:, :, : fits[1]]
    out = channel_memory((len(y), y.shape[1], *size), wide(y))

    def part(images: range) -> None:
        for some, _ in portions(images, fits, ALIVE * y.shape[1]):
            shape = (some.stop - some.start, y.shape[1], height + 2 * above, width + 2 * left)
            frame = channel_memory(shape, out.dtype)
            places = windows(frame, window, fits, 1)[..., 0, :]
            for a, b in np.ndindex(window.kernel):
                places[:, :, :, a, b] += ys[some] * lines_of_taps[a, b]
            out[some] = frame[:, :, above : above + height, left : left + width]

    share(part, len(y), y.size * weight[0].size)
    return out


def weights(x: Array, y: Array, window: Window) -> Array:
    """Return what the weights (C, 1, height, width) receive."""
    ys, channels = y.transpose(0, 2, 3, 1), x.shape[1]

    def part(images: range) -> Array:
        total = np.zeros((*window.kernel, channels), wide(x))
        for given, view in views(x, window, images, ys):
            for a, b in np.ndindex(window.kernel):
                lines = np.add.reduce(view[:, :, :, a, b] * given, (0, 1), total.dtype)
                total[a, b] += np.add.reduce(lines, 0)
        return total

    first, *others = share(part, len(x), y.size * window.kernel[0] * window.kernel[1])
    return sum(others, start=first).transpose(2, 0, 1)[:, None]


def views(x: Array, window: Window, images: range, beside: Array) -> Iterator[tuple[Array, Array]]:
    """Yield parts of an array (B, H, W, C) and the windows there, (B, H, W, kernel height, kernel width, C)."""
    frame, fits = None, window.steps(sizes(x))
    for some, parts in portions(images, fits, ALIVE * x.shape[1]):
        frame = framed(x[some], window.padding, frame, flat=False)
        view = windows(frame[: some.stop - some.start], window, fits, 1)[..., 0, :]
        for lines in parts:
            yield beside[some, lines], view[:, lines]


def tiled(weight: Array, window: Window, size: Pair) -> Array:
    """Return the weights (C, 1, height, width) as (height, width, W, C), repeated for each pixel of a line."""
    taps = weight[:, 0].transpose(1, 2, 0)[:, :, None]
    return np.repeat(taps.astype(wide(weight), copy=False), window.steps(size)[1], 2)
