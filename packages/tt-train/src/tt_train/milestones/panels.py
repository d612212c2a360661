"""What pictures of networks that see are made of: panels with small images, a confusion matrix, learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tt_core.milestones.drawing import BLUE, GREY, INK, ORANGE, PALE, key

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

Image: TypeAlias = NDArray[Any]
"""Pixels (height, width) of one channel, or (height, width, 3) of three between 0 and 1."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, width and height as shares of the axes."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One small image with its words: `title` above it; `limit` is the value of the strongest colour.

    `signed` images have one colour below zero and another above. The title of a `row` begins with its first image.
    """

    image: Image
    title: str = ""
    color: str = INK
    signed: bool = False
    limit: float | None = None
    row: bool = False


def boxes(rows: int, columns: int, gap: float = 0.12, head: float = 0.0) -> list[Box]:
    """Divide the axes into equal cells, row by row from the top; `gap` and `head` are shares of a cell.

    >>> boxes(1, 2, gap=0.5)
    [(0.125, 0.25, 0.25, 0.5), (0.625, 0.25, 0.25, 0.5)]
    """
    width, height = 1 / columns, 1 / rows
    return [
        ((c + gap / 2) * width, 1 - (r + 1 - gap / 2) * height, (1 - gap) * width, (1 - gap - head) * height)
        for r in range(rows)
        for c in range(columns)
    ]


def tiles(axes: Axes, found: Sequence[Tile], columns: int, *, gap: float = 0.12, head: float = 0.0) -> None:
    """Draw small images in rows of `columns`."""
    axes.set_axis_off()
    rows = -(-len(found) // columns)
    for tile, box in zip(found, boxes(rows, columns, gap, head), strict=False):
        draw_tile(axes, tile, box)


def draw_tile(axes: Axes, tile: Tile, box: Box) -> None:
    """Draw one image in its box, pixel by pixel, not smoothed."""
    inset = axes.inset_axes(box)
    limit = tile.limit or float(np.abs(tile.image).max()) or 1.0
    low = -limit if tile.signed else float(min(tile.image.min(), 0.0))
    colors = signed_colors() if tile.signed else "gray_r"
    inset.imshow(tile.image, cmap=colors, vmin=low, vmax=limit, interpolation="none")
    inset.set(xticks=[], yticks=[])
    for spine in inset.spines.values():
        spine.set(visible=True, color=PALE, linewidth=0.8)
    if tile.title:
        inset.set_title(tile.title, fontsize=9, color=tile.color, pad=3, loc="left" if tile.row else "center")


def signed_colors() -> Colormap:
    """Return blue for what is below zero, white for zero, orange for what is above."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", (BLUE, "#ffffff", ORANGE))


def confusion(axes: Axes, counts: NDArray[np.int64], names: Sequence[str]) -> None:
    """Draw how often each class (row) got each answer (column): right ones blue, wrong ones orange."""
    n = len(names)
    right = np.eye(n, dtype=bool)
    for wrong, color in ((counts * right, "Blues"), (counts * ~right, "Oranges")):
        shown = np.ma.masked_equal(wrong, 0)
        axes.imshow(shown, cmap=color, vmin=0, vmax=max(1.6 * float(wrong.max()), 1.0), interpolation="none")
    small = 9 if n <= 10 and counts.max() < 1000 else 7
    for row, column in zip(*np.nonzero(counts), strict=True):
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", fontsize=small)
    axes.set(xlabel="answer", ylabel="truth")
    axes.set_xticks(range(n), names, rotation=0 if max(map(len, names)) < 3 else 60, ha="center")
    axes.set_yticks(range(n), names)
    axes.tick_params(length=0)


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a diagram, with its name and colour."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    color: str
    style: str = "-"


def curves(axes: Axes, lines: Sequence[Curve], xlabel: str, ylabel: str, columns: int = 3) -> None:
    """Draw lines over a grid, their names above."""
    for line in lines:
        axes.plot(line.xs, line.ys, line.style, color=line.color, label=line.label)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.grid(visible=True)
    key(axes, columns)


def smooth(values: Sequence[float], width: int) -> list[float]:
    """Return the mean of the last `width` values at each place: a loss per step is too rough to look at.

    >>> smooth([1.0, 3.0, 5.0], 2)
    [1.0, 2.0, 4.0]
    """
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return [float(sums[i] - sums[max(0, i - width)]) / min(i, width) for i in range(1, len(sums))]


def first_below(limit: float, values: Sequence[float]) -> int | None:
    """Return the number of steps after which `values` first come below a limit.

    >>> first_below(2.0, [3.0, 2.5, 1.5])
    3
    """
    return next((step for step, value in enumerate(values, 1) if value < limit), None)


def dotted(axes: Axes, height: float, words: str) -> None:
    """Draw a level across the diagram."""
    axes.axhline(height, color=GREY, linestyle=":", linewidth=1.5)
    axes.annotate(words, (1, height), (-4, 4), ("axes fraction", "data"), "offset points", ha="right", color=GREY)
