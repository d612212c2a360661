"""What milestones leave in a workspace: `runs/NAME/result.json` and the pictures beside it, for `tt report`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tt_core.course import files, writing
from tt_core.milestones import Picture
from tt_core.milestones.runner import Outcome

__all__ = ["Run", "load_all", "save"]

RESULT = "result.json"
ENDINGS = {"image/svg+xml": "svg", "image/png": "png"}
LARGEST = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Run:
    """One milestone's latest run: what it found, what it ran on, and its pictures."""

    name: str
    found: Mapping[str, Any]
    environment: Mapping[str, str]
    pictures: tuple[Picture, ...]

    @property
    def passed(self) -> bool:
        """Tell whether it reached its bar."""
        return self.found.get("status") == "passed"


def save(outcome: Outcome, environment: Mapping[str, str], runs: Path) -> None:
    """Write what a run found into its folder; `result.json` comes last, so that it never names what is not there."""
    folder = runs / outcome.name
    pictures = outcome.result.pictures if outcome.result else ()
    listed = []
    for place, picture in enumerate(pictures, start=1):
        file = f"{place}-{_slug(picture.title)}.{ENDINGS[picture.media_type]}"
        files.write(folder / file, picture.data)
        listed.append({"file": file, "title": picture.title, "caption": picture.caption, "alt": picture.alt})
    found = {**writing.outcome_json(outcome), "environment": dict(environment), "pictures": listed}
    files.write(folder / RESULT, json.dumps(found, indent=2, allow_nan=False))


def load_all(runs: Path) -> dict[str, Run]:
    """Return the latest run of each milestone; a file that is damaged, or not ours, counts as no run."""
    found = {}
    for file in sorted(runs.glob(f"*/{RESULT}")):
        run = _load(file)
        if run is not None:
            found[run.name] = run
    return found


def _load(file: Path) -> Run | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        pictures = tuple(_picture(file.parent, each) for each in found["pictures"])
        return Run(str(found["name"]), found, dict(found["environment"]), pictures)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _picture(folder: Path, found: Mapping[str, str]) -> Picture:
    file = folder / Path(found["file"]).name
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{file} is larger than any picture of a run")
    kind = next(kind for kind, ending in ENDINGS.items() if file.suffix == f".{ending}")
    return Picture(found["title"], found["caption"], found["alt"], file.read_bytes(), kind)  # type: ignore[arg-type]


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40]
