"""Modules and exercises as arguments of commands, which the shell completes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from tt_core.course.lessons import Exercise, Lesson, LessonError, all_lessons, find_exercise, find_lesson
from tt_core.course.roadmap import stop

__all__ = ["EXERCISE", "MODULE", "complete_milestone", "complete_target"]


class Module(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """A module of the course: "2", "02", "tensor" or "02_tensor"; it becomes its `Lesson`."""

    name = "module"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Lesson:
        """Return the lesson."""
        if isinstance(value, Lesson):
            return value
        try:
            return find_lesson(value)
        except LessonError as error:
            coming = stop(value)
            if coming is None:
                self.fail(f"{error}.", param, ctx)
            text = f"module {coming.number} {coming.name} comes with {coming.package}, which is not installed."
            self.fail(text, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the numbers that begin as the word does, or else the names."""
        _ = ctx, param
        return modules(incomplete)


class ExerciseNumber(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """An exercise, "2.4" or "02.4"; it becomes its `Lesson` and its `Exercise`."""

    name = "exercise"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Lesson, Exercise]:
        """Return the lesson and the exercise."""
        if isinstance(value, tuple):
            return value
        try:
            return find_exercise(value)
        except LessonError as error:
            self.fail(f"{error}.", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the numbers that begin as the word does."""
        _ = ctx, param
        return exercises(incomplete)


MODULE = Module()
EXERCISE = ExerciseNumber()


def offered(choices: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    """Return the choices that begin as the word does, each with what it is."""
    return [CompletionItem(value, help=said) for value, said in choices if value.startswith(incomplete)]


def lessons() -> tuple[Lesson, ...]:
    """Return the lessons; none if one is damaged, since a shell that completes shows no errors."""
    try:
        return all_lessons()
    except LessonError:
        return ()


def modules(incomplete: str) -> list[CompletionItem]:
    """Return the modules that a word may become."""
    numbers = offered([(lesson.number, lesson.title) for lesson in lessons()], incomplete)
    return numbers or offered([(lesson.name, lesson.title) for lesson in lessons()], incomplete)


def exercises(incomplete: str) -> list[CompletionItem]:
    """Return the exercises that a word may become."""
    return offered([(each.number, each.title) for lesson in lessons() for each in lesson.exercises], incomplete)


def complete_target(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the modules and exercises that a word may become; files, if it is neither."""
    _ = ctx, param
    found = modules(incomplete) + (exercises(incomplete) if incomplete else [])
    return found or [CompletionItem(incomplete, type="file")]


def complete_milestone(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the milestones that a word may become."""
    from tt_core.milestones.registry import announced

    _ = ctx, param
    return offered([(name, "") for name in ["all", "list", *sorted(announced())]], incomplete)
