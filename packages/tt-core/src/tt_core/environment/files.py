"""Read the small text files and ask the commands through which an operating system describes itself."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path("/")


def read(path: Path) -> str:
    """Return the text of a small file without the white space around it, or `""` where it cannot be read.

    A machine that lacks a file (another system, another kernel, a sandbox) is normal here and never an error.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> str:
    """Return what a quick program writes, or `""` where it is missing, fails, or takes longer than 5 seconds."""
    try:
        done = subprocess.run(  # noqa: S603  # no shell, and the callers fix every word but paths
            command, env=environ, capture_output=True, text=True, errors="replace", timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def sysctl(name: str) -> str:
    """Return the value of a macOS kernel variable such as `hw.memsize`, or `""` where there is none.

    Source: `man 8 sysctl` of macOS.
    """
    return run(["/usr/sbin/sysctl", "-n", name])


def parse_size(text: str) -> int:
    """Return the bytes meant by a size such as `48K`, `32M` or `512`; 0 where the text is no size.

    >>> parse_size("48K"), parse_size("32M"), parse_size("512"), parse_size("?")
    (49152, 33554432, 512, 0)
    """
    unit = {"K": 2**10, "M": 2**20, "G": 2**30}.get(text[-1:].upper(), 1)
    digits = text[:-1] if unit > 1 else text
    return int(digits) * unit if digits.isdecimal() else 0


def count_cpus(listing: str) -> int:
    """Return how many CPUs the kernel's list notation names.

    >>> count_cpus("0-3,8"), count_cpus("5"), count_cpus("")
    (5, 1, 0)
    """
    ranges = [part.split("-") for part in listing.split(",") if part]
    return sum(int(ends[-1]) - int(ends[0]) + 1 for ends in ranges)
