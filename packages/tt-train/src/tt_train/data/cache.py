"""Files that are made once and kept: written whole or not at all, and known by their digests."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from tt_train.files import flush_file, flush_folder

if sys.platform != "win32":
    import fcntl

SETTLED = 2_000_000_000  # ns: within this time a file may change without a change of its dates (on FAT: 2 s)
ABANDONED = 86_400  # s: nobody works that long on a temporary file


def cache_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder for what is kept between runs: the given one, `TT_CACHE_DIR`, or the user's own cache."""
    chosen = given or os.environ.get("TT_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from pooch import os_cache  # noqa: PLC0415 - it takes time to load, and the environment may say it all

    return Path(os_cache("tinytorch"))


@contextmanager
def temporary_file(folder: Path) -> Iterator[Path]:
    """Give an empty file in the folder, and remove it at the end if it was not published."""
    folder.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    handle, name = mkstemp(prefix=".", suffix=".tmp", dir=folder)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name, in one step: nobody ever sees half of it, even if the power fails."""
    flush_file(temporary)
    temporary.replace(path)
    flush_folder(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time go on; the others wait, and so need not do what the first one does.

    The lock ends with the process, however that ends. Windows has no such lock: there, all of them do the work.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if sys.platform != "win32":
            with suppress(OSError):  # some network drives cannot lock
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def file_sha256(path: Path) -> str:
    """Return the SHA-256 digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def remembered(path: Path, name: str, compute: Callable[[], Any], folder: Path) -> Any:
    """Return what `compute` says about a file, and compute it only if the file has changed since it was asked last.

    The answer, which JSON must be able to hold, stands in the cache folder beside the file's size, dates and number.
    """
    note = folder / "facts" / f"{sha256(str(path.absolute()).encode()).hexdigest()[:32]}.json"
    stamp = _stamp(path)
    facts = _read(note)
    if facts.get("stamp") != stamp:
        facts = {"path": str(path.absolute()), "stamp": stamp}
    if name not in facts:
        facts[name] = compute()
        if time.time_ns() - max(stamp[1:3]) > SETTLED and _stamp(path) == stamp:
            _write(note, facts)
    return facts[name]


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _read(note: Path) -> dict[str, Any]:
    """Return the facts in a note; none if there is no note, or if somebody spoilt it."""
    try:
        facts = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _write(note: Path, facts: dict[str, Any]) -> None:
    with suppress(OSError), temporary_file(note.parent) as temporary:  # in a folder that may only be read: not noted
        temporary.write_text(json.dumps(facts), encoding="utf-8")
        publish(temporary, note)


def _remove_abandoned(folder: Path) -> None:
    """Remove what was left behind by processes that were killed."""
    for path in folder.glob(".*.tmp"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink()
