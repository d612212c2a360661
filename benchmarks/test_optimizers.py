"""One step of each optimizer against PyTorch's `foreach` and `fused` versions in the same run. No time is asserted."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
from conftest import Worker
from workloads import UPDATING

ROUNDS = 9
NAMES = ("tt_core", "torch", "tuned")


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    """Return a process for TinyTorch and for both kinds of PyTorch; new ones each time, for the memory's sake."""
    pytest.importorskip("torch", reason="the peer of these measurements is PyTorch")
    made = [Worker(name, threads=2) for name in NAMES]
    yield made
    for worker in made:
        worker.close()


@pytest.mark.parametrize("name", UPDATING)
def test_update(name: str, benchmark: Any, workers: list[Worker], rows: list[str]) -> None:
    _, repeats, _ = UPDATING[name]

    def measure() -> list[list[float]]:
        return [[worker.measure(name, repeats) for worker in workers] for _ in range(ROUNDS)]

    times = benchmark.pedantic(measure, rounds=1)
    ours, foreach, fused = (median(column) * 1e6 for column in zip(*times, strict=True))
    ratio, best = (median(row[0] / row[i] for row in times) for i in (1, 2))
    benchmark.extra_info.update(foreach=ratio, fused=best)
    rows.append(f"{name:24s}{ours:12.0f} µs {foreach:12.0f} µs {ratio:8.3f}   fused {fused:10.0f} µs {best:9.3f}")
    assert ratio > 0
