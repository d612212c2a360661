"""Two processes that take turns, and the table of ratios at the end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

WORKER = Path(__file__).with_name("workloads.py")
ROUNDS = 15
TRIO_ROUNDS = 9
_rows: list[str] = []


class Worker:
    """A process that measures what it is asked to."""

    def __init__(self, framework: str, threads: int) -> None:
        command = [sys.executable, str(WORKER), framework, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, name: str, repeats: int) -> float:
        """Return the seconds of one repeat."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{name} {repeats}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


class Pair:
    """TinyTorch and PyTorch, measured in turn so that the machine's moods meet both."""

    def __init__(self, threads: int) -> None:
        self.ours, self.peer = Worker("tt_core", threads), Worker("torch", threads)

    def compare(self, name: str, repeats: int) -> float:
        """Return the median of the ratios ours / PyTorch, and keep a row for the table."""
        pairs = [(self.ours.measure(name, repeats), self.peer.measure(name, repeats)) for _ in range(ROUNDS)]
        ratio = median(a / b for a, b in pairs)
        ours, peer = (median(pair[i] for pair in pairs) * 1e6 for i in (0, 1))
        _rows.append(f"{name:24s}{ours:12.2f} µs {peer:12.2f} µs {ratio:8.3f}")
        return ratio

    def close(self) -> None:
        """End both processes."""
        self.ours.close()
        self.peer.close()


class Trio:
    """TinyTorch and PyTorch in two ways, as it is and tuned, measured in turn with 2 threads each."""

    def __init__(self) -> None:
        self.workers = [Worker(name, threads=2) for name in ("tt_core", "torch", "tuned")]

    def compare(self, name: str, repeats: int, benchmark: Any, rows: list[str], label: str) -> float:
        """Return the median of the ratios ours / PyTorch, and add a row to the table."""

        def measure() -> list[list[float]]:
            return [[worker.measure(name, repeats) for worker in self.workers] for _ in range(TRIO_ROUNDS)]

        times = benchmark.pedantic(measure, rounds=1)
        ours, peer, tuned = (median(column) * 1e6 for column in zip(*times, strict=True))
        ratio, best = (median(row[0] / row[i] for row in times) for i in (1, 2))
        benchmark.extra_info.update(ratio=ratio, **{label: best})
        rows.append(f"{name:24s}{ours:12.0f} µs {peer:12.0f} µs {ratio:8.3f}   {label} {tuned:10.0f} µs {best:8.3f}")
        return ratio

    def close(self) -> None:
        """End the processes."""
        for worker in self.workers:
            worker.close()


@contextmanager
def trio() -> Iterator[Trio]:
    """Start the three processes, and end them."""
    pytest.importorskip("torch", reason="the peer of these measurements is PyTorch")
    made = Trio()
    yield made
    made.close()


@pytest.fixture(scope="session")
def pairs() -> Iterator[dict[int, Pair]]:
    """Return a pair of processes for 1 and for 2 threads."""
    pytest.importorskip("torch", reason="the peer of these measurements is PyTorch")
    made = {threads: Pair(threads) for threads in (1, 2)}
    yield made
    for pair in made.values():
        pair.close()


@pytest.fixture
def rows() -> list[str]:
    """Return the lines of the table at the end."""
    return _rows


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured: TinyTorch, PyTorch, and the median of the ratios round by round."""
    if _rows:
        terminalreporter.section("TinyTorch, PyTorch, TinyTorch / PyTorch")
        for row in _rows:
            terminalreporter.write_line(row)
