"""A Python file as units that can be exchanged one by one: its text, cut between statements, without a character lost.

A unit is a statement with the comments before it. A function comes in four parts (what stands before it, its head, its
docstring, its body); a class or a condition has units of its own inside.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tt_core.course import statements
from tt_core.course.statements import Block, Key
from tt_core.course.symbols import Function, Source

__all__ = ["Part", "Unit", "split"]

Parts: TypeAlias = tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file, and what it says however it is formatted."""

    text: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A statement.

    Attributes:
        key: what makes it the same statement in two versions of a file.
        parts: of a function lead, head, docstring and body; of a class the first three; else lead and statement.
        binds: the names that it defines.
        uses: the names and attributes that it reads.
        imports: of an import, each name as it is written there.
        indent: what stands before its first word.
    """

    key: Key
    parts: Parts
    members: tuple[Unit, ...] = ()
    binds: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()
    imports: tuple[str, ...] = ()
    indent: str = ""

    @property
    def text(self) -> str:
        """The whole unit."""
        return "".join([*(part.text for part in self.parts), *(member.text for member in self.members)])

    @property
    def meaning(self) -> str:
        """What the whole unit says."""
        return "\n".join([*(part.meaning for part in self.parts), *(member.meaning for member in self.members)])

    @property
    def name(self) -> str:
        """What a reader calls it."""
        return ", ".join(sorted(self.binds)) or self.key[-2].partition("\n")[0]


def split(text: str) -> tuple[Unit, ...]:
    """Return the units of a file; their texts in a row are the file.

    Raises:
        SyntaxError: it is not Python.
    """
    return _Splitter(Source(text)).scope(None, 0, len(text))


class _Splitter:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.comments = list(comments(source))

    def scope(self, owner: Block | None, start: int, stop: int) -> tuple[Unit, ...]:
        """Return the units of a body that stands between two positions; the last one is what trails."""
        body = self.source.tree.body if owner is None else owner.body
        units: list[Unit] = []
        seen: Counter[Key] = Counter()
        for nodes in statements.by_lines(body if owner is None else body[statements.has_docstring(owner) :]):
            end = min(self.end(nodes), stop)
            key = statements.key(nodes)
            units.append(self.unit((*key, str(seen[key])), nodes, start, end))
            seen[key] += 1
            start = end
        return (*units, Unit(("tail", "end of the file", "0"), (self.part(start, stop),)))

    def unit(self, key: Key, nodes: Sequence[ast.stmt], start: int, stop: int) -> Unit:
        """Return the unit of the statements that share a line."""
        first = max(self.source.starts[statements.first_line(nodes[0]) - 1], start)
        parts, inside = self.parts(nodes, first, stop)
        block = nodes[0] if isinstance(nodes[0], ast.ClassDef | ast.If) and inside < stop else None
        return Unit(
            key,
            (self.part(start, first), *parts),
            self.scope(block, inside, stop) if block else (),
            binds=frozenset(name for node in nodes for name in statements.binds(node)),
            uses=frozenset(name for node in nodes for name in statements.uses(node)),
            imports=statements.imports(nodes),
            indent=self.source.text[first : self.source.span(nodes[0]).start],
        )

    def parts(self, nodes: Sequence[ast.stmt], start: int, stop: int) -> tuple[Parts, int]:
        """Return the parts of a statement, and where its members begin: at its end if it has none."""
        node, *others = nodes
        if others or not statements.is_block(node) or not self.has_own_lines(node):
            return (self.part(start, stop, *nodes),), stop
        head = self.head_end(node)
        doc = self.doc_end(node, head)
        opening = (
            self.part(start, head, statements.without_body(node)),
            self.part(head, doc, *node.body[: doc > head]),
        )
        if isinstance(node, Function):
            return (*opening, self.part(doc, stop, *node.body[doc > head :])), stop
        return opening, doc

    def part(self, start: int, stop: int, *nodes: ast.AST) -> Part:
        """Return a stretch with what it says: its statements, without their places, and its comments."""
        said = [statements.meaning(node) for node in nodes]
        said += [comment for place, comment in self.comments if start <= place < stop]
        return Part(self.source.text[start:stop], "\n".join(said))

    def end(self, nodes: Sequence[ast.stmt]) -> int:
        """Return the position behind the last line of statements and the comments that are set in deeper than they."""
        line = last = nodes[-1].end_lineno or 0
        for text in self.source.lines[line:]:
            code = text.strip()
            if code and not (code.startswith("#") and len(text) - len(text.lstrip()) > nodes[0].col_offset):
                break
            line += 1
            last = line if code else last
        return self.source.starts[last]

    def has_own_lines(self, node: Block | Function) -> bool:
        """Tell whether the body begins on a line of its own."""
        first = self.source.span(node.body[0]).start
        return not self.source.text[self.source.starts[statements.first_line(node.body[0]) - 1] : first].strip()

    def head_end(self, node: Block | Function) -> int:
        """Return where the head ends: before the body's first line and the comments above it."""
        line = statements.first_line(node.body[0]) - 1
        while not self.source.lines[line - 1].partition("#")[0].strip():
            line -= 1
        return self.source.starts[line]

    def doc_end(self, node: Block | Function, head: int) -> int:
        """Return where the docstring's last line ends; the head's end if there is none, or more on that line."""
        line = node.body[0].end_lineno or 0
        shared = len(node.body) > 1 and node.body[1].lineno == line
        return self.source.starts[line] if statements.has_docstring(node) and not shared else head


def comments(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the position and the text of each comment."""
    for token in tokenize.generate_tokens(io.StringIO(source.text, newline="").readline):
        if token.type == tokenize.COMMENT:
            yield source.starts[token.start[0] - 1] + token.start[1], token.string
