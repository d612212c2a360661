"""Draw pictures for milestone reports: one style, colours that colour-blind readers can tell apart, finished SVG.

Matplotlib is imported with the first picture; without it a milestone ends with an error that says what to install.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from tt_core.errors import TinyTorchError
from tt_core.milestones import Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

# Okabe and Ito (2008), "Color universal design": told apart with every common colour vision.
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#8a8f98"
INK, PALE = "#22262e", "#e4e7ec"
PALE_BLUE, PALE_ORANGE = "#d9eaf5", "#fbeccb"

_STYLE: Any = {  # the type of its keys differs between versions of matplotlib
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.labelsize": 12,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "grid.color": PALE,
    "legend.edgecolor": PALE,
    "legend.framealpha": 0.92,
    "lines.linewidth": 2.2,
    "svg.fonttype": "path",
    "svg.hashsalt": "tinytorch",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(title: str, caption: str, alt: str, paint: Callable[[Axes], None]) -> Picture:
    """Let `paint` draw on empty axes and return the SVG: the same bytes for the same drawing, text as outlines."""
    try:
        from matplotlib import style
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        message = "the pictures of a milestone need matplotlib, which is not installed; pip install 'tt-core[course]'"
        raise TinyTorchError(message) from error
    buffer = io.BytesIO()
    with style.context(_STYLE, after_reset=True):
        figure = Figure(figsize=(5.6, 4.2), layout="constrained")
        paint(figure.add_subplot())
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return Picture(title, caption, alt, buffer.getvalue())


def key(axes: Axes, columns: int = 3) -> None:
    """Put the legend above the axes, where it hides no data."""
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=columns, frameon=False, columnspacing=1.4)
