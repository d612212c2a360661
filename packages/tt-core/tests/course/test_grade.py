import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tt_core.course import arguments, grade
from tt_core.course.grading import tiers
from tt_core.course.lessons import Lesson, read_lesson

from .grading.workspaces import malicious, put, put_zip, solved

Call = Callable[..., Result]

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sandbox")]


@pytest.fixture(scope="session")
def lesson() -> Lesson:
    return read_lesson(Path(__file__).parent / "grading" / "lesson")


@pytest.fixture(scope="session")
def best() -> tiers.Tier:
    try:
        return tiers.choose()
    except tiers.TierError as error:
        pytest.skip(str(error))


@pytest.fixture
def folder(tmp_path: Path, lesson: Lesson) -> Path:
    """Return a folder with four submissions: all, some, nothing right, and none at all."""
    place = tmp_path / "hand in"
    put_zip(place.parent / "x.zip", {})
    put(place / "anna", solved(lesson))
    put_zip(place / "curiemarie_7_8_work.zip", solved(lesson, lesson.exercises[:1]))
    put(place / "Lise Meitner_9_assignsubmission_file_" / "work", malicious(lesson, "import os\nos._exit(0)"))
    (place / "zoe.zip").write_bytes(b"no archive")
    (place / "list.txt").write_text("x", encoding="utf-8")
    return place


@pytest.fixture
def tt(lesson: Lesson, best: tiers.Tier, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that runs `tt grade` where one small lesson is installed."""
    monkeypatch.setattr(grade, "all_lessons", lambda: (lesson,))
    monkeypatch.setattr(arguments, "find_lesson", lambda text: lesson)

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(grade.grade, [*map(str, arguments), "--workers", "2"])

    return call


def test_json_holds_everything_and_is_alone(tt: Call, folder: Path, best: tiers.Tier) -> None:
    ran = tt(folder, "--json")
    assert (ran.exit_code, ran.stderr) == (1, "")
    found = json.loads(ran.stdout)
    assert found["sandbox"] == {"tier": best.number, "name": best.title, "does not prevent": list(best.open)}
    assert found["possible"] == 30
    rows = [(each["student"], each["status"], each["points"]) for each in found["submissions"]]
    assert rows == [
        ("Lise Meitner", "graded", 0),
        ("anna", "graded", 30.0),
        ("curiemarie", "graded", 10.0),
        ("zoe", "refused", 0),
    ]
    assert found["submissions"][1]["exercises"][0]["checks"][0] == {
        "says": "joins what is drawn",
        "outcome": "passed",
        "what": "",
    }


def test_lines_say_who_what_and_in_which_sandbox(tt: Call, folder: Path, best: tiers.Tier) -> None:
    ran = tt(folder, "--plain")
    assert ran.exit_code == 1
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("Lise Meitner: 0 of 30 points (graded: 02: the program ended itself, with exit code 0")
    assert lines[1] == "anna: 30 of 30 points"
    assert lines[3].startswith("zoe: 0 of 30 points (refused: the archive cannot be read")
    assert lines[4] == "3 of 4 graded, 30 points possible."
    assert lines[-1] == f"Sandbox: {best}."
    assert f"Grading 4 submissions. Sandbox: {best}." in ran.stderr
    assert "Left out, neither folder nor archive: list.txt." in ran.stderr


def test_the_table_shows_the_same(tt: Call, folder: Path) -> None:
    ran = tt(folder)
    assert ran.exit_code == 1
    for cell in ("anna", "100", "curiemarie", "33", "3 of 4 graded", "Sandbox: tier"):
        assert cell in ran.stdout
    assert "\x1b" not in ran.stdout


def test_tables_for_learning_platforms_are_written(tt: Call, folder: Path, tmp_path: Path) -> None:
    files = {name: tmp_path / f"my grades.{name}" for name in ("csv", "moodle", "junit")}
    tt(folder, "--json", *(word for name, path in files.items() for word in (f"--{name}", path)))
    assert "curiemarie,7,,,,10" in files["csv"].read_text("utf-8")
    assert "Participant 9,Lise Meitner,,0,30," in files["moodle"].read_text("utf-8")
    assert 'name="sandbox" value="tier' in files["junit"].read_text("utf-8")


def test_a_second_run_grades_only_what_is_new(tt: Call, folder: Path, lesson: Lesson) -> None:
    first = json.loads(tt(folder, "--json").stdout)
    put(folder / "berta", solved(lesson))
    put(folder / "anna", solved(lesson, ()))
    second = json.loads(tt(folder, "--json", "--resume").stdout)
    assert second["seed"] == first["seed"]
    old = {each["name"]: each for each in first["submissions"]}
    new = {each["name"]: each for each in second["submissions"]}
    assert new["curiemarie_7_8_work.zip"] == old["curiemarie_7_8_work.zip"]  # to the second: not graded again
    assert (new["anna"]["points"], new["berta"]["points"]) == (0, 30)


def test_a_fresh_run_asks_something_else(tt: Call, folder: Path) -> None:
    first = json.loads(tt(folder, "--json").stdout)
    assert json.loads(tt(folder, "--json", "--fresh").stdout)["seed"] != first["seed"]
    assert json.loads(tt(folder, "--json", "--seed", "7").stdout)["seed"] == 7


def test_there_must_be_a_run_to_go_on_with(tt: Call, folder: Path) -> None:
    ran = tt(folder, "--resume")
    assert ran.exit_code == 2
    assert "there is no run to go on with" in ran.stderr
    assert tt(folder, "--json").exit_code == 1
    assert tt(folder, "--resume", "--seconds", "7").exit_code == 2


def test_a_sandbox_that_is_demanded_and_not_there_is_an_error(
    tt: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "examine", lambda tier: "it leaks")
    for options in ((), ("--tier", "1")):
        ran = tt(folder, *options)
        assert ran.exit_code == 2
        assert "it leaks" in ran.stderr
        assert "--tier none" in ran.stderr
    assert not (folder / ".tt-grade").exists()


def test_without_a_sandbox_it_says_so(tt: Call, folder: Path) -> None:
    ran = tt(folder, "--plain", "--tier", "none")
    assert "anna: 30 of 30 points" in ran.stdout
    assert "Sandbox: no sandbox; does not prevent: reading the grader's files, writing outside" in ran.stdout


def test_a_folder_without_submissions_is_wrong_usage(tt: Call, tmp_path: Path) -> None:
    ran = tt(tmp_path)
    assert ran.exit_code == 2
    assert "holds no submission" in ran.stderr
