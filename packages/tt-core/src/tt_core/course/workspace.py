"""The folder in which a learner rebuilds the framework, and what is where in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from tt_core.course import reference, state
from tt_core.course.lessons import Lesson
from tt_core.course.state import State, StateError
from tt_core.overlay import VARIABLE, file_of

__all__ = ["Workspace", "Wrong", "find", "near"]

FILE = "tt.toml"
FASTER = "acceleration"  # the module after which the workspace runs on the fast kernels that the learner built there


class Wrong(click.ClickException):
    """A command was used in a wrong way: one sentence, and exit code 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with a `tt.toml`."""

    root: Path

    def file(self, module: str) -> Path:
        """Return where the learner's version of a module of the library is, or would be.

        >>> Workspace(Path("my-tinytorch")).file("tt_core.naive.linalg").as_posix()
        'my-tinytorch/tt_core/naive/linalg.py'
        """
        return self._place(self.root, module)

    def base(self, module: str) -> Path:
        """Return where the skeleton is kept that the learner's version of a module was last merged with."""
        return self._place(self.hidden / "base", module)

    def _place(self, root: Path, module: str) -> Path:
        reference_file = reference.path_in_package(module)
        return file_of(module, root) or root / reference_file

    def lesson_folder(self, lesson: Lesson) -> Path:
        """Return the folder of a lesson's text and pictures."""
        return self.root / "lessons" / lesson.key

    @property
    def runs(self) -> Path:
        """The folder of what milestones write."""
        return self.root / "runs"

    @property
    def hidden(self) -> Path:
        """The folder of what only `tt` needs: bases of merges, backups, locks."""
        return self.root / ".tt"

    @property
    def state(self) -> State:
        """What the workspace remembers, as it is now.

        Raises:
            Wrong: it cannot be read.
        """
        return self._kindly(lambda: state.read(self.root / FILE, tell))

    def change(self, function: Callable[[State], State]) -> State:
        """Replace the state by what a function makes of it as it is now, and return that."""
        return self._kindly(lambda: state.change(self.root / FILE, function, tell))

    def _kindly(self, function: Callable[[], State]) -> State:
        try:
            return function()
        except StateError as error:
            raise Wrong(
                f"{error}, in {self.root}: correct it, or remove it and run tt init there; your code stays."
            ) from error
        except OSError as error:
            raise Wrong(f"{FILE} cannot be written in {self.root}: {error.strerror}.") from error

    def record(self, lesson: Lesson, outcomes: Mapping[str, str]) -> State:
        """Remember the outcomes of a check, by the exercises' names: "passed", "failed" and so on."""
        return self.change(lambda before: recorded(before, lesson, outcomes))

    def environ(self) -> dict[str, str]:
        """Return the variables with which a child process runs on the learner's files."""
        return {VARIABLE: str(self.root), "TT_BACKEND": self.state.backend}


def recorded(before: State, lesson: Lesson, outcomes: Mapping[str, str]) -> State:
    """Return the state with the outcomes of a check."""
    for name, outcome in outcomes.items():
        exercise = lesson.exercise(name)
        old = before.module(lesson.number).exercise(name)
        first = old.first_passed or (state.now() if outcome == "passed" else "")
        new = replace(old, outcome=outcome, attempts=old.attempts + (not old.first_passed), first_passed=first)
        before = before.with_exercise(lesson.number, name, new)
        if outcome == "passed":
            module = before.module(lesson.number)
            seen = {**module.reference, **reference.digests(exercise)}
            before = before.with_module(lesson.number, replace(module, reference=seen))
    built = lesson.name == FASTER and passed(before, lesson)
    return replace(before, backend="auto") if built else before


def passed(now: State, lesson: Lesson) -> bool:
    """Tell whether all exercises of a module passed when they were last checked."""
    records = [now.module(lesson.number).exercise(each.name) for each in lesson.exercises]
    return bool(now.module(lesson.number).opened) and all(record.outcome == "passed" for record in records)


def tell(sentence: str) -> None:
    """Write a sentence to the standard error."""
    click.echo(f"Note: {sentence}.", err=True)


def near(start: Path | None = None) -> Workspace | None:
    """Return the workspace that a folder, the present one if None, lies in; None if it lies in none.

    The one that the environment variable TT_WORKSPACE names comes first.
    """
    named = os.environ.get(VARIABLE)
    here = Path(named) if named else (start or Path.cwd())
    folders = [here.absolute()] if named else [here.absolute(), *here.absolute().parents]
    return next((Workspace(folder) for folder in folders if (folder / FILE).is_file()), None)


def find(start: Path | None = None) -> Workspace:
    """Return the workspace that a folder, the present one if None, lies in.

    Raises:
        Wrong: there is none.
    """
    found = near(start)
    if found:
        return found
    if os.environ.get(VARIABLE):
        raise Wrong(
            f"TT_WORKSPACE names {os.environ[VARIABLE]!r}, which has no {FILE}: unset it, or run tt init there."
        )
    raise Wrong("this folder is in no workspace: make one with tt init my-tinytorch, and go on in it.")
