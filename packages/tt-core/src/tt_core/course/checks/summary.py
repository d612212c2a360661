"""The checks of one exercise taken together: what is to be said of it, and where in the learner's files it stands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tt_core.course.checks.places import functions
from tt_core.course.checks.results import Frame, Outcome, Result
from tt_core.course.lessons import Exercise, LessonError, find_exercise

__all__ = ["Summary", "places_of", "spot", "summaries"]

MOST = 2  # places to look at: of more, none is a help


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an exercise.

    Attributes:
        results: of its checks, in their order.
    """

    exercise: Exercise
    results: tuple[Result, ...]

    @property
    def wrong(self) -> Result | None:
        """The first check that did not pass."""
        return next((result for result in self.results if not result.passed), None)

    @property
    def outcome(self) -> Outcome:
        """That of the first check that did not pass."""
        return self.wrong.outcome if self.wrong else "passed"

    @property
    def waits_for(self) -> str:
        """The number and name of the exercise that it needs and that is not built yet, "" if there is none."""
        found = re.match(r"\d\d\.\d+", self.wrong.what) if self.wrong and self.outcome == "not built" else None
        if found is None or found[0] == self.exercise.number:
            return ""
        with suppress(LessonError):
            return f"{found[0]} {find_exercise(found[0])[1].name}"
        return found[0]

    @property
    def lacks_file(self) -> bool:
        """Whether the file to build it in is not in the workspace: what a skeleton says, it says from a line."""
        return self.outcome == "not built" and self.wrong is not None and not self.wrong.frames

    @property
    def seconds(self) -> float:
        """How long its checks took."""
        return sum(result.seconds for result in self.results)


def summaries(results: Iterable[Result]) -> Iterator[Summary]:
    """Yield a summary of each exercise as soon as its last check is done."""
    found: list[Result] = []
    for result in results:
        found.append(result)
        if result.is_last:
            yield Summary(result.exercise, tuple(found))
            found = []


def places_of(summary: Summary, workspace: Path) -> tuple[Frame, ...]:
    """Return where to look: the innermost of the learner's lines that were running, else what the check is about."""
    wrong = summary.wrong
    if wrong is None:
        return ()
    if wrong.frames:
        return wrong.frames[-1:]
    if wrong.outcome == "failed":
        return wrong.called if len(wrong.called) <= MOST else ()
    return functions(summary.exercise, workspace) if len(summary.exercise.symbols) == 1 else ()


def spot(frame: Frame) -> str:
    """Return a place as editors and terminals know it."""
    path = os.path.relpath(frame.file)
    file = frame.file if path.startswith("..") else path
    inside = f"  in {frame.function}" if frame.function not in {"", "<module>"} else ""
    return f"{file}:{frame.line}{inside}"
