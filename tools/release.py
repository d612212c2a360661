"""Make the files of one release: `python tools/release.py tt-core`, after `__version__` has been raised.

Moves the notes of changes/ into the CHANGELOG and builds the sdist, and from it the wheel, into releases/.
With --check, the release workflow rebuilds them and compares: what is published is what was tested.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from releases import ROOT, current, released


def build(package: str, out: Path) -> None:
    """Build sdist and wheel; hatchling's are the same bytes whenever the sources are."""
    subprocess.run(["uv", "build", "--quiet", "--out-dir", str(out), str(ROOT / "packages" / package)], check=True)


def make(package: str) -> str:
    """Write the release, and return what is left to do by hand."""
    version, folder = current(package), ROOT / "packages" / package
    number = ".".join(map(str, version))
    if version in released(package):
        return f"{package} {number} is released already: raise __version__ first"
    notes = ["towncrier", "build", "--yes", "--config", str(ROOT / "pyproject.toml")]
    subprocess.run([*notes, "--dir", str(folder), "--version", number], check=True)
    build(package, ROOT / "releases")
    tag = f"{package}-v{number}"
    print(f"Look at it, then: git add -A releases packages/{package}, git commit, git tag {tag}, git push origin {tag}")
    return ""


def check(package: str) -> str:
    """Return what differs between the files in releases/ and those that the sources give."""
    version = current(package)
    with tempfile.TemporaryDirectory() as out:
        build(package, Path(out))
        for suffix in (".whl", ".tar.gz"):
            (fresh,) = Path(out).glob(f"*{suffix}")
            kept = released(package, suffix).get(version)
            if kept is None or kept.read_bytes() != fresh.read_bytes():
                return f"releases/{fresh.name} is not what the sources give: run tools/release.py and commit its files"
    return ""


if __name__ == "__main__":
    sys.exit(check(sys.argv[1]) if "--check" in sys.argv else make(sys.argv[1]))
