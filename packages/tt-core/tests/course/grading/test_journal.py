import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from tt_core.course.grading import batch, names
from tt_core.course.grading.batch import grade_all
from tt_core.course.grading.grader import Grader
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.journal import Journal
from tt_core.course.grading.tiers import Tier
from tt_core.course.lessons import Lesson

from .workspaces import make, put, solved

pytestmark = pytest.mark.long

GRADE = Grade("a", "a", "", "", "graded")


def test_a_run_is_known_by_its_key(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert journal.begun("key") is None
    journal.begin("key", 7)
    assert Journal(tmp_path / "journal").begun("key") == 7
    assert journal.begun("other key") is None


def test_a_grade_is_kept_for_the_files_that_it_was_given_for(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.begin("key", 7)
    journal.add("digest", GRADE)
    assert journal.grade("a", "digest") == GRADE
    assert journal.grade("a", "other digest") is None
    assert journal.grade("b", "digest") is None
    journal.begin("key", 8)
    assert journal.grade("a", "digest") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "a"}', '{"name": "a", "digest": "d", "grade": {}}', "\0"])
def test_a_damaged_grade_is_no_grade(content: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.begin("key", 7)
    journal.file("a").write_text(content, encoding="utf-8")
    assert journal.grade("a", "d") is None


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.begin("key", 7)
    left, mine = tmp_path / "tt-grade-left", tmp_path / "mine"
    for folder in (left, mine):
        folder.mkdir()
        (tmp_path / "journal" / "workshop").write_text(str(folder), encoding="utf-8")
        with journal.workshop() as place:
            assert place.is_dir()
        assert not place.exists()
    assert not left.exists()
    assert mine.exists()


def test_one_that_breaks_the_grader_does_not_stop_the_others(
    tmp_path: Path, lesson: Lesson, best: Tier, make_grader: Callable[..., Grader], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path / name, solved(lesson))
    found, _ = names.find(tmp_path)
    journal = Journal(tmp_path / ".journal")
    journal.begin("key", 7)
    grader = make_grader(best.kind)
    real = Grader.grade

    def grade(self: Grader, submission: names.Submission, *rest: object) -> Grade:
        if submission.name == "b":
            raise ValueError("an error of ours")
        return real(self, submission, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Grader, "grade", grade)
    heard: list[tuple[str, bool]] = []
    grades = grade_all(found, grader, journal, 2, lambda grade, old: heard.append((grade.name, old)))
    assert [(each.name, each.status, each.points) for each in grades] == [
        ("a", "graded", 30.0),
        ("b", "broken", 0),
        ("c", "graded", 30.0),
    ]
    assert grades[1].reason == "grading it failed: ValueError: an error of ours"
    assert sorted(heard) == [("a", False), ("b", False), ("c", False)]
    monkeypatch.undo()
    again = grade_all(found, grader, journal, 2, lambda grade, old: heard.append((grade.name, old)))
    assert [each.points for each in again] == [30.0, 30.0, 30.0]
    assert sorted(heard[3:]) == [("a", True), ("b", False), ("c", True)]


def test_an_interrupted_run_keeps_no_half_grade(
    tmp_path: Path, lesson: Lesson, best: Tier, make_grader: Callable[..., Grader]
) -> None:
    put(tmp_path / "a", solved(lesson))
    (submission,), _ = names.find(tmp_path)
    journal = Journal(tmp_path / ".journal")
    journal.begin("key", 7)
    stop = Event()
    stop.set()
    batch.one(submission, make_grader(best.kind), journal, stop)
    assert not list((tmp_path / ".journal").glob("[0-9a-f]*.json"))


@pytest.mark.usefixtures("best")
def test_a_run_that_is_killed_goes_on_without_loss(tmp_path: Path, lesson: Lesson) -> None:
    make(tmp_path, 18, lesson)
    program = [sys.executable, str(Path(__file__).with_name("desk.py")), str(lesson.folder), str(tmp_path), "12345"]
    done: dict[str, str] = {}
    for stop_after in (3, 4, 100):
        old: set[str] = set()
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            for count, line in enumerate(run.stdout, start=1):
                name, points, age = line.rsplit(maxsplit=2)
                assert done.setdefault(name, points) == points
                old |= {name} if age == "old" else set()
                if count == stop_after + len(old):
                    run.kill()
                    break
        kept = [json.loads(file.read_text("utf-8")) for file in (tmp_path / ".tt-grade").glob("[0-9a-f]*.json")]
        points_kept = {each["name"]: str(each["grade"]["points"]) for each in kept}
        assert all(points_kept[name] == done[name] for name in done if "nothing" not in name)
    assert len(done) == 18
    last = subprocess.run(program, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[-1] for line in last].count("new") == sum("nothing" in name for name in done)
