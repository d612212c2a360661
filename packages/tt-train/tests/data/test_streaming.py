"""Data larger than memory: read batch by batch, they train; read at once, they do not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="this system sets no limits of memory")

ROWS, WIDTH = 4096, 8192  # of float32: 128 MiB
LIMIT = 32 << 20
PROGRAM = """
import resource, sys
import numpy as np
from tt_core.extend import wrap
from tt_train.data import DataLoader, Dataset, IterableDataset

path, rows, width, limit, how = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]

class Rows(Dataset):
    def __len__(self):
        return rows
    def __getitem__(self, index):
        return wrap(np.fromfile(path, np.float32, width, offset=index * width * 4))

class Stream(IterableDataset):
    def __iter__(self):
        with open(path, "rb") as file:
            while block := file.read(width * 4):
                yield wrap(np.frombuffer(block, np.float32).copy())

import numpy.random
warm = [sum(1 for _ in DataLoader([1, 2], shuffle=True, prefetch=1))]
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + limit, used + limit))
if how == "at once":
    print(np.fromfile(path, np.float32).sum())
else:
    loaders = {
        "rows": lambda: DataLoader(Rows(), 16, shuffle=True),
        "ahead": lambda: DataLoader(Rows(), 16, shuffle=True, prefetch=2),
        "stream": lambda: DataLoader(Stream(), 16),
    }
    print(sum(float(batch.data.sum()) for batch in loaders[how]()))
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a file of zeros, with a one at the end of each row: four times the memory that may be taken."""
    path = tmp_path_factory.mktemp("large") / "rows.bin"
    row = bytes(WIDTH * 4 - 4) + b"\x00\x00\x80\x3f"
    with path.open("wb") as out:
        for _ in range(ROWS):
            out.write(row)
    assert path.stat().st_size == 4 * LIMIT
    return path


def run(file: Path, how: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "MALLOC_ARENA_MAX": "1"}
    arguments = [str(x) for x in (file, ROWS, WIDTH, LIMIT, how)]
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory a process has")
@pytest.mark.parametrize("how", ["rows", "ahead", "stream"])
def test_data_larger_than_memory_stream(file: Path, how: str) -> None:
    done = run(file, how)
    assert (done.stdout, done.stderr) == (f"{float(ROWS)}\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory a process has")
def test_the_limit_is_one(file: Path) -> None:
    done = run(file, "at once")
    assert done.returncode == 1
    assert "MemoryError" in done.stderr
