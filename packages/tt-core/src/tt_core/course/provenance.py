"""Whose code runs: the learner's files or the reference, per module of the course."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

from tt_core import overlay
from tt_core.course.lessons import Lesson, all_lessons

__all__ = ["Origin", "in_words", "origin", "origins"]

Origin: TypeAlias = Literal["yours", "partly yours", "reference"]


def origins(opened: Collection[str]) -> dict[str, Origin]:
    """Return whose the modules of the course are in this process, number and name to origin.

    Args:
        opened: the numbers of the modules that are open: the others are the reference's, though a file may be shared.
    """
    return {
        f"{lesson.number} {lesson.name}": origin(lesson) if lesson.number in opened else "reference"
        for lesson in all_lessons()
        if lesson.exercises
    }


def origin(lesson: Lesson) -> Origin:
    """Return whose the files are that hold a lesson's exercises; those not loaded yet count too."""
    found = {_of(module) for exercise in lesson.exercises for module in exercise.modules}
    return found.pop() if len(found) == 1 else "partly yours"


def _of(module: str) -> Literal["yours", "reference"]:
    if module in sys.modules:
        return overlay.source_of(module)
    root = overlay.workspace()
    return "yours" if root and overlay.file_of(module, root) else "reference"


def in_words(found: Mapping[str, Origin]) -> str:
    """Return the origins in one line, the learner's own first.

    >>> in_words({"02 tensor": "yours", "03 activations": "yours", "04 layers": "reference"})
    'yours: 02 tensor, 03 activations; reference: 04 layers'
    """
    groups = {which: [name for name, each in found.items() if each == which] for which in ("yours", "partly yours")}
    groups["reference"] = [name for name, each in found.items() if each == "reference"]
    return "; ".join(f"{which}: {', '.join(names)}" for which, names in groups.items() if names)
