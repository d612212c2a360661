"""How many bytes this machine has, and how many this process may still take."""

import os
from dataclasses import dataclass
from pathlib import Path

from tt_core.environment.files import ROOT, read
from tt_core.environment.limits import memory_limit


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of the machine, bytes that are free for this process, and the limit of its control group.

    None means unknown (or, for `limit`, no limit); `unknown` says why.
    """

    total: int | None
    available: int | None
    limit: int | None
    unknown: tuple[str, ...] = ()


def find_memory(root: Path = ROOT) -> Memory:
    """Describe the machine's memory and what a container leaves of it."""
    info = meminfo(read(root / "proc/meminfo"))
    group = memory_limit(root)
    free = [value for value in (info.get("MemAvailable"), group.free if group else None) if value is not None]
    return Memory(
        total=info.get("MemTotal", physical_memory()),
        available=min(free, default=None),
        limit=group.limit if group else None,
        unknown=() if free else ("available memory: this system has no /proc/meminfo",),
    )


def meminfo(text: str) -> dict[str, int]:
    r"""Return the entries of `/proc/meminfo` in bytes (source: `man 5 proc`; the file counts in KiB).

    >>> meminfo("MemTotal:  2 kB\nMemAvailable:  1 kB")
    {'MemTotal': 2048, 'MemAvailable': 1024}
    """
    lines = (line.split() for line in text.splitlines() if line.endswith(" kB"))
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines}


def physical_memory() -> int | None:
    """Return the bytes of memory that POSIX's `sysconf` counts, or None on a system without it (Windows)."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
