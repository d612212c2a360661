"""Comparisons with PyTorch: skipped where it is not installed, counted where it is."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

collect_ignore_glob = [] if find_spec("torch") else ["*.py"]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Keep PyTorch to one thread: the samples are small."""
    import torch

    torch.set_num_threads(1)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much was compared and what was refused."""
    if not find_spec("torch"):
        return
    from .harness import TOTAL

    if TOTAL.samples:
        line = f"{len(TOTAL.operations)} operations, {TOTAL.samples} samples, {TOTAL.comparisons} comparisons"
        terminalreporter.write_line(f"PyTorch's samples: {line}")
    for reason, count in TOTAL.refused.items():
        terminalreporter.write_line(f"  not supported, {count} samples: {reason}")
