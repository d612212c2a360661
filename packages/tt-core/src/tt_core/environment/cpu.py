"""Which processor, how many of its cores this process may use, and how large the caches in front of memory are."""

import math
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tt_core.environment.files import ROOT, count_cpus, parse_size, read, sysctl
from tt_core.environment.limits import cpu_quota


@dataclass(frozen=True, slots=True)
class Cache:
    """One cache of the processor: its size in bytes, and how many logical cores share it (None: unknown)."""

    level: int
    kind: str
    size: int
    shared_by: int | None


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processor as this process sees it.

    `logical` counts the cores of the machine (with hyper-threads), `usable` those that affinity and quota leave to this
    process; `quota` is in cores (None: no limit); `load` is the 1-minute load average (None: not counted here).
    `unknown` says why a value is missing.
    """

    model: str
    logical: int
    usable: int
    quota: float | None
    load: float | None
    caches: tuple[Cache, ...]
    unknown: tuple[str, ...] = ()


def find_cpu(root: Path = ROOT) -> Cpu:
    """Describe the processor."""
    quota = cpu_quota(root)
    found = caches(root) or macos_caches()
    return Cpu(
        model=cpu_model(root) or "unknown",
        logical=os.cpu_count() or 1,
        usable=usable_cores(allowed_cores(), quota),
        quota=quota,
        load=load_average(),
        caches=found,
        unknown=() if found else ("caches: neither /sys/devices/system/cpu nor sysctl describes them here",),
    )


def cpu_model(root: Path = ROOT, ask: Callable[[str], str] = sysctl) -> str:
    """Return the marketing name of the processor, or `""` where nobody tells it."""
    entries = dict(line.split(":", 1) for line in read(root / "proc/cpuinfo").splitlines() if ":" in line)
    names = {key.strip(): value.strip() for key, value in entries.items()}
    board = read(root / "sys/firmware/devicetree/base/model").rstrip("\0")
    return names.get("model name") or board or ask("machdep.cpu.brand_string") or platform.processor()


def allowed_cores() -> int:
    """Return on how many logical cores the scheduler may place this process (its affinity)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_cores(allowed: int, quota: float | None) -> int:
    """Return how many cores this process can keep busy: those that are allowed, but no more than its quota of time.

    At least one; a part of a core counts as one; a quota of None is no limit.

    >>> usable_cores(8, None), usable_cores(8, 2.0), usable_cores(8, 1.5), usable_cores(8, 0.2)
    (8, 2, 2, 1)
    """
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def load_average() -> float | None:
    """Return how many processes wanted a core over the last minute, or None where the system does not count."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def caches(root: Path = ROOT) -> tuple[Cache, ...]:
    """Return the caches of the first core, nearest first (source: Linux sysfs, `cpu0/cache/index*`)."""
    folders = sorted((root / "sys/devices/system/cpu/cpu0/cache").glob("index[0-9]*"))
    return tuple(cache for folder in folders if (cache := read_cache(folder)).size)


def read_cache(folder: Path) -> Cache:
    """Return the cache that one sysfs folder describes."""
    return Cache(
        level=parse_size(read(folder / "level")),
        kind=read(folder / "type").lower(),
        size=parse_size(read(folder / "size")),
        shared_by=count_cpus(read(folder / "shared_cpu_list")) or None,
    )


def macos_caches(ask: Callable[[str], str] = sysctl) -> tuple[Cache, ...]:
    """Return the caches that macOS names (source: `man 3 sysctl`, `hw.l1dcachesize` and its neighbours)."""
    names = (
        (1, "data", "hw.l1dcachesize"),
        (1, "instruction", "hw.l1icachesize"),
        (2, "unified", "hw.l2cachesize"),
        (3, "unified", "hw.l3cachesize"),
    )
    found = (Cache(level, kind, parse_size(ask(name)), None) for level, kind, name in names)
    return tuple(cache for cache in found if cache.size)
