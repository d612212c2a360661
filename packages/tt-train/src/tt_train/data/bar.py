"""How far a long work has come, on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

PATIENCE = 1.0  # s: what takes longer shows how far it is


@contextmanager
def progress_bar(what: str, total: int, *, sizes: bool = False) -> Iterator[Callable[[int], None]]:
    """Give a function to call with what has been done; it draws a bar on a terminal once that takes long."""
    console = Console(stderr=True)
    speed = [DownloadColumn(), TransferSpeedColumn()] if sizes else [MofNCompleteColumn()]
    columns = [TextColumn("{task.description}"), BarColumn(), *speed, TimeRemainingColumn()]
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(what, total=total)
    begin = time.monotonic()

    def advance(done: int) -> None:
        if not bar.live.is_started and time.monotonic() - begin > PATIENCE:
            bar.start()
        bar.advance(task, done)

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()
