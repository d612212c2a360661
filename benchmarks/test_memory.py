"""The peak of forward and backward against PyTorch's, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("memory.py")


def peak(framework: str, batch: int) -> int:
    command = [sys.executable, str(PROGRAM), framework, str(batch)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


@pytest.mark.parametrize("batch", [64, 512])
def test_backward_needs_no_more_memory_than_pytorch(batch: int, benchmark: Any, rows: list[str]) -> None:
    pytest.importorskip("torch", reason="the peer of these measurements is PyTorch")
    ours, peer = benchmark.pedantic(lambda: (peak("tt_core", batch), peak("torch", batch)), rounds=1)
    benchmark.extra_info.update(ours=ours, peer=peer)
    rows.append(f"peak memory, mlp {batch:4d}   {ours:12,d} B  {peer:12,d} B {ours / peer:8.3f}")
    assert ours < 1.05 * peer  # bytes do not depend on the machine's mood
