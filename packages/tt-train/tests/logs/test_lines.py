import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tt_core.errors import TinyTorchError
from tt_train.logs import JsonLines, read_log

WRITER = """
import os, sys
from tt_train.logs import JsonLines
log = JsonLines(sys.argv[1])
for i in range(1000):
    log.write({"step": i})
os.kill(os.getpid(), 9)
"""


def test_rows_come_back(tmp_path: Path) -> None:
    log = JsonLines(tmp_path / "new" / "log.jsonl")
    rows = [{"step": 1, "loss": 0.5, "text": "a\nb é"}, {"matrix": [[1, 2], [3, 4]]}]
    for row in rows:
        log.write(row)
    assert read_log(log.path) == rows
    log.close()
    log.close()
    again = JsonLines(log.path)
    again.write({"step": 2})
    again.close()
    assert read_log(log.path) == [*rows, {"step": 2}]


def test_what_is_no_number_is_null(tmp_path: Path) -> None:
    log = JsonLines(tmp_path / "log.jsonl")
    log.write({"loss": math.nan, "each": [math.inf, 1.0], "deep": {"x": (-math.inf,)}})
    log.close()
    assert read_log(log.path) == [{"loss": None, "each": [None, 1.0], "deep": {"x": [None]}}]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system cannot kill like that")
def test_a_killed_process_leaves_all_that_it_wrote(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path / "log.jsonl")], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [row["step"] for row in read_log(tmp_path / "log.jsonl")] == list(range(1000))


@pytest.mark.parametrize("cut", range(1, len(b'{"step": 2}\n') + 1))
def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"step": 1}\n{"step": 2}\n')
    os.truncate(path, path.stat().st_size - cut)
    assert read_log(path) == [{"step": 1}]
    log = JsonLines(path)
    log.write({"step": 3})
    log.close()
    assert read_log(path) == [{"step": 1}, {"step": 3}]


def test_rows_can_be_dropped(tmp_path: Path) -> None:
    log = JsonLines(tmp_path / "log.jsonl")
    for step in range(5):
        log.write({"step": step})
    log.keep(lambda row: row["step"] < 3)
    log.write({"step": 9})
    log.keep(lambda row: row["step"] != 7)
    log.close()
    assert [row["step"] for row in read_log(log.path)] == [0, 1, 2, 9]
    assert list(tmp_path.iterdir()) == [log.path]


def test_no_log(tmp_path: Path) -> None:
    with pytest.raises(TinyTorchError, match=r"expected the log of a training at .*; there is no such file"):
        read_log(tmp_path / "log.jsonl")


@pytest.mark.parametrize("line", [b"{", b"[1]", b"\xff"])
def test_what_is_no_log(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(json.dumps({"a": 1}).encode() + b"\n" + line + b"\n")
    with pytest.raises(TinyTorchError, match=r"expected a JSON object in each line of .* in line 2"):
        read_log(path)
