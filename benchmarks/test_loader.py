"""Loaders against PyTorch's, in samples per second: higher is better. No rate is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("loading.py")
ROUNDS = 5


class Reader:
    """A process that reads its images as often as it is asked to."""

    def __init__(self, kind: str, way: str) -> None:
        command = [sys.executable, str(PROGRAM), kind, way]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def rate(self) -> float:
        """Return the samples per second of one pass."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("once more\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


@pytest.mark.parametrize("kind", ["mnist", "cifar10"])
@pytest.mark.parametrize(
    "ours, theirs",
    [
        ("ours", "torch"),
        ("ours", "torch_pillow"),
        ("ours", "torch_batched"),
        ("ours_augmented", "torch_augmented"),
    ],
)
def test_loader(kind: str, ours: str, theirs: str, benchmark: Any, rows: list[str]) -> None:
    pytest.importorskip("torch", reason="the peer of these measurements is PyTorch")
    readers = [Reader(kind, way) for way in (ours, theirs)]
    for reader in readers:
        reader.rate()
    pairs = benchmark.pedantic(lambda: [[reader.rate() for reader in readers] for _ in range(ROUNDS)], rounds=1)
    for reader in readers:
        reader.process.communicate()
    a, b = (median(column) for column in zip(*pairs, strict=True))
    ratio = median(x / y for x, y in pairs)
    benchmark.extra_info["ratio"] = ratio
    rows.append(f"{kind:8s} {theirs:16s}{a:12,.0f} /s {b:12,.0f} /s {ratio:8.1f} times the samples")
    assert ratio > 0
