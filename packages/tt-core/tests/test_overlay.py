"""A learner's files take the place of ours, in this process's children and in theirs."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tt_core import overlay

MARKED = """
import tt_core.naive.reductions
import sys
from pathlib import Path

{reference}

_matmul = matmul


@P.matmul.kernel(NAIVE)
def matmul(x, y):
    with open({hits!r}, "a") as file:
        file.write(f"{{sys.argv[0]}}\\n")
    return _matmul(x, y)
"""
PROGRAM = """
import json
import tt_core
from tt_core import overlay
import tt_core.naive.linalg, tt_core.naive.shapes

with tt_core.use_backend("naive"):
    product = (tt_core.ones(2, 3) @ tt_core.ones(3, 2)).tolist()
print(json.dumps([overlay.source_of("tt_core.naive.linalg"), overlay.source_of("tt_core.naive.shapes"), product]))
"""
SPAWNING = """
import multiprocessing


def work(n):
    import tt_core, tt_core.naive.linalg
    from tt_core import overlay

    with tt_core.use_backend("naive"):
        (tt_core.ones(n, n) @ tt_core.ones(n, n)).sum()
    return overlay.source_of("tt_core.naive.linalg")


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print("\\n".join(pool.map(work, [1, 2])))
"""
LOADING = """
import tt_core
from importlib import util

spec = util.find_spec("tt_core.naive.shapes")
module = util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.VALUE)
"""
EXPECTED = ["yours", "reference", [[3.0, 3.0], [3.0, 3.0]]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace, in a folder with a space, whose matmul leaves a mark each time it is called."""
    reference = Path(str(find_spec("tt_core.naive.linalg").origin)).read_text(encoding="utf-8")  # type: ignore[union-attr]
    file = tmp_path / "my work" / "tt_core" / "naive" / "linalg.py"
    file.parent.mkdir(parents=True)
    body = reference.replace("from __future__ import annotations\n", "")
    text = MARKED.format(reference=body, hits=str(tmp_path / "hits"))
    file.write_text(text, encoding="utf-8")
    return tmp_path / "my work"


def hits(workspace: Path) -> int:
    file = workspace.with_name("hits")
    return len(file.read_text().splitlines()) if file.exists() else 0


def run(workspace: Path, *command: str | Path, **variables: str) -> str:
    environ = {**os.environ, "TT_WORKSPACE": str(workspace), **variables}
    done = subprocess.run([sys.executable, *command], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def found(text: str) -> Any:
    return json.loads(text.strip().splitlines()[-1])


def test_a_learners_file_is_loaded_and_the_rest_is_ours(workspace: Path) -> None:
    assert found(run(workspace, "-c", PROGRAM)) == EXPECTED
    assert hits(workspace) == 1


def test_without_the_variable_all_is_ours(workspace: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "TT_WORKSPACE"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)
    assert found(done.stdout)[0] == "reference"
    assert hits(workspace) == 0


def test_a_relative_folder_means_the_one_where_the_program_started(workspace: Path) -> None:
    environ = {**os.environ, "TT_WORKSPACE": workspace.name}
    moved = "import os, tt_core; os.chdir('/')\n" + PROGRAM
    done = subprocess.run(
        [sys.executable, "-c", moved], env=environ, cwd=workspace.parent, capture_output=True, text=True, check=True
    )
    assert found(done.stdout)[0] == "yours"


def test_it_holds_in_spawned_processes(workspace: Path, tmp_path: Path) -> None:
    program = tmp_path / "spawn.py"
    program.write_text(SPAWNING)
    assert run(workspace, program).split() == ["yours", "yours"]
    assert hits(workspace) == 2


@pytest.mark.long
@pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed here")
def test_it_holds_in_workers_of_pytest(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "suite" / "test_one.py"
    file.parent.mkdir()
    file.write_text(
        "import os, pytest, tt_core\nfrom tt_core import overlay\nimport tt_core.naive.linalg\n\n\n"
        "@pytest.mark.parametrize('k', range(4))\ndef test_yours(k):\n    assert os.environ['PYTEST_XDIST_WORKER']\n"
        "    assert overlay.source_of('tt_core.naive.linalg') == 'yours'\n"
    )
    said = run(
        workspace,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        file.parent,
        "-c",
        os.devnull,
        file,
    )
    assert "4 passed" in said


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_it_holds_in_notebooks(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PROGRAM)])
    client.NotebookClient(book, timeout=60, kernel_name="python3").execute(
        env={**os.environ, "TT_WORKSPACE": str(workspace)}
    )
    assert found(book.cells[0].outputs[0]["text"]) == EXPECTED


def test_a_save_within_the_same_second_is_seen(workspace: Path) -> None:
    file = workspace / "tt_core" / "naive" / "shapes.py"
    for value in ("1", "2"):  # of the same length, so that time alone tells bytecode apart
        file.write_text(f"VALUE = {value}\n")
        assert run(workspace, "-c", LOADING).strip() == value
    assert not list(workspace.rglob("__pycache__"))


@pytest.mark.parametrize("command", [["-m", "tt_core", "--help"]])
def test_the_command_itself_runs_on_the_reference(command: list[str], workspace: Path) -> None:
    pytest.importorskip("click")
    (workspace / "tt_core" / "errors.py").write_text("def (:\n")
    assert "Usage" in run(workspace, *command)


@pytest.mark.parametrize(
    "module", ["tt_core.course", "tt_core.lessons", "tt_core.overlay", "tt_core", "numpy", "tt_other.x"]
)
def test_what_is_no_learners_is_never_taken_from_a_workspace(module: str, tmp_path: Path) -> None:
    place = tmp_path.joinpath(*module.split("."))
    place.mkdir(parents=True)
    (place / "__init__.py").touch()
    assert overlay.file_of(module, tmp_path) is None


def test_packages_are_found_by_their_init(tmp_path: Path) -> None:
    file = tmp_path / "tt_core" / "naive" / "__init__.py"
    file.parent.mkdir(parents=True)
    file.touch()
    assert overlay.file_of("tt_core.naive", tmp_path) == file
    assert overlay.file_of("tt_core.naive.linalg", tmp_path) is None


def test_a_package_of_the_learners_keeps_our_modules(workspace: Path) -> None:
    reference = Path(str(find_spec("tt_core.naive").origin)).read_text(encoding="utf-8")  # type: ignore[union-attr]
    (workspace / "tt_core" / "naive" / "__init__.py").write_text(reference, encoding="utf-8")
    code = "import tt_core, tt_core.naive, tt_core.naive.shapes; from tt_core import overlay; import json"
    names = "['tt_core.naive', 'tt_core.naive.linalg', 'tt_core.naive.shapes']"
    said = run(workspace, "-c", f"{code}; print(json.dumps([overlay.source_of(n) for n in {names}]))")
    assert found(said) == ["yours", "yours", "reference"]


def test_a_traceback_shows_the_learners_line(workspace: Path) -> None:
    file = workspace / "tt_core" / "naive" / "linalg.py"
    file.write_text("x = 1\nraise ValueError('mine')\n")
    environ = {**os.environ, "TT_WORKSPACE": str(workspace)}
    done = subprocess.run(
        [sys.executable, "-c", "import tt_core.naive.linalg"], env=environ, capture_output=True, text=True, check=False
    )
    assert f'File "{file}", line 2' in done.stderr
    assert "raise ValueError('mine')" in done.stderr
