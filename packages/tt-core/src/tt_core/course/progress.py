"""Show how far long runs are, with the time that is left: bars on a terminal, now and then a line elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tt_core import milestones

Begin = Callable[[str], milestones.Progress]
"""Start the display of one run, by its name, and return what its reports go to."""

QUIET_SECONDS = 10.0


@contextmanager
def bars(console: Console) -> Iterator[Begin]:
    """Show one bar for each run; they stay when the runs are over."""
    columns = (
        TextColumn("{task.description}", style="bold", markup=False),
        BarColumn(bar_width=24, complete_style="cyan", finished_style="green"),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left", style="bright_black"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", style="bright_black", markup=False),
    )
    with Progress(*columns, console=console) as display:

        def begin(name: str) -> milestones.Progress:
            task = display.add_task(name, total=None, note="")

            def report(done: int, total: int, note: str = "") -> None:
                display.update(task, completed=done, total=total, note=note)

            return report

        yield begin


def lines(name: str, seconds: float = QUIET_SECONDS) -> milestones.Progress:
    """Write a line to the standard error now, and again whenever `seconds` have passed."""
    start = last = time.monotonic()
    click.echo(f"{name}: running", err=True)

    def report(done: int, total: int, note: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if done and now - last >= seconds:
            last = now
            left = (now - start) * (total - done) / done
            click.echo(f"{name}: {done / total:.0%}, about {left:.0f} s left; {note}", err=True)

    return report


def quiet(name: str) -> milestones.Progress:  # noqa: ARG001  has the form of Begin
    """Show nothing."""
    return milestones.silent
