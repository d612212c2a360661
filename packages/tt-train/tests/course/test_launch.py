import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tt_train.course.launch import THREADS, cores, environment, exit_code, find_mpiexec, launch, options_of, verdict

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for mpiexec is a script of Unix")

STAND_IN = """#!{python}
import json, os, sys
if sys.argv[1:] == ["--version"]:
    print({version!r})
else:
    names = ["TT_RANKS", "OPENBLAS_NUM_THREADS", "PYTHONUNBUFFERED"]
    print(json.dumps({{"arguments": sys.argv[1:], "variables": {{name: os.environ[name] for name in names}}}}))
    {then}
"""


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*THREADS, "TT_RANKS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "a script.py"
    path.write_text("")
    return path


def stand_in(folder: Path, then: str = "", version: str = "HYDRA build details:") -> str:
    """Return the path of a program that tells how it was called, and then does something."""
    path = folder / "mpiexec"
    path.write_text(STAND_IN.format(python=sys.executable, version=version, then=then))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(launch, [str(each) for each in arguments])


def test_the_processes_run_under_mpi4py(tmp_path: Path, script: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run("--mpiexec", stand_in(tmp_path), "-n", 3, script, "-n", "7", "--lr=0.1", "two words")
    assert result.exit_code == 0
    told = json.loads(capfd.readouterr().out)
    assert told["arguments"] == [
        *["-n", "3", sys.executable, "-m", "mpi4py"],
        *[str(script), "-n", "7", "--lr=0.1", "two words"],
    ]
    assert told["variables"] == {
        "TT_RANKS": "3",
        "OPENBLAS_NUM_THREADS": str(max(1, cores() // 3)),
        "PYTHONUNBUFFERED": "1",
    }


def test_modules_and_options_of_the_starter(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run("--mpiexec", f"{stand_in(tmp_path)} --hosts 'a, b'", "-m", "package.train", "-x")
    assert result.exit_code == 0
    arguments = json.loads(capfd.readouterr().out)["arguments"]
    assert arguments[:4] == ["--hosts", "a, b", "-n", str(cores())]
    assert arguments[-3:] == ["-m", "package.train", "-x"]


@pytest.mark.parametrize("version", ["mpiexec (OpenRTE) 4.1.4", "prterun (Open MPI) 5.0.11", "PRRTE v3"])
def test_open_mpi_is_told_more(tmp_path: Path, script: Path, version: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("--mpiexec", stand_in(tmp_path, version=version), "-n", 2, script).exit_code == 0
    arguments = json.loads(capfd.readouterr().out)["arguments"]
    expected = ["--oversubscribe", "--bind-to", "none", "-n", "2"]
    assert arguments[arguments.index("--oversubscribe") :][:5] == expected
    assert ("--allow-run-as-root" in arguments) == (os.geteuid() == 0)


@pytest.mark.parametrize(
    "then,code,says",
    [
        ("sys.exit(3)", 3, "a process failed with exit code 3"),
        ("sys.exit(9)", 137, "a process was ended by signal 9 (SIGKILL)"),  # this is how MPICH's tells it
        ("sys.exit(139)", 139, "a process was ended by signal 11 (SIGSEGV)"),
        ("os.kill(os.getpid(), 15)", 143, "a process was ended by signal 15 (SIGTERM)"),
        ("sys.exit(200)", 200, "a process failed with exit code 200"),
    ],
)
def test_failures_are_told_and_passed_on(tmp_path: Path, script: Path, then: str, code: int, says: str) -> None:
    result = run("--mpiexec", stand_in(tmp_path, then), "-n", 2, script)
    assert result.exit_code == code
    assert says in result.stderr
    assert "the last checkpoint" in result.stderr


def test_what_the_user_has_said_about_threads_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.setenv("TT_RANKS", "9")
    found = environment(1)
    assert found["OMP_NUM_THREADS"] == "5"
    assert found["OPENBLAS_NUM_THREADS"] == str(cores())
    assert found["TT_RANKS"] == "1"


@pytest.mark.parametrize(
    "arguments", [["-n", "0", "x.py"], ["-n", "2"], ["-n", "2", "absent.py"], ["--rank", "2", "x.py"]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_a_missing_mpi_is_told_with_its_cure(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tt_train.course.launch.shutil.which", lambda name, path=None: None)
    monkeypatch.setattr("tt_train.course.launch.find_spec", lambda name: None)
    result = run("-n", 2, script)
    assert result.exit_code == 1
    assert 'tt launch needs mpi4py and mpiexec: run pip install "tt-train[mpi]" mpich' in result.stderr


def test_a_missing_mpi4py_alone(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tt_train.course.launch.shutil.which", lambda name, path=None: "/usr/bin/mpiexec")
    monkeypatch.setattr("tt_train.course.launch.find_spec", lambda name: None)
    assert "tt launch needs mpi4py: run pip" in run("-n", 2, script).stderr


def test_the_environments_own_mpiexec_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bin", "other"):
        (tmp_path / name).mkdir()
    own, other = stand_in(tmp_path / "bin"), stand_in(tmp_path / "other")
    monkeypatch.setenv("PATH", str(tmp_path / "other"))
    monkeypatch.setattr("tt_train.course.launch.find_spec", lambda name: object())
    assert find_mpiexec() in (other, str(Path(sys.executable).parent / "mpiexec"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    assert find_mpiexec() == own


def test_a_starter_that_cannot_be_started(tmp_path: Path, script: Path) -> None:
    result = run("--mpiexec", tmp_path / "absent", script)
    assert result.exit_code == 1
    assert "tt launch cannot start" in result.stderr


def test_windows_and_root_are_thought_of(monkeypatch: pytest.MonkeyPatch) -> None:
    assert options_of("MPICH") == []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert options_of("Open MPI")[0] == "--allow-run-as-root"
    monkeypatch.delattr(os, "geteuid")
    assert options_of("Open MPI")[0] == "--oversubscribe"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cores() == os.cpu_count()


def test_exit_codes() -> None:
    assert exit_code(0, "MPICH") == 0
    assert exit_code(signal.SIGSEGV, "MPICH") == 139
    assert "(SIGSEGV)" in verdict(-signal.SIGSEGV, "Open MPI")


def test_who_ends_us_ends_the_processes(tmp_path: Path, script: Path) -> None:
    starter = stand_in(tmp_path, "print('here', flush=True); import signal; signal.pause()")
    call = f"launch(['--mpiexec', {starter!r}, {str(script)!r}])"
    command = [sys.executable, "-c", f"from tt_train.course.launch import launch; {call}"]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, start_new_session=True) as process:
        assert process.stdout
        assert process.stderr
        assert "here\n" in iter(process.stdout.readline, "")
        process.terminate()
        assert "signal 15 (SIGTERM)" in process.stderr.read()
    assert process.returncode == 143
