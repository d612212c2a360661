"""One look for all pictures, that of the milestones' reports; the format follows from the file's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tt_core.errors import TinyTorchError
from tt_core.milestones.drawing import GREY, INK, PALE
from tt_train.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE: Any = {  # the type of its keys differs between versions of matplotlib
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.dpi": 144,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.color": PALE,
    "lines.linewidth": 2.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "tinytorch",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def save(path: Path, size: tuple[float, float], paint: Callable[[Figure], None]) -> Path:
    """Let `paint` draw on an empty figure, and write it at once: the same bytes for the same drawing.

    Raises:
        TinyTorchError: matplotlib is missing, or has no such format.
    """
    try:
        from matplotlib import style  # noqa: PLC0415  an extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = "plots need matplotlib, which is not installed; pip install 'tt-train[plot]'"
        raise TinyTorchError(message) from error
    kind = path.suffix.removeprefix(".")
    metadata: dict[str, Any] = {"Date": None, "Creator": None} if kind == "svg" else {}
    with style.context(STYLE, after_reset=True):
        figure = Figure(figsize=size, layout="constrained")
        if kind not in figure.canvas.get_supported_filetypes():
            message = f"expected a file that ends in .svg, .png or another format of matplotlib's; got {path.name!r}"
            raise TinyTorchError(message)
        paint(figure)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            figure.savefig(temporary, format=kind, metadata=metadata)
    return path
