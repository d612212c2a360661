"""Hold the public names and signatures of every package against its last release; fail on what would break a user."""

import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import griffe
from releases import ROOT, compatible, current, released

SOURCES = sorted(str(folder) for folder in ROOT.glob("packages/*/src"))


def public(module: griffe.Object | griffe.Alias) -> Iterator[str]:
    """Yield each name that this module, or one beneath it, lists in `__all__`, and where it is defined."""
    for name in map(str, module.exports or ()):
        yield f"{module.path}.{name}"
        member = module.members[name]
        if isinstance(member, griffe.Alias):
            yield member.target_path
    for below in module.modules.values():
        if not below.is_alias:
            yield from public(below)


def breakages(package: str, wheel: Path) -> list[str]:
    """Explain each change that a user of the release would feel."""
    name = package.replace("-", "_")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        old = griffe.load(name, search_paths=[folder, *SOURCES], allow_inspection=False)
        new = griffe.load(name, search_paths=SOURCES, allow_inspection=False)
        promised = tuple(f"{path}." for path in public(old))
        found = griffe.find_breaking_changes(old, new)
        return [f"{b.obj.path}: {b.kind.value}" for b in found if f"{b.obj.path}.".startswith(promised)]


def check(package: str) -> bool:
    """Print what changed, and return whether the version number allows it."""
    releases = released(package)
    if not releases:
        print(f"{package}: no release yet")
        return True
    last, now = max(releases), current(package)
    found = breakages(package, releases[last])
    print(f"{package}: {len(found)} breaking changes since {'.'.join(map(str, last))}", *found, sep="\n  ")
    return not found or not compatible(last, now)


if __name__ == "__main__":
    broken = [folder.name for folder in sorted(ROOT.glob("packages/tt-*")) if not check(folder.name)]
    sys.exit(f"raise the minor version, or keep what users call: {', '.join(broken)}" if broken else 0)
