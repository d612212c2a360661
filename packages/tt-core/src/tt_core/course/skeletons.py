"""A reference file with the bodies of exercises taken out: what a learner starts from.

Signature, decorators and docstring stay: the docstring is the specification. The body becomes one line that says which
exercise it is.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from tt_core.course.lessons import Exercise, LessonError
from tt_core.course.symbols import Function, Source

__all__ = ["blank", "reference_file", "reference_source"]

LONGEST = 80


def reference_file(module: str) -> Path:
    """Return the file of a module of the library.

    Raises:
        LessonError: there is no such module.
    """
    package, *rest = module.split(".")
    spec = find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place, *rest)
        for file in (folder.with_suffix(".py"), folder / "__init__.py"):
            if file.is_file():
                return file
    raise LessonError(f"there is no module {module!r} in the installed packages")


def reference_source(module: str) -> str:
    """Return the text of a module of the library, with its own line ends."""
    with reference_file(module).open(encoding="utf-8", newline="") as file:
        return file.read()


def blank(text: str, module: str, exercises: Iterable[Exercise]) -> str:
    """Return a module's text without the bodies of the exercises that stand in it.

    Raises:
        LessonError: a symbol is not there.
        SyntaxError: the text is not Python.
    """
    source = Source(text)
    changes = {}
    for exercise, function in functions(source, module, exercises):
        words = json.dumps(said(exercise, function), ensure_ascii=False)
        changes[source.body(function)] = f"{source.opening(function)}raise NotImplementedError({words})"
    return source.replaced(changes)


def functions(source: Source, module: str, exercises: Iterable[Exercise]) -> Iterator[tuple[Exercise, Function]]:
    """Yield each function of the exercises that stands in a module."""
    for exercise in exercises:
        for symbol in exercise.symbols:
            if symbol.module == module:
                yield from ((exercise, function) for function in source.functions(symbol.name))


def said(exercise: Exercise, function: Function) -> str:
    """Return what a function that is not built yet says: its number, its name, and what it is for."""
    first = (ast.get_docstring(function) or exercise.title).partition("\n")[0]
    short = first if len(first) <= LONGEST else first[: LONGEST - 1] + "…"
    return f"{exercise.number} {function.name}: {short}"
