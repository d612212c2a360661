"""Whose submission it is: what the names of folders and archives say.

Canvas names a downloaded file `lastfirst_12345_67890_file.zip` (`_LATE_` before the number if it came late), Moodle a
folder `First Last_123456_assignsubmission_file_` or, without folders, a file with that beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ARCHIVES", "Submission", "find", "is_archive"]

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
CANVAS = re.compile(r"(?P<student>[^_]+)_(?:LATE_)?(?P<user>\d+)_\d+_.+")
MOODLE = re.compile(r"(?P<student>.+?)_(?P<participant>\d+)_assignsubmission_file(?:_.*)?")


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in.

    Attributes:
        name: of the folder or archive, which is unlike all others.
        canvas: the student's number there, "" if the name does not say it.
        moodle: the participant's number there, "" if the name does not say it.
    """

    path: Path
    name: str
    student: str
    canvas: str = ""
    moodle: str = ""

    @classmethod
    def at(cls, path: Path) -> Submission:
        """Return the submission of a folder or an archive.

        >>> Submission.at(Path("curiemarie_LATE_1867_20_work.zip")).canvas
        '1867'
        >>> Submission.at(Path("Marie Curie_314_assignsubmission_file_")).student
        'Marie Curie'
        """
        stem = stem_of(path.name)
        if found := MOODLE.fullmatch(stem):
            return cls(path, path.name, found["student"], moodle=found["participant"])
        if found := CANVAS.fullmatch(stem):
            return cls(path, path.name, found["student"], canvas=found["user"])
        return cls(path, path.name, stem)


def is_archive(name: str) -> bool:
    """Tell whether a file's name is that of an archive that can be read."""
    return name.lower().endswith(ARCHIVES)


def stem_of(name: str) -> str:
    """Return a name without the ending of an archive."""
    ending = next((each for each in ARCHIVES if name.lower().endswith(each)), "")
    return name[: len(name) - len(ending)] or name


def find(folder: Path) -> tuple[list[Submission], list[str]]:
    """Return the submissions of a folder in the order of their names, and the names of files that are none."""
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    taken = [entry for entry in entries if entry.is_symlink() or entry.is_dir() or is_archive(entry.name)]
    others = [entry.name for entry in entries if entry not in taken]
    return [Submission.at(entry) for entry in taken], others
