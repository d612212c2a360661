"""What the tests of loaders share."""

from __future__ import annotations

import importlib
import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tt_train.data import workers


@pytest.fixture
def supplies(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return data sets that worker processes can import too."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("supplies")


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail if a test leaves a process, a thread or a segment behind; return the names of the segments so far."""
    names: list[str] = []
    reserve = workers.reserve

    def remember(size: int) -> Any:
        segment = reserve(size)
        if segment is not None:
            names.append(segment.name)
        return segment

    monkeypatch.setattr(workers, "reserve", remember)
    monkeypatch.setattr(workers, "PATIENCE", 0.5)  # what hangs in a test is meant to
    before = set(threading.enumerate())
    yield names
    assert multiprocessing.active_children() == []
    assert [thread for thread in threading.enumerate() if thread not in before] == []
    for name in names:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name)


FORK = "fork" in multiprocessing.get_all_start_methods()


@pytest.fixture
def quick() -> dict[str, Any]:
    """Return the option that starts workers in milliseconds, where the system has it."""
    return {"multiprocessing_context": "fork"} if FORK else {}
