"""What a container or a job scheduler leaves to this process: Linux control groups, versions 1 and 2.

Source: the Linux kernel's documentation: `admin-guide/cgroup-v2`, `cgroup-v1/memory` and `scheduler/sched-bwc`.
"""

from dataclasses import dataclass
from pathlib import Path

from tt_core.environment.files import ROOT, read

_NO_LIMIT = 2**60  # version 1 writes "no limit" as the largest multiple of the page size below 2**63


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """The bytes that a control group allows, and how many of them are still free (page cache counts as free)."""

    limit: int
    free: int


def control_groups(controller: str, root: Path = ROOT) -> list[Path]:
    """Return the folders whose limits hold for this process, its own group first, then each parent.

    A container often sees its path from outside, where no such folder exists; then the parents still count.
    """
    folders: list[Path] = []
    for line in read(root / "proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if not names or controller in names.split(","):
            base = root / "sys/fs/cgroup" / (controller if names else "")
            group = base / path.lstrip("/")
            folders += [folder for folder in (group, *group.parents) if folder.is_relative_to(base)]
    return folders


def cpu_quota(root: Path = ROOT) -> float | None:
    """Return how many cores' worth of time the control groups allow, or None without a limit."""
    quotas = [quota for group in control_groups("cpu", root) if (quota := group_quota(group)) is not None]
    return min(quotas, default=None)


def group_quota(group: Path) -> float | None:
    """Return how many cores' worth of time one group may use, `quota / period`, or None without a limit.

    In version 2 the file `cpu.max` holds both numbers, "150000 100000"; in version 1 `cpu.cfs_quota_us` and
    `cpu.cfs_period_us` hold one each. `max`, a negative number, or no file at all mean no limit: `read` gives "" for a
    file that is not there, and `number` 0 for what is no decimal.
    """
    words = read(group / "cpu.max").split() or [read(group / f"cpu.cfs_{name}_us") for name in ("quota", "period")]
    if all(word.isdecimal() and int(word) > 0 for word in words):
        return int(words[0]) / int(words[1])
    return None


def memory_limit(root: Path = ROOT) -> MemoryLimit | None:
    """Return the tightest memory limit over this process, or None without a limit."""
    limits = [limit for group in control_groups("memory", root) if (limit := group_memory(group)) is not None]
    return min(limits, key=lambda limit: limit.free, default=None)


def group_memory(group: Path) -> MemoryLimit | None:
    """Return the memory limit of one group: `memory.max` in version 2, `memory.limit_in_bytes` in version 1."""
    limit = number(read(group / "memory.max") or read(group / "memory.limit_in_bytes"))
    if not 0 < limit < _NO_LIMIT:
        return None
    used = number(read(group / "memory.current") or read(group / "memory.usage_in_bytes"))
    return MemoryLimit(limit, free=max(0, limit - max(0, used - reclaimable(read(group / "memory.stat")))))


def reclaimable(statistics: str) -> int:
    r"""Return the bytes of cached files that the kernel gives back on demand.

    >>> reclaimable("anon 4096\ninactive_file 8192")
    8192
    """
    values = dict(line.split(maxsplit=1) for line in statistics.splitlines() if " " in line)
    return number(values.get("total_inactive_file", values.get("inactive_file", "")))


def number(text: str) -> int:
    """Return a decimal number, or 0 where the text is none (`max` means no limit)."""
    return int(text) if text.isdecimal() else 0
