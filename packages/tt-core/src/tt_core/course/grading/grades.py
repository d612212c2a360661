"""What a submission earned, exercise by exercise, and how it is kept.

An exercise earns the share of its checks' points that passed. Most checks draw their inputs from a secret number; those
that always ask the same can be answered without computing anything, so they count only once one that draws has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from tt_core.course.checks import Check
from tt_core.course.lessons import Exercise

__all__ = ["CheckGrade", "ExerciseGrade", "Grade", "Status", "exercise_grade"]

Status: TypeAlias = Literal["graded", "refused", "broken"]

LONGEST = 300
DIGITS = 4


@dataclass(frozen=True, slots=True)
class CheckGrade:
    """One check: its sentence, how it ended, and what was wrong."""

    says: str
    outcome: str
    what: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether all is well."""
        return self.outcome == "passed"


@dataclass(frozen=True, slots=True)
class ExerciseGrade:
    """One exercise: what it earned of what it could."""

    number: str
    name: str
    points: float
    possible: int
    checks: tuple[CheckGrade, ...] = ()

    @property
    def module(self) -> str:
        """The number of its module."""
        return self.number.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Grade:
    """One submission: whose, what it earned, and why if it could not be graded.

    Attributes:
        status: "refused" if it could not be read, "broken" if the grading itself failed.
    """

    name: str
    student: str
    canvas: str
    moodle: str
    status: Status
    reason: str = ""
    remarks: tuple[str, ...] = ()
    exercises: tuple[ExerciseGrade, ...] = ()
    seconds: float = 0.0

    @property
    def points(self) -> float:
        """What all exercises earned together."""
        return round(sum(exercise.points for exercise in self.exercises), DIGITS)

    def of(self, module: str) -> float:
        """Return what the exercises of one module earned together."""
        return round(sum(each.points for each in self.exercises if each.module == module), DIGITS)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "points": self.points}

    @classmethod
    def read(cls, found: dict[str, Any]) -> Grade:
        """Return the grade that `as_dict` wrote.

        Raises:
            KeyError: something is missing.
            TypeError: something is too much.
        """
        rest = {name: value for name, value in found.items() if name not in {"points", "exercises", "remarks"}}
        exercises = tuple(
            ExerciseGrade(**{**each, "checks": tuple(CheckGrade(**check) for check in each["checks"])})
            for each in found["exercises"]
        )
        return cls(**rest, remarks=tuple(found["remarks"]), exercises=exercises)


def exercise_grade(exercise: Exercise, results: Sequence[tuple[Check, CheckGrade]]) -> ExerciseGrade:
    """Return what the checks of an exercise earned together."""
    drawn = [found for check, found in results if callable(check.inputs)]
    earns = not drawn or any(found.passed for found in drawn)
    passed = sum(check.points for check, found in results if found.passed) if earns else 0
    possible = sum(check.points for check, _ in results)
    points = round(exercise.points * passed / possible, DIGITS) if possible else 0.0
    checks = tuple(found for _, found in results)
    return ExerciseGrade(exercise.number, exercise.name, points, exercise.points, checks)
