"""Where an exercise's functions stand in the learner's files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tt_core.course.checks.results import Frame
from tt_core.course.lessons import Exercise, LessonError
from tt_core.course.symbols import Function, Source
from tt_core.overlay import file_of

__all__ = ["functions", "unbuilt"]


def functions(exercise: Exercise, workspace: Path) -> tuple[Frame, ...]:
    """Return the first line of the body of each function of an exercise that the learner's files have."""
    return tuple(frame for frame, _ in _found(exercise, workspace))


def unbuilt(exercise: Exercise, workspace: Path) -> Frame | None:
    """Return the first function of an exercise that is as `tt start` left it, None if there is none."""
    start = f"raise NotImplementedError('{exercise.number} "
    return next((frame for frame, text in _found(exercise, workspace) if start in text), None)


def _found(exercise: Exercise, workspace: Path) -> Iterator[tuple[Frame, str]]:
    for symbol in exercise.symbols:
        file = file_of(symbol.module, workspace)
        try:
            function = Source(file.read_text(encoding="utf-8-sig")).functions(symbol.name)[0] if file else None
        except (OSError, SyntaxError, ValueError, LessonError):
            continue
        if function:
            yield Frame(str(file), first_line(function), symbol.name), ast.unparse(function)


def first_line(function: Function) -> int:
    """Return where a body begins behind its docstring; the line of the `def` if there is no more."""
    body = function.body if ast.get_docstring(function) is None else function.body[1:]
    return body[0].lineno if body else function.lineno
