"""Every cell of a lesson runs on the reference, from the top to the bottom."""

import os
from pathlib import Path

import pytest

import tt_train

jupytext = pytest.importorskip("jupytext")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

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


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.parent.name)
def test_cells_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    notebook = jupytext.read(path, fmt="md:myst")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cells, "a lesson measures something"
    client = nbclient.NotebookClient(
        notebook, timeout=TOO_LONG, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**os.environ, "PYTHONWARNINGS": "default"})
    loud = [o["text"] for cell in cells for o in cell.outputs if o.get("name") == "stderr" and "Warning" in o["text"]]
    assert loud == [], "a warning teaches nothing, unless it is the lesson: then catch and print it"
