"""Grade one submission: each lesson in processes of its own, in a sandbox that shows it its own files only."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tt_core.course.checks import Check, checks_of, child
from tt_core.course.checks.results import Result
from tt_core.course.checks.session import run
from tt_core.course.grading.grades import LONGEST, CheckGrade, ExerciseGrade, Grade, exercise_grade
from tt_core.course.grading.library import Library, exercise_files
from tt_core.course.grading.names import Submission
from tt_core.course.grading.sandbox import Confined, Sandbox
from tt_core.course.grading.submissions import Handed
from tt_core.course.grading.view import View, libraries
from tt_core.course.lessons import Lesson
from tt_core.overlay import VARIABLE

__all__ = ["Grader", "refusal"]

BUDGET = 60.0
LAST_SLOW = "15"
"""The module up to which learners' work runs on their loops; afterwards, on kernels as fast as they can be."""


@dataclass(frozen=True, slots=True)
class Grader:
    """All that does not change from submission to submission.

    Attributes:
        lessons: those to grade.
        seconds: for all checks of one lesson together.
        seed: what inputs are drawn from, the same for all.
    """

    lessons: Sequence[Lesson]
    library: Library
    sandbox: Sandbox
    seed: int
    seconds: float = BUDGET

    @property
    def wanted(self) -> tuple[str, ...]:
        """The files that are read from a submission: those of all lessons, since later ones stand on earlier ones."""
        return exercise_files([*self.lessons, *self.library.lessons])

    def grade(self, submission: Submission, handed: Handed, stopped: Callable[[], bool] = bool) -> Grade:
        """Return what a submission earned."""
        started = time.perf_counter()
        folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="submission-", dir=self.library.root)))
        try:
            handed.put(folder / "workspace")
            exercises = [each for lesson in self.lessons for each in self._lesson(lesson, folder, stopped)]
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        grade = Grade(submission.name, submission.student, submission.canvas, submission.moodle, "graded")
        seconds = round(time.perf_counter() - started, 3)
        return replace(grade, remarks=handed.remarks, exercises=tuple(exercises), seconds=seconds)

    def _lesson(self, lesson: Lesson, folder: Path, stopped: Callable[[], bool]) -> list[ExerciseGrade]:
        checks = checks_of(lesson)
        found = list(self._results(lesson, folder, stopped)) if not stopped() else []
        results = [short(result) for result in found]
        late = CheckGrade("", "not reached", f"the {self.seconds:g} s for the whole module had passed")
        results += [replace(late, says=check.says) for check in checks[len(results) :]]
        pairs = list(zip(checks, results, strict=True))
        return [exercise_grade(each, belonging(each.name, pairs)) for each in lesson.exercises]

    def _results(self, lesson: Lesson, folder: Path, stopped: Callable[[], bool]) -> Iterator[Result]:
        end = time.monotonic() + self.seconds
        with self._launcher(lesson, folder, end) as launch:
            for result in run(lesson, folder / "workspace", seed=self.seed, launch=launch):
                yield result
                if time.monotonic() > end or stopped():
                    return

    @contextmanager
    def _launcher(self, lesson: Lesson, folder: Path, end: float) -> Iterator[Callable[[Path], Confined]]:
        """Yield how to start a process, and have each killed when the lesson or its time is over."""
        watches: list[threading.Timer] = []
        started: list[Confined] = []

        def launch(probes: Path) -> Confined:
            process = self._start(lesson, folder, probes)
            watch = threading.Timer(max(0.0, end - time.monotonic()), process.kill)
            watch.daemon = True
            watch.start()
            watches.append(watch)
            started.append(process)
            return process

        try:
            yield launch
        finally:
            for watch, process in zip(watches, started, strict=True):
                watch.cancel()
                process.kill()

    def _start(self, lesson: Lesson, folder: Path, probes: Path) -> Confined:
        scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=folder))
        modules = self.library.folders(lesson)
        probes = Path(os.path.realpath(probes))
        readable = (*modules, *libraries().values(), probes, folder / "workspace")
        environ = {
            VARIABLE: str(folder / "workspace"),
            "TT_BACKEND": "auto" if lesson.number > LAST_SLOW else "naive",
        }
        sandbox = replace(self.sandbox, modules=modules)
        return sandbox.start([os.path.realpath(child.__file__), str(probes)], View(readable, (), scratch), environ)


def short(result: Result) -> CheckGrade:
    """Return what is kept of a result: what a submission wrote may be long."""
    return CheckGrade(result.check.says, result.outcome, printable(result.what[:LONGEST]))


def printable(text: str) -> str:
    """Return text in which nothing moves a cursor, rings, or breaks a file."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def belonging(exercise: str, pairs: Sequence[tuple[Check, CheckGrade]]) -> list[tuple[Check, CheckGrade]]:
    """Return the checks of one exercise."""
    return [(check, found) for check, found in pairs if check.exercise == exercise]


def refusal(submission: Submission, reason: str, *, broken: bool = False) -> Grade:
    """Return the grade of a submission that could not be graded."""
    whose = submission.name, submission.student, submission.canvas, submission.moodle
    return Grade(*whose, "broken" if broken else "refused", printable(reason[:LONGEST]))
