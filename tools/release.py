"""Make the files of one release: `python tools/release.py tt-core`, after `__version__` has been raised.

Moves the notes of changes/ into the CHANGELOG and builds the sdist, and from it the wheel, into releases/.
With --check, compares them with the sources: what is published is what was tested.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from releases import ROOT, current, released


def build(package: str, out: Path) -> None:
    """Build the sdist, and from it the wheel, so that a file which the sdist lacks is missed at once."""
    with tempfile.TemporaryDirectory() as folder:  # uv leaves a .gitignore beside them that hides all
        subprocess.run(["uv", "build", "--quiet", "--out-dir", folder, str(ROOT / "packages" / package)], check=True)
        for file in Path(folder).glob("tt_*"):
            shutil.copy(file, out)


def contents(wheel: Path) -> dict[str, bytes]:
    """Read a wheel, less the two files that name the build tool's version."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith(("/WHEEL", "/RECORD"))}


def make(package: str) -> str | None:
    """Write the release; return what stands against it."""
    version, folder = current(package), ROOT / "packages" / package
    number = ".".join(map(str, version))
    if version in released(package):
        return f"{package} {number} is released already: raise __version__ first"
    notes = ["towncrier", "build", "--yes", "--config", str(ROOT / "pyproject.toml")]
    subprocess.run([*notes, "--dir", str(folder), "--version", number], check=True)
    build(package, ROOT / "releases")
    tag = f"{package}-v{number}"
    print(f"Look at it, then: git add -A releases packages/{package}, git commit, git tag {tag}, git push origin {tag}")
    return None


def check(package: str) -> str | None:
    """Return what differs between the wheel in releases/ and the one that the sources give."""
    with tempfile.TemporaryDirectory() as out:
        build(package, Path(out))
        (fresh,) = Path(out).glob("*.whl")
        kept = ROOT / "releases" / fresh.name
        if not kept.exists() or contents(kept) != contents(fresh):
            return f"releases/{fresh.name} is not what the sources give: tox run -e release -- {package}, and commit"
    return None


if __name__ == "__main__":
    sys.exit(check(sys.argv[1]) if "--check" in sys.argv else make(sys.argv[1]))
