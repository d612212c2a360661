"""The lessons and the library fit together: each module of the library is in exactly one lesson."""

import importlib
import pkgutil
from fnmatch import fnmatchcase
from importlib.util import find_spec

import pytest

from tt_core.course.lessons import Lesson, all_lessons
from tt_core.course.skeletons import reference_source
from tt_core.course.symbols import Source

PACKAGES = [importlib.import_module(name) for name in ("tt_core", "tt_train") if find_spec(name)]
NOT_TAUGHT = {"course", "lessons", "milestones", "overlay", "__main__"}
ALL = [
    name
    for package in PACKAGES
    for name in (
        package.__name__,
        *(module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")),
    )
]
MODULES = [name for name in ALL if name.count(".") and name.split(".")[1] not in NOT_TAUGHT]


def lessons_of(module: str) -> list[Lesson]:
    """Return the lessons that a module is in: those that name it, else those with a pattern that it fits."""
    exact = [lesson for lesson in all_lessons() if module in lesson.modules]
    fitting = [each for each in all_lessons() if any(fnmatchcase(module, pattern) for pattern in each.modules)]
    return exact or fitting


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_in_exactly_one_lesson(module: str) -> None:
    assert len({lesson.number for lesson in lessons_of(module)}) == 1, [lesson.key for lesson in lessons_of(module)]


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.key)
def test_a_lesson_names_nothing_that_is_not_there(lesson: Lesson) -> None:
    assert [each for each in lesson.modules if not any(fnmatchcase(name, each) for name in ALL)] == []


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.key)
def test_the_functions_of_exercises_are_there(lesson: Lesson) -> None:
    for exercise in lesson.exercises:
        for symbol in exercise.symbols:
            assert Source(reference_source(symbol.module)).functions(symbol.name)


def test_numbers_names_and_prerequisites() -> None:
    lessons = all_lessons()
    numbers = [lesson.number for lesson in lessons]
    assert numbers == [f"{k:02}" for k in range(1, len(lessons) + 1)]
    for lesson in lessons:
        assert set(lesson.prerequisites) <= set(numbers[: numbers.index(lesson.number)])
        names = [exercise.name for exercise in lesson.exercises]
        assert len(names) == len(set(names))
        assert lesson.folder.name == lesson.key
    symbols = [symbol for lesson in lessons for exercise in lesson.exercises for symbol in exercise.symbols]
    assert len(symbols) == len(set(symbols)), "a function is an exercise once"
