"""Sizes of windows: kernel, stride, padding and dilation, which all that slides over an image shares.

A window of `kernel` taps that are `dilation` apart spans dilation (kernel - 1) + 1 positions. Along one dimension it
stands at the positions stride · i - padding, and fits ⌊(size + 2 padding - span) / stride⌋ + 1 times.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, TypeAlias

from tt_core.errors import DTypeError, ShapeError

if TYPE_CHECKING:
    from tt_core import Tensor

Pair: TypeAlias = tuple[int, int]
Sizes: TypeAlias = int | Sequence[int]


def as_sizes(value: Sizes, count: int, name: str, *, least: int = 1) -> tuple[int, ...]:
    """Return `count` whole numbers of at least `least`: one number stands for all of them.

    >>> as_sizes(3, 2, "kernel_size")
    (3, 3)

    Raises:
        DTypeError: one is not a whole number.
        ShapeError: there are more or fewer, or one is too small.
    """
    try:
        sizes = tuple(map(index, value)) if isinstance(value, Sequence) else (index(value),)
    except TypeError:
        raise DTypeError(f"expected {name} as a whole number or {count} of them; got {value!r}") from None
    sizes = sizes * count if len(sizes) == 1 else sizes
    if len(sizes) != count:
        raise ShapeError(f"expected {name} as one number or {count}; got {value!r}")
    if min(sizes) < least:
        raise ShapeError(f"expected {name} of at least {least}; got {value!r}")
    return sizes


def as_pair(value: Sizes, name: str, *, least: int = 1) -> Pair:
    """Return two whole numbers, for height and width."""
    height, width = as_sizes(value, 2, name, least=least)
    return height, width


def span(kernel: int, dilation: int) -> int:
    """Return how many positions a window covers, from its first tap to its last: dilation (kernel - 1) + 1.

    >>> span(3, 2)
    5
    """
    return dilation * (kernel - 1) + 1


def steps(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Return how many times a window fits along one dimension: ⌊(size + 2 padding - span) / stride⌋ + 1.

    That is less than 1 where it does not fit at all.

    >>> steps(28, 5, 1, 2, 1), steps(32, 3, 2, 1, 1), steps(3, 5, 1, 0, 1)
    (28, 16, -1)
    """
    return (size + 2 * padding - span(kernel, dilation)) // stride + 1


def batched(x: Tensor, spatial: int, name: str) -> tuple[Tensor, bool]:
    """Return x with a batch dimension, and whether it came without one.

    Args:
        spatial: how many dimensions come after the channels.
        name: the operation's.

    Raises:
        ShapeError: x has too many or too few dimensions.
    """
    if x.ndim == spatial + 2:
        return x, False
    if x.ndim == spatial + 1:
        return x.unsqueeze(0), True
    letters = ", ".join(("L",) if spatial == 1 else ("D", "H", "W")[-spatial:])
    raise ShapeError(f"expected x of {name} as (B, C, {letters}) or (C, {letters}); got shape {list(x.shape)}")
