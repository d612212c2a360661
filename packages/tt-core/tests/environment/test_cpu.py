import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tt_core.environment.cpu import (
    Cache,
    allowed_cores,
    caches,
    cpu_model,
    find_cpu,
    load_average,
    macos_caches,
    usable_cores,
)

Computer = Callable[[Mapping[str, str]], Path]

FOLDER = "sys/devices/system/cpu/cpu0/cache"
INTEL = {"proc/cpuinfo": "processor : 0\n\nprocessor : 1\nmodel name : Xeon: the fast one"}


def silent(name: str) -> str:
    """Answer like a system without sysctl."""
    return ""


def cache_files(index: int, level: str, kind: str, size: str, cpus: str) -> dict[str, str]:
    files = {"level": level, "type": kind, "size": size, "shared_cpu_list": cpus}
    return {f"{FOLDER}/index{index}/{name}": text for name, text in files.items()}


def test_model_of_an_x86_processor(computer: Computer) -> None:
    assert cpu_model(computer(INTEL)) == "Xeon: the fast one"


def test_model_of_an_arm_board(computer: Computer) -> None:
    files = {"proc/cpuinfo": "CPU implementer\t: 0x41", "sys/firmware/devicetree/base/model": "Raspberry Pi 5\0"}
    assert cpu_model(computer(files), silent) == "Raspberry Pi 5"


def test_model_of_a_mac(tmp_path: Path) -> None:
    assert cpu_model(tmp_path, {"machdep.cpu.brand_string": "Apple M4"}.__getitem__) == "Apple M4"


def test_caches_come_nearest_first(computer: Computer) -> None:
    files = cache_files(0, "1", "Data", "48K", "0") | cache_files(3, "3", "Unified", "32M", "0-7")
    assert caches(computer(files)) == (Cache(1, "data", 49152, 1), Cache(3, "unified", 33554432, 8))


def test_a_cache_without_size_is_left_out_and_sharing_may_be_unknown(computer: Computer) -> None:
    files = cache_files(0, "1", "Data", "", "0") | cache_files(1, "2", "Unified", "1M", "")
    assert caches(computer(files)) == (Cache(2, "unified", 1048576, None),)


def test_caches_of_a_mac() -> None:
    sizes = {"hw.l1dcachesize": "65536", "hw.l2cachesize": "4194304"}
    assert macos_caches(lambda name: sizes.get(name, "")) == (
        Cache(1, "data", 65536, None),
        Cache(2, "unified", 4194304, None),
    )


@pytest.mark.parametrize("allowed,quota,cores", [(4, None, 4), (4, 8.0, 4), (4, 2.0, 2), (4, 2.1, 3), (4, 0.1, 1)])
def test_usable_cores(allowed: int, quota: float | None, cores: int) -> None:
    assert usable_cores(allowed, quota) == cores


def test_affinity_counts_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 2, 4}, raising=False)
    assert allowed_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert allowed_cores() == 6


def test_no_load_average_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "getloadavg", raising=False)
    assert load_average() is None


def test_find_cpu_puts_the_quota_on_top(computer: Computer) -> None:
    files = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "50000 100000"}
    cpu = find_cpu(computer({**INTEL, **files, **cache_files(0, "1", "Data", "32K", "0")}))
    assert (cpu.model, cpu.quota, cpu.usable, cpu.unknown) == ("Xeon: the fast one", 0.5, 1, ())
    assert cpu.logical == (os.cpu_count() or 1)


def test_find_cpu_says_why_caches_are_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tt_core.environment.cpu.macos_caches", tuple)
    cpu = find_cpu(tmp_path)
    assert cpu.caches == ()
    assert cpu.unknown[0].startswith("caches: ")
    assert cpu.model
