"""Which numbers the windows of a pooling hold, one dimension at a time.

A window of several dimensions holds what lies in its span of each. A span leaves out what is in the padding.

    Strided     windows of one size at equal distances: max_pool2d, avg_pool2d
    Adaptive    as many windows as are wanted, of sizes that follow from it: adaptive_avg_pool2d
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, TypeAlias

import numpy as np

from tt_core.extend import Array
from tt_train.spatial.geometry import span, steps

Tap: TypeAlias = tuple[Any, Any]  # keys: which windows, and the number of each


@dataclass(frozen=True)
class Strided:
    """Windows of one size: window i begins at stride · i - padding, and its numbers are `dilation` apart.

    Attributes:
        size: how many numbers there are.
        count: how many windows.
    """

    size: int
    count: int
    kernel: int
    stride: int
    padding: int = 0
    dilation: int = 1

    @property
    def whole(self) -> bool:
        """Whether no window is cut off."""
        end = self.stride * (self.count - 1) + span(self.kernel, self.dilation)
        return self.padding == 0 and end <= self.size

    @property
    def apart(self) -> bool:
        """Whether each number is in one window at most."""
        return self.stride >= span(self.kernel, self.dilation)

    @property
    def tiling(self) -> bool:
        """Whether each number is in one window."""
        return self.whole and self.apart and self.size == self.kernel * self.count

    def span(self, i: int) -> range:
        """Return the positions that window i holds.

        >>> Strided(size=5, count=3, kernel=3, stride=2, padding=1).span(0)
        range(0, 2)
        """
        start = self.stride * i - self.padding
        first = start % self.dilation if start < 0 else start
        return range(first, min(start + span(self.kernel, self.dilation), self.size), self.dilation)

    def taps(self) -> list[Tap]:
        """Return, for each place in a window, which windows have a number there and where these numbers are."""
        found = []
        for offset in range(-self.padding, span(self.kernel, self.dilation) - self.padding, self.dilation):
            low = max(-(offset // self.stride), 0)
            high = min(-((offset - self.size) // self.stride), self.count)
            if low < high:
                start = self.stride * low + offset
                found.append((slice(low, high), slice(start, start + self.stride * (high - low - 1) + 1, self.stride)))
        return found

    def lengths(self, *, include_pad: bool) -> Array:
        """Return how many numbers each window holds, or would if there were padding; beyond that there is nothing."""
        if not include_pad:
            return np.array([len(self.span(i)) for i in range(self.count)])
        starts = self.stride * np.arange(self.count) - self.padding
        return np.minimum(starts + self.kernel, self.size + self.padding) - starts


@dataclass(frozen=True)
class Adaptive:
    """`count` windows over `size` numbers: from ⌊i · size / count⌋ to ⌈(i + 1) · size / count⌉."""

    size: int
    count: int

    whole: ClassVar[bool] = False  # some lack places that others have
    apart: ClassVar[bool] = False
    tiling: ClassVar[bool] = False

    def span(self, i: int) -> range:
        """Return the positions that window i holds.

        >>> [Adaptive(5, 2).span(i) for i in range(2)]
        [range(0, 3), range(2, 5)]
        """
        return range(i * self.size // self.count, -(-(i + 1) * self.size // self.count))

    def taps(self) -> list[Tap]:
        """Return, for each place in a window, which windows have a number there and where these numbers are."""
        starts = np.array([self.span(i).start for i in range(self.count)], np.int64)
        lengths = self.lengths()
        held = [np.flatnonzero(lengths > place) for place in range(max(lengths, default=0))]
        return [(windows, starts[windows] + place) for place, windows in enumerate(held)]

    def lengths(self, *, include_pad: bool = False) -> Array:  # noqa: ARG002 - it has none
        """Return how many numbers each window holds."""
        return np.array([len(self.span(i)) for i in range(self.count)], np.int64)


Windows: TypeAlias = Strided | Adaptive


def strided(size: int, kernel: int, stride: int, padding: int, dilation: int, *, ceil: bool) -> Strided:
    """Return as many windows as fit; with `ceil` also one that is cut off, unless it would begin in the padding."""
    count = steps(size + ceil * (stride - 1), kernel, stride, padding, dilation)
    if ceil and stride * (count - 1) >= size + padding:
        count -= 1
    return Strided(size, count, kernel, stride, padding, dilation)


def adaptive(size: int, count: int) -> Windows:
    """Return `count` windows; where they divide the size, they are of one size, which is faster."""
    if count and size and size % count == 0:
        return Strided(size, count, size // count, size // count)
    return Adaptive(size, count)


def taps(windows: Sequence[Windows]) -> list[Tap]:
    """Return, for each place in a window of several dimensions, row by row, the two keys of the last dimensions."""
    fancy = any(isinstance(w, Adaptive) for w in windows)
    found = []
    for places in product(*[w.taps() for w in windows]):
        outputs, inputs = zip(*places, strict=True)
        found.append(((..., *_keys(outputs, fancy=fancy)), (..., *_keys(inputs, fancy=fancy))))
    return found


def _keys(parts: Sequence[Any], *, fancy: bool) -> Sequence[Any]:
    """Return slices as they are; with lists of positions among them, all as lists that name the whole grid."""
    if not fancy:
        return parts
    return np.ix_(*[np.arange(p.start, p.stop, p.step) if isinstance(p, slice) else p for p in parts])


def spans(windows: Sequence[Windows]) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
    """Yield the index of each window of several dimensions, and those of the numbers that it holds, row by row."""
    for i in np.ndindex(*[w.count for w in windows]):
        yield i, list(product(*[w.span(k) for w, k in zip(windows, i, strict=True)]))


def sizes(windows: Sequence[Windows]) -> tuple[int, ...]:
    """Return the shape that the windows lie over."""
    return tuple([w.size for w in windows])


def counts(windows: Sequence[Windows]) -> tuple[int, ...]:
    """Return the shape that the windows make."""
    return tuple([w.count for w in windows])
