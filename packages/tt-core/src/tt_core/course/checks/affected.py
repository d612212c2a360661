"""Which exercises a save affects: those whose functions changed, or all that share a file with what changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tt_core.course.lessons import Lesson, LessonError, Symbol
from tt_core.course.symbols import Source
from tt_core.overlay import FAMILY

__all__ = ["affected", "texts"]


def texts(workspace: Path) -> dict[str, str]:
    """Return the learner's modules, name to text; what cannot be read is not there."""
    found = {}
    for package in FAMILY:
        for file in sorted((workspace / package).rglob("*.py")):
            parts = file.relative_to(workspace).with_suffix("").parts
            try:
                text = file.read_bytes().decode("utf-8", "replace")
            except OSError:  # deleted, or being saved
                continue
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = text
    return found


def affected(lesson: Lesson, before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Return the names of the exercises that may come out otherwise than before."""
    found: set[str] = set()
    for module in before.keys() | after.keys():
        if before.get(module) != after.get(module):
            found |= _by(lesson, module, before.get(module), after.get(module))
    return found


def _by(lesson: Lesson, module: str, before: str | None, after: str | None) -> set[str]:
    symbols = {s: each.name for each in lesson.exercises for s in each.symbols if s.module == module}
    if not symbols:
        return {each.name for each in lesson.exercises}
    if before is None or after is None:
        return set(symbols.values())
    old, new = parts(before, symbols), parts(after, symbols)
    if old is None or new is None or old[None] != new[None]:
        return set(symbols.values())
    return {name for symbol, name in symbols.items() if old[symbol] != new[symbol]}


def parts(text: str, symbols: Mapping[Symbol, str]) -> dict[Symbol | None, str] | None:
    """Return the text of each symbol, and under None what is left; None if the text is not Python or lacks one."""
    try:
        source = Source(text)
        spans = {symbol: [source.span(each) for each in source.functions(symbol.name)] for symbol in symbols}
    except (SyntaxError, LessonError):
        return None
    rest = source.replaced({span: "" for each in spans.values() for span in each})
    return {None: rest, **{symbol: "".join(span.of(text) for span in each) for symbol, each in spans.items()}}
