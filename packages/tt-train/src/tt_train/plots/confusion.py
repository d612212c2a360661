"""The confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tt_core.errors import ShapeError
from tt_core.milestones.drawing import BLUE, INK, PALE, RED
from tt_train.plots.figures import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NUMBERS = 20


def plot_confusion(matrix: Any, path: str | PathLike[str], classes: Sequence[str] | None = None) -> Path:
    """Draw a confusion matrix: the darker a field, the larger its part of the row; blue is right, red is wrong.

    Args:
        matrix: how many samples of class i (rows) were taken for class j (columns).
        path: the file; its ending says in which format.
        classes: their names; numbers from 0 on by default.

    Raises:
        ShapeError: the matrix is not square, or there is not one name for each class.
    """
    counts = np.asarray(matrix)
    names = [*map(str, range(len(counts)))] if classes is None else list(classes)
    if counts.shape != (len(names), len(names)):
        message = f"expected a square matrix, and a name for each class; got {list(counts.shape)}, {len(names)} names"
        raise ShapeError(message)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = 2.2 + 0.42 * min(len(names), 24)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        _shade(axes, share)
        if len(names) <= MOST_NUMBERS:
            _write(axes, counts, share)
        _label(axes, names)
        right = np.trace(counts) / max(counts.sum(), 1)
        axes.set_title(f"{right:.1%} of {counts.sum():,} right")

    return save(Path(path), (side, side), paint)


def _shade(axes: Axes, share: Any) -> None:
    """Colour the fields; the root makes rare mistakes visible."""
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415  an extra

    own = np.eye(len(share), dtype=bool)
    for shown, color in ((own, BLUE), (~own, RED)):
        colors = LinearSegmentedColormap.from_list("", ["white", color])
        axes.imshow(np.ma.array(np.sqrt(share), mask=~shown), cmap=colors, vmin=0, vmax=1)


def _write(axes: Axes, counts: Any, share: Any) -> None:
    size = 9 if len(counts) <= 12 else 7
    for (i, j), count in np.ndenumerate(counts):
        if count:
            color = "white" if share[i, j] > 0.3 else INK
            axes.text(j, i, f"{count}", ha="center", va="center", color=color, fontsize=size)


def _label(axes: Axes, names: list[str]) -> None:
    long = max(map(len, names), default=0) > 3
    axes.set_xticks(range(len(names)), names, rotation=45 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=PALE, linewidth=0.6)
    axes.tick_params(length=0, which="both")
    axes.spines[:].set_visible(False)
    axes.set(xlabel="taken for", ylabel="is")
