"""Each workload against PyTorch, in the same run. No time is asserted: the table is the result."""

from __future__ import annotations

from typing import Any

import pytest
from workloads import WORKLOADS


@pytest.mark.parametrize("name", WORKLOADS)
def test_workload(name: str, benchmark: Any, pairs: Any) -> None:
    threads, repeats, _ = WORKLOADS[name]
    ratio = benchmark.pedantic(pairs[threads].compare, (name, repeats), rounds=1)
    benchmark.extra_info["ratio"] = ratio
    assert ratio > 0
