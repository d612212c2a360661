"""Build a wheel of every package into a folder, once for each state of the sources: `python tools/wheels.py FOLDER`.

Beside the wheels lie constraints that pin packages to them by path: NAME.txt pins that package alone, all.txt pins all.
Paths, because uv caches the wheels of a `--find-links` folder by file name and would install yesterday's.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = Path(__file__).resolve().parents[1] / "packages"


def digest(folder: Path) -> str:
    """Name a state of the sources."""
    state = hashlib.sha256()
    for file in sorted(folder.glob("*/src/**/*")) + sorted(folder.glob("*/*.*")):
        if file.is_file() and "__pycache__" not in file.parts:
            state.update(f"{file.relative_to(folder)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return state.hexdigest()


def build(package: Path, out: Path) -> str:
    """Build one wheel and return the line that pins the package to it."""
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", str(out), str(package)], check=True)
    (wheel,) = out.glob(f"{package.name.replace('-', '_')}-*.whl")
    return f"{package.name} @ {wheel.as_uri()}\n"


def main(out: Path) -> None:
    """Build what changed; tox starts several of us at once, so one at a time."""
    out.mkdir(parents=True, exist_ok=True)
    with (out.parent / f"{out.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, now = out / "sources.sha256", digest(PACKAGES)
        if stamp.exists() and stamp.read_text() == now:
            return
        shutil.rmtree(out)
        pins = {package.name: build(package, out) for package in sorted(PACKAGES.glob("tt-*"))}
        for name, pin in {**pins, "all": "".join(pins.values())}.items():
            (out / f"{name}.txt").write_text(pin)
        stamp.write_text(now)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
