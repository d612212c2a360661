"""Run `tt` as a learner does, in a process of its own, whether the packages are installed or lie on the path."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import TypeAlias

Done: TypeAlias = "subprocess.CompletedProcess[str]"

ROOT = Path(__file__).resolve().parents[2]


def environ(folder: Path) -> dict[str, str]:
    """Return the variables for `tt`, which finds its commands in the metadata of what is installed.

    In a checkout that is only on the path, the metadata are written into the folder. Which lines these processes run is
    not measured, since that would take most of their time.
    """
    ours = ("TT_WORKSPACE", "TT_BACKEND", "COVERAGE_PROCESS")
    found = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    found |= {"NO_COLOR": "1", "MPLBACKEND": "agg", "COLUMNS": "100"}
    if not entry_points(group="tt.commands", name="check"):
        for file in ROOT.glob("packages/tt-*/pyproject.toml"):
            write_metadata(tomllib.loads(file.read_text())["project"], folder)
        found["PYTHONPATH"] = os.pathsep.join([*sys.path, str(folder)])
    return found


def write_metadata(project: Mapping[str, object], folder: Path) -> None:
    """Write what an installer would have written of a package."""
    info = folder / f"{str(project['name']).replace('-', '_')}-0.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.0.0\n")
    groups = project["entry-points"]
    assert isinstance(groups, Mapping)
    lines = [
        line for group, points in groups.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def tt(
    where: Path, variables: Mapping[str, str], *arguments: str, seconds: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run `tt` in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "tt_core", *arguments],
        cwd=where,
        env=dict(variables),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=seconds,
        check=False,
    )
