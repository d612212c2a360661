"""The figures of a run over its epochs, training and validation together."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tt_core.extend import Array
from tt_core.milestones.drawing import BLUE, GREEN, ORANGE
from tt_train.plots.figures import save
from tt_train.plots.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 4.6, 3.2
POINTS = 600
WIDE_RANGE = 30.0


def plot_curves(run: Run, path: str | PathLike[str]) -> Path:
    """Draw one panel for each figure: thin for each step, thick with dots for the mean of each epoch."""
    names = run.names()
    columns = min(len(names), 2)
    rows = -(-len(names) // columns)

    def paint(figure: Figure) -> None:
        panels = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, name in zip(panels, names, strict=False):
            _panel(axes, run, name)
        for axes in panels[len(names) :]:
            axes.remove()

    return save(Path(path), (WIDTH * columns, HEIGHT * rows), paint)


def _panel(axes: Axes, run: Run, name: str) -> None:
    setting = name.startswith("lr") or name == "grad_norm"
    axes.set_title({"lr": "learning rate", "grad_norm": "norm of the gradient"}.get(name, name.replace("_", " ")))
    x, y = thinned(*run.over_steps(name))
    if setting and len(x):
        axes.plot(x, y, color=GREEN, linewidth=1.6)
    else:
        axes.plot(x, y, color=BLUE, linewidth=0.8, alpha=0.4)
        means = np.concatenate([*_lines(axes, run, name)])
        y = means if len(means) else y  # single steps are too noisy to say how far it came
    if name.startswith("lr"):
        axes.set_ylim(bottom=0)
    elif wide(y):
        axes.set_yscale("log")
    axes.set_xlabel("epoch" if run.epochs else "step")
    axes.grid(visible=True)
    axes.margins(x=0.03)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False)


def _lines(axes: Axes, run: Run, name: str) -> Iterator[Array]:
    """Draw a figure of each epoch: training's, a mean, in the middle of the epoch, validation's at its end."""
    for key, label, color, marker, shift in (
        (name, "training", BLUE, "o", -0.5),
        (f"val_{name}", "validation", ORANGE, "s", 0.0),
    ):
        at, values = run.over_epochs(key)
        if len(at):
            last = f"{label}: {values[-1]:.4g} at last"
            axes.plot(at + shift, values, color=color, marker=marker, markersize=4, label=last)
        yield values


def thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Return at most `POINTS` points: means of neighbours; nan leaves gaps."""
    size = -(-len(x) // POINTS) or 1
    cuts = range(0, len(x), size)
    return np.array([x[i : i + size].mean() for i in cuts]), np.array([y[i : i + size].mean() for i in cuts])


def wide(values: Array) -> bool:
    """Tell whether positive values lie so far apart that only a logarithmic axis shows them all."""
    found = values[np.isfinite(values)]
    return bool(found.size and found.min() > 0 and found.max() > WIDE_RANGE * found.min())
