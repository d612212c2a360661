"""What a learner sees of checks, a thousand times: short, calm, and with all that helps to go on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tt_core.course import console
from tt_core.course.checks import Raised
from tt_core.course.checks.results import Frame, Result
from tt_core.course.checks.summary import Summary, places_of, spot
from tt_core.course.checks.values import clip, differing, rows
from tt_core.course.lessons import Exercise, Lesson

__all__ = ["Page", "at_work", "details", "overview"]

SIGNS = {"passed": ("✔", "green"), "not built": ("○", "bright_black")}
WRONG = ("✖", "red")
DIM, STRONG = "bright_black", "bold"
FRAMES = 3
INPUTS = 4
PRINTED = 6
INDENT = 6
SHORT = (bool, int, float, str)  # what a sentence shows whole
FULL = 2  # exercises of which all is shown; of the others a line


@dataclass(frozen=True)
class Page:
    """Where lines go: to a terminal with colours, or as plain text."""

    console: Console
    plain: bool

    def line(self, text: Text | str = "", indent: int = 2) -> None:
        """Write a line; in a terminal, and only there, it wraps, and keeps its indentation."""
        text = Text(text) if isinstance(text, str) else text
        if self.plain or not self.console.is_terminal:
            console.write(" " * indent + text.plain if text.plain else "")
        else:
            self.console.print(console.trimmed(self.console, padded(text, indent)), end="")

    def row(self, before: Text, said: Text) -> None:
        """Write what stands beside a name, which in a terminal stays beside it where it wraps."""
        if self.plain or not self.console.is_terminal:
            self.line(Text.assemble(before, said))
            return
        grid = Table.grid()
        grid.add_column(no_wrap=True)
        grid.add_row(before, said)
        self.console.print(console.trimmed(self.console, Padding(grid, (0, 0, 0, 2), expand=False)), end="")

    def lines(self, found: Iterable[tuple[int, Text]]) -> None:
        """Write lines with their indentation."""
        for indent, text in found:
            self.line(text, indent)


def padded(text: Text, indent: int) -> RenderableType:
    """Return a text that keeps its indentation where it wraps."""
    return Padding(text, (0, 0, 0, indent), expand=False) if text.plain else text


def overview(summary: Summary, width: int, *, plain: bool) -> tuple[Text, Text]:
    """Return the one line that is said of each exercise: its name, and what is said beside it."""
    sign, style = SIGNS.get(summary.outcome, WRONG)
    sign = "" if plain else f"{sign} "
    name = f"{summary.exercise.number:<5} {summary.exercise.name:<{width}}  "
    said, dim = remark(summary)
    word = "passed: " if plain and summary.outcome == "passed" else ""
    before = Text.assemble((sign, style), (name, "" if summary.outcome != "not built" else DIM))
    return before, Text(f"{word}{said}", dim)


def at_work(exercise: Exercise, width: int) -> tuple[Text, Text]:
    """Return the line of an exercise that is not yet to be checked."""
    return Text(f"  {exercise.number:<5} {exercise.name:<{width}}  ", DIM), Text(exercise.title, DIM)


def remark(summary: Summary) -> tuple[str, str]:
    """Return what stands beside an exercise's name."""
    if summary.outcome == "passed":
        return summary.exercise.title, DIM
    if summary.waits_for:
        return f"waits for {summary.waits_for}", DIM
    if summary.lacks_file:
        return f"its file is missing: tt start {summary.exercise.number[:2]}", "yellow"
    if summary.outcome == "not built":
        return "not built yet", DIM
    passed = sum(result.passed for result in summary.results)
    word = "took too long" if summary.outcome == "timed out" else summary.outcome
    return f"{word}, {passed} of {len(summary.results)} checks passed", "red"


def details(found: Sequence[Summary], workspace: Path, width: int = 80) -> Iterator[tuple[int, Text]]:
    """Yield what is wrong with exercises, the first of them in full."""
    wrong = [each for each in found if each.outcome not in {"passed", "not built"}]
    if wrong and wrong[0].wrong and wrong[0].wrong.at_import:
        yield from _import_error(wrong[0].wrong)
        return
    for summary in wrong[:FULL]:
        yield from _exercise(summary, workspace, width)
    for summary in wrong[FULL:]:
        yield from _brief(summary, workspace)
    for summary in found:
        if summary not in wrong:
            yield from _printed(summary)


def _brief(summary: Summary, workspace: Path) -> Iterator[tuple[int, Text]]:
    result = summary.wrong
    if result:
        name = f"{summary.exercise.number} {summary.exercise.name}"
        yield 2, Text.assemble((name, STRONG), f": it {sentence(result.check.says)}")
        yield 6, Text(unplaced(result.what), "red")
        yield from _places(summary, workspace)
        yield 0, Text()


def _import_error(result: Result) -> Iterator[tuple[int, Text]]:
    yield 2, Text("Your files cannot be imported, so nothing was checked.", STRONG)
    yield 0, Text()
    yield from _frames(result)
    yield 6, Text(unplaced(result.what), "red")
    yield from _said(result.printed)
    yield 0, Text()


def _exercise(summary: Summary, workspace: Path, width: int) -> Iterator[tuple[int, Text]]:
    result = summary.wrong
    if result is None:
        return
    yield 2, Text(f"{summary.exercise.number} {summary.exercise.name}", STRONG)
    yield 6, Text(f"Tested: it {sentence(result.check.says)}")
    yield 0, Text()
    yield 6, Text(unplaced(result.what), "bold red")
    if result.frames:
        yield from _frames(result)
    else:
        yield from _places(summary, workspace)
    yield from _table(result, width - INDENT)
    if fits(result):
        yield 0, Text()
        yield 6, Text(f"Often: {result.check.hint}", "italic")
    if result.printed.strip():
        yield 0, Text()
        yield 6, Text("printed meanwhile:", DIM)
        yield from _said(result.printed)
    yield 0, Text()


def fits(result: Result) -> bool:
    """Tell whether a check's note may be of help: it is about wrong results, and about the errors that it names."""
    error = re.match(r"(\w+): ", result.what)
    named = error is not None and result.outcome == "crashed" and error[1] in result.check.hint
    return bool(result.check.hint) and (result.outcome == "failed" or named)


def sentence(text: str) -> str:
    """Return a text with a full stop, unless it has one."""
    return text if text.endswith((".", "…", "?", "!")) else f"{text}."


def _table(result: Result, width: int) -> Iterator[tuple[int, Text]]:
    table = [(name, value, "") for name, value in list(result.inputs.items())[:INPUTS]] + _compared(result)
    column = max((len(name) for name, _, _ in table), default=0) + 2
    if table:
        yield 0, Text()
    for name, value, style in table:
        for place, line in enumerate(rows(value, width - column, kinds=not style)):
            yield 6, Text.assemble((f"{'' if place else name:<{column}}", DIM), (line, style))


def _compared(result: Result) -> list[tuple[str, Any, str]]:
    """Return what was to come and what came, as far as the sentence above does not say it."""
    expected, got = differing(result.expected, result.actual, result.check.rtol, result.check.atol)
    wanted, found = ("expected", expected, "green"), ("got", got, "red")
    if isinstance(result.expected, Raised):
        return [wanted] if result.outcome == "crashed" else [] if result.frames else [found]
    if result.outcome != "failed":
        return []
    if result.check.verify:
        return [found]
    return [] if isinstance(expected, SHORT) and isinstance(got, SHORT) else [wanted, found]


def _places(summary: Summary, workspace: Path) -> Iterator[tuple[int, Text]]:
    for place in places_of(summary, workspace):
        yield 6, Text(spot(place), DIM)
    if summary.wrong and (uses := summary.wrong.uses):
        yield 6, Text(f"It runs on {uses.number} {uses.name}, which fails too: begin there.", DIM)


def _frames(result: Result) -> Iterator[tuple[int, Text]]:
    for frame in result.frames[-FRAMES:]:
        yield 6, Text(spot(frame), DIM)
        yield from _code(frame)


def _code(frame: Frame) -> Iterator[tuple[int, Text]]:
    text = frame.text.strip()
    if text:
        yield 10, Text(text, "cyan")
    if frame.column and text:
        before = len(frame.text) - len(frame.text.lstrip())
        yield 10, Text(" " * max(0, frame.column - 1 - before) + "^", "red")


def unplaced(what: str) -> str:
    """Return an error of syntax without its place, which stands above."""
    return re.sub(r"^(\w*Error: .*) \(\S+\.py, line \d+\)$", r"\1", what)


def _printed(summary: Summary) -> Iterator[tuple[int, Text]]:
    printed = next((result.printed for result in summary.results if result.printed.strip()), "")
    if printed:
        yield 2, Text(f"{summary.exercise.number} {summary.exercise.name} printed:", DIM)
        yield from _said(printed)
        yield 0, Text()


def _said(printed: str) -> Iterator[tuple[int, Text]]:
    lines = [clip(clean(line), 90) for line in printed.strip("\n").splitlines()]
    for line in lines[:PRINTED]:
        yield 6, Text(line, DIM)
    if len(lines) > PRINTED:
        yield 6, Text(f"and {len(lines) - PRINTED} lines more", DIM)


def clean(line: str) -> str:
    """Return a line in which nothing moves the cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in line)


def title(lesson: Lesson) -> Text:
    """Return the head of the page."""
    return Text.assemble((f"{lesson.number}  ", DIM), (lesson.title, STRONG))
