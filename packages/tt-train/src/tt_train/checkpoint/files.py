"""What can be wrong with a file, and how processes take turns at a folder."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tt_core.errors import TinyTorchError

if sys.platform != "win32":
    import fcntl


class CheckpointError(TinyTorchError, OSError):
    """A file that cannot be written, or that does not hold what was once written into it."""


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say of an error of the system what it kept us from doing.

    Raises:
        CheckpointError: instead of the system's own.
    """
    try:
        yield
    except CheckpointError:
        raise
    except OSError as error:
        message = f"{what}: {error.strerror or error}"
        raise CheckpointError(message) from error


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def need_file(path: Path) -> int:
    """Return the size of an ordinary file.

    Raises:
        CheckpointError: it is missing, or is a link, a folder, or something that reading would wait for.
    """
    with told(f"cannot read {path}"):
        found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no ordinary file"
        message = f"cannot read {path}: it is {kind}"
        raise CheckpointError(message)
    return found.st_size


@contextmanager
def locked(folder: Path, *, alone: bool = True) -> Iterator[None]:
    """Wait until no other process writes into the folder (or, if `alone`, reads), and keep it so.

    A lock dies with its process. Without the file of the lock, which the first writer makes, readers need not wait;
    where the system has no locks, nobody does.
    """
    path = folder / ".lock"
    if sys.platform == "win32" or not (alone or path.exists()):
        yield
        return
    lock = os.open(path, os.O_RDWR | os.O_CREAT if alone else os.O_RDONLY, 0o666)
    try:
        _flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        _flock(lock, fcntl.LOCK_UN)  # closing is not enough where the process was forked meanwhile
        os.close(lock)


def _flock(lock: int, operation: int) -> None:
    if sys.platform != "win32":
        with suppress(OSError):  # some network drives know no locks
            fcntl.flock(lock, operation)
