"""What a lesson is, and where the installed packages keep theirs: the entry points `tt.lessons`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tt_core.errors import TinyTorchError
from tt_core.overlay import FAMILY

__all__ = ["Exercise", "Lesson", "LessonError", "Reading", "Symbol", "all_lessons", "find_exercise", "find_lesson"]

GROUP = "tt.lessons"


class LessonError(TinyTorchError):
    """A lesson's files are not as they should be, or there is no such lesson."""


@dataclass(frozen=True, slots=True, order=True)
class Symbol:
    """A function of the reference: its module and its name there, `Class.method` for a method.

    >>> Symbol.read("tt_core.tensor:Tensor.reshape")
    Symbol(module='tt_core.tensor', name='Tensor.reshape')
    """

    module: str
    name: str

    @classmethod
    def read(cls, text: str) -> Symbol:
        """Return the symbol that `module:name` stands for."""
        module, colon, name = text.partition(":")
        if not (module and colon and name):
            raise LessonError(f"expected a symbol as tt_core.tensor:Tensor.reshape; got {text!r}")
        return cls(module, name)

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


@dataclass(frozen=True, slots=True)
class Exercise:
    """One step of a lesson: the symbols whose bodies the learner writes.

    Attributes:
        number: as learners name it, "02.4".
        hints: from a question to an excerpt of code.
    """

    number: str
    name: str
    title: str
    symbols: tuple[Symbol, ...]
    points: int
    hints: tuple[str, ...]

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that hold its symbols, each once, in their order."""
        return tuple(dict.fromkeys(symbol.module for symbol in self.symbols))


@dataclass(frozen=True, slots=True)
class Reading:
    """A file of PyTorch's source to read next, and what to see there."""

    file: str
    what: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A module of the course: its text, its exercises, and what they unlock."""

    number: str
    name: str
    title: str
    summary: str
    prerequisites: tuple[str, ...]
    unlocks: tuple[str, ...]
    milestone: str
    modules: tuple[str, ...]
    read: tuple[Reading, ...]
    exercises: tuple[Exercise, ...]
    folder: Path = field(repr=False)

    @property
    def key(self) -> str:
        """The name of its folder, "02_tensor"."""
        return f"{self.number}_{self.name}"

    @property
    def points(self) -> int:
        """The points of all exercises together."""
        return sum(exercise.points for exercise in self.exercises)

    def exercise(self, name: str) -> Exercise:
        """Return the exercise of this name or number.

        Raises:
            LessonError: there is none.
        """
        for exercise in self.exercises:
            if name in {exercise.name, exercise.number}:
                return exercise
        raise LessonError(f"module {self.number} has no exercise {name!r}; it has {self._choice()}")

    def _choice(self) -> str:
        return f"{self.exercises[0].number} to {self.exercises[-1].number}" if self.exercises else "none"


def read_lesson(folder: Path) -> Lesson:
    """Return the lesson of a folder.

    Raises:
        LessonError: its `lesson.toml` cannot be read, or lacks something.
    """
    try:
        found = tomllib.loads((folder / "lesson.toml").read_text(encoding="utf-8"))
        return _lesson(found, folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LessonError(f"{folder / 'lesson.toml'} is not a lesson: {type(error).__name__}: {error}") from error


def _lesson(found: Mapping[str, Any], folder: Path) -> Lesson:
    number = found["number"]
    return Lesson(
        number=number,
        name=found["name"],
        title=found["title"],
        summary=found["summary"],
        prerequisites=tuple(found.get("prerequisites", ())),
        unlocks=tuple(found["unlocks"]),
        milestone=found.get("milestone", ""),
        modules=tuple(found["modules"]),
        read=tuple(Reading(**each) for each in found["read"]),
        exercises=tuple(_exercise(f"{number}.{k}", each) for k, each in enumerate(found["exercise"], start=1)),
        folder=folder,
    )


def _exercise(number: str, found: Mapping[str, Any]) -> Exercise:
    symbols = tuple(map(Symbol.read, found["symbols"]))
    return Exercise(number, found["name"], found["title"], symbols, found["points"], tuple(found["hints"]))


def folders() -> Iterator[Path]:
    """Yield the folder of each installed package that holds lessons.

    The packages' own folders are looked at besides the entry points, so that a checkout needs no installation.
    """
    own = [f"{name}.lessons" for name in FAMILY]
    others = [entry.value for entry in entry_points(group=GROUP) if entry.value not in own]
    for value in own + others:
        package, _, rest = value.partition(".")
        spec = find_spec(package)
        for place in (spec and spec.submodule_search_locations) or ():
            yield Path(place, *rest.split("."))


@cache
def all_lessons() -> tuple[Lesson, ...]:
    """Return the lessons of the installed packages in their order; of two with one number the first is taken."""
    found: dict[str, Lesson] = {}
    for folder in folders():
        for file in sorted(folder.glob("*/lesson.toml")):
            lesson = read_lesson(file.parent)
            found.setdefault(lesson.number, lesson)
    return tuple(found[number] for number in sorted(found))


def find_lesson(text: str) -> Lesson:
    """Return the lesson that a learner means by "2", "02", "tensor" or "02_tensor".

    Raises:
        LessonError: there is none.
    """
    wanted = text.zfill(2)
    for lesson in all_lessons():
        if wanted == lesson.number or text in {lesson.name, lesson.key}:
            return lesson
    known = ", ".join(f"{lesson.number} {lesson.name}" for lesson in all_lessons()) or "none"
    raise LessonError(f"there is no module {text!r}; installed are: {known}")


def find_exercise(text: str) -> tuple[Lesson, Exercise]:
    """Return the exercise that a learner means by "2.4" or "02.4", with its lesson.

    Raises:
        LessonError: there is none.
    """
    module, dot, place = text.partition(".")
    if not dot:
        raise LessonError(f"expected an exercise as 02.4; got {text!r}")
    lesson = find_lesson(module)
    return lesson, lesson.exercise(f"{lesson.number}.{place}")
