"""Prove that a lesson's checks are worth something: `python -m tt_core.course.proving 02`.

The reference passes every check. Each exercise blanked alone fails a check of its own. Each stored mutant, a typical
mistake, is caught by a check of its exercise.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from tt_core.course.checks.results import Result
from tt_core.course.checks.session import run
from tt_core.course.lessons import Exercise, Lesson, LessonError, find_lesson
from tt_core.course.skeletons import blank, functions, reference_source
from tt_core.course.symbols import Source, Span

__all__ = ["Mutant", "blanked_alone", "mutants_of", "mutated", "solved", "tried"]


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


def blanked_alone(exercise: Exercise) -> dict[str, str]:
    """Return the modules of an exercise without its bodies, name to text."""
    return {module: blank(reference_source(module), module, [exercise]) for module in exercise.modules}


def solved(text: str, module: str, exercises: Iterable[Exercise]) -> str:
    """Return a learner's text of a module with the reference's bodies in the exercises."""
    mine, reference = Source(text), Source(reference_source(module))
    changes: dict[Span, str] = {}
    for exercise in exercises:
        for symbol in (each for each in exercise.symbols if each.module == module):
            pairs = zip(mine.functions(symbol.name), reference.functions(symbol.name), strict=True)
            changes |= {mine.body(here): reference.body(there).of(reference.text) for here, there in pairs}
    return mine.replaced(changes)


def tried(lesson: Lesson, files: dict[str, str], exercise: Exercise | None = None) -> list[Result]:
    """Return what comes of the checks with these modules in place of the reference's."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(os.path.realpath(folder))
        for module, text in files.items():
            file = root.joinpath(*module.split(".")).with_suffix(".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        return list(run(lesson, root, exercises=None if exercise is None else [exercise.name], whole=False))


def faults(lesson: Lesson, parts: set[str]) -> Iterator[str]:
    """Yield what does not hold, and on standard error how it goes."""
    if "reference" in parts:
        results = tried(lesson, {})
        taken = sum(result.seconds for result in results)
        sys.stderr.write(f"reference: {len(results)} checks, {taken:.2f} s\n")
        for result in results:
            if not result.passed:
                yield f"the reference fails {result.exercise.number} {result.check.says!r}: {result.what}"
        for exercise in lesson.exercises:
            if not any(result.exercise == exercise for result in results):
                yield f"{exercise.number} {exercise.name} has no checks"
    if "blank" in parts:
        for exercise in lesson.exercises:
            results = tried(lesson, blanked_alone(exercise), exercise)
            said = sum(result.outcome == "not built" for result in results)
            sys.stderr.write(f"blank {exercise.number} {exercise.name}: {said} of {len(results)} say 'not built yet'\n")
            if not said:
                yield f"{exercise.number} {exercise.name} blanked alone: no check says 'not built yet'"
    if "mutants" in parts:
        yield from _mutant_faults(lesson)


def _mutant_faults(lesson: Lesson) -> Iterator[str]:
    mutants = mutants_of(lesson)
    for exercise in lesson.exercises:
        own = [mutant for mutant in mutants if mutant.exercise == exercise]
        caught = 0
        if len(own) < 3:
            yield f"{exercise.number} {exercise.name} has {len(own)} mutants; expected 3 or more"
        for mutant in own:
            try:
                results = tried(lesson, mutated(mutant), exercise)
            except LessonError as error:
                yield str(error)
                continue
            if all(result.passed for result in results):
                yield f"{exercise.number} {exercise.name}: no check notices that it {mutant.mistake}"
            caught += not all(result.passed for result in results)
        sys.stderr.write(f"mutants {exercise.number} {exercise.name}: {caught} of {len(own)} caught\n")


@click.command()
@click.argument("module")
@click.option("--only", type=click.Choice(["reference", "blank", "mutants"]), help="One of the three proofs.")
def main(module: str, only: str | None) -> None:
    """Prove that the checks of a module hold what they promise."""
    started = time.perf_counter()
    found = list(faults(find_lesson(module), {only} if only else {"reference", "blank", "mutants"}))
    for fault in found:
        click.echo(fault)
    click.echo(f"{'not proved' if found else 'proved'} in {time.perf_counter() - started:.0f} s")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
