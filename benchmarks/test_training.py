"""Training against PyTorch in the same run, as it is and as its experts would run it. No time is asserted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Trio, trio
from workloads import TRAINING


@pytest.fixture(scope="module")
def workers() -> Iterator[Trio]:
    """Return the processes for TinyTorch and for both kinds of PyTorch."""
    with trio() as made:
        yield made


@pytest.mark.parametrize("name", TRAINING)
def test_training(name: str, benchmark: Any, workers: Trio, rows: list[str]) -> None:
    _, repeats, _ = TRAINING[name]
    assert workers.compare(name, repeats, benchmark, rows, "tuned") > 0
