"""What is graded already: one small file for each submission, each written at once or not at all.

A run that is killed at any moment goes on where it was. What counts as the same run: the same lessons with the same
checks, the same packages, the same sandbox and limits. The number that inputs are drawn from is kept here, so that all
students are asked the same, and is not told before the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tt_core.course.files import write
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.limits import Limits
from tt_core.course.grading.tiers import Tier
from tt_core.course.lessons import Lesson
from tt_core.course.skeletons import reference_file

__all__ = ["FOLDER", "Journal", "fingerprint"]

FOLDER = ".tt-grade"
PREFIX = "tt-grade-"
FORM = 1
JUDGING = ("lesson.toml", "checks.py", "probes.py")


class Journal:
    """The grades of one run in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begun(self, key: str) -> int | None:
        """Return the number that inputs are drawn from in a run of this key that has begun, None if none has."""
        found = self._load(self.folder / "run.json")
        seed = found.get("seed")
        same = found.get("form") == FORM and found.get("key") == key
        return seed if same and isinstance(seed, int) else None

    def begin(self, key: str, seed: int) -> None:
        """Forget what was and begin anew."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.folder.chmod(0o700)
        for file in self.folder.glob("*.json"):
            file.unlink()
        write(self.folder / "run.json", json.dumps({"form": FORM, "key": key, "seed": seed}) + "\n")

    def file(self, name: str) -> Path:
        """Return where a submission's grade is kept."""
        return self.folder / f"{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}.json"

    def grade(self, name: str, digest: str) -> Grade | None:
        """Return the grade of a submission, None if it has none or was other files."""
        found = self._load(self.file(name))
        if found.get("name") != name or found.get("digest") != digest:
            return None
        with suppress(KeyError, TypeError):
            return Grade.read(found["grade"])
        return None

    def add(self, digest: str, grade: Grade) -> None:
        """Keep a grade, for good."""
        kept = {"name": grade.name, "digest": digest, "grade": grade.as_dict()}
        write(self.file(grade.name), json.dumps(kept) + "\n")

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """Yield a temporary folder, and remove the one that a killed run has left."""
        note = self.folder / "workshop"
        with suppress(OSError):
            left = Path(note.read_text(encoding="utf-8"))
            if left.name.startswith(PREFIX):
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as place:
            write(note, place)
            yield Path(os.path.realpath(place))

    @staticmethod
    def _load(file: Path) -> dict[str, Any]:
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def fingerprint(lessons: Sequence[Lesson], tier: Tier, limits: Limits, seconds: float, packages: dict[str, str]) -> str:
    """Return what tells a run from one that would grade otherwise."""
    found = hashlib.sha256(json.dumps([FORM, str(tier), repr(limits), seconds, packages], sort_keys=True).encode())
    for lesson in lessons:
        for name in JUDGING:
            found.update((lesson.folder / name).read_bytes())
        for module in sorted({module for exercise in lesson.exercises for module in exercise.modules}):
            found.update(reference_file(module).read_bytes())
    return found.hexdigest()
