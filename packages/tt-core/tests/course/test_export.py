import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tt_core.course import export
from tt_core.course.grading.names import Submission
from tt_core.course.grading.submissions import read
from tt_core.course.lessons import Lesson, read_lesson

from .grading.workspaces import put, solved

Call = Callable[..., Result]
FILES = ["tt_core/naive/linalg.py", "tt_core/naive/loops.py"]


@pytest.fixture(scope="session")
def lesson() -> Lesson:
    return read_lesson(Path(__file__).parent / "grading" / "lesson")


@pytest.fixture
def root(tmp_path: Path, lesson: Lesson) -> Path:
    files = {"tt_core/mine.py": "x", "runs/curve.png": "x", "lessons/02_small/lesson.md": "x", "diary.txt": "secret"}
    return put(tmp_path / "my work", {**solved(lesson), **files})


@pytest.fixture
def tt(root: Path, lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setattr(export, "all_lessons", lambda: (lesson,))
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    monkeypatch.chdir(root / "tt_core")
    return lambda *arguments: CliRunner().invoke(export.export, [*map(str, arguments)])


def test_files_of_exercises_and_the_settings_are_in_it_and_nothing_else(tt: Call, root: Path) -> None:
    ran = tt("--plain")
    assert ran.exit_code == 0, ran.output
    with zipfile.ZipFile(root / "my work.zip") as archive:
        assert archive.namelist() == [f"my work/{name}" for name in ["tt.toml", *FILES]]
    for name in FILES:
        assert f"{name}: {(root / name).stat().st_size} bytes" in ran.stdout
    assert "3 files are in" in ran.stdout


def test_what_is_handed_in_is_what_is_graded(tt: Call, root: Path, tmp_path: Path) -> None:
    ran = tt(tmp_path / "anna.zip", "--json")
    assert json.loads(ran.stdout)["archive"] == str(tmp_path / "anna.zip")
    handed = read(Submission.at(tmp_path / "anna.zip"), FILES)
    assert handed.files == {name: (root / name).read_bytes() for name in FILES}
    assert handed.digest == read(Submission.at(root), FILES).digest


def test_the_same_files_give_the_same_archive(tt: Call, root: Path, tmp_path: Path) -> None:
    tt(tmp_path / "a.zip")
    (root / FILES[0]).touch()
    ran = tt(tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert "tt_core/naive/loops.py" in ran.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="few may make links there")
def test_a_link_is_left_out_with_a_warning(tt: Call, root: Path) -> None:
    (root / FILES[0]).unlink()
    (root / FILES[0]).symlink_to(root / "diary.txt")
    ran = tt("--json")
    assert ran.exit_code == 1
    assert f"Warning: {FILES[0]} was left out: it is a link" in ran.stderr
    assert FILES[0] not in json.loads(ran.stdout)["files"]


def test_there_must_be_something_to_hand_in(tt: Call, root: Path) -> None:
    for name in FILES:
        (root / name).unlink()
    ran = tt()
    assert ran.exit_code == 2
    assert "tt start 01" in ran.stderr
    assert not list(root.glob("*.zip"))


def test_a_place_that_cannot_be_written_is_said(tt: Call, root: Path) -> None:
    ran = tt(root / "diary.txt" / "a.zip")
    assert ran.exit_code == 1
    assert "could not be written" in ran.stderr
