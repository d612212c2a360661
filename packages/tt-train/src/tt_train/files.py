"""Files that are there whole or not at all, even if the power fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to, which takes the place of `path` once all of it is on the disk.

    After an error the temporary file is removed, and what was at `path` stays.
    """
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
    try:
        yield temporary
        flush_file(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    flush_folder(path.parent)


def flush_file(path: Path) -> None:
    """Wait until the file's content is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(path: Path) -> None:
    """Wait until the folder's names are on the disk; Windows has no such thing."""
    if sys.platform != "win32":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
