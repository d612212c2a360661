"""Where a function stands in a source text, and the text with another body in its place.

All positions are of characters in the text as it is, whatever its line ends and encoding, so that what is not replaced
stays as it was, byte for byte.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from tt_core.course.lessons import LessonError

__all__ = ["Function", "Source", "Span"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Scope: TypeAlias = ast.Module | ast.ClassDef


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
        self.tree = ast.parse(text)
        self.lines = list(io.StringIO(text, newline=""))
        self.starts = [0, *accumulate(map(len, self.lines))]

    def functions(self, name: str) -> list[Function]:
        """Return the definitions of `name`, or `Class.name`, that have a body to write: overloads have none.

        Raises:
            LessonError: there is none.
        """
        *classes, last = name.split(".")
        scopes: list[Scope] = [self.tree]
        for each in classes:
            scopes = [n for scope in scopes for n in statements(scope.body) if is_class(n, each)]  # type: ignore[misc]
        found = [n for scope in scopes for n in statements(scope.body) if isinstance(n, Function) and n.name == last]
        written = [n for n in found if not any(map(is_overload, n.decorator_list))]
        if not written:
            raise LessonError(f"there is no function {name!r} in the file")
        return written

    def place(self, line: int, column: int) -> int:
        """Return the position of a line (from 1) and a column in bytes, as syntax trees count."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return the stretch of a node, with the decorators of a function."""
        first = min([node, *getattr(node, "decorator_list", ())], key=lambda n: n.lineno)
        column = first.col_offset - (1 if first is not node else 0)  # a decorator's @
        return Span(self.place(first.lineno, column), self.place(node.end_lineno or 0, node.end_col_offset or 0))

    def body(self, function: Function) -> Span:
        """Return the stretch from behind the docstring, or the signature, to the end of the last line."""
        first, last = function.body[0], function.body[-1]
        end = self.line_end(last.end_lineno or 0)
        if ast.get_docstring(function) is None:
            start = self.place(first.lineno, first.col_offset)
            indented = not self.text[self.starts[first.lineno - 1] : start].strip()
            return Span(self.line_end(first.lineno - 1) if indented else start, end)
        return Span(self.line_end(first.end_lineno or 0) if last is not first else end, end)

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

    def replaced(self, changes: Mapping[Span, str]) -> str:
        """Return the text with other words in some stretches."""
        text = self.text
        for span in sorted(changes, key=lambda each: each.start, reverse=True):
            text = text[: span.start] + changes[span] + text[span.stop :]
        return text


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a scope, also those that stand under a condition."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from statements([*node.body, *node.orelse])


def is_class(node: ast.stmt, name: str) -> bool:
    """Tell whether a statement defines the class of this name."""
    return isinstance(node, ast.ClassDef) and node.name == name


def is_overload(decorator: ast.expr) -> bool:
    """Tell whether a decorator is `typing.overload`."""
    return getattr(decorator, "attr", getattr(decorator, "id", "")) == "overload"
