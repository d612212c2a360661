"""Which sandboxes hold on this machine: found by trying, not by asking for versions."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired

from tt_core.course.grading import bubblewrap, landlock, probe
from tt_core.course.grading.limits import Limits
from tt_core.course.grading.sandbox import Kind, Sandbox
from tt_core.course.grading.syscalls import this_machine
from tt_core.course.grading.view import View, libraries
from tt_core.errors import TinyTorchError

__all__ = ["TIERS", "Tier", "TierError", "choose", "examine", "linked"]

PATIENCE = 60.0
NEEDS = {"numpy": "NumPy works in it", "threads": "threads start in it", "scratch": "its own folder can be written"}
BREACHES = {
    "reads": "reading the grader's files",
    "writes": "writing outside",
    "connects": "the network",
    "starts": "starting processes",
    "signals": "signals to the grader",
    "memory": "memory",
}


class TierError(TinyTorchError):
    """No sandbox holds on this machine, or not the one that was asked for."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A sandbox as it holds on this machine.

    Attributes:
        open: what it does not prevent here; empty for the first two, which are not used otherwise.
    """

    number: int
    kind: Kind
    title: str
    open: tuple[str, ...] = ()

    def __str__(self) -> str:
        gaps = f"; does not prevent: {', '.join(self.open)}" if self.open else ""
        return f"tier {self.number}, {self.title}{gaps}" if self.number else f"no sandbox{gaps}"


TIERS = (
    Tier(1, "bubblewrap", "bubblewrap"),
    Tier(2, "landlock", "Landlock and a filter of system calls"),
    Tier(3, "rlimits", "limits of resources only"),
)
NONE = Tier(0, "none", "no sandbox", tuple(BREACHES.values()))


def choose(demanded: str = "") -> Tier:
    """Return the best tier that holds on this machine, or the one that is demanded: "1", "2", "3" or "none".

    Raises:
        TierError: it does not hold, or none does.
    """
    if demanded == "none":
        return NONE
    reasons = []
    for tier in TIERS:
        if demanded in {"", str(tier.number)}:
            found = examine(tier)
            if isinstance(found, Tier):
                return found
            reasons.append(f"tier {tier.number} ({tier.title}): {found}")
    asked = f"tier {demanded} was demanded and does" if demanded else "no tier of the sandbox does"
    raise TierError(f"{asked} not hold on this machine. {'. '.join(reasons)}. --tier none grades without a sandbox")


def examine(tier: Tier) -> Tier | str:
    """Return the tier as it holds here, or why it does not, in a few words."""
    missing = absent(tier.kind)
    if missing:
        return missing
    try:
        found = tried(tier.kind)
    except (OSError, ValueError, TimeoutExpired) as error:
        return f"it does not start: {error}"
    lacking = [text for name, text in NEEDS.items() if not found.get(name)]
    if lacking:
        return f"not so: {', '.join(lacking)}"
    breaches = tuple(text for name, text in BREACHES.items() if found.get(name, True))
    if tier.kind != "rlimits":
        return f"it does not prevent {', '.join(breaches)}" if breaches else tier
    return Tier(tier.number, tier.kind, tier.title, breaches)


def absent(kind: Kind) -> str:
    """Return what a kind of sandbox lacks on this machine before anything is tried, "" if nothing."""
    if kind == "rlimits":
        if sys.platform == "win32":
            return "Windows has none"
        return "" if os.geteuid() else "they do not bind root; grade as another user"
    if sys.platform != "linux" or this_machine() is None:
        return "it needs Linux on x86-64 or 64-bit ARM"
    if kind == "bubblewrap":
        return "" if bubblewrap.program() else "the program bwrap is not installed"
    return "" if landlock.version() else "this kernel has no Landlock"


def tried(kind: Kind) -> dict[str, bool]:
    """Return what the probe could do in a sandbox.

    Raises:
        ValueError: it wrote something else.
    """
    limits = Limits()
    with tempfile.TemporaryDirectory(prefix="tt-probe-") as name, listening() as port:
        root = Path(os.path.realpath(name))
        folder = linked(root / "packages")
        scratch, secret = root / "scratch", root / "secret"
        scratch.mkdir()
        secret.write_text(secrets.token_hex(), encoding="utf-8")
        orders = {
            "secret": str(secret),
            "outside": str(root / "outside"),
            "port": port,
            "process": os.getpid(),
            "memory": 2 * limits.memory,
        }
        view = View((folder, *libraries().values()), (), scratch)
        process = Sandbox(kind, limits, (folder,)).start([probe.__file__, json.dumps(orders)], view)
        with process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
    if process.returncode:
        raise ValueError(last_line(err) or f"exit code {process.returncode}")
    return dict(json.loads(out))


def last_line(text: bytes) -> str:
    """Return the last line of what a program complained."""
    return (text.decode(errors="replace").strip().splitlines() or [""])[-1][:200]


@contextmanager
def listening() -> Iterator[int]:
    """Yield the port of a socket that waits for connections from this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def linked(folder: Path) -> Path:
    """Make a folder of links to the packages that the course needs, so that the real one need not be seen.

    Windows has no sandbox and, for most users, no links: there it is the real one.
    """
    if sys.platform == "win32":
        return libraries()["numpy"].parent
    folder.mkdir()
    for name, place in libraries().items():
        (folder / name).symlink_to(place, target_is_directory=place.is_dir())
    return folder
