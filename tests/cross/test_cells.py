"""Every cell of a lesson runs on the reference; those before the exercises also while these are not built."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

jupytext = pytest.importorskip("jupytext")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
from tt_core.course.init import make  # noqa: E402
from tt_core.course.lessons import Lesson, all_lessons  # noqa: E402
from tt_core.course.opening import open_module  # noqa: E402

from .tt import environ  # noqa: E402

PACKAGE = os.environ.get("PACKAGE", "").replace("-", "_")  # set by tox: another package's lessons are run elsewhere
LESSONS = [lesson for lesson in all_lessons() if PACKAGE in {"", lesson.folder.parents[1].name}]
TOO_LONG = 120  # seconds for one cell, on a machine that does other things too
pytestmark = [
    pytest.mark.long,
    # Jupyter's own
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def quiet_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the kernel's files out of the home folder."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))


def execute(notebook: Any, folder: Path, variables: Mapping[str, str]) -> None:
    """Run all cells; an error ends it, unless the cell says that it raises one."""
    place = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(notebook, timeout=TOO_LONG, kernel_name="python3", resources=place)
    client.execute(env={**environ(folder), "PYTHONWARNINGS": "default", **variables})


every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)


@every_lesson
def test_cells_run(lesson: Lesson, tmp_path: Path) -> None:
    notebook = jupytext.read(lesson.folder / "lesson.md", fmt="md:myst")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells, "a lesson measures something"
    execute(notebook, tmp_path, {})
    assert "NotImplementedError" not in {o["ename"] for cell in cells for o in cell.outputs if "ename" in o}
    loud = [o["text"] for cell in cells for o in cell.outputs if o.get("name") == "stderr" and "Warning" in o["text"]]
    assert loud == [], "a warning teaches nothing, unless it is the lesson: then catch and print it"


@every_lesson
def test_what_comes_before_the_exercises_runs_while_they_are_not_built(lesson: Lesson, tmp_path: Path) -> None:
    home = make(tmp_path / "workspace")
    open_module(home, lesson)
    notebook = jupytext.read(lesson.folder / "lesson.md", fmt="md:myst")
    build = next(place for place, cell in enumerate(notebook.cells) if "## 3. Build it" in cell.source)
    del notebook.cells[build:]
    execute(notebook, tmp_path, home.environ())
    raised = {o["ename"] for cell in notebook.cells for o in cell.get("outputs", ()) if "ename" in o}
    assert raised <= {"NotImplementedError"}
