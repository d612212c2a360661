"""Copies of files as they were before each change, so that every change can be undone."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tt_core.course import files

__all__ = ["Backup", "all_backups", "copies", "edited", "restore", "save"]

MANIFEST = "backup.json"
MOST = 50


@dataclass(frozen=True, slots=True)
class Backup:
    """What some files were before a change.

    Attributes:
        folder: where the copies are; its name is the time.
        change: what was done then, as "start 03".
        module: of the course, the one that the change was about.
        opened: when that module had been opened before the change, "" if it had not.
        files: paths in the workspace; False where there was no file.
        after: digests of the files as the change left them, where they are known.
    """

    folder: Path
    change: str
    module: str
    opened: str
    files: Mapping[str, bool]
    after: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The time at which it was made."""
        return self.folder.name

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON says of it."""
        return {"name": self.name, "change": self.change, "module": self.module, "files": sorted(self.files)}


def save(
    root: Path,
    paths: Iterable[Path],
    change: str,
    module: str = "",
    opened: str = "",
    after: Mapping[Path, bytes] | None = None,
) -> Backup:
    """Copy files of a workspace; the oldest backups go, so that there are never more than fifty.

    Args:
        root: of the workspace.
        paths: of the files, which need not exist.
        change: what is about to be done, in words.
        module: of the course, the one that it is about.
        opened: when that was opened, which taking the change back restores.
        after: what the files will hold, so that edits from then on are noticed before they are taken back.
    """
    folder = unused(root / ".tt" / "backups")
    kept = {path.relative_to(root).as_posix(): path.is_file() for path in paths}
    for name, exists in kept.items():
        if exists:
            files.write(folder / "files" / name, (root / name).read_bytes())
    left = {path.relative_to(root).as_posix(): digest(data) for path, data in (after or {}).items()}
    backup = Backup(folder, change, module, opened, kept, left)
    manifest = {"change": change, "module": module, "opened": opened, "files": kept, "after": left}
    files.write(folder / MANIFEST, json.dumps(manifest, indent=2))  # last: without it, the folder is no backup
    for old in all_backups(root)[MOST:]:
        shutil.rmtree(old.folder)
    return backup


def digest(data: bytes) -> str:
    """Return a digest of what a file holds."""
    return hashlib.sha256(data).hexdigest()


def edited(root: Path, backup: Backup) -> list[str]:
    """Return the files that are not as the change left them."""
    now = {name: root / name for name in backup.after if name in backup.files}
    return [name for name, path in now.items() if path.is_file() and digest(path.read_bytes()) != backup.after[name]]


def unused(folder: Path) -> Path:
    """Return a folder of this moment's name that is not there yet."""
    name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    names = [name, *(f"{name}-{place:02}" for place in range(1, 100))]
    return next(folder / each for each in names if not (folder / each).exists())


def all_backups(root: Path) -> list[Backup]:
    """Return the backups, the newest first; what is damaged is left out."""
    found = [load(file) for file in (root / ".tt" / "backups").glob(f"*/{MANIFEST}")]
    return sorted((each for each in found if each), key=lambda each: each.name, reverse=True)


def load(manifest: Path) -> Backup | None:
    """Return a backup, None if its manifest cannot be read."""
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
        listed = {str(name): bool(exists) for name, exists in found["files"].items() if is_inside(name)}
        change, module, opened = (str(found[key]) for key in ("change", "module", "opened"))
        after = {str(name): str(each) for name, each in found["after"].items()}
        return Backup(manifest.parent, change, module, opened, listed, after)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_inside(name: str) -> bool:
    """Tell whether a path of a manifest stays in the workspace."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def copies(backup: Backup) -> dict[str, bytes]:
    """Return what the files held that there were."""
    return {name: (backup.folder / "files" / name).read_bytes() for name, existed in backup.files.items() if existed}


def restore(root: Path, backup: Backup) -> None:
    """Put the files back as they were; where there was none, there is none again."""
    for name, data in copies(backup).items():
        files.write(root / name, data)
    for name, existed in backup.files.items():
        if not existed:
            (root / name).unlink(missing_ok=True)
