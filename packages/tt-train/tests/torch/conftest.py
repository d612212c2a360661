"""Comparisons with PyTorch: skipped where it is not installed."""

from importlib.util import find_spec

import pytest

collect_ignore_glob = [] if find_spec("torch") else ["*.py"]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Keep PyTorch to one thread: the samples are small."""
    import torch

    torch.set_num_threads(1)
