"""Where a function stands in a source text, and the text with another body in its place.

All positions are of characters in the text as it is, whatever its line ends and encoding, so that what is not replaced
stays as it was, byte for byte.
"""

from __future__ import annotations

import ast
import io
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from tt_core.course.lessons import LessonError

__all__ = ["Function", "Source", "Span"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Scope: TypeAlias = Function | ast.ClassDef
BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text."""

    start: int
    stop: int

    def of(self, text: str) -> str:
        """Return the stretch."""
        return text[self.start : self.stop]


class Source:
    """A module's text with its functions.

    Raises:
        SyntaxError: it is not Python.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = parsed(text)
        self.lines = list(io.StringIO(text, newline=""))
        self.starts = [0, *accumulate(map(len, self.lines))]

    def functions(self, name: str) -> list[Function]:
        """Return the definitions of `name`, or `Class.name`, that have a body to write.

        Overloads have none, nor has what only type checkers see.

        Raises:
            LessonError: there is none.
        """
        *scopes, last = name.split(".")
        bodies: list[Sequence[ast.stmt]] = [self.tree.body]
        for each in scopes:
            bodies = [n.body for body in bodies for n in statements(body) if isinstance(n, Scope) and n.name == each]
        found = [n for body in bodies for n in statements(body) if isinstance(n, Function) and n.name == last]
        written = [n for n in found if not any(map(is_overload, n.decorator_list))]
        if not written:
            raise LessonError(f"there is no function {name!r} in the file")
        return written

    def place(self, line: int, column: int) -> int:
        """Return the position of a line (from 1) and a column in bytes, as syntax trees count."""
        mark = len(BOM) if line == 1 and self.text.startswith(BOM) else 0
        found = self.lines[line - 1][mark:].encode()[:column].decode() if self.lines else ""
        return self.starts[line - 1] + mark + len(found)

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return the stretch of a node, with the decorators of a function."""
        start = self.place(node.lineno, node.col_offset)
        for decorator in getattr(node, "decorator_list", ())[:1]:
            start = self.text.rindex("@", 0, self.place(decorator.lineno, decorator.col_offset))
        return Span(start, self.end(node))

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Return the position behind a node."""
        return self.place(node.end_lineno or 0, node.end_col_offset or 0)

    def body(self, function: Function) -> Span:
        """Return the stretch from behind the docstring, or the signature, to the end of the last line.

        What `opening` returns goes between it and a new body.
        """
        first, last = function.body[0], function.body[-1]
        stop = self.line_end(last.end_lineno or 0)
        if ast.get_docstring(function) is None:
            start = self.span(first).start
            return Span(start if self.is_inline(function) else self._above(start), stop)
        if first is last:
            return Span(self.end(first) if self.is_inline(function) else stop, stop)
        shared = function.body[1].lineno == first.end_lineno
        return Span(self.end(first) if shared else self.line_end(first.end_lineno or 0), stop)

    def opening(self, function: Function) -> str:
        """Return what stands before a body that is written in place of the one that is there."""
        if self.is_inline(function):
            return "" if ast.get_docstring(function) is None else "; "
        return self.newline() + self.indent(function)

    def is_inline(self, function: Function) -> bool:
        """Tell whether the body begins on the line where the signature ends."""
        start = self.span(function.body[0]).start
        return bool(self.text[self.starts[bisect(self.starts, start) - 1] : start].strip())

    def _above(self, start: int) -> int:
        """Return the end of the signature's line: the comments above the first statement are part of the body."""
        line = bisect(self.starts, start) - 1  # the number of the line before, from 1
        while not self.lines[line - 1].strip() or self.lines[line - 1].lstrip().startswith("#"):
            line -= 1
        return self.line_end(line)

    def line_end(self, line: int) -> int:
        """Return the position behind the last character of a line (from 1), before what ends it."""
        return self.starts[line - 1] + len(self.lines[line - 1].rstrip("\r\n"))

    def indent(self, function: Function) -> str:
        """Return what stands before the statements of the body."""
        first = function.body[0]
        before = self.lines[first.lineno - 1][: first.col_offset]
        return before if not before.strip() else " " * (function.col_offset + 4)

    def newline(self) -> str:
        """Return what ends the lines of this text."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def with_bodies(self, other: Source, names: Iterable[str]) -> str:
        """Return the text with the bodies that functions of these names have in another.

        Raises:
            LessonError: one of the two lacks a function, or has another number of it.
        """
        changes: dict[Span, str] = {}
        for name in names:
            here, there = self.functions(name), other.bodies(name)
            if len(here) != len(there):
                raise LessonError(f"there are {len(there)} functions {name!r} where {len(here)} are needed")
            changes |= dict(zip(map(self.body, here), there, strict=True))
        return self.replaced(changes)

    def bodies(self, name: str) -> list[str]:
        """Return the texts of the bodies of the functions of a name."""
        return [self.body(function).of(self.text) for function in self.functions(name)]

    def replaced(self, changes: Mapping[Span, str]) -> str:
        """Return the text with other words in some stretches."""
        text = self.text
        for span in sorted(changes, key=lambda each: each.start, reverse=True):
            text = text[: span.start] + changes[span] + text[span.stop :]
        return text


def parsed(text: str) -> ast.Module:
    """Return the syntax tree of a module's text, which may begin with a byte order mark.

    Raises:
        SyntaxError: it is not Python.
    """
    try:
        return ast.parse(text.removeprefix(BOM), type_comments=False)
    except ValueError as error:  # a null character, before Python 3.12
        raise SyntaxError(str(error)) from error


def statements(body: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """Yield the statements of a scope, also those that stand in a block, but none that only type checkers see."""
    for node in body:
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, Scope):
            for name in ("body", "orelse", "handlers", "finalbody", "cases"):
                if not (name == "body" and is_for_checkers(node)):
                    yield from statements(getattr(node, name, ()))


def is_for_checkers(node: ast.AST) -> bool:
    """Tell whether a statement is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and named(node.test).endswith("TYPE_CHECKING")


def is_overload(decorator: ast.expr) -> bool:
    """Tell whether a decorator is `typing.overload`."""
    return named(decorator) == "overload"


def named(node: ast.expr) -> str:
    """Return the last part of a dotted name, "" for other expressions."""
    return str(getattr(node, "attr", getattr(node, "id", "")))
