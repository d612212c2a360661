from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tt_core.environment.limits import MemoryLimit, control_groups, cpu_quota, memory_limit, reclaimable

Computer = Callable[[Mapping[str, str]], Path]

V2 = {"proc/self/cgroup": "0::/job/step"}
V1 = {"proc/self/cgroup": "4:memory:/job\n2:cpu,cpuacct:/job\n1:name=systemd:/other"}
GROUP2, GROUP1 = "sys/fs/cgroup/job", "sys/fs/cgroup/cpu/job"


def test_groups_of_version_2_go_up_to_the_mount(computer: Computer) -> None:
    base = computer(V2) / "sys/fs/cgroup"
    assert control_groups("cpu", computer(V2)) == [base / "job/step", base / "job", base]


def test_groups_of_version_1_are_those_of_the_controller(computer: Computer) -> None:
    root = computer(V1)
    assert control_groups("cpu", root) == [root / "sys/fs/cgroup/cpu/job", root / "sys/fs/cgroup/cpu"]
    assert control_groups("pids", root) == []


def test_no_groups_no_limits(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None
    assert memory_limit(tmp_path) is None


def test_quota_of_version_2(computer: Computer) -> None:
    assert cpu_quota(computer({**V2, f"{GROUP2}/cpu.max": "150000 100000\n"})) == 1.5


def test_quota_of_the_tightest_group_counts(computer: Computer) -> None:
    files = {f"{GROUP2}/cpu.max": "100000 100000", f"{GROUP2}/step/cpu.max": "400000 100000"}
    assert cpu_quota(computer({**V2, **files})) == 1.0


@pytest.mark.parametrize("text", ["max 100000", "nonsense", "0 100000"])
def test_no_quota_in_version_2(computer: Computer, text: str) -> None:
    assert cpu_quota(computer({**V2, f"{GROUP2}/cpu.max": text})) is None


@pytest.mark.parametrize("quota,cores", [("250000", 2.5), ("-1", None)])
def test_quota_of_version_1(computer: Computer, quota: str, cores: float | None) -> None:
    files = {f"{GROUP1}/cpu.cfs_quota_us": quota, f"{GROUP1}/cpu.cfs_period_us": "100000"}
    assert cpu_quota(computer({**V1, **files})) == cores


def test_memory_of_version_2_counts_cached_files_as_free(computer: Computer) -> None:
    files = {"memory.max": "1000", "memory.current": "700", "memory.stat": "anon 1\ninactive_file 200"}
    root = computer({**V2, **{f"{GROUP2}/{name}": text for name, text in files.items()}})
    assert memory_limit(root) == MemoryLimit(limit=1000, free=500)


def test_memory_of_version_1(computer: Computer) -> None:
    folder = "sys/fs/cgroup/memory/job"
    files = {"memory.limit_in_bytes": "4096", "memory.usage_in_bytes": "4096", "memory.stat": "total_inactive_file 96"}
    root = computer({**V1, **{f"{folder}/{name}": text for name, text in files.items()}})
    assert memory_limit(root) == MemoryLimit(limit=4096, free=96)


@pytest.mark.parametrize("text", ["max", "9223372036854771712", ""])
def test_no_memory_limit(computer: Computer, text: str) -> None:
    assert memory_limit(computer({**V2, f"{GROUP2}/memory.max": text})) is None


def test_memory_of_a_group_over_its_limit_is_not_negative(computer: Computer) -> None:
    root = computer({**V2, f"{GROUP2}/memory.max": "10", f"{GROUP2}/memory.current": "11"})
    assert memory_limit(root) == MemoryLimit(limit=10, free=0)


def test_reclaimable_prefers_the_hierarchical_value() -> None:
    assert reclaimable("inactive_file 1\ntotal_inactive_file 5") == 5
    assert reclaimable("") == 0
