"""Where a learner is on the way through the twenty modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from tt_core.course import opening, reference
from tt_core.course.lessons import Lesson, all_lessons
from tt_core.course.roadmap import ROADMAP, Stop
from tt_core.course.state import State
from tt_core.course.workspace import Workspace, passed

__all__ = ["Place", "Status", "missing", "next_lesson", "overview", "place_of"]

Status: TypeAlias = Literal["passed", "recheck", "open", "ready", "locked", "coming"]


@dataclass(frozen=True, slots=True)
class Place:
    """One module on the map.

    Attributes:
        status: "passed"; "recheck" if it was passed against another version of the reference; "open"; "ready" to be
            opened; "locked" while an earlier one has not been passed; "coming" if its package is not installed.
        done: how many exercises pass.
        exercises: how many there are.
        points: of the exercises that pass, and of all.
        recheck: numbers of the exercises that passed against another version of the reference.
        news: whether `tt start` has something new to bring.
        files: library modules that the learner's files replace, and whether their file is there.
    """

    stop: Stop
    lesson: Lesson | None
    status: Status
    done: int = 0
    exercises: int = 0
    points: tuple[int, int] = (0, 0)
    recheck: tuple[str, ...] = ()
    news: bool = False
    files: tuple[tuple[str, Literal["yours", "reference"]], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON says of it."""
        lesson = self.lesson
        return {
            **self.stop._asdict(),
            "title": lesson.title if lesson else "",
            "status": self.status,
            "passed": self.done,
            "exercises": self.exercises,
            "points": {"reached": self.points[0], "possible": self.points[1]},
            "recheck": list(self.recheck),
            "news": self.news,
            "code": dict(self.files),
            "unlocks": list(lesson.unlocks) if lesson else [],
            "milestone": (lesson.milestone or None) if lesson else None,
        }


def overview(home: Workspace) -> tuple[Place, ...]:
    """Return the whole map; modules of packages that the roadmap does not know come last."""
    now = home.state
    installed = {lesson.number: lesson for lesson in all_lessons()}
    known = [place_of(home, now, stop, installed.pop(stop.number, None)) for stop in ROADMAP]
    others = [place_of(home, now, Stop(each.number, each.name, ""), each) for each in installed.values()]
    return (*known, *others)


def place_of(home: Workspace, now: State, stop: Stop, lesson: Lesson | None) -> Place:
    """Return where one module is."""
    if lesson is None:
        return Place(stop, None, "coming")
    record = now.module(lesson.number)
    done = [each for each in lesson.exercises if record.exercise(each.name).outcome == "passed"]
    recheck = tuple(each.number for each in done if reference.changed(each, record.reference))
    return Place(
        stop,
        lesson,
        status_of(now, lesson, recheck),
        len(done),
        len(lesson.exercises),
        (sum(each.points for each in done), lesson.points),
        recheck,
        bool(record.opened) and opening.has_news(home, lesson, now),
        tuple(
            (module, "yours" if home.file(module).is_file() else "reference") for module in reference.modules(lesson)
        ),
    )


def status_of(now: State, lesson: Lesson, recheck: tuple[str, ...]) -> Status:
    """Return the status of an installed module."""
    if not now.module(lesson.number).opened:
        return "locked" if missing(now, lesson) else "ready"
    if recheck:
        return "recheck"
    return "passed" if passed(now, lesson) else "open"


def missing(now: State, lesson: Lesson) -> tuple[Lesson, ...]:
    """Return the prerequisites of which an exercise never passed."""
    return tuple(each for each in all_lessons() if each.number in lesson.prerequisites and not once_passed(now, each))


def once_passed(now: State, lesson: Lesson) -> bool:
    """Tell whether each exercise of a module has passed, be it long ago."""
    record = now.module(lesson.number)
    return bool(record.opened) and all(record.exercise(each.name).first_passed for each in lesson.exercises)


def next_lesson(now: State) -> Lesson | None:
    """Return the first module that is not open yet, None if all are."""
    return next((each for each in all_lessons() if not now.module(each.number).opened), None)
