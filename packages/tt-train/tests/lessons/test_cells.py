"""Every cell of a lesson runs on the reference; those before the exercises also while these are not built."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import tt_train

jupytext = pytest.importorskip("jupytext")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
from tt_core.course.init import make  # noqa: E402
from tt_core.course.lessons import read_lesson  # noqa: E402
from tt_core.course.opening import open_module  # noqa: E402

FOLDER = Path(str(tt_train.__file__)).with_name("lessons")
TEXTS = sorted(FOLDER.glob("*/lesson.md"))
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
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))


def execute(notebook: Any, folder: Path, variables: Mapping[str, str]) -> None:
    """Run all cells; an error ends it, unless the cell says that it raises one."""
    place = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(notebook, timeout=TOO_LONG, kernel_name="python3", resources=place)
    client.execute(env={**os.environ, "PYTHONWARNINGS": "default", **variables})


every_lesson = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.parent.name)


@every_lesson
def test_cells_run(path: Path, tmp_path: Path) -> None:
    notebook = jupytext.read(path, fmt="md:myst")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells, "a lesson measures something"
    execute(notebook, tmp_path, {})
    assert "NotImplementedError" not in {o["ename"] for cell in cells for o in cell.outputs if "ename" in o}
    loud = [o["text"] for cell in cells for o in cell.outputs if o.get("name") == "stderr" and "Warning" in o["text"]]
    assert loud == [], "a warning teaches nothing, unless it is the lesson: then catch and print it"


@every_lesson
def test_what_comes_before_the_exercises_runs_while_they_are_not_built(path: Path, tmp_path: Path) -> None:
    home = make(tmp_path / "workspace")
    open_module(home, read_lesson(path.parent))
    notebook = jupytext.read(path, fmt="md:myst")
    build = next(place for place, cell in enumerate(notebook.cells) if "## 3. Build it" in cell.source)
    del notebook.cells[build:]
    execute(notebook, tmp_path, home.environ())
    raised = {o["ename"] for cell in notebook.cells for o in cell.get("outputs", ()) if "ename" in o}
    assert raised <= {"NotImplementedError"}
