"""Let one process at a time change a file: `tt watch` and `tt check` may run side by side."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["locked"]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that a file stands for, and wait for it if another process has it; a crash lets it go.

    A file system without locks, as some network drives, is used without.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        with suppress(OSError):
            acquire(file)
        try:
            yield
        finally:
            with suppress(OSError):
                release(file)


if sys.platform == "win32":
    import msvcrt

    def acquire(file: BinaryIO) -> None:
        """Wait for the lock."""
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)

    def release(file: BinaryIO) -> None:
        """Let the lock go."""
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def acquire(file: BinaryIO) -> None:
        """Wait for the lock."""
        fcntl.flock(file, fcntl.LOCK_EX)

    def release(file: BinaryIO) -> None:
        """Let the lock go."""
        fcntl.flock(file, fcntl.LOCK_UN)
