"""What a lesson's `checks.py` is made of: checks with their inputs and what must come out.

A check runs in two places. The learner's process calls a *probe*, a function of the lesson's `probes.py`, with plain
inputs, and sends back plain data; the parent, which never imports a learner's code, knows what must come out and
compares. So whatever a learner's file does, it can only give the right answer by computing it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tt_core.course.lessons import Lesson, LessonError

__all__ = ["Check", "Raised", "Rng", "checks_of"]

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Raised:
    """What a probe shall end with: an error of this class, or of one derived from it, whose message has these words."""

    name: str
    mentions: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = quoted(self.mentions)
        return f"{self.name} that mentions {words}" if words else self.name


def quoted(words: Iterable[str]) -> str:
    """Return words of a message, which may have commas and blanks.

    >>> quoted(["2, 3", "2, 4"])
    '"2, 3" and "2, 4"'
    """
    return " and ".join(f'"{word}"' for word in words)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that an exercise's code must do.

    Args:
        exercise: the name of the exercise.
        says: what is tested, completing "It …".
        probe: the function in `probes.py` that does it.
        inputs: its arguments, or how to draw them.
        expected: what must come out, or how it follows from the inputs, or `Raised`.
        verify: instead of `expected`: given what came out and the inputs, "" or what is wrong.
        rtol: how far numbers may be off, relative to the expected ones.
        atol: how far numbers may be off, whatever their size.
        seconds: how long it may take.
        points: how much it counts among the checks of its exercise.
        hint: one sentence for when it fails: a mistake that is often made.
        symbol: which of the exercise's functions it is about, where that is not the one that the probe calls.
    """

    exercise: str
    says: str
    probe: str
    inputs: Mapping[str, Any] | Callable[[Rng], Mapping[str, Any]] = field(default_factory=dict)
    expected: Any = None
    verify: Callable[..., str] | None = None
    rtol: float = 1e-6
    atol: float = 1e-8
    seconds: float = 5.0
    points: int = 1
    hint: str = ""
    symbol: str = ""

    def drawn(self, rng: Rng) -> dict[str, Any]:
        """Return the inputs."""
        return dict(self.inputs(rng) if callable(self.inputs) else self.inputs)

    def wanted(self, inputs: Mapping[str, Any]) -> Any:
        """Return what must come out for these inputs."""
        return self.expected(**inputs) if callable(self.expected) else self.expected


def checks_of(lesson: Lesson) -> list[Check]:
    """Return the checks of a lesson, in the order of its exercises.

    Raises:
        LessonError: they name an exercise that the lesson does not have.
    """
    file = lesson.folder / "checks.py"
    spec = importlib.util.spec_from_file_location(f"tt_checks_{lesson.number}", file)
    if spec is None or spec.loader is None:
        raise LessonError(f"there is no {file}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    order = [exercise.name for exercise in lesson.exercises]
    unknown = sorted({check.exercise for check in module.CHECKS} - set(order))
    if unknown:
        raise LessonError(f"{file} has checks of exercises that module {lesson.number} lacks: {', '.join(unknown)}")
    return sorted(module.CHECKS, key=lambda check: order.index(check.exercise))
