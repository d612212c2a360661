from pathlib import Path

import pytest

from tt_core.course import workspace
from tt_core.course.workspace import Workspace, Wrong, find, near

from .demo import Demo


def test_it_is_found_from_any_folder_inside(demo: Demo) -> None:
    deep = demo.folder / "a" / "b"
    deep.mkdir(parents=True)
    assert find(deep) == find() == near() == Workspace(demo.folder)


def test_outside_there_is_none(demo: Demo) -> None:
    assert near(demo.folder.parent) is None
    with pytest.raises(Wrong, match="make one with tt init my-tinytorch"):
        find(demo.folder.parent)


def test_the_environment_comes_first(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TT_WORKSPACE", str(demo.folder))
    assert find(tmp_path) == Workspace(demo.folder)
    monkeypatch.setenv("TT_WORKSPACE", str(tmp_path))
    assert near(demo.folder) is None
    with pytest.raises(Wrong, match=r"TT_WORKSPACE names .* which has no tt.toml"):
        find(demo.folder)


def test_its_places(demo: Demo) -> None:
    home, lesson = demo.home, demo.lesson("01")
    assert home.file("tt_demo.numbers") == demo.folder / "tt_demo" / "numbers.py"
    assert home.base("tt_demo.numbers") == demo.folder / ".tt" / "base" / "tt_demo" / "numbers.py"
    assert home.lesson_folder(lesson) == demo.folder / "lessons" / "01_setup"
    assert home.runs == demo.folder / "runs"


def test_outcomes_are_recorded(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    home, lesson = demo.home, demo.lesson("02")
    monkeypatch.setattr(workspace.state, "now", lambda: "first")
    home.record(lesson, {"half": "passed", "top": "failed"})
    monkeypatch.setattr(workspace.state, "now", lambda: "second")
    home.record(lesson, {"half": "failed", "top": "passed"})
    half, top = (home.state.module("02").exercise(name) for name in ("half", "top"))
    assert (half.outcome, half.attempts, half.first_passed) == ("failed", 1, "first")  # until it first passed
    assert (top.outcome, top.attempts, top.first_passed) == ("passed", 2, "second")
    assert set(home.state.module("02").reference) == {
        "tt_demo.numbers:half",
        "tt_demo.pile:Pile.top",
        "tt_demo.pile:Pile.grow",
    }


def test_a_damaged_state_is_told_once_and_the_work_goes_on(demo: Demo) -> None:
    demo.tt("start 01")
    (demo.folder / "tt.toml").write_text("[")
    result = demo.run("status", "--json")
    assert result.exit_code == 0
    assert "Note: tt.toml is damaged" in result.stderr


def test_a_state_that_is_lost_is_one_sentence(demo: Demo) -> None:
    (demo.folder / "tt.toml").write_text("[")
    (demo.folder / ".tt" / "tt.toml").unlink()
    told = demo.refused("status", 2)
    assert told.startswith("Error: tt.toml is damaged: ")
    assert told.endswith("remove it and run tt init there; your code stays.")
