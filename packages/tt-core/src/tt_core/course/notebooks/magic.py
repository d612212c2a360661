"""The cell magic `%%exercise`: a function goes from the notebook into the learner's file, and is checked there."""

from __future__ import annotations

import sys

from tt_core import overlay
from tt_core.course.checks.results import Result
from tt_core.course.checks.session import run
from tt_core.course.checks.summary import summaries
from tt_core.course.lessons import Exercise, Lesson, LessonError, Symbol, all_lessons
from tt_core.course.notebooks.functions import put_back
from tt_core.course.workspace import Workspace

__all__ = ["exercise", "owner_of"]


def exercise(line: str, cell: str) -> None:
    """Put the cell's function into the learner's file, show what changed, and run the checks of its exercise."""
    root = overlay.workspace()
    if root is None:
        write("This notebook does not know your workspace: run its first cell, and then this one again.")
        return
    try:
        symbol = Symbol.read(line.strip())
        lesson, asked = owner_of(symbol)
        changed = put_back(root, symbol, cell)
    except SyntaxError as error:
        write(f"Not saved: line {error.lineno} of the cell is not Python yet: {error.msg}.")
        return
    except LessonError as error:
        write(f"Not saved: {error}.")
        return
    write(f"{changed}\nSaved." if changed else "Your file says the same.")
    if symbol == asked.symbols[-1]:
        check(Workspace(root), lesson, asked)
    else:
        write(f"It is checked together with {asked.symbols[-1].name}, below.")
    if changed:
        write("To let the cells below use it, restart the kernel and run the cells above.")


def check(home: Workspace, lesson: Lesson, asked: Exercise) -> None:
    """Run an exercise's checks on the learner's files, say what came of each, and remember it."""
    for found in summaries(run(lesson, home.root, exercises=[asked.name], environ=home.environ())):
        home.record(lesson, {asked.name: found.outcome})
        if found.waits_for:
            write(f"○ It waits for {found.waits_for}.")
            return
        for result in found.results:
            write(told(result))


def owner_of(symbol: Symbol) -> tuple[Lesson, Exercise]:
    """Return the exercise that a symbol belongs to, with its lesson.

    Raises:
        LessonError: it belongs to none.
    """
    for lesson in all_lessons():
        for each in lesson.exercises:
            if symbol in each.symbols:
                return lesson, each
    raise LessonError(f"no exercise of an installed lesson asks for {symbol}")


def told(result: Result) -> str:
    """Return a check's outcome in a line."""
    if result.passed:
        return f"✓ It {result.check.says}."
    return f"✗ It {result.check.says}: {result.what.rstrip('.')}."


def write(text: str) -> None:
    """Write a line into the notebook."""
    sys.stdout.write(text + "\n")
