"""Bring what is new in the reference into a learner's file, and keep all that the learner wrote.

A three-way merge by definition: `base` is the skeleton that the file was written from, `yours` the learner's file,
`theirs` the skeleton of today. What only one side changed is taken from that side; where both did, the learner's
version stays and a `Conflict` tells of the reference's.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tt_core.course.statements import Key, bound_by
from tt_core.course.units import Unit, split
from tt_core.course.weaving import Table, Units, alike, binds, changed_uses, imports, joined, order, pick, table
from tt_core.errors import TinyTorchError

__all__ = ["Conflict", "MergeError", "Merged", "merge"]

BOM = "\ufeff"
WIDEST = 120


class MergeError(TinyTorchError):
    """A learner's file cannot be merged as it is; it is left alone."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A definition that both sides changed.

    Attributes:
        name: of the definition, as `Tensor.reshape`.
        reason: in words, to follow the name.
        yours: the learner's text, which stays; empty if they removed it.
        reference: the reference's text of today; empty if it has none any more.
    """

    name: str
    reason: str
    yours: str
    reference: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The text of a merged file, and where both sides had changed the same."""

    text: str
    conflicts: tuple[Conflict, ...] = ()


def merge(base: str | None, yours: str, theirs: str) -> Merged:
    """Return the learner's file with what is new in the reference.

    Args:
        base: what the learner started from; None if that is not known: then what the file has stays, and what it
            lacks comes in.
        yours: the learner's file.
        theirs: what a learner would start from today.

    Raises:
        MergeError: the learner's file, or what would come of it, is not Python.
    """
    mark, text = (BOM, yours[1:]) if yours.startswith(BOM) else ("", yours)
    mine = units_of(text)
    if yours in {base, theirs}:
        return Merged(theirs)
    if base == theirs:
        return Merged(yours)
    new = units_of(like(theirs, text))
    old = known_to(mine, new) if base is None else units_of(like(base, text))
    merger = _Merger(old, mine, new, "\r\n" if "\r\n" in text else "\n")
    merged = merger.scope(old, mine, new, "")
    if not is_python(merged):
        raise MergeError("what is new does not fit into it")
    return Merged(mark + merged, tuple(merger.conflicts))


def units_of(text: str) -> tuple[Unit, ...]:
    """Return the units of a file.

    Raises:
        MergeError: it is not Python.
    """
    try:
        return split(text)
    except SyntaxError as error:
        raise MergeError(f"line {error.lineno}: {error.msg}") from error
    except ValueError as error:  # a null character
        raise MergeError(str(error)) from error


def like(text: str, model: str) -> str:
    """Return the text with the line ends of another."""
    plain = text.replace("\r\n", "\n")
    return plain.replace("\n", "\r\n") if "\r\n" in model else plain


def known_to(yours: Units, theirs: Units) -> tuple[Unit, ...]:
    """Return those of the reference's units that the learner's file has too, as if it had started from these."""
    mine = table(yours)
    shared = [unit for unit in theirs if unit.key in mine]
    return tuple(replace(unit, members=known_to(mine[unit.key].members, unit.members)) for unit in shared)


def is_python(text: str, *, indented: bool = False) -> bool:
    """Tell whether a text can be compiled."""
    try:
        ast.parse(f"if 1:\n{text}" if indented else text)
    except SyntaxError:
        return False
    return True


@dataclass
class _Merger:
    """What is the same for all scopes of a file."""

    old: Units
    mine: Units
    new: Units
    newline: str
    conflicts: list[Conflict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.i_use = changed_uses(self.old, self.mine, self.new)
        self.they_use = changed_uses(self.old, self.new, self.mine)

    def scope(self, old: Units, mine: Units, new: Units, path: str) -> str:
        """Return the text of a file or a class, unit by unit."""
        scope = _Scope(self, path, table(old), table(mine), table(new))
        return joined([scope.piece(key) for key in order(old, mine, new)], self.newline)


class _Scope:
    """One file or class in its three versions."""

    def __init__(self, merger: _Merger, path: str, old: Table, mine: Table, new: Table) -> None:
        self.merger, self.path = merger, path
        self.old, self.mine, self.new = old, mine, new
        self.needed = merger.i_use - binds(new.values())
        self.taken = binds(unit for unit in mine.values() if not unit.imports and self.stays(unit))
        self.own = binds(unit for unit in mine.values() if unit.key not in new and self.stays(unit))
        for unit in mine.values():
            self.taken |= {bound_by(name) for name in unit.imports if name not in self.gone(unit)}

    def piece(self, key: Key) -> str:
        """Return the text of one unit, empty if the merged file has none."""
        old, mine, new = self.old.get(key), self.mine.get(key), self.new.get(key)
        if mine and mine.imports:
            return self.my_import(old, mine, new)
        if mine and new:
            return self.both(old, mine, new)
        if mine:
            return self.only_mine(old, mine)
        return self.only_new(old, new) if new else ""

    def conflict(self, reason: str, mine: Unit | None, new: Unit | None) -> None:
        """Remember that both sides changed a unit."""
        name = next(unit.name for unit in (mine, new) if unit)
        texts = ["" if unit is None else unit.text.strip("\r\n") for unit in (mine, new)]
        self.merger.conflicts.append(Conflict(self.path + name, reason, *texts))

    def both(self, old: Unit | None, mine: Unit, new: Unit) -> str:
        """Return a unit that both sides have."""
        if old and mine.text == old.text:
            return self.as_new(mine, new)
        if old and alike(old, mine, new):
            known = len(self.merger.conflicts)
            text = self.by_parts(old, mine, new)
            if is_python(text, indented=bool(mine.indent)):
                return text
            del self.merger.conflicts[known:]
        if old and mine.meaning == old.meaning:
            return self.as_new(mine, new)
        if mine.meaning != new.meaning and not (old and old.meaning == new.meaning):
            self.conflict("you and the reference both changed it", mine, new)
        return mine.text

    def as_new(self, mine: Unit, new: Unit) -> str:
        """Return the reference's unit, as far from what stands before it as the learner's."""
        if mine.text == new.text:
            return mine.text
        self.need_room(new)
        lead = mine.parts[0] if mine.parts[0].meaning == new.parts[0].meaning else new.parts[0]
        return lead.text + new.text[len(new.parts[0].text) :]

    def need_room(self, new: Unit) -> None:
        """Refuse a unit that is set in otherwise than the learner's units around it: it would become part of another.

        Raises:
            MergeError: it is.
        """
        if any(unit.indent != new.indent for unit in self.mine.values() if len(unit.parts) > 1):
            raise MergeError(
                f"{self.path}{new.name} is new, and does not fit into a file that is indented in another way"
            )

    def by_parts(self, old: Unit, mine: Unit, new: Unit) -> str:
        """Return a unit whose head may come from one side and whose body from the other."""
        picked = [pick(*three) for three in zip(old.parts, mine.parts, new.parts, strict=True)]
        if None in picked[1:]:  # both may have written comments before it
            self.conflict("you and the reference both changed it", mine, new)
        if any(part and part.text != own.text for part, own in zip(picked[1:], mine.parts[1:], strict=True)):
            self.need_room(new)
        opening = "".join((part or own).text for part, own in zip(picked, mine.parts, strict=True))
        if not mine.members:
            return opening
        return opening + self.merger.scope(old.members, mine.members, new.members, f"{self.path}{mine.name}.")

    def stays(self, mine: Unit) -> bool:
        """Tell whether a unit stays: not if the reference gave it up, and nothing that the learner wrote needs it."""
        old = self.old.get(mine.key)
        given_up = old is not None and mine.key not in self.new
        return not (given_up and old and mine.meaning == old.meaning) or bool(mine.binds & self.needed)

    def only_mine(self, old: Unit | None, mine: Unit) -> str:
        """Return a unit that the reference does not have."""
        if not self.stays(mine):
            return ""
        if old and mine.meaning != old.meaning:
            self.conflict("the reference no longer has it", mine, None)
        return mine.text

    def only_new(self, old: Unit | None, new: Unit) -> str:
        """Return a unit that the learner's file does not have, if it shall have it."""
        if new.imports:
            return self.new_import(old, new)
        needed = new.binds & self.merger.they_use - self.taken
        if old is None and new.binds & self.own:
            self.conflict("it is new in the reference, and you have something else of that name", None, new)
            return ""
        if old and old.meaning != new.meaning and not needed:
            self.conflict("you removed it, and the reference changed it", None, new)
        if old and not needed:
            return ""
        self.need_room(new)
        return new.text

    def gone(self, mine: Unit) -> tuple[str, ...]:
        """Return what the reference no longer imports and the learner does not need, of what they import."""
        old, new = imports(self.old.get(mine.key)), imports(self.new.get(mine.key))
        return tuple(a for a in mine.imports if a in old and a not in new and bound_by(a) not in self.needed)

    def my_import(self, old: Unit | None, mine: Unit, new: Unit | None) -> str:
        """Return the learner's import with what the reference's imports more; it stays as it is if it has comments."""
        gone = self.gone(mine)
        if new and old and mine.text == old.text and len(gone) == len({*old.imports} - {*new.imports}):
            return self.as_new(mine, new)
        lead, statement = mine.parts
        kept = [name for name in mine.imports if name not in gone]
        if gone and "#" not in statement.text:
            text = lead.text + self.written(mine, kept) if kept else ""
        else:
            text = mine.text
        return joined([text, self.new_import(old, new) if new else ""], self.merger.newline)

    def new_import(self, old: Unit | None, new: Unit) -> str:
        """Return an import of what is new in the reference's, or what its new code needs."""
        wanted = [a for a in new.imports if a not in imports(old) or bound_by(a) in self.merger.they_use]
        missing = [a for a in wanted if bound_by(a) not in self.taken]
        if missing:
            self.need_room(new)
        return new.text if missing == [*new.imports] else self.written(new, missing)

    def written(self, unit: Unit, names: Sequence[str]) -> str:
        """Return an import statement of some of a unit's names."""
        start = f"from {unit.key[2]} import " if unit.key[0] == "from" else "import "
        line = f"{unit.indent}{start}{', '.join(names)}"
        if len(line) > WIDEST:
            rows = "".join(f"{unit.indent}    {name},{self.merger.newline}" for name in names)
            line = f"{unit.indent}{start}({self.merger.newline}{rows}{unit.indent})"
        return line + self.merger.newline if names else ""
