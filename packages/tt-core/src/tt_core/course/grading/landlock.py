"""Which files a confined process may read and write, as rules for Linux's Landlock.

Source: Linux, Documentation/userspace-api/landlock.rst; include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["attributes", "rules", "version"]

CREATE = 444
VERSION = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
READ = EXECUTE | READ_FILE | READ_DIR
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14
KNOWN_SINCE = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
"""Rights by the version that brought them: the first ones, then renaming, truncating, devices' ioctl."""
TCP_SINCE, SCOPES_SINCE = 4, 6
BOTH = 3


def version() -> int:
    """Return the version of Landlock that the kernel has, 0 if it has none."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))))


def handled(version: int) -> int:
    """Return all rights over files that this version can take away."""
    return sum(rights for since, rights in KNOWN_SINCE.items() if since <= version)


def attributes(version: int) -> bytes:
    """Return what a set of rules takes away: files, TCP, signals to others, as far as this version can.

    >>> [len(attributes(each)) for each in (1, 4, 6)]
    [8, 16, 24]
    """
    found = struct.pack("=Q", handled(version))
    found += struct.pack("=Q", BOTH) if version >= TCP_SINCE else b""
    return found + (struct.pack("=Q", BOTH) if version >= SCOPES_SINCE else b"")


def rules(
    readable: Iterable[Path], hidden: Iterable[Path], writable: Iterable[Path], version: int
) -> list[tuple[str, int]]:
    """Return the rules: a path, and the rights below it."""
    hidden = list(hidden)
    found = [rule for path in readable for rule in _reading(path, hidden)]
    found += [(str(path), handled(version) & ~EXECUTE & (-1 if path.is_dir() else ON_FILES)) for path in writable]
    return found


def _reading(path: Path, hidden: list[Path]) -> Iterator[tuple[str, int]]:
    """Yield rules for a folder, for each of its entries where one is hidden: a rule cannot be taken back below."""
    if path in hidden or not path.exists():
        return
    if path.is_dir() and any(each.is_relative_to(path) for each in hidden):
        yield str(path), READ_DIR
        for entry in sorted(path.iterdir()):
            yield from _reading(entry, hidden)
        return
    yield str(path), READ if path.is_dir() else READ & ON_FILES
