"""Cutting parameters into blocks that fit into the cache, and computing them side by side.

An update of n numbers is several passes over its arrays. Block by block, all but the first of them find their numbers
in the cache; small parameters are gathered into one block, so that the passes are made once for all of them. Neither
changes a bit of the result, nor does the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from tt_core.dtypes import DType
from tt_core.extend import Array
from tt_train.optimizers.slots import Slot
from tt_train.threads import share

Update = Callable[[list[Array], int, Array, Array], None]

CACHE: Final = 4 * 1024 * 1024  # bytes of all arrays of a block together: what a core has of the caches, measured
SMALL: Final = 64 * 1024  # bytes, up to which copying a parameter costs less than passes of its own
PASSES: Final = 1.5  # over each array, roughly: by `share`, work is counted in numbers read and written
_HALF: Final = np.dtype(np.float16)
_SINGLE: Final = np.dtype(np.float32)


@dataclass(slots=True, eq=False)
class Block:
    """What is updated at once: stretches of several parameters, or of one.

    Attributes:
        t: which of their updates it is.
        dtype: what is computed in: a float16 parameter is updated in float32.
        parts: of each parameter the stretch of it, of its gradient and of what is kept.
        size: how many numbers there are.
    """

    t: int
    dtype: DType
    parts: list[list[Array]]
    size: int

    def run(self, update: Update, memory: Scratch) -> None:
        """Update the stretches: where they are if it is one, gathered and written back if they are several."""
        first = self.parts[0]
        if len(self.parts) == 1 and first[0].dtype == first[1].dtype == self.dtype:
            update(first, self.t, *memory.rows(2, first[0].shape, self.dtype))
            return
        shape = first[0].shape if len(self.parts) == 1 else (self.size,)
        a, b, *gathered = memory.rows(2 + len(first), shape, self.dtype)
        for i, whole in enumerate(gathered):
            np.concatenate([part[i] for part in self.parts], out=whole, casting="same_kind")
        update(gathered, self.t, a, b)
        self._scatter([gathered[0], *gathered[2:]])

    def _scatter(self, gathered: list[Array]) -> None:
        start = 0
        for p, _, *kept in self.parts:
            here = slice(start, start + p.shape[0])
            start = here.stop
            for x, whole in zip((p, *kept), gathered, strict=True):
                x[...] = whole[here]


class Scratch:
    """Memory that is allocated once and used for every block: fresh pages cost as much as the arithmetic."""

    def __init__(self) -> None:
        self.bytes = np.empty(0, np.uint8)
        self.last: tuple[object, list[Array]] = (None, [])

    def rows(self, count: int, shape: tuple[int, ...], dtype: DType) -> list[Array]:
        """Return `count` arrays of this shape, holding anything."""
        key = (count, shape, dtype)
        if self.last[0] != key:
            size = count * math.prod(shape) * dtype.itemsize
            if self.bytes.size < size:
                self.bytes = np.empty(size, np.uint8)
            self.last = key, list(self.bytes[:size].view(dtype).reshape(count, *shape))
        return self.last[1]


class Pool:
    """Scratch memory for as many threads as there turn out to be."""

    def __init__(self) -> None:
        self.free: list[Scratch] = []

    def run(self, blocks: list[Block], update: Update, *, at_once: bool) -> None:
        """Update all blocks, in turn or, if there is enough to do, several at once."""

        def task(places: range) -> None:
            memory = self.free.pop() if self.free else Scratch()
            with np.errstate(all="ignore"):  # infinities and nan come without a warning, as in PyTorch
                for i in places:
                    blocks[i].run(update, memory)
            self.free.append(memory)

        work = int(PASSES * sum(block.size * len(block.parts[0]) for block in blocks))
        if at_once:
            share(task, len(blocks), work)
        else:
            task(range(len(blocks)))


def cut(slots: Iterable[Slot], *, gather: bool) -> list[Block]:
    """Return the flat parameters in blocks: large ones in pieces, small ones together."""
    blocks: list[Block] = []
    filling: dict[tuple[int, DType], Block] = {}
    for slot in slots:
        t, parts = slot.count(), slot.arrays(flat=True)
        dtype, size = _computed_in(parts[0].dtype), parts[0].size
        most = CACHE // (dtype.itemsize * (1 + len(parts)))
        if not gather or size * dtype.itemsize > SMALL:
            blocks += (
                Block(t, dtype, [[x[i : i + most] for x in parts]], min(most, size - i)) for i in range(0, size, most)
            )
            continue
        block = filling.get((t, dtype))
        if block is None or block.size + size > most:
            block = filling[t, dtype] = Block(t, dtype, [], 0)
            blocks.append(block)
        block.parts.append(parts)
        block.size += size
    return blocks


def whole(slots: Iterable[Slot]) -> list[Block]:
    """Return each parameter as a block, in its shape."""
    made = []
    for slot in slots:
        t, parts = slot.count(), slot.arrays(flat=False)
        made.append(Block(t, _computed_in(parts[0].dtype), [parts], parts[0].size))
    return made


def _computed_in(dtype: DType) -> DType:
    return _SINGLE if dtype == _HALF else dtype
