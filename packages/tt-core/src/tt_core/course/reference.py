"""The reference's side of a workspace: its files, its skeletons, and whether it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import PurePosixPath

from tt_core.course.lessons import Exercise, Lesson, Symbol
from tt_core.course.skeletons import blank, reference_file, reference_source
from tt_core.course.symbols import Source

__all__ = ["changed", "digests", "modules", "path_in_package", "skeleton"]

LENGTH = 12


def modules(lesson: Lesson) -> tuple[str, ...]:
    """Return the library modules that hold a lesson's exercises, each once, in their order."""
    return tuple(dict.fromkeys(module for exercise in lesson.exercises for module in exercise.modules))


def path_in_package(module: str) -> PurePosixPath:
    """Return where a module's file is, from the folder that holds its package.

    >>> str(path_in_package("tt_core.naive.linalg")), str(path_in_package("tt_core.naive"))
    ('tt_core/naive/linalg.py', 'tt_core/naive/__init__.py')
    """
    folder = PurePosixPath(*module.split("."))
    return folder / "__init__.py" if reference_file(module).name == "__init__.py" else folder.with_suffix(".py")


def skeleton(module: str, lessons: Iterable[Lesson]) -> str:
    """Return a module of the reference without the bodies of the exercises of some lessons."""
    return blank(reference_source(module), module, [each for lesson in lessons for each in lesson.exercises])


def digests(exercise: Exercise) -> dict[str, str]:
    """Return per symbol of an exercise a short digest of what the reference says there today."""
    return {str(symbol): digest(symbol) for symbol in exercise.symbols}


@cache
def digest(symbol: Symbol) -> str:
    """Return a digest of a function's lines; comments and empty lines do not count."""
    source = source_of(symbol.module)
    texts = [source.span(function).of(source.text) for function in source.functions(symbol.name)]
    lines = [line.rstrip() for text in texts for line in text.splitlines()]
    said = "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
    return hashlib.sha256(said.encode()).hexdigest()[:LENGTH]


@cache
def source_of(module: str) -> Source:
    """Return a module of the reference, parsed."""
    return Source(reference_source(module))


def changed(exercise: Exercise, known: Mapping[str, str]) -> bool:
    """Tell whether the reference of an exercise is not the one whose digests are known."""
    return any(known.get(symbol) != found for symbol, found in digests(exercise).items())
