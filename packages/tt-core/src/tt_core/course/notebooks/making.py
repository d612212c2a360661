"""Make a notebook of a lesson: its text and cells, and behind each exercise's text the learner's function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from tt_core.course.lessons import Exercise, Lesson
from tt_core.course.notebooks.functions import agree, function_text

__all__ = ["make"]

Cell: TypeAlias = Any  # nbformat's own type is a dictionary with attributes

SETUP = """\
# This notebook runs on your own files: run this cell first.
import os
import tomllib
from pathlib import Path

home = Path.cwd().parents[1]
os.environ.setdefault("TT_WORKSPACE", str(home))
os.environ.setdefault("TT_BACKEND", tomllib.loads((home / "tt.toml").read_text("utf-8")).get("backend", "auto"))
%load_ext tt_core.course.notebooks"""


def make(lesson: Lesson, text: str, workspace: Path) -> Any:
    """Return the notebook of a lesson's text, a MyST notebook, with the learner's functions as they are now."""
    import jupytext
    from nbformat import v4

    notebook: Any = jupytext.reads(text, fmt="md:myst")
    cells = [v4.new_code_cell(SETUP, metadata={"tags": ["setup"]})]
    waiting: Exercise | None = None
    for cell in parts(notebook.cells):
        if waiting and (cell.cell_type != "markdown" or heading(cell.source)):
            cells += exercise_cells(waiting, workspace)
            waiting = None
        cells.append(cell)
        waiting = announced(cell, lesson) or waiting
    notebook.cells = [*cells, *(exercise_cells(waiting, workspace) if waiting else ())]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{lesson.name}-{number}"  # not drawn at random: the same lesson makes the same file
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def parts(cells: list[Cell]) -> Iterator[Cell]:
    """Yield the cells with their text cut in front of each heading."""
    from nbformat import v4

    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell
            continue
        for text in re.split(r"(?m)^(?=#{1,3} )", cell.source):
            if text.strip():
                yield v4.new_markdown_cell(text.strip())


def heading(text: str) -> bool:
    """Tell whether a text begins with a heading."""
    return bool(re.match(r"#{1,3} ", text))


def announced(cell: Cell, lesson: Lesson) -> Exercise | None:
    """Return the exercise that a text's heading announces, as in `### 02.4 matmul`."""
    found = re.match(r"### (\d\d\.\d+)\b", cell.source) if cell.cell_type == "markdown" else None
    return next((each for each in lesson.exercises if found and each.number == found[1]), None)


def exercise_cells(exercise: Exercise, workspace: Path) -> list[Cell]:
    """Return one cell for each function of an exercise; from now on a change in the file since then is noticed."""
    from nbformat import v4

    cells = []
    for symbol in exercise.symbols:
        text = function_text(workspace, symbol)
        if text is not None:
            agree(workspace, symbol, text)
            kept = {"tt": {"symbol": str(symbol), "exported": text}, "tags": ["exercise"]}
            cells.append(v4.new_code_cell(f"%%exercise {symbol}\n{text}", metadata=kept))
    return cells
