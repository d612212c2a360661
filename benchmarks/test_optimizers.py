"""One step of each optimizer against PyTorch's `foreach` and `fused` versions in the same run. No time is asserted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Trio, trio
from workloads import UPDATING


@pytest.fixture
def workers() -> Iterator[Trio]:
    """Return the processes for TinyTorch and for both kinds of PyTorch; new ones each time, for the memory's sake."""
    with trio() as made:
        yield made


@pytest.mark.parametrize("name", UPDATING)
def test_update(name: str, benchmark: Any, workers: Trio, rows: list[str]) -> None:
    _, repeats, _ = UPDATING[name]
    assert workers.compare(name, repeats, benchmark, rows, "fused") > 0
