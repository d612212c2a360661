"""The command line of bubblewrap, which gives a process a machine of its own: its files, its processes, no network.

Source: bubblewrap, bwrap(1).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from subprocess import run

from tt_core.course.grading.limits import Limits
from tt_core.course.grading.view import View

__all__ = ["command", "program"]

NOBODY = "65534"
SEPARATE = ("user", "pid", "net", "ipc", "uts")


def program() -> str | None:
    """Return where bubblewrap is, None if it is not installed."""
    return shutil.which("bwrap")


@cache
def options(program: str) -> str:
    """Return what it says of its options: versions differ."""
    return run([program, "--help"], capture_output=True, text=True, check=False, timeout=10).stdout  # noqa: S603


def command(program: str, view: View, limits: Limits) -> list[str]:
    """Return what comes before the command to be confined."""
    found = [program, *(f"--unshare-{each}" for each in SEPARATE), "--unshare-cgroup-try"]
    found += ["--uid", NOBODY, "--gid", NOBODY, "--hostname", "sandbox", "--cap-drop", "ALL"]
    found += ["--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev"]
    for option, path in places(view):
        found += sized(program, limits) if option == "--tmpfs" and path == view.writable else []
        found += [option, str(path), *([str(path)] if option == "--ro-bind" else [])]
    found += [word for path in view.hidden if covered(path, view) for word in ("--remount-ro", str(path))]
    return [*found, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]


def sized(program: str, limits: Limits) -> list[str]:
    """Return the limit of the writable folder, where this version has one."""
    return ["--size", str(limits.scratch)] if "--size " in options(program) else []


def places(view: View) -> Iterator[tuple[str, Path]]:
    """Yield what to put where, the outer before the inner: a folder that is hidden may hold one that is not."""
    found = {path: "--ro-bind" for path in view.readable if path.parts[:2] != ("/", "proc")}
    found |= {path: "--tmpfs" for path in view.hidden if covered(path, view)}
    found |= {view.writable: "--tmpfs"} if view.writable else {}
    for path in sorted(found, key=lambda each: each.parts):
        yield found[path], path


def covered(path: Path, view: View) -> bool:
    """Tell whether a hidden path would be seen if it were not covered."""
    return path.is_dir() and any(path.is_relative_to(each) for each in view.readable)
