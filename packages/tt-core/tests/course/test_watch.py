import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tt_core.course import state
from tt_core.course.checks.watcher import Watcher
from tt_core.course.console import make_console
from tt_core.course.lessons import Lesson
from tt_core.course.skeletons import reference_source
from tt_core.course.state import ModuleRecord, State
from tt_core.course.watch import is_code, saved_at, watch
from tt_core.course.workspace import Workspace

from .sample import LINALG, LOOPS, skeleton, write_module

PROGRAM = """
import sys
from pathlib import Path
from tt_core.course import check, watch
from tt_core.course.checks import verdict
from tt_core.course.lessons import read_lesson

sample = read_lesson(Path(sys.argv[1]))
check.all_lessons = verdict.all_lessons = lambda: (sample,)
watch.watch(sys.argv[2:])
"""


@pytest.fixture
def home(sample: Lesson, workspace: Path) -> Workspace:
    for module in (LOOPS, LINALG):
        write_module(workspace, module, skeleton(sample, module))
    state.create(workspace / "tt.toml", State(modules={"02": ModuleRecord(opened="2026-01-01T00:00:00Z")}))
    return Workspace(workspace)


@pytest.fixture
def watching(home: Workspace, sample: Lesson) -> Iterator[subprocess.Popen[str]]:
    """`tt watch --json` in a process of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TT_")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(sample.folder), "--json"],
        cwd=home.root,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def outcomes(watching: subprocess.Popen[str]) -> dict[str, str]:
    assert watching.stdout
    line = watching.stdout.readline()
    assert line, watching.stderr and watching.stderr.read()
    return {each["name"]: each["outcome"] for each in json.loads(line)["exercises"]}


def until(watching: subprocess.Popen[str], expected: dict[str, str]) -> None:
    """Wait for an answer: an editor's save may be several."""
    while outcomes(watching) != expected:
        pass


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal")
def test_a_session(watching: subprocess.Popen[str], home: Workspace) -> None:
    assert outcomes(watching) == {"common_shape": "not built"}
    write_module(home.root, LOOPS, reference_source(LOOPS))
    until(watching, {"common_shape": "passed", "matmul": "not built"})
    file = home.root / "tt_core" / "naive" / "linalg.py"
    written = file.with_name(".linalg.py.swp")  # as editors do: beside it, then in its place
    written.write_text(reference_source(LINALG), encoding="utf-8")
    written.replace(file)
    until(watching, {"common_shape": "passed", "matmul": "passed"})
    file.write_text("def (:\n")
    until(watching, {"common_shape": "passed", "matmul": "crashed"})
    file.unlink()
    until(watching, {"common_shape": "passed", "matmul": "not built"})
    write_module(home.root, LINALG, reference_source(LINALG))
    until(watching, {"common_shape": "passed", "matmul": "passed"})
    watching.send_signal(signal.SIGINT)
    assert watching.wait(30) == 0
    record = home.state.module("02")
    assert {name: each.outcome for name, each in record.exercises.items()} == {
        "common_shape": "passed",
        "matmul": "passed",
    }


def test_what_is_shown(home: Workspace, sample: Lesson, monkeypatch: pytest.MonkeyPatch) -> None:
    from tt_core.course.checks.drawing import Page
    from tt_core.course.watch import Screen, answer

    monkeypatch.chdir(home.root)
    watcher = Watcher(sample, home.root, {})
    console = make_console(width=100, record=True, force_terminal=True)
    try:
        answer(Screen(home, sample, Page(console, plain=False), as_json=False), watcher, 0.0)
    finally:
        watcher.close()
    said = console.export_text()
    assert "○ 02.1  common_shape  not built yet" in said
    assert "  02.2  matmul        Rows times columns" in said
    assert "0 of 2 built.  Next: 02.1 common_shape   help: tt hint 02.1" in said
    assert "Watching your files; Ctrl-C ends it." in said


@pytest.mark.parametrize(
    "path,expected",
    [
        ("tt_core/naive/linalg.py", True),
        ("tt_train/x.py", True),
        ("lessons/02/x.py", False),
        ("tt.toml", False),
        ("tt_core/notes.md", False),
        ("x.py", False),
    ],
)
def test_which_files_are_watched(path: str, expected: bool, tmp_path: Path) -> None:
    assert is_code(tmp_path, str(tmp_path / path)) is expected


def test_the_moment_of_a_save_is_the_files(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.touch()
    assert saved_at([file, tmp_path / "gone.py"]) == file.stat().st_mtime
    os.utime(file, (0, 0))
    assert saved_at([file]) > 10**9


def test_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(watch, []).exit_code == 2
