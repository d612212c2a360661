"""Put the units of three versions of a file into one row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from tt_core.course.statements import Key
from tt_core.course.units import Part, Unit

Units: TypeAlias = Sequence[Unit]
Names: TypeAlias = frozenset[str]
Table: TypeAlias = dict[Key, Unit]


def table(units: Units) -> Table:
    """Return units by their keys."""
    return {unit.key: unit for unit in units}


def changed_uses(old: Units, units: Units, other: Units) -> Names:
    """Return the names that one side's changes use; what stays though the other side gave it up uses all its names."""
    before, there = table(old), table(other)
    found: set[str] = set()
    for unit in units:
        was, counterpart = before.get(unit.key), there.get(unit.key)
        if was and counterpart and was.members and unit.members:
            found |= changed_uses(was.members, unit.members, counterpart.members)
        elif was is None or was.meaning != unit.meaning:
            found |= unit.uses
    return with_what_they_need(found, [unit for unit in units if unit.key not in there])


def with_what_they_need(names: Iterable[str], units: Units) -> Names:
    """Return names with those that the units that define them use, and those that these use, and so on."""
    found = frozenset(names)
    more = found.union(*(unit.uses for unit in units if unit.binds & found))
    return found if more == found else with_what_they_need(more, units)


def binds(units: Iterable[Unit]) -> Names:
    """Return the names that units define."""
    return frozenset(name for unit in units for name in unit.binds)


def pick(old: Part, mine: Part, new: Part) -> Part | None:
    """Return the part that one side changed, None if both did."""
    if mine.text == old.text:
        return new
    if new.meaning in {old.meaning, mine.meaning}:
        return mine
    return new if mine.meaning == old.meaning else None


def order(old: Units, mine: Units, new: Units) -> list[Key]:
    """Return the keys of the merged units: in the reference's order, or in the learner's if they moved something."""
    before, here, there = list(table(old)), list(table(mine)), list(table(new))
    moved = [key for key in here if key in before] != [key for key in before if key in here]
    return weave(here, there) if moved else weave(there, here)


def weave(first: Sequence[Key], second: Sequence[Key]) -> list[Key]:
    """Return the first sequence, and what only the second has, each behind what stands before it there.

    >>> weave([("a",), ("b",)], [("a",), ("x",), ("y",), ("b",)])
    [('a',), ('x',), ('y',), ('b',)]
    """
    woven = list(first)
    place = 0
    for key in second:
        if key in woven:
            place = woven.index(key)
        else:
            woven.insert(place, key)
        place += 1
    return woven


def joined(pieces: Iterable[str], newline: str) -> str:
    """Return the pieces in a row, each but the last with a line end."""
    *before, last = [piece for piece in pieces if piece] or [""]
    return "".join([piece if piece.endswith(("\n", "\r")) else piece + newline for piece in before]) + last


def alike(*units: Unit) -> bool:
    """Tell whether units have the same parts, and all of them members or none."""
    return len({(len(unit.parts), bool(unit.members)) for unit in units}) == 1


def imports(unit: Unit | None) -> tuple[str, ...]:
    """Return what a unit imports."""
    return unit.imports if unit else ()
