"""Processes of this user: how many there are, and those that a confined one has left behind.

The first two tiers let no process be started. The third can only bound how many, and look for what remains: a stray is
known by a variable in the environment that it began with.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["TOKEN", "end_strays", "most_processes"]

TOKEN = "TT_SANDBOX"  # noqa: S105 - a variable's name
SPARE = 64


def most_processes() -> int:
    """Return a limit for this user's processes that leaves room for a few more; Linux counts threads, others do not."""
    if sys.platform != "linux":
        return SPARE
    return SPARE + sum(1 for process in own_processes() for _ in tasks(process))


def own_processes() -> Iterator[Path]:
    """Yield the folder of each process of this user."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.getuid():
                yield folder


def tasks(process: Path) -> list[Path]:
    """Return the threads of a process, none if it has ended."""
    try:
        return list((process / "task").iterdir())
    except OSError:
        return []


def end_strays(token: str) -> None:
    """Kill what began with this token, until nothing is left: a stray may be starting others."""
    mark = os.fsencode(f"{TOKEN}={token}")
    while found := [process for process in own_processes() if is_marked(process, mark)]:
        for process in found:
            with suppress(OSError):
                os.kill(int(process.name), signal.SIGKILL)


def is_marked(process: Path, mark: bytes) -> bool:
    """Tell whether a process that still runs began with a variable."""
    try:
        return mark in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
