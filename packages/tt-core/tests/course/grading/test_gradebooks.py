import csv
import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tt_core.course.checks import Check
from tt_core.course.grading.gradebooks import canvas, moodle
from tt_core.course.grading.grades import CheckGrade, ExerciseGrade, Grade, exercise_grade
from tt_core.course.grading.junit import junit
from tt_core.course.lessons import Exercise, Lesson

CHECKS = (CheckGrade("adds", "passed"), CheckGrade("refuses <x>", "failed", "expected & got \x00 nothing"))
EXERCISES = (ExerciseGrade("02.1", "shape", 6.6667, 10, CHECKS), ExerciseGrade("03.1", "at", 5.0, 5))
MARIE = Grade("curiemarie_7_8_a.zip", "curiemarie", "7", "", "graded", exercises=EXERCISES)
LISE = replace(MARIE, name="Lise Meitner_9_assignsubmission_file_", student="Lise Meitner", canvas="", moodle="9")
EVIL = Grade("=cmd", "=cmd|' /C calc'!A0", "", "", "refused", "it is\x1b[2J no archive")


def lessons(lesson: Lesson) -> list[Lesson]:
    return [lesson, replace(lesson, number="03", name="more")]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_canvas_finds_its_columns_and_students(lesson: Lesson) -> None:
    found = rows(canvas([MARIE, LISE], lessons(lesson)))
    assert found[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "02 small", "03 more"]
    assert found[1] == ["    Points Possible", "", "", "", "", "30", "30"]
    assert found[2] == ["curiemarie", "7", "", "", "", "6.67", "5"]
    assert found[3] == ["Lise Meitner", "", "", "Lise Meitner", "", "6.67", "5"]


def test_canvas_may_get_one_column_for_an_assignment(lesson: Lesson) -> None:
    found = rows(canvas([MARIE], lessons(lesson), "Homework 3 (4711)"))
    assert [row[5:] for row in found] == [["Homework 3 (4711)"], ["60"], ["11.67"]]


def test_moodle_finds_its_columns_and_participants(lesson: Lesson) -> None:
    found = rows(moodle([MARIE, LISE], lessons(lesson)))
    assert {"Identifier", "Grade", "Last modified (grade)", "Feedback comments"} <= set(found[0])
    by_heading = [dict(zip(found[0], row, strict=True)) for row in found[1:]]
    assert [row["Identifier"] for row in by_heading] == ["", "Participant 9"]
    assert [row["Grade"] for row in by_heading] == ["11.67", "11.67"]
    assert by_heading[0]["Feedback comments"] == "02.1 shape 6.67/10; 03.1 at 5/5"


@pytest.mark.parametrize("make", [canvas, moodle])
def test_no_cell_is_a_formula(make: object, lesson: Lesson) -> None:
    cells = [cell for row in rows(make([EVIL], lessons(lesson))) for cell in row]  # type: ignore[operator]
    assert "'=cmd|' /C calc'!A0" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r")) or "\x1b" in cell]


def test_junit_is_xml_whatever_was_handed_in() -> None:
    root = ET.fromstring(junit([MARIE, EVIL], "tier 1"))
    marie, evil = root
    assert (marie.get("tests"), marie.get("failures"), marie.get("errors")) == ("2", "1", "0")
    failure = marie.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "failed"
    assert "expected & got" in str(failure.get("message"))
    assert (evil.get("tests"), evil.get("errors")) == ("1", "1")


def test_a_grade_comes_back_as_it_was() -> None:
    for grade in (MARIE, EVIL):
        assert Grade.read(grade.as_dict()) == grade


def earned(lesson: Lesson, *passed: tuple[bool, bool, int]) -> float:
    """Return the points of an exercise of 10; a check is given as: draws, passed, its points."""
    exercise: Exercise = lesson.exercise("common_shape")
    results = [
        (
            Check("common_shape", "", "", (lambda rng: {}) if draws else {}, points=points),
            CheckGrade("", "passed" if good else "failed"),
        )
        for draws, good, points in passed
    ]
    return exercise_grade(exercise, results).points


def test_an_exercise_earns_the_share_of_its_checks_points(lesson: Lesson) -> None:
    assert earned(lesson, (True, True, 1), (True, True, 3)) == 10
    assert earned(lesson, (True, True, 1), (True, False, 3)) == 2.5
    assert earned(lesson, (False, True, 1), (False, False, 2)) == 3.3333
    assert earned(lesson) == 0


def test_answers_that_never_change_count_only_beside_one_that_does(lesson: Lesson) -> None:
    assert earned(lesson, (True, False, 1), (False, True, 3)) == 0
    assert earned(lesson, (True, True, 1), (False, True, 3)) == 10
