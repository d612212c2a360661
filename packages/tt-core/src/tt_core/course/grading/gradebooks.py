"""Grades as tables that the gradebooks of Canvas and Moodle import.

Sources: Canvas, lib/gradebook_importer.rb; Moodle, mod/assign/feedback/offline/importgradeslib.php.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from tt_core.course.grading.grader import printable
from tt_core.course.grading.grades import Grade
from tt_core.course.lessons import Lesson

__all__ = ["canvas", "moodle"]

FORMULA = ("=", "+", "-", "@")
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Identifier", "Full name", "Username", "Grade", "Maximum Grade", "Last modified (grade)", "Feedback comments")
POSSIBLE = "    Points Possible"


def canvas(grades: Iterable[Grade], lessons: Sequence[Lesson], assignment: str = "") -> str:
    """Return a table for Canvas: a column for each module, or one named as an assignment of the course.

    A student whose number the submission's name does not say is found by the login, for which the name is taken.
    """
    titles = [assignment] if assignment else [f"{lesson.number} {lesson.name}" for lesson in lessons]
    possible = [sum(lesson.points for lesson in lessons)] if assignment else [lesson.points for lesson in lessons]
    rows: list[Sequence[object]] = [(*CANVAS, *titles), (POSSIBLE, "", "", "", "", *possible)]
    for grade in grades:
        points = [grade.points] if assignment else [grade.of(lesson.number) for lesson in lessons]
        login = "" if grade.canvas else grade.student
        rows.append((grade.student, grade.canvas, "", login, "", *map(shown, points)))
    return table(rows)


def moodle(grades: Iterable[Grade], lessons: Sequence[Lesson]) -> str:
    """Return a grading worksheet for Moodle, with what each exercise earned as the feedback."""
    possible = sum(lesson.points for lesson in lessons)
    rows: list[Sequence[object]] = [MOODLE]
    for grade in grades:
        participant = f"Participant {grade.moodle}" if grade.moodle else ""
        login = "" if grade.moodle else grade.student
        rows.append((participant, grade.student, login, shown(grade.points), possible, "", feedback(grade)))
    return table(rows)


def feedback(grade: Grade) -> str:
    """Return in a line what each exercise earned, and what was left out."""
    earned = (f"{each.number} {each.name} {shown(each.points)}/{each.possible}" for each in grade.exercises)
    return "; ".join([*([grade.reason] if grade.reason else []), *earned, *grade.remarks])


def shown(points: float) -> str:
    """Return points with two digits at most.

    >>> shown(10.0), shown(6.6667)
    ('10', '6.67')
    """
    return f"{points:.2f}".rstrip("0").rstrip(".")


def table(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as comma-separated values, in which no cell is taken for a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([harmless(str(cell)) for cell in row] for row in rows)
    return text.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not compute.

    >>> harmless("=1+1"), harmless("-3"), harmless("Marie")
    ("'=1+1", "'-3", 'Marie')
    """
    if not cell.strip().startswith(FORMULA):
        return printable(cell)
    return "'" + printable(cell)
