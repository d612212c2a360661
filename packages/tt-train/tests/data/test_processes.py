"""Whole programs with workers: how they start, how they are interrupted, and what is left when they are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

HEAD = """
import os, signal, sys, threading, time
import tt_core as tt
from tt_train.data import DataLoader, Dataset, WorkerError, get_worker_info

class Slow(Dataset):
    def __init__(self, n=8, seconds=0.0):
        self.n, self.seconds = n, seconds
    def __len__(self):
        return self.n
    def __getitem__(self, index):
        if get_worker_info() is not None:
            time.sleep(self.seconds)
        return tt.full((1000,), index)
"""
TAIL = """
    total = sum(batch.data[:, 0].sum() for batch in loader)
    print("sum", int(total))
"""
NAMES = """
import multiprocessing
from tt_train.data import workers
reserve, segments = workers.reserve, []
def remember(size):
    segments.append(reserve(size))
    return segments[-1]
workers.reserve = remember
"""


def program(tmp_path: Path, *parts: str) -> Path:
    path = tmp_path / "program.py"
    path.write_text("\n".join(textwrap.dedent(part) for part in parts))
    return path


def environment() -> dict[str, str]:
    """Return this process's environment, with its search path: the packages may lie on it."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONWARNINGS": "error"}


def run(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environment(), check=False, **options
    )


def segments_left(text: str) -> list[str]:
    """Return those of the printed names that still are there."""
    names = [line.split()[1] for line in text.splitlines() if line.startswith("segment")]
    assert names, text
    return [name for name in names if Path("/dev/shm", name).exists()]


def test_a_script_with_a_guard(tmp_path: Path) -> None:
    guarded = 'if __name__ == "__main__":\n    loader = DataLoader(Slow(), 2, num_workers=2)'
    done = run(program(tmp_path, HEAD, guarded + TAIL))
    assert (done.stdout, done.stderr) == ("sum 28\n", "")


def test_a_script_without_a_guard_is_told(tmp_path: Path) -> None:
    done = run(program(tmp_path, HEAD, "loader = DataLoader(Slow(), 2, num_workers=2)\nif True:" + TAIL))
    assert done.returncode == 1
    assert "sum" not in done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("tt_train.data.errors")]
    assert any("DataError: expected no loader with num_workers to be used while a worker imports" in e for e in errors)
    told = [e for e in errors if "WorkerError: expected worker 0 to live; it ended with exit code 1" in e]
    assert len(told) == 1
    assert 'under `if __name__ == "__main__":`' in told[0]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, classes of a prompt cannot be sent to workers")
@pytest.mark.parametrize("how", ["-c", "-"])
def test_classes_of_a_prompt(how: str) -> None:
    text = textwrap.dedent(HEAD) + "loader = DataLoader(Slow(), 2, num_workers=2, prefetch=1)\nif True:" + TAIL
    done = run("-c", text) if how == "-c" else run("-", input=text)
    assert (done.stdout, done.stderr) == ("sum 28\n", "")


def test_classes_that_workers_cannot_find_are_told() -> None:
    text = textwrap.dedent(HEAD) + (
        "loader = DataLoader(Slow(), 2, num_workers=1, multiprocessing_context='spawn')\nif True:" + TAIL
    )
    done = run("-c", text)
    assert done.returncode == 1
    assert "WorkerError: expected batch 0 from worker 0; its data set raised AttributeError: Can't get" in done.stderr


@pytest.mark.parametrize("ahead", [0, 2])
def test_ctrl_c_ends_all(tmp_path: Path, ahead: int) -> None:
    body = f"""
    if __name__ == "__main__":
        for batch in DataLoader(Slow(40, 0.05), 2, num_workers=2, prefetch={ahead}):
            print("batch", flush=True)
            try:
                if batch.data[0, 0] == 4:
                    os.kill(os.getpid(), signal.SIGINT)
                    time.sleep(10)
            finally:
                for segment in segments:
                    print("segment", segment.name, flush=True)
    """
    path = program(tmp_path, HEAD, NAMES, body)
    done = run(path)
    assert done.stdout.count("batch") == 3
    assert done.stderr.rstrip().splitlines()[-1] == "KeyboardInterrupt"
    assert "tt-worker" not in done.stderr
    assert "leaked" not in done.stderr
    assert segments_left(done.stdout) == []


def test_an_unfinished_iterator_at_the_programs_end(tmp_path: Path) -> None:
    body = """
    if __name__ == "__main__":
        keep = [DataLoader(Slow(40), 2, num_workers=2, persistent_workers=True), DataLoader(Slow(40), 2, prefetch=2)]
        keep += [iter(keep[0]), iter(keep[1]), iter(DataLoader(Slow(40), 2, num_workers=1, prefetch=1))]
        for iterator in keep[2:]:
            next(iterator)
            next(iterator)
        sys.modules["keep"] = keep
        for segment in segments:
            print("segment", segment.name)
    """
    done = run(program(tmp_path, HEAD, NAMES, body))
    assert (done.returncode, done.stderr) == (0, "")
    assert segments_left(done.stdout) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process here cannot be killed without a word")
@pytest.mark.parametrize("context", ["spawn", "fork"])
def test_workers_do_not_outlive_a_killed_program(tmp_path: Path, context: str) -> None:
    body = f"""
    if __name__ == "__main__":
        iterator = iter(DataLoader(Slow(40), 2, num_workers=3, multiprocessing_context="{context}"))
        for _ in range(4):
            next(iterator)
        for segment in segments:
            print("segment", segment.name)
        for child in multiprocessing.active_children():
            print("child")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    # the output ends when the last process that could write has ended: a worker that lives on would be a timeout
    done = run(program(tmp_path, HEAD, NAMES, body))
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.count("child") == 3
    assert segments_left(done.stdout) == []
