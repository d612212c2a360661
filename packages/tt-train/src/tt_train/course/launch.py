"""`tt launch`: run a script in several processes at once.

Each runs under `python -m mpi4py`, which ends the whole job when one of them fails; otherwise the others would wait for
it forever.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import click

from tt_train.distributed.mpi import INSTALL, RANKS

Kind = Literal["Open MPI", "MPICH"]
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
DEADLY = ("SIGKILL", "SIGTERM", "SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE")


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "-n", "--ranks", type=click.IntRange(min=1), metavar="N", help="How many processes; by default one for each core."
)
@click.option("-m", "--module", is_flag=True, help="SCRIPT is the name of a module, as in python -m.")
@click.option(
    "--mpiexec", metavar="COMMAND", help="What starts the processes, with its own options, instead of mpiexec."
)
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def launch(*, ranks: int | None, module: bool, mpiexec: str | None, script: str, arguments: tuple[str, ...]) -> None:
    """Run SCRIPT in N processes that train together.

    In the script, tt_train.distributed.connect() gives each process its number and a way to the others. When one of
    them fails, all are ended. The cores are shared out among the processes, one thread of BLAS for each.

    Exit codes: that of the process that failed, 128 + N if signal N ended it; 2 wrong usage.
    """
    if not module and not Path(script).is_file():
        message = f"There is no file {script!r}."
        raise click.UsageError(message)
    starter = shlex.split(mpiexec) if mpiexec else [find_mpiexec()]
    count = ranks or cores()
    target = ["-m", script] if module else [script]
    kind = kind_of(starter[0])
    command = [*starter, *options_of(kind), "-n", str(count), sys.executable, "-m", "mpi4py", *target, *arguments]
    code = run(command, environment(count))
    if code:
        click.echo(f"tt launch: {verdict(code, kind)}", err=True)
    click.get_current_context().exit(exit_code(code, kind))


def find_mpiexec() -> str:
    """Return the program that starts MPI's processes, that of this environment before any other.

    Raises:
        click.ClickException: it is missing, or mpi4py is.
    """
    here = str(Path(sys.executable).parent)
    found = shutil.which("mpiexec", path=here) or shutil.which("mpiexec")
    missing = [name for name, there in (("mpi4py", find_spec("mpi4py")), ("mpiexec", found)) if not there]
    if missing or found is None:
        message = f"tt launch needs {' and '.join(missing)}: run {INSTALL}, or load the MPI of your cluster"
        raise click.ClickException(message)
    return found


def kind_of(starter: str) -> Kind:
    """Ask a starter which MPI it belongs to; all but Open MPI's take the options of MPICH's.

    Raises:
        click.ClickException: it cannot be started.
    """
    try:
        done = subprocess.run([starter, "--version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # a program that the user chose
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"tt launch cannot start {starter!r} ({error}): is it the path of an MPI's mpiexec?"
        raise click.ClickException(message) from error
    return "Open MPI" if any(word in done.stdout for word in ("Open MPI", "OpenRTE", "PRRTE", "prterun")) else "MPICH"


def options_of(kind: Kind) -> list[str]:
    """Return what a starter must be told: Open MPI's has its doubts about root, small machines, and threads."""
    if kind == "MPICH":
        return []
    root = ["--allow-run-as-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*root, "--oversubscribe", "--bind-to", "none"]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def environment(ranks: int) -> dict[str, str]:
    """Return the variables of the processes: threads of BLAS that fit, unless the user has said how many."""
    threads = {name: str(max(1, cores() // ranks)) for name in THREADS}
    return {**threads, "PYTHONUNBUFFERED": "1", **os.environ, RANKS: str(ranks)}


def run(command: Sequence[str], variables: dict[str, str]) -> int:
    """Run a command to its end, and return its exit code; what asks us to end asks the command."""
    with subprocess.Popen(command, env=variables) as process, passing_on(process):  # noqa: S603  # what the user asked for
        return process.wait()


@contextmanager
def passing_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Pass SIGTERM on to a process, and let it alone deal with Ctrl-C, which the terminal sends to it too."""
    handlers = {signal.SIGTERM: lambda *_: process.terminate(), signal.SIGINT: lambda *_: None}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(code: int, kind: Kind) -> int:
    """Return an exit code as shells have it: 128 + N for signal N, which MPICH tells as N and Python as -N.

    >>> exit_code(-15, "MPICH"), exit_code(9, "MPICH"), exit_code(9, "Open MPI"), exit_code(1, "MPICH")
    (143, 137, 9, 1)
    """
    deadly = {getattr(signal, name, None) for name in DEADLY}  # Windows has not all of them
    ended_by = -code if code < 0 else code if kind == "MPICH" and code in deadly else 0
    return 128 + ended_by if ended_by else code


def verdict(code: int, kind: Kind) -> str:
    """Return in one line why the job ended, and how to go on.

    >>> verdict(9, "MPICH").partition(": ")[0]
    'a process was ended by signal 9 (SIGKILL), and so was the job'
    """
    told = exit_code(code, kind)
    if told > 128 and told - 128 in {number.value for number in signal.Signals}:
        name = signal.Signals(told - 128).name
        why = f"a process was ended by signal {told - 128} ({name}), and so was the job"
        return f"{why}: run the same command again to go on from the last checkpoint."
    why = f"a process failed with exit code {told}, and so the job was ended: what it said stands above"
    return f"{why}. Once that is mended, the same command goes on from the last checkpoint."
