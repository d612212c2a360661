"""Trainings of two real processes, with whichever MPI is installed."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tt_train.checkpoint import load_safetensors

click = pytest.importorskip("click")
try:
    pytest.importorskip("tt_train.course.launch").find_mpiexec()
except click.ClickException as error:
    pytest.skip(f"{error.message} (tox -e py311-train-mpi has both)", allow_module_level=True)

PROGRAMS = ["by_hand.py", "by_trainer.py"]
TOO_LONG = 100  # seconds, after which a job that should have ended hangs


@pytest.fixture(scope="module", params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> Path:
    return Path(__file__).with_name(request.param)


def launch(ranks: int, program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    start = f"import sys; from tt_train.course.launch import launch; launch(['-n', '{ranks}', *sys.argv[1:]])"
    command = [sys.executable, "-c", start, str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TOO_LONG, check=False)


def weights(folder: Path, rank: int = 0) -> dict[str, np.ndarray]:
    return {name: x.data for name, x in load_safetensors(folder / f"rank{rank}.safetensors").items()}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return all(x.tobytes() == b[name].tobytes() for name, x in a.items())


@pytest.fixture(scope="module")
def uninterrupted(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights that two ranks reach with dropout when nobody disturbs them."""
    folder = tmp_path_factory.mktemp("calm")
    done = launch(2, program, folder, 0.5)
    assert done.returncode == 0, done.stderr
    (folder / "says").write_text(done.stdout)
    return folder


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_ranks_learn_what_one_process_learns(tmp_path: Path, ranks: int, program: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    by_itself = {name: value for name, value in os.environ.items() if name != "TT_RANKS"}
    command = [sys.executable, program, alone, "0"]
    expected = subprocess.run(command, env=by_itself, check=True, capture_output=True, text=True)
    done = launch(ranks, program, tmp_path, 0)
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected.stdout
    for name, x in weights(alone).items():
        np.testing.assert_allclose(weights(tmp_path)[name], x, rtol=1e-6, atol=1e-6)
    assert all(same(weights(tmp_path), weights(tmp_path, rank)) for rank in range(ranks))


@pytest.mark.parametrize("rank", [0, 1])
def test_an_exception_on_one_rank_ends_the_job_with_its_traceback(tmp_path: Path, rank: int, program: Path) -> None:
    done = launch(2, program, tmp_path, 0, "raise", rank)
    assert done.returncode == 1
    assert "ValueError: on purpose" in done.stderr
    assert program.name in done.stderr
    assert "tt launch: a process failed with exit code 1" in done.stderr
    assert not list(tmp_path.glob("rank*"))


@pytest.mark.parametrize("rank", [0, 1])
def test_an_exception_between_two_steps_ends_the_job_too(tmp_path: Path, rank: int) -> None:
    done = launch(2, Path(__file__).with_name("by_trainer.py"), tmp_path, 0, "validation-raise", rank, 0)
    assert done.returncode == 1
    assert "ValueError: on purpose" in done.stderr


def test_an_exit_code_is_passed_on(tmp_path: Path, program: Path) -> None:
    assert launch(2, program, tmp_path, 0, "exit").returncode == 5


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_rank_ends_the_job_and_a_new_start_goes_on(
    tmp_path: Path, rank: int, program: Path, uninterrupted: Path
) -> None:
    done = launch(2, program, tmp_path, 0.5, "kill", rank)
    assert done.returncode == 137
    assert "a process was ended by signal 9 (SIGKILL), and so was the job: run the same command again" in done.stderr
    done = launch(2, program, tmp_path, 0.5)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (uninterrupted / "says").read_text().replace("from step 0", "from step 6")
    assert same(weights(tmp_path), weights(uninterrupted))
    assert same(weights(tmp_path, 1), weights(uninterrupted))


def test_dropout_is_each_ranks_own(tmp_path: Path, program: Path, uninterrupted: Path) -> None:
    assert launch(1, program, tmp_path, 0.5).returncode == 0
    assert not same(weights(tmp_path), weights(uninterrupted))
