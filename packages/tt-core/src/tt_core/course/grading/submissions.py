"""Read what was handed in as hostile data: only the files of exercises, only plain files, nothing is run."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tt_core.course.grading.archives import LARGEST_FILE, Refused, read_archive
from tt_core.course.grading.names import Submission, is_archive

__all__ = ["Handed", "Refused", "read"]

SETTINGS = "tt.toml"
DEPTH, MOST_ENTRIES = 4, 5000


@dataclass(frozen=True, slots=True)
class Handed:
    """The files of exercises that were found, by their names in a workspace, and what was left out."""

    files: Mapping[str, bytes]
    remarks: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What tells it from another: the same submission need not be graded twice."""
        found = hashlib.sha256("\n".join(self.remarks).encode())
        for name in sorted(self.files):
            found.update(f"\0{name}\0{len(self.files[name])}\0".encode() + self.files[name])
        return found.hexdigest()

    def put(self, folder: Path) -> None:
        """Write the files into a new folder."""
        for name, data in self.files.items():
            file = folder.joinpath(*name.split("/"))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def read(submission: Submission, wanted: Collection[str]) -> Handed:
    """Return the wanted files of a submission.

    Raises:
        Refused: it is none, or cannot be read.
    """
    try:
        handed = _read(submission.path, wanted)
    except OSError as error:
        raise Refused(f"it cannot be read: {error.strerror or error}") from error
    if not handed.files:
        left_out = f" ({'; '.join(handed.remarks)})" if handed.remarks else ""
        example = next(iter(wanted), "a file")
        raise Refused(f"it holds no file of an exercise, such as {example}{left_out}")
    return handed


def _read(path: Path, wanted: Collection[str]) -> Handed:
    if path.is_symlink():
        raise Refused("it is a link, not a folder or an archive")
    if not path.is_dir():
        return from_archive(path, wanted)
    root = workspace_in(path, wanted)
    if root is None:
        archives = [file for file in list_files(path) if is_archive(file.name)]
        if len(archives) != 1:
            return Handed({})
        return from_archive(archives[0], wanted)
    return from_folder(root, wanted)


def from_archive(path: Path, wanted: Collection[str]) -> Handed:
    """Return the wanted files below the outermost folder of an archive that looks like a workspace."""
    names = {*wanted, SETTINGS}
    found, remarks = read_archive(path, lambda name: ends_with(name, names) is not None)
    settings = [name[: -len(SETTINGS)] for name in found if PurePosixPath(name).name == SETTINGS]
    others = [name[: -len(end)] for name in found if (end := ends_with(name, wanted))]
    root = min(settings or others, key=lambda each: (each.count("/"), each), default="")
    files = {name.removeprefix(root): data for name, data in found.items() if name.removeprefix(root) in wanted}
    return Handed(dict(sorted(files.items())), tuple(sorted(remarks)))


def ends_with(name: str, wanted: Collection[str]) -> str | None:
    """Return which wanted path a name ends with, at the border of a folder."""
    parts = name.split("/")
    if parts[0] == "__MACOSX":
        return None
    ends = ("/".join(parts[k:]) for k in range(len(parts)))
    return next((end for end in ends if end in wanted), None)


def workspace_in(folder: Path, wanted: Collection[str]) -> Path | None:
    """Return the outermost folder, this one or one below, that has a workspace's settings or files."""
    for place in folders(folder):
        if any((place / name).is_file() for name in (SETTINGS, *wanted)):
            return place
    return None


def folders(folder: Path) -> Iterator[Path]:
    """Yield a folder and those below it, the outer first, without following links."""
    waiting, seen = [(folder, 0)], 0
    while waiting and seen < MOST_ENTRIES:
        place, depth = waiting.pop(0)
        yield place
        if depth < DEPTH:
            inner = sorted(each for each in place.iterdir() if each.is_dir() and not each.is_symlink())
            waiting += [(each, depth + 1) for each in inner if not each.name.startswith((".", "__"))]
            seen += len(inner)


def list_files(folder: Path) -> list[Path]:
    """Return the plain files of a folder."""
    return sorted(each for each in folder.iterdir() if each.is_file() and not each.is_symlink())


def from_folder(root: Path, wanted: Collection[str]) -> Handed:
    """Return the wanted files of a workspace."""
    files: dict[str, bytes] = {}
    remarks: list[str] = []
    for name in sorted(wanted):
        try:
            data = plain_file(root, name)
        except Refused as reason:
            remarks.append(f"{name} was left out: {reason}")
        else:
            files |= {} if data is None else {name: data}
    return Handed(files, tuple(remarks))


def plain_file(root: Path, name: str) -> bytes | None:
    """Return the bytes of a file, None if there is none.

    Raises:
        Refused: it is a link or lies behind one, is no plain file, too large or unreadable.
    """
    path = root
    for part in name.split("/"):
        path = path / part
        if path.is_symlink():
            raise Refused("it is a link, or lies behind one")
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"it cannot be read: {error.strerror}") from error
    with os.fdopen(_regular(descriptor), "rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Refused(f"it is larger than {LARGEST_FILE // 1024} KiB")
    return data


def _regular(descriptor: int) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused("it is not a plain file")
    return descriptor
