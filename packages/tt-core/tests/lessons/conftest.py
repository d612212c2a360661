"""Proofs start hundreds of processes; measuring which lines each of them runs would take most of their time."""

import os

import pytest


@pytest.fixture(autouse=True)
def without_coverage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let child processes run without being measured."""
    for name in list(os.environ):
        if name.startswith("COVERAGE_PROCESS"):
            monkeypatch.delenv(name)
