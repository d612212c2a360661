"""The windows of a few images at a time, as the rows of a matrix: what turns a convolution into matrix products.

The copy is as many times larger than the images as the kernel has taps, so it is made block by block, in a buffer that
stays in a core's cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tt_core.extend import Array
from tt_train.spatial.geometry import Pair, steps

BLOCK = 1 << 17  # numbers in one block: half a megabyte in float32
LEAST = 256  # rows in a block, however long they are: with fewer, BLAS spends its time on packing the weights


class Window(NamedTuple):
    """How the windows of one convolution lie: per dimension, in the order height, width."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    def steps(self, size: Pair) -> Pair:
        """Return how often the window fits into an image of this size."""
        high, across = (steps(*numbers) for numbers in zip(size, *self, strict=True))
        return high, across


class Block(NamedTuple):
    """Which images, which lines of the result, and the (groups, rows, row length) matrix of the windows there."""

    images: slice
    lines: slice
    rows: Array


def sizes(x: Array) -> Pair:
    """Return height and width of images (B, C, H, W) or of a kernel (O, C, H, W)."""
    return x.shape[2], x.shape[3]


def wide(x: Array) -> np.dtype[Any]:
    """Return the type to compute in: float32 for float16, which BLAS does not know and which is too coarse for sums."""
    return np.dtype(np.float32) if x.dtype == np.float16 else x.dtype


def portions(images: range, steps: Pair, length: int) -> Iterator[tuple[slice, list[slice]]]:
    """Yield some of the images and the lines to take at a time, all at once if they fit into a block."""
    rows = max(LEAST, BLOCK // max(length, 1))
    count = max(1, rows // max(1, math.prod(steps)))
    lines = steps[0] if rows >= math.prod(steps) else max(1, rows // steps[1])
    parts = [slice(i, min(i + lines, steps[0])) for i in range(0, steps[0], max(1, lines))]
    for n in range(images.start, images.stop, count):
        yield slice(n, min(n + count, images.stop)), parts


def blocks(x: Array, window: Window, groups: int, images: range) -> Iterator[Block]:
    """Yield the windows of these images, block by block; each block takes the memory of the one before."""
    channels, fits = x.shape[1], window.steps(sizes(x))
    flat = fits[1] > window.kernel[1] * channels  # copies are fast in long runs: along the image, or along the window
    frame = buffer = None
    for some, parts in portions(images, fits, math.prod(window.kernel) * channels):
        frame = framed(x[some], window.padding, frame, flat=flat)
        view = windows(frame[: some.stop - some.start], window, fits, groups)
        for lines in parts:
            rows, buffer = as_rows(view[:, lines], buffer, wide(x), flat=flat)
            yield Block(some, lines, rows)


def framed(x: Array, padding: Pair, memory: Array | None, *, flat: bool) -> Array:
    """Return x with zeros around it, in `memory` if there is one from before; a negative padding cuts off."""
    (above, left), (height, width) = padding, sizes(x)
    cut = x[:, :, max(-above, 0) : height + min(above, 0), max(-left, 0) : width + min(left, 0)]
    above, left = max(above, 0), max(left, 0)
    if not above and not left and cut.strides[3 if flat else 1] == cut.itemsize:
        return cut
    if memory is None:
        shape = (len(x), x.shape[1], cut.shape[2] + 2 * above, cut.shape[3] + 2 * left)
        memory = np.zeros(shape, wide(x)) if flat else channel_memory(shape, wide(x))
    memory[: len(x), :, above : above + cut.shape[2], left : left + cut.shape[3]] = cut
    return memory


def channel_memory(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return zeros of shape (B, C, H, W) that lie in memory as (B, H, W, C)."""
    batch, channels, height, width = shape
    return np.zeros((batch, height, width, channels), dtype).transpose(0, 3, 1, 2)


def windows(x: Array, window: Window, steps: Pair, groups: int) -> Array:
    """Return x as (B, H, W, kernel height, kernel width, groups, C / groups): a view, where windows share numbers."""
    batch, channels = x.shape[:2]
    n, c, h, w = x.strides
    (sh, sw), (dh, dw), inner = window.stride, window.dilation, channels // groups
    shape = (batch, *steps, *window.kernel, groups, inner)
    return as_strided(x, shape, (n, h * sh, w * sw, h * dh, w * dw, c * inner, c))


def as_rows(view: Array, buffer: Array | None, dtype: np.dtype[Any], *, flat: bool) -> tuple[Array, Array]:
    """Return windows as (groups, B · H · W, taps · C / groups), and the buffer that they have been copied into."""
    order = (5, 3, 4, 6, 0, 1, 2) if flat else (5, 0, 1, 2, 3, 4, 6)
    buffer = np.empty(view.size, dtype) if buffer is None else buffer
    shape = [view.shape[d] for d in order]
    split = 4
    copy = buffer[: view.size].reshape(shape)
    np.copyto(copy, view.transpose(order))
    matrix = copy.reshape(shape[0], math.prod(shape[1:split]), math.prod(shape[split:]))
    return (matrix.swapaxes(1, 2) if flat else matrix), buffer
