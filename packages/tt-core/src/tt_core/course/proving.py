"""Prove that a lesson's checks are worth something: `python -m tt_core.course.proving 02`.

The reference passes every check. Each exercise blanked alone fails a check of its own. Each stored mutant, a typical
mistake, is caught by a check of its exercise. None needs what is built behind it, and the lesson has its form.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from tt_core.course import form
from tt_core.course.checks import checks_of
from tt_core.course.checks.results import Result
from tt_core.course.checks.session import run
from tt_core.course.lessons import Exercise, Lesson, LessonError, all_lessons, find_lesson
from tt_core.course.reference import path_in_package
from tt_core.course.skeletons import blank, functions, reference_source
from tt_core.course.symbols import Source

__all__ = [
    "Mutant",
    "blank_faults",
    "blanked",
    "mutant_faults",
    "mutants_of",
    "mutated",
    "order_faults",
    "reference_faults",
    "solved",
    "tried",
]

PARTS = ("reference", "order", "blank", "mutants", "form")
PATIENCE = 8.0  # what is right is not to fail because a machine is busy
ENOUGH = 3
FIRST_FAST = "15"  # the module in which the learner builds fast kernels; before it, loops run


@dataclass(frozen=True, slots=True)
class Mutant:
    """A typical mistake: a stretch of an exercise's bodies, and what stands there instead."""

    exercise: Exercise
    mistake: str
    old: str
    new: str


def mutants_of(lesson: Lesson) -> list[Mutant]:
    """Return the mutants that are stored with a lesson."""
    found = tomllib.loads((lesson.folder / "mutants.toml").read_text(encoding="utf-8"))
    return [
        Mutant(lesson.exercise(each["exercise"]), each["mistake"], each["old"], each["new"]) for each in found["mutant"]
    ]


def mutated(mutant: Mutant) -> dict[str, str]:
    """Return the module with the mistake, name to text.

    Raises:
        LessonError: the stretch does not stand exactly once in the bodies of the exercise.
    """
    places = []
    for module in mutant.exercise.modules:
        source = Source(reference_source(module))
        for _, function in functions(source, module, [mutant.exercise]):
            span = source.body(function)
            places += [(module, span, source)] * span.of(source.text).count(mutant.old)
    if len(places) != 1:
        number = f"{len(places)} times in the bodies of {mutant.exercise.number} {mutant.exercise.name}"
        raise LessonError(f"expected {mutant.old!r} once; it stands {number}")
    module, span, source = places[0]
    return {module: source.replaced({span: span.of(source.text).replace(mutant.old, mutant.new)})}


def blanked(exercises: Sequence[Exercise]) -> dict[str, str]:
    """Return the modules of some exercises without their bodies, name to text."""
    modules = dict.fromkeys(module for exercise in exercises for module in exercise.modules)
    return {module: blank(reference_source(module), module, exercises) for module in modules}


def solved(text: str, module: str, exercises: Iterable[Exercise]) -> str:
    """Return a learner's text of a module with the reference's bodies in the exercises."""
    names = [symbol.name for each in exercises for symbol in each.symbols if symbol.module == module]
    return Source(text).with_bodies(Source(reference_source(module)), names)


def tried(
    lesson: Lesson, files: dict[str, str], exercise: Exercise | None = None, *, patience: float = 1.0
) -> Iterator[Result]:
    """Yield what comes of the checks with these modules in place of the reference's."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(os.path.realpath(folder))
        for module, text in files.items():
            file = root / path_in_package(module)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        names = None if exercise is None else [exercise.name]
        yield from run(lesson, root, exercises=names, environ=backend(lesson), whole=False, patience=patience)


def backend(lesson: Lesson) -> dict[str, str]:
    """Return the variable for what a learner's files run on at that point of the course."""
    return {"TT_BACKEND": "auto" if lesson.number >= FIRST_FAST else "naive"}


def reference_faults(lesson: Lesson) -> Iterator[str]:
    """Yield what the reference fails, and which exercises have no checks, or only some whose answers are published."""
    results = list(tried(lesson, {}, patience=PATIENCE))
    for result in results:
        if not result.passed:
            yield f"the reference fails {result.exercise.number} {result.check.says!r}: {result.what}"
    for exercise in lesson.exercises:
        if not any(result.exercise == exercise for result in results):
            yield f"{exercise.number} {exercise.name} has no checks"
        if not any(callable(check.inputs) for check in checks_of(lesson) if check.exercise == exercise.name):
            yield f"{exercise.number} {exercise.name} has no check whose inputs are drawn: its answers could be stored"


def order_faults(lesson: Lesson, exercise: Exercise, later: Iterable[Lesson]) -> Iterator[str]:
    """Yield what fails of an exercise while those behind it, in its lesson and in later ones, are not built."""
    behind = lesson.exercises[lesson.exercises.index(exercise) + 1 :]
    exercises = [*behind, *(each for other in later for each in other.exercises)]
    for result in tried(lesson, blanked(exercises), exercise, patience=PATIENCE):
        if not result.passed:
            yield f"{exercise.number} {result.check.says!r} needs what is built later: {result.what}"


def blank_faults(lesson: Lesson, exercise: Exercise) -> Iterator[str]:
    """Yield what does not hold of an exercise that is not built, while all others are."""
    if not any(result.outcome == "not built" for result in tried(lesson, blanked([exercise]), exercise)):
        yield f"{exercise.number} {exercise.name} blanked alone: no check says 'not built yet'"


def mutant_faults(lesson: Lesson, exercise: Exercise) -> Iterator[str]:
    """Yield which mistakes in an exercise its checks do not notice."""
    own = [mutant for mutant in mutants_of(lesson) if mutant.exercise == exercise]
    if len(own) < ENOUGH:
        yield f"{exercise.number} {exercise.name} has {len(own)} mutants; expected {ENOUGH} or more"
    for mutant in own:
        try:
            files = mutated(mutant)
        except LessonError as error:
            yield str(error)
            continue
        if all(result.passed for result in tried(lesson, files, exercise)):
            yield f"{exercise.number} {exercise.name}: no check notices that it {mutant.mistake}"


def faults(lesson: Lesson, parts: Collection[str]) -> Iterator[str]:
    """Yield what does not hold, and say on standard error how it goes."""
    found: list[str] = []

    def proved(what: str, more: Iterator[str]) -> Iterator[str]:
        started = time.perf_counter()
        found[:] = more
        sys.stderr.write(f"{what}: {'not proved' if found else 'proved'}, {time.perf_counter() - started:.2f} s\n")
        yield from found

    if "reference" in parts:
        yield from proved("the reference passes", reference_faults(lesson))
    later = [each for each in all_lessons() if each.number > lesson.number]
    for exercise in lesson.exercises:
        name = f"{exercise.number} {exercise.name}"
        if "order" in parts:
            yield from proved(f"{name} needs nothing that is built later", order_faults(lesson, exercise, later))
        if "blank" in parts:
            yield from proved(f"{name} blanked alone fails", blank_faults(lesson, exercise))
        if "mutants" in parts:
            yield from proved(f"{name} with mistakes fails", mutant_faults(lesson, exercise))
    if "form" in parts:
        yield from proved("the lesson has its form", form.faults(lesson))


@click.command()
@click.argument("module")
@click.option("--only", type=click.Choice(PARTS), help="One of the proofs.")
def main(module: str, only: str | None) -> None:
    """Prove that the checks of a module hold what they promise."""
    started = time.perf_counter()
    found = list(faults(find_lesson(module), [only] if only else PARTS))
    for fault in found:
        click.echo(fault)
    click.echo(f"{'not proved' if found else 'proved'} in {time.perf_counter() - started:.0f} s")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
