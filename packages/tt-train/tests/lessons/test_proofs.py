"""What holds of each lesson of this package: see `tt_core.course.proving`."""

from pathlib import Path

import pytest

import tt_train

proving = pytest.importorskip("tt_core.course.proving", reason="the extra `course` is not installed here")
from tt_core.course import form  # noqa: E402
from tt_core.course.lessons import Exercise, Lesson, all_lessons  # noqa: E402
from tt_core.course.reference import modules  # noqa: E402

LESSONS = [each for each in all_lessons() if each.folder.is_relative_to(Path(str(tt_train.__file__)).parent)]
EXERCISES = [(lesson, exercise) for lesson in LESSONS for exercise in lesson.exercises]
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.key)
every_exercise = pytest.mark.parametrize(
    "lesson,exercise", EXERCISES, ids=[f"{exercise.number}-{exercise.name}" for _, exercise in EXERCISES]
)


def test_there_are_lessons() -> None:
    assert [lesson.number for lesson in LESSONS] == ["07", "08", "09", "10"]


def test_no_file_shows_what_a_later_lesson_asks_for() -> None:
    files = [module for lesson in LESSONS for module in modules(lesson)]
    assert sorted(files) == sorted(set(files)), "its bodies would be there to read before they are to be written"


@every_lesson
def test_the_lesson_has_its_form(lesson: Lesson) -> None:
    assert list(form.faults(lesson)) == []


@every_lesson
def test_the_reference_passes(lesson: Lesson) -> None:
    assert list(proving.reference_faults(lesson)) == []


@pytest.mark.long
@every_exercise
def test_nothing_needs_what_is_built_later(lesson: Lesson, exercise: Exercise) -> None:
    later = [each for each in all_lessons() if each.number > lesson.number]
    assert list(proving.order_faults(lesson, exercise, later)) == []


@pytest.mark.long
@every_exercise
def test_what_is_not_built_fails_its_own_checks(lesson: Lesson, exercise: Exercise) -> None:
    assert list(proving.blank_faults(lesson, exercise)) == []


@pytest.mark.long
@every_exercise
def test_typical_mistakes_are_noticed(lesson: Lesson, exercise: Exercise) -> None:
    assert list(proving.mutant_faults(lesson, exercise)) == []
