"""A log of JSON lines: one row, one line, one write, so that a process that is killed leaves all that it had said."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tt_core.errors import TinyTorchError
from tt_train.files import replacing
from tt_train.logs.history import Row


class JsonLines:
    """A file that rows are appended to.

    Args:
        path: the file; rows that are there stay, except a last line that a killed process left unfinished.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _drop_unfinished(self.path)
        self._file = self._open()

    def write(self, row: Row) -> None:
        """Append a row; what JSON has no name for, nan and the infinities, becomes null."""
        os.write(self._file, _line(row))

    def keep(self, wanted: Callable[[Row], bool]) -> None:
        """Drop all rows but the wanted ones: those that were logged after the checkpoint that a run goes on from."""
        rows = read_log(self.path)
        kept = [row for row in rows if wanted(row)]
        if len(kept) < len(rows):
            self.close()
            with replacing(self.path) as temporary:
                temporary.write_bytes(b"".join(map(_line, kept)))
            self._file = self._open()

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)


def read_log(path: str | os.PathLike[str]) -> list[Row]:
    """Return the rows of a log, without a last line that is not finished.

    Raises:
        TinyTorchError: there is no such file, or another line is no JSON object.
    """
    try:
        *lines, _ = Path(path).read_bytes().split(b"\n")
    except FileNotFoundError:
        message = f"expected the log of a training at {os.fspath(path)!r}; there is no such file"
        raise TinyTorchError(message) from None
    return [_row(line, i, path) for i, line in enumerate(lines, 1)]


def _row(line: bytes, number: int, path: str | os.PathLike[str]) -> Row:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        message = f"expected a JSON object in each line of {os.fspath(path)!r}; got {line[:40]!r} in line {number}"
        raise TinyTorchError(message)
    return row


def _line(row: Row) -> bytes:
    try:
        text = json.dumps(row, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(row), allow_nan=False)
    return text.encode() + b"\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _drop_unfinished(path: Path) -> None:
    """Cut off what follows the last end of a line."""
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
