"""A function of a learner's file, taken out to be shown in a cell, and put back."""

from __future__ import annotations

import ast
import difflib
import textwrap
from pathlib import Path

from tt_core.course import backups, files
from tt_core.course.lessons import LessonError, Symbol
from tt_core.course.locking import locked
from tt_core.course.symbols import Source, Span
from tt_core.overlay import file_of

__all__ = ["agree", "agreed", "difference", "function_text", "put_back", "with_function"]


def learners_file(workspace: Path, symbol: Symbol) -> Path:
    """Return the learner's file that holds a symbol.

    Raises:
        LessonError: there is none yet.
    """
    file = file_of(symbol.module, workspace)
    if file is None:
        raise LessonError(f"your workspace has no file for {symbol.module} yet: open its module with tt start first")
    return file


def read(file: Path) -> str:
    """Return a file's text with its own line ends."""
    with file.open(encoding="utf-8", newline="") as stream:
        return stream.read()


def spans(source: Source, symbol: Symbol) -> list[Span]:
    """Return the whole lines of each definition of a symbol, decorators included."""
    return [lines(source, function) for function in source.functions(symbol.name)]


def lines(source: Source, node: ast.stmt) -> Span:
    """Return the lines of a statement, with a comment behind its end."""
    span = source.span(node)
    return Span(source.text.rfind("\n", 0, span.start) + 1, source.line_end(node.end_lineno or 0))


def function_text(workspace: Path, symbol: Symbol) -> str | None:
    """Return the learner's definition of a symbol, a method without its indentation; None if it cannot be had."""
    try:
        source = Source(read(learners_file(workspace, symbol)))
        pieces = [textwrap.dedent(span.of(source.text)) for span in spans(source, symbol)]
    except (LessonError, SyntaxError):
        return None
    return "\n\n".join(pieces).replace("\r\n", "\n")


def with_function(text: str, symbol: Symbol, function: str) -> str:
    """Return a file's text with another definition of a symbol.

    Raises:
        LessonError: the new text is not the same functions, as many and with the same name.
        SyntaxError: the new text, or the file, is not Python.
    """
    source, new = Source(text), Source(function.strip() + "\n")
    places = spans(source, symbol)
    name = symbol.name.rpartition(".")[2]
    others = [node for node in new.tree.body if not is_function(node, name)]
    if others or len(new.tree.body) != len(places):
        raise LessonError(
            f"expected {len(places)} definition of {name} and nothing else in the cell; what else you need goes into "
            "your file"
        )
    changes = {}
    for place, piece in zip(places, pieces(new), strict=True):
        indent = place.of(text)[: len(place.of(text)) - len(place.of(text).lstrip())]
        changes[place] = textwrap.indent(piece, indent).replace("\n", source.newline())
    return source.replaced(changes)


def pieces(source: Source) -> list[str]:
    """Return the text of each statement, with the comments up to the next one."""
    starts = [lines(source, node).start for node in source.tree.body]
    ends = [*starts[1:], len(source.text)]
    return [source.text[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def is_function(node: ast.stmt, name: str) -> bool:
    """Tell whether a statement defines the function of this name."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name


def agreed(workspace: Path, symbol: Symbol) -> str | None:
    """Return the definition that file and notebook last had in common, None if it is not known."""
    place = _agreed_file(workspace, symbol)
    return read(place) if place.is_file() else None


def agree(workspace: Path, symbol: Symbol, function: str) -> None:
    """Remember a definition as the one that file and notebook have in common."""
    files.write(_agreed_file(workspace, symbol), function)


def _agreed_file(workspace: Path, symbol: Symbol) -> Path:
    return workspace / ".tt" / "notebooks" / f"{symbol.module}.{symbol.name}.py"


def put_back(workspace: Path, symbol: Symbol, function: str) -> str:
    """Write a function into the learner's file, after a backup, and return the difference as text, "" if there is none.

    Raises:
        LessonError: there is no such file, it was changed since the notebook last agreed with it, or the text is not
            that function.
        SyntaxError: it is not Python.
    """
    file = learners_file(workspace, symbol)
    with locked(workspace / ".tt" / "files.lock"):
        old = read(file)
        new = with_function(old, symbol, function)
        if new == old:
            return ""
        if function_text(workspace, symbol) != (agreed(workspace, symbol) or function_text(workspace, symbol)):
            raise LessonError(
                f"{symbol.name} was changed in {file.relative_to(workspace).as_posix()} since this cell was made: keep "
                "what you want in the file, and make the notebook anew with tt notebook and --fresh"
            )
        backups.save(workspace, [file], f"notebook: {symbol.name}", after={file: new.encode()})
        files.write(file, new)
        agree(workspace, symbol, function_text(workspace, symbol) or "")
    return difference(old, new, file.relative_to(workspace).as_posix())


def difference(old: str, new: str, name: str) -> str:
    """Return the lines that differ, with three around them."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"{name} (before)", f"{name} (now)", lineterm="")
    return "\n".join(lines)
