"""What a confined process may see of this machine: the interpreter, NumPy and its like, and nothing of ours."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from tt_core.overlay import FAMILY

__all__ = ["View", "interpreter", "libraries"]

SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/alternatives")
MACHINE = ("/sys/devices/system/cpu", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg")
NEEDED = ("numpy", "jaxtyping", "pillow", "pooch", "pyarrow", "rich", "safetensors")
"""What the packages of the course stand on, for a checkout whose metadata are not installed."""


@dataclass(frozen=True, slots=True)
class View:
    """Folders and files that may be read, those in them that may not, and the one folder that may be written."""

    readable: tuple[Path, ...]
    hidden: tuple[Path, ...] = ()
    writable: Path | None = None


def executable() -> Path:
    """Return the interpreter itself, behind a virtual environment's link."""
    return Path(os.path.realpath(sys.executable))


def interpreter() -> View:
    """Return what Python needs, without the folders of installed packages."""
    base = Path(os.path.realpath(sys.base_prefix))
    own = [executable(), base / "lib", base / sys.platlibdir]
    readable = [path for path in (*own, *map(Path, (*SYSTEM, *MACHINE))) if path.exists()]
    return View(tuple(dict.fromkeys(readable)), tuple(installed(readable)))


def installed(folders: list[Path]) -> Iterator[Path]:
    """Yield the folders of installed packages below some folders, and our own packages wherever they are."""
    for folder in folders:
        for kind in ("site-packages", "dist-packages"):
            yield from folder.glob(f"python*/{kind}")
    for name in FAMILY:
        spec = find_spec(name)
        yield from (Path(os.path.realpath(place)) for place in (spec and spec.submodule_search_locations) or ())


def libraries() -> dict[str, Path]:
    """Return what the course's packages need: names in a folder of packages, and where they are."""
    found: dict[str, Path] = {}
    waiting, seen = [*NEEDED, *(name.replace("_", "-") for name in FAMILY)], set[str]()
    while waiting:
        name = waiting.pop()
        package = None if name in seen else _distribution(name)
        seen.add(name)
        if package is not None:
            waiting += requirements(package)
            found |= {} if name.replace("-", "_") in FAMILY else entries(package)
    return dict(sorted(found.items()))


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def requirements(package: Distribution) -> list[str]:
    """Return the names of the packages that one needs without extras."""
    lines = [line for line in package.requires or () if "extra ==" not in line]
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in lines]


def entries(package: Distribution) -> dict[str, Path]:
    """Return the files and folders of a package beside those of others, by name."""
    names = {file.parts[0] for file in package.files or () if file.parts[0] not in {"..", "__pycache__"}}
    return {name: Path(os.path.realpath(str(package.locate_file(name)))) for name in sorted(names)}
