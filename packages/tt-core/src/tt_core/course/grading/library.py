"""A library without answers: our packages as a submission may see them while one lesson is graded.

Of the lesson that is graded and of all later ones the exercises' bodies are taken out, so that whoever finds the
"reference" finds skeletons. Earlier lessons stay as they are: who starts in the middle of the course, or has handed in
one lesson only, is graded for that. Lessons, checks and the course's own code are not there at all.
"""

from __future__ import annotations

import compileall
import os
import shutil
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from tt_core.course.grading.tiers import linked
from tt_core.course.lessons import Exercise, Lesson
from tt_core.course.reference import path_in_package
from tt_core.course.skeletons import blank
from tt_core.overlay import FAMILY

__all__ = ["Library", "exercise_files"]

NOT_FOR_LEARNERS = ("course", "lessons")


class Library:
    """Prepared packages, one folder for each lesson, made when first asked for."""

    def __init__(self, root: Path, lessons: Sequence[Lesson]) -> None:
        self.root, self.lessons = root, lessons
        root.mkdir(parents=True, exist_ok=True)
        self.packages = linked(root / "packages")
        self.made: dict[str, Path] = {}
        self.lock = Lock()

    def folders(self, lesson: Lesson) -> tuple[Path, ...]:
        """Return where Python finds modules while this lesson is graded."""
        with self.lock:
            if lesson.number not in self.made:
                later = [each for each in self.lessons if each.number >= lesson.number]
                self.made[lesson.number] = prepare(self.root / f"library-{lesson.number}", later)
        return self.made[lesson.number], self.packages


def prepare(folder: Path, lessons: Iterable[Lesson]) -> Path:
    """Copy our packages without what is not for learners and without the bodies of the lessons' exercises."""
    for name, place in places().items():
        hidden = {str(place / each) for each in NOT_FOR_LEARNERS}
        shutil.copytree(place, folder / name, ignore=lambda path, names: unwanted(path, names, hidden))  # noqa: B023
    exercises = [exercise for lesson in lessons for exercise in lesson.exercises]
    for module in dict.fromkeys(module for exercise in exercises for module in exercise.modules):
        take_out(folder / path_in_package(module), module, exercises)
    compileall.compile_dir(folder, quiet=2, workers=1)
    return folder


def places() -> dict[str, Path]:
    """Return where our installed packages are, by name."""
    found: dict[str, Path] = {}
    for name in FAMILY:
        spec = find_spec(name)
        for place in (spec and spec.submodule_search_locations) or ():
            found.setdefault(name, Path(os.path.realpath(place)))
    return found


def unwanted(path: str, names: list[str], hidden: set[str]) -> set[str]:
    """Return which entries of a folder are not copied."""
    return {name for name in names if name == "__pycache__" or str(Path(path, name)) in hidden}


def take_out(file: Path, module: str, exercises: Iterable[Exercise]) -> None:
    """Take the bodies of exercises out of one copied file."""
    with file.open(encoding="utf-8", newline="") as source:
        text = source.read()
    with file.open("w", encoding="utf-8", newline="") as target:
        target.write(blank(text, module, exercises))


def exercise_files(lessons: Iterable[Lesson]) -> tuple[str, ...]:
    """Return the files that learners write, as they are named in a workspace, in the order of the lessons.

    >>> from tt_core.course.lessons import all_lessons
    >>> all(file.endswith(".py") for file in exercise_files(all_lessons()))
    True
    """
    modules = (module for lesson in lessons for exercise in lesson.exercises for module in exercise.modules)
    return tuple(str(path_in_package(module)) for module in dict.fromkeys(modules))
