"""Processes that are killed with SIGKILL, which nobody can catch, and go on to the same bits."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked, to be killed often"),
    pytest.mark.long,
]

PROGRAM = Path(__file__).with_name("programs.py")
KINDS = ["hand", "trainer"]


def run(*arguments: object) -> list[dict[str, Any]]:
    """Run the program, and return what it prints."""
    command = [sys.executable, "-W", "error", str(PROGRAM), *map(str, arguments)]
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def expected(kind: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of a training that nobody interrupts."""
    return str(run("finish", kind, tmp_path_factory.mktemp("calm"))[-1]["digest"])


def test_a_training_killed_20_times_ends_in_the_same_bits(kind: str, expected: str, tmp_path: Path) -> None:
    told = run("kills", kind, tmp_path, 1, 20)
    killed = [tuple(each["there"]) for each in told if "there" in each]
    assert len(killed) == 20
    assert len(set(killed)) >= 8  # they did come at different moments
    assert {each["digest"] for each in told if "digest" in each} == {expected}


def test_a_process_that_is_new_ends_in_the_same_bits(kind: str, expected: str, tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM), "finish", kind, str(tmp_path)]
    for kill_at in (5, 12, 19):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert any(json.loads(line)["step"] >= kill_at for line in process.stdout)
            process.kill()
    *steps, end = run("finish", kind, tmp_path)
    assert end == {"digest": expected}
    assert steps[0]["step"] > 17  # it did go on


def test_a_save_killed_at_every_point_loses_nothing_that_was_promised(tmp_path: Path) -> None:
    *killed, last = run("points", tmp_path)
    assert len(killed) > 50
    assert all(each["killed"] for each in killed)
    assert not last["killed"]
    for each in (*killed, last):
        assert each["promised"] <= each["found"] <= each["promised"] + 1, each
        assert each["state"] == each["found"]
        assert [name.partition("-")[2] for name in each["left"] if name != ".lock"] == ["step-8", "step-9"], each
    assert [each["promised"] for each in killed] == sorted(each["promised"] for each in killed)
