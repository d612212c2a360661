"""Read files out of archives that may be made to harm: nothing is written, and what is read is bounded."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

__all__ = ["Refused", "read_archive"]

MIB = 2**20
LARGEST_ARCHIVE, LARGEST_CONTENT, LARGEST_FILE = 64 * MIB, 256 * MIB, MIB
MOST_MEMBERS, MOST_KEPT = 20_000, 400
BROKEN = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
    tarfile.TarError,
)

Wanted = Callable[[str], bool]


class Refused(Exception):  # noqa: N818 - it is no fault of ours
    """A submission, or a file of it, is not read; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name, whether it is a plain file, and how to read at most so many bytes of it."""

    name: str
    plain: bool
    read: Callable[[int], bytes]


def read_archive(path: Path, wanted: Wanted) -> tuple[dict[str, bytes], list[str]]:
    """Return the wanted files of an archive by name, and why others were left out.

    Raises:
        Refused: it cannot be read, or is made to harm.
    """
    found: dict[str, bytes] = {}
    remarks: list[str] = []
    try:
        for member in members(path):
            name = safe(member.name)
            if wanted(name):
                try:
                    found[name] = content(member)
                except Refused as reason:
                    remarks.append(f"{name} was left out: {reason}")
            if len(found) > MOST_KEPT:
                raise Refused(f"more than {MOST_KEPT} of its files have the names of the course's")
    except BROKEN as error:
        raise Refused(f"the archive cannot be read: {str(error)[:200] or type(error).__name__}") from error
    return found, remarks


def members(path: Path) -> Iterator[Member]:
    """Yield the members of a zip or tar archive."""
    if path.stat().st_size > LARGEST_ARCHIVE:
        raise Refused(f"the archive is larger than {LARGEST_ARCHIVE // MIB} MiB")
    reader = _zip if path.name.lower().endswith(".zip") else _tar
    for number, member in enumerate(reader(path)):
        if number >= MOST_MEMBERS:
            raise Refused(f"the archive holds more than {MOST_MEMBERS} files")
        yield member


def safe(name: str) -> str:
    """Return a member's name with plain slashes.

    Raises:
        Refused: it leads out of the archive.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
        raise Refused(f"the archive holds a path that leads outside: {name[:80]!r}")
    return path.as_posix()


def content(member: Member) -> bytes:
    """Return the bytes of a member.

    Raises:
        Refused: it is a link or a device, or too large.
    """
    if not member.plain:
        raise Refused("it is a link or a device, not a file")
    data = member.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Refused(f"it is larger than {LARGEST_FILE // 1024} KiB")
    return data


def _zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                kind = info.external_attr >> 16
                plain = not kind or stat.S_IFMT(kind) in {0, stat.S_IFREG}
                yield Member(info.filename, plain, lambda most, info=info: _unzipped(archive, info, most))  # type: ignore[misc]


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Refused("it is packed in an unusual way")  # some of which take gigabytes to unpack
    if info.flag_bits & 1:
        raise Refused("it is encrypted")
    with archive.open(info) as file:
        return file.read(most)


def _tar(path: Path) -> Iterator[Member]:
    with path.open("rb") as file, _unpacked(file, path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:
            if not info.isdir():
                yield Member(info.name, info.isreg(), lambda most, info=info: _untarred(archive, info, most))  # type: ignore[misc]


def _untarred(archive: tarfile.TarFile, info: tarfile.TarInfo, most: int) -> bytes:
    file = archive.extractfile(info)
    return file.read(most) if file else b""


def _unpacked(file: IO[bytes], path: Path) -> io.BufferedReader:
    packed = not path.name.lower().endswith(".tar")
    return io.BufferedReader(Bounded(gzip.GzipFile(fileobj=file) if packed else file))


class Bounded(io.RawIOBase):
    """A stream that ends with an error where a bomb would go on."""

    def __init__(self, source: IO[bytes] | gzip.GzipFile) -> None:
        self.source, self.left = source, LARGEST_CONTENT

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read the next bytes.

        Raises:
            Refused: there were too many.
        """
        data = self.source.read(len(buffer))
        self.left -= len(data)
        if self.left < 0:
            raise Refused(f"the archive unpacks to more than {LARGEST_CONTENT // MIB} MiB")
        buffer[: len(data)] = data
        return len(data)
