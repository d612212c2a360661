"""What the folder releases/ holds: the wheel and the sdist of every release of every package.

`python tools/releases.py tt-core FOLDER` unpacks the tests of the newest release of tt-core into FOLDER.
"""

import re
import shutil
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

Version = tuple[int, ...]


def current(package: str) -> Version:
    """Read the version that the sources of a package state."""
    init = ROOT / "packages" / package / "src" / package.replace("-", "_") / "__init__.py"
    found = re.search(r'^__version__ = "(\d+)\.(\d+)\.(\d+)"$', init.read_text(), re.MULTILINE)
    if not found:
        sys.exit(f'{init} should state its version in a line such as __version__ = "0.1.0"')
    return tuple(map(int, found.groups()))


def released(package: str, suffix: str = ".whl") -> dict[Version, Path]:
    """List the releases of a package, the newest last."""
    files = (ROOT / "releases").glob(f"{package.replace('-', '_')}-*{suffix}")
    found = {tuple(map(int, re.findall(r"\d+", file.name)[:3])): file for file in files}
    return dict(sorted(found.items()))


def compatible(old: Version, new: Version) -> bool:
    """Say whether `new` promises to be a drop-in for `old`: before 1.0 the minor number counts, then the major."""
    return old[:2] == new[:2] if old[0] == 0 else old[0] == new[0]


def why_not(package: str) -> str | None:
    """Say why today's sources cannot be held against the last release of a package, if so."""
    releases = released(package)
    if not releases:
        return f"releases/ holds no release of {package} yet: there is nothing to compare with"
    cores = released("tt-core")
    if not compatible(max(cores), current("tt-core")):
        return "tt-core has begun a new series since its last release: there is no promise to keep"
    return None


def main(package: str, out: Path) -> None:
    """Unpack the newest release's tests."""
    shutil.rmtree(out, ignore_errors=True)
    sdist = released(package, ".tar.gz")
    with tarfile.open(sdist[max(sdist)]) as tar:
        tar.extractall(out, members=[m for m in tar if m.name.split("/")[1:2] == ["tests"]], filter="data")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
