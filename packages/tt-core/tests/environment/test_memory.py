import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tt_core.environment.memory import Memory, find_memory, meminfo, physical_memory

Computer = Callable[[Mapping[str, str]], Path]

MEMINFO = {"proc/meminfo": "MemTotal:  8 kB\nMemFree:  1 kB\nMemAvailable:  4 kB\nHugePages_Total:  0"}
GROUP = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": "3000", "sys/fs/cgroup/memory.current": "1000"}


def test_meminfo_is_in_bytes_and_skips_counts() -> None:
    assert meminfo(MEMINFO["proc/meminfo"]) == {"MemTotal": 8192, "MemFree": 1024, "MemAvailable": 4096}


def test_memory_without_a_limit(computer: Computer) -> None:
    assert find_memory(computer(MEMINFO)) == Memory(total=8192, available=4096, limit=None)


def test_a_container_leaves_less(computer: Computer) -> None:
    assert find_memory(computer({**MEMINFO, **GROUP})) == Memory(total=8192, available=2000, limit=3000)


def test_memory_elsewhere_says_what_is_unknown(tmp_path: Path) -> None:
    memory = find_memory(tmp_path)
    assert memory.available is None
    assert "no /proc/meminfo" in memory.unknown[0]
    assert memory.total == physical_memory()


def test_physical_memory_without_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert physical_memory() is None
