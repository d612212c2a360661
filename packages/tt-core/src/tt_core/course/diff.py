"""`tt diff`: the learner's version of each exercise beside the reference, and PyTorch's source to read next."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import click
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tt_core.course.arguments import MODULE
from tt_core.course.console import can_draw, json_option, make_console, plain_option, trimmed, write
from tt_core.course.lessons import Exercise, Lesson, LessonError, Symbol
from tt_core.course.skeletons import reference_source
from tt_core.course.symbols import Source
from tt_core.course.workspace import Workspace, find, passed

WIDE = 120
WIDEST = 200
AROUND = 3  # lines that are shown before and behind a difference


@dataclass(frozen=True, slots=True)
class Pair:
    """A function of an exercise: the learner's and the reference's."""

    exercise: Exercise
    symbol: Symbol
    yours: str
    reference: str

    @property
    def unified(self) -> list[str]:
        """The lines of a unified diff; nothing if both are the same."""
        theirs, mine = self.reference.splitlines(), self.yours.splitlines()
        return list(difflib.unified_diff(theirs, mine, "reference", "yours", lineterm="", n=AROUND))


@click.command(short_help="Compare what you wrote with the reference, once it passes.")
@click.argument("module", type=MODULE)
@click.option("--anyway", is_flag=True, help="Show it though the module has not been passed: for instructors.")
@json_option
@plain_option
def diff(*, module: Lesson, anyway: bool, as_json: bool, plain: bool) -> None:
    """Show what you wrote in MODULE beside the reference, and what to read in PyTorch's source next.

    Side by side in a terminal of 120 columns or more, else one below the other. Elsewhere no line is broken.

    Exit codes: 0 shown, 1 the module has not been passed yet, 2 wrong usage.
    """
    home = find()
    if not anyway and not passed(home.state, module):
        text = f"module {module.number} has not been passed yet: tt check {module.number} shows what is missing"
        raise click.ClickException(f"{text}; reading the solution first would take the best part away.")
    found = [pair for exercise in module.exercises for pair in pairs(home, exercise)]
    console = make_console()
    console.width = min(Console().width, WIDEST)
    if as_json:
        click.echo(json.dumps(as_dict(module, found), indent=2))
    elif plain or not console.is_terminal or not can_draw(console):
        write("\n".join([*plain_lines(found), *reading(module)]))
    else:
        draw(console, module, found)


def pairs(home: Workspace, exercise: Exercise) -> Iterator[Pair]:
    """Yield the functions of an exercise in both versions; what the learner does not have is empty."""
    for symbol in exercise.symbols:
        theirs = functions(Source(reference_source(symbol.module)), symbol.name)
        yield Pair(exercise, symbol, learners(home, symbol), theirs)


def learners(home: Workspace, symbol: Symbol) -> str:
    """Return the learner's version of a function, empty if there is none.

    Raises:
        click.ClickException: the file is not Python.
    """
    file = home.file(symbol.module)
    if not file.is_file():
        return ""
    try:
        return functions(Source(file.read_text(encoding="utf-8-sig")), symbol.name)
    except LessonError:
        return ""
    except (SyntaxError, ValueError) as error:
        name = file.relative_to(home.root)
        raise click.ClickException(f"{name} cannot be read as Python ({error}): correct that first.") from error


def functions(source: Source, name: str) -> str:
    """Return the text of the functions of a name, at the left edge."""
    found = [(source.span(each).of(source.text), each.col_offset) for each in source.functions(name)]
    return "\n\n".join(at_left_edge(text, columns) for text, columns in found)


def at_left_edge(text: str, columns: int) -> str:
    """Return a function's text without what its other lines are set in."""
    first, *rest = text.splitlines()
    return "\n".join([first, *(line[columns:] if not line[:columns].strip() else line for line in rest)])


def as_dict(lesson: Lesson, found: Sequence[Pair]) -> dict[str, object]:
    """Return what JSON says."""
    rows = [
        {
            "exercise": pair.exercise.number,
            "symbol": str(pair.symbol),
            "same": pair.yours == pair.reference,
            "yours": pair.yours,
            "reference": pair.reference,
        }
        for pair in found
    ]
    return {"module": lesson.number, "functions": rows, "read": [{"file": e.file, "what": e.what} for e in lesson.read]}


def heading(pair: Pair) -> str:
    """Return what stands above a function."""
    return f"{pair.exercise.number} {pair.symbol}{'' if pair.yours else ': you do not have it'}"


def agreeing(found: Sequence[Pair]) -> str:
    """Return which functions are the same in both versions, as a sentence; "" if there are none."""
    same = [pair.symbol.name for pair in found if pair.yours == pair.reference]
    return f"As in the reference, word by word: {', '.join(same)}." if same else ""


def plain_lines(found: Sequence[Pair]) -> Iterator[str]:
    """Yield the functions as unified diffs, each with a heading."""
    for pair in found:
        if pair.yours != pair.reference:
            yield from [heading(pair), *(f"  {line}" for line in pair.unified), ""]
    if agreeing(found):
        yield from [agreeing(found), ""]


def reading(lesson: Lesson) -> list[str]:
    """Return what to read next in PyTorch's source."""
    rows = [f"  {each.file}\n    {each.what}" for each in lesson.read]
    return ["Read next, in PyTorch's source:", *rows] if rows else []


def draw(console: Console, lesson: Lesson, found: Sequence[Pair]) -> None:
    """Write the functions side by side if there is room, and what to read next."""
    for pair in found:
        if pair.yours != pair.reference:
            console.print(Text(heading(pair), "bold"))
            versions = side_by_side(pair) if console.width >= WIDE else one_below_the_other(pair)
            console.print(trimmed(console, versions), end="")
            console.print()
    if agreeing(found):
        console.print(Text(f"{agreeing(found)}\n"))
    for line in reading(lesson):
        file, _, what = line.partition("\n")
        console.print(Text(file, "bold" if not what else "cyan"))
        if what:
            console.print(trimmed(console, Padding(Text(what.strip()), (0, 0, 0, 4))), end="")


def side_by_side(pair: Pair) -> Table:
    """Return both versions with the same lines beside each other; those that differ stand out."""
    table = Table("yours", "reference", box=box.SIMPLE_HEAD, expand=True, header_style="bright_black", padding=(0, 1))
    for mine, other, same in rows(pair.yours.splitlines(), pair.reference.splitlines()):
        left, right = ("", "") if same else ("green", "yellow")
        table.add_row(Text(mine, left, overflow="fold"), Text(other, right, overflow="fold"))
    for column in table.columns:
        column.ratio = 1
    return table


def rows(yours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield the lines that stand beside each other, and whether they are the same; of long agreement only the ends."""
    for kind, a, b, c, d in difflib.SequenceMatcher(None, yours, theirs, autojunk=False).get_opcodes():
        same = kind == "equal"
        for place, (mine, other) in enumerate(zip_longest(yours[a:b], theirs[c:d], fillvalue="")):
            if not same or place < AROUND or b - a - place <= AROUND:
                yield mine, other, same
            elif place == AROUND:
                yield "⋮", "⋮", same


def one_below_the_other(pair: Pair) -> Padding:
    """Return a unified diff, in which a line that wraps stays beside its mark."""
    styles = {"-": "yellow", "+": "green", "⋮": "bright_black"}
    grid = Table.grid()
    for line in ("⋮" if each.startswith("@@") else each for each in pair.unified):
        grid.add_row(*(Text(part, styles.get(line[:1], ""), overflow="fold") for part in (line[:1], line[1:])))
    return Padding(grid, (0, 0, 0, 2), expand=False)
