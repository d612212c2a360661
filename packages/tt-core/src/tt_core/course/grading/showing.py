"""Show how far a run is: a bar on a terminal, lines in plain text, nothing beside JSON; on the standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tt_core.course.console import make_console
from tt_core.course.grading.gradebooks import shown
from tt_core.course.grading.grader import printable
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.tiers import Tier

__all__ = ["Showing", "showing"]

Done: TypeAlias = Callable[[Grade, bool], None]

QUIET_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Showing:
    """How a run is shown: "bar", "lines" or "nothing"."""

    kind: str

    def starts(self, count: int, tier: Tier, others: Sequence[str]) -> None:
        """Say how many will be graded, in which sandbox, and what is no submission."""
        if self.kind == "nothing":
            return
        click.echo(f"Grading {count} submission{'s' * (count != 1)}. Sandbox: {tier}.", err=True)
        if others:
            click.echo(f"Left out, neither folder nor archive: {', '.join(map(printable, others))}.", err=True)

    @contextmanager
    def progress(self, total: int) -> Iterator[Done]:
        """Yield what is to be called for each submission that is done."""
        if self.kind == "bar":
            with bar(total) as done:
                yield done
        elif self.kind == "lines":
            yield told(total)
        else:
            yield lambda grade, old: None  # noqa: ARG005 - has the form of Done


def showing(*, as_json: bool, plain: bool) -> Showing:
    """Return how to show a run."""
    return Showing("nothing" if as_json else "lines" if plain else "bar")


@contextmanager
def bar(total: int) -> Iterator[Done]:
    """Show a bar; it stays when the run is over."""
    columns = (
        BarColumn(bar_width=32, complete_style="cyan", finished_style="green"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left", style="bright_black"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", style="bright_black", markup=False),
    )
    with Progress(*columns, console=make_console(stderr=True)) as display:
        task = display.add_task("", total=total, note="")
        yield lambda grade, old: display.update(task, advance=1, note=told_of(grade, old=old))


def told(total: int) -> Done:
    """Write a line whenever some seconds have passed."""
    last, count = time.monotonic(), 0

    def done(grade: Grade, old: bool) -> None:  # noqa: ARG001 - has the form of Done
        nonlocal last, count
        count += 1
        if time.monotonic() - last >= QUIET_SECONDS:
            last = time.monotonic()
            click.echo(f"{count} of {total} done", err=True)

    return done


def told_of(grade: Grade, *, old: bool) -> str:
    """Return in a few words what came of a submission."""
    earned = f"{shown(grade.points)} points" if grade.status == "graded" else grade.status
    return f"{printable(grade.student)[:24]}: {earned}{', as before' * old}"
