"""Images as lines of pixels, for what is done to each channel by itself.

Channels lie side by side in memory, and there may be only a few of them, while NumPy is fast along long lines. So a
line holds several pixels, and what belongs to a channel is repeated for each of them. Lines are taken a block at a
time, so that what is done to a block is done in the processor's cache; and each thread takes its share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tt_core.extend import Array
from tt_train.threads import share

LONG = 1 << 11  # numbers in a line
BLOCK = 1 << 16  # numbers in a block
EFFORT = 8  # how many multiplications it takes as long as to go over one number


class Lines:
    """Images (B, C, …) as a matrix; a copy only where channels do not lie side by side.

    Attributes:
        channels: how many there are.
        pixels: how many numbers each of them has.
        repeat: how many pixels a line has.
        data: the matrix.
    """

    def __init__(self, x: Array) -> None:
        last = np.moveaxis(x, 1, -1)
        self.channels = channels = x.shape[1]
        self.shape = last.shape
        self.pixels = math.prod(last.shape[:-1])
        self.repeat = math.gcd(self.pixels, 1 << (max(LONG // max(channels, 1), 1).bit_length() - 1)) or 1
        self.data = np.ascontiguousarray(last).reshape(self.pixels // self.repeat, self.repeat * channels)

    def image(self, data: Array) -> Array:
        """Return a matrix like this one as images (B, C, …)."""
        return np.moveaxis(data.reshape(self.shape), -1, 1)

    def tiled(self, values: Array) -> Array:
        """Return a number per channel as a line, of the type to compute in."""
        return np.tile(values.astype(wide(self.data)), self.repeat)

    def blocks(self, rows: range) -> Iterator[slice]:
        """Yield some of the rows after the other, as many as fit into a block."""
        step = max(1, BLOCK // max(self.data.shape[1], 1))
        for start in range(rows.start, rows.stop, step):
            yield slice(start, min(start + step, rows.stop))

    def map(self, function: Callable[[slice, Array | None], Array]) -> Array:
        """Return images made by function(rows, out), which puts its result into `out` if there is one."""
        out = np.empty_like(self.data)
        direct = out.dtype == wide(out)

        def task(rows: range) -> None:
            for block in self.blocks(rows):
                made = function(block, out[block] if direct else None)
                if not direct:
                    out[block] = made

        share(task, len(out), EFFORT * out.size)
        return self.image(out)

    def sums(self, function: Callable[[slice], tuple[Array, Array]]) -> tuple[Array, Array]:
        """Return the sums per channel of the two matrices that function(rows) makes, added up in float64."""

        def task(rows: range) -> Array:
            total = np.zeros((2, self.data.shape[1]))
            for block in self.blocks(rows):
                for i, part in enumerate(function(block)):
                    total[i] += np.add.reduce(part, 0, wide(part))
            return total

        total = np.sum(share(task, len(self.data), EFFORT * self.data.size), 0)
        first, second = total.reshape(2, self.repeat, self.channels).sum(1)
        return first, second


def wide(x: Array) -> np.dtype[Any]:
    """Return the type to compute in: float32 for float16."""
    return np.promote_types(x.dtype, np.float32)
