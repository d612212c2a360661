"""What came of a check, in words and as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tt_core.course.checks import Check
from tt_core.course.checks.comparing import shown
from tt_core.course.lessons import Exercise

__all__ = ["Frame", "Outcome", "Result"]

Outcome: TypeAlias = Literal["passed", "failed", "not built", "crashed", "timed out", "not reached"]


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in a learner's file; the column, from 1, is known of an error of syntax."""

    file: str
    line: int
    function: str = ""
    text: str = ""
    column: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """One check's outcome.

    Attributes:
        what: what is wrong, in a sentence; "" if it passed.
        inputs: what the probe was given.
        expected: what was to come out; `actual` what came.
        place: where in the value they differ.
        frames: the learner's own lines, the last the innermost.
        printed: what the learner's code wrote meanwhile.
        at_import: whether it happened before any check, while the learner's files were imported.
        is_last: whether it is the last check of its exercise.
        called: where the exercise's functions stand that the probe calls, the last first; for those that failed.
        uses: an exercise that failed before and whose functions the probe calls too.
    """

    exercise: Exercise
    check: Check
    outcome: Outcome
    what: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    expected: Any = None
    actual: Any = None
    place: str = ""
    frames: tuple[Frame, ...] = ()
    printed: str = ""
    seconds: float = 0.0
    at_import: bool = False
    is_last: bool = True
    called: tuple[Frame, ...] = ()
    uses: Exercise | None = None

    @property
    def passed(self) -> bool:
        """Tell whether all is well."""
        return self.outcome == "passed"

    def as_dict(self) -> dict[str, Any]:
        """Return what `--json` writes."""
        return {
            "exercise": self.exercise.number,
            "name": self.exercise.name,
            "check": self.check.says,
            "outcome": self.outcome,
            "what": self.what,
            "inputs": {name: shown(value) for name, value in self.inputs.items()},
            "expected": "" if self.passed else shown(self.expected),
            "actual": "" if self.passed else shown(self.actual),
            "place": self.place,
            "frames": [[f.file, f.line, f.function, f.text] for f in self.frames],
            "printed": self.printed,
            "seconds": round(self.seconds, 3),
        }
