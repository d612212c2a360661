"""Worker processes as the main process sees them: started, given jobs, heard, and ended whatever happens (module 07).

Processes are spawned, not forked: a fork of a process with threads (BLAS has some) may hang, and Windows knows only the
former. The exception is Python's prompt or a notebook on Linux, where classes live in a `__main__` that nobody else can
import: there they are forked.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import sys
import time
import warnings
import weakref
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.reduction import ForkingPickler
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from pickle import PicklingError
from signal import Signals
from typing import Any

from tt_train.data.errors import DataError, WorkerError
from tt_train.data.fetching import Mark
from tt_train.data.packing import unpack
from tt_train.data.position import Found, Position
from tt_train.data.worker import END, Answer, Begin, Done, Failed, Job, Setup, run

PATIENCE = 2.0  # seconds that a worker has to end by itself
GLANCE = 0.25  # seconds between looks at whether a silent worker is alive, and still of use
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
GUARD = 'start the script\'s work under `if __name__ == "__main__":`, since each worker imports the script once more'


def choose_context(wanted: str | BaseContext | None) -> BaseContext:
    """Return how to start processes: what was asked for, or spawn (at Linux' prompt, fork)."""
    if isinstance(wanted, BaseContext):
        return wanted
    if wanted is None:
        wanted = "fork" if sys.platform == "linux" and at_prompt() else "spawn"
    if wanted not in mp.get_all_start_methods():
        message = f"expected multiprocessing_context to be one of {mp.get_all_start_methods()}; got {wanted!r}"
        raise DataError(message)
    return mp.get_context(wanted)


def at_prompt() -> bool:
    """Tell whether `__main__` is no file that a worker could import: a prompt, a notebook, or `python -c`."""
    main = sys.modules["__main__"]
    return getattr(main, "__spec__", None) is None and not Path(getattr(main, "__file__", "")).is_file()


def check_process() -> None:
    """Refuse to start workers where that cannot work.

    Raises:
        DataError: this is a worker itself, or it is still importing the script that it was started from.
    """
    process = mp.current_process()
    if getattr(process, "_inheriting", False):
        message = f"expected no loader with num_workers to be used while a worker imports the script; it was: {GUARD}"
        raise DataError(message)
    if process.daemon:
        message = "expected num_workers=0 within a worker process, which cannot have workers of its own; got more"
        raise DataError(message)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let processes that start meanwhile do their algebra on one thread, since there are several of them already."""
    missing = [name for name in THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(missing, "1"))
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


class Segments:
    """The shared memory of one worker: up to `count` segments, made as large as its batches turn out to be."""

    def __init__(self) -> None:
        self.free: list[SharedMemory] = []
        self.all: set[SharedMemory] = set()

    def take(self) -> SharedMemory | None:
        """Return one that nobody uses, if there is one."""
        return self.free.pop() if self.free else None

    def give_back(self, segment: SharedMemory | None, needed: int) -> None:
        """Take back what a job had; if that was not enough, make a larger one for the next job."""
        if needed and (segment is None or segment.size < needed):
            larger = reserve(needed + needed // 4)
            if segment is not None:
                self._drop(segment)
            segment = larger
            if larger is not None:
                self.all.add(larger)
        if segment is not None:
            self.free.append(segment)

    def _drop(self, segment: SharedMemory) -> None:
        self.all.discard(segment)
        segment.close()
        segment.unlink()

    def close(self) -> None:
        """Give all of it back to the system."""
        self.free.clear()
        for segment in list(self.all):
            self._drop(segment)


def reserve(size: int) -> SharedMemory | None:
    """Return a new segment, None if there is no room: then batches go through the pipe, which is only slower."""
    try:
        segment = SharedMemory(create=True, size=size)
    except OSError:
        return None
    try:
        with Path("/dev/shm", segment.name).open("r+b") as file:  # noqa: S108 - the segment, seen as a file
            os.posix_fallocate(file.fileno(), 0, size)  # without room, the first write would kill the worker
    except FileNotFoundError:  # other systems reserve it at once
        return segment
    except OSError:
        segment.close()
        segment.unlink()
        return None
    return segment


class Worker:
    """One worker process: what it was asked for and has not yet answered, in order."""

    def __init__(self, number: int, context: BaseContext, setup: Setup, before: list[Worker]) -> None:
        self.number = number
        self.segments = Segments()
        self.asked: deque[tuple[int, SharedMemory | None]] = deque()
        self.stale = 0
        self.begun = False
        theirs_in, self.jobs = context.Pipe(duplex=False)
        self.answers, theirs_out = context.Pipe(duplex=False)
        forked = context.get_start_method() == "fork"
        ours = [end for worker in [*before, self] for end in (worker.jobs, worker.answers)]
        arguments = (theirs_in, theirs_out, number, setup if forked else None, ours if forked else [])
        process = context.Process  # type: ignore[attr-defined]  # the stubs leave it to the subclasses
        self.process: Any = process(target=run, args=arguments, daemon=True, name=f"tt-worker-{number}")
        with warnings.catch_warnings():  # a fork with threads was chosen for a prompt, or asked for by name
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            self.process.start()
        theirs_in.close()
        theirs_out.close()

    def send(self, message: bytes | memoryview) -> None:
        """Send what is pickled already; whether the worker is alive is found out when its answer is due."""
        with suppress(OSError):
            self.jobs.send_bytes(message)

    def begin(self, seed: int, mark: Mark | None) -> None:
        """Start a pass; answers to what was asked before are of no interest any more."""
        self.stale = len(self.asked)
        self.send(ForkingPickler.dumps(Begin(seed, mark)))

    def ask(self, number: int, what: Any) -> None:
        """Ask for a batch."""
        segment = self.segments.take()
        self.asked.append((number, segment))
        self.send(ForkingPickler.dumps(Job(number, what, segment.name if segment else None)))

    def receive(self, position: Position, timeout: float) -> tuple[Any, Mark | None] | None:
        """Return the next batch that was asked for in this pass, None at the end.

        Raises:
            WorkerError: the worker raised, died, or took longer than `timeout` seconds (if that is not 0), or nobody
                wants the batch any more, which a thread that works ahead learns in this way.
        """
        while True:
            number, segment = self.asked[0]
            self._wait(number, position, timeout)
            answer, payload = self._listen(number)
            self.asked.popleft()
            wanted, self.stale = not self.stale, max(0, self.stale - 1)
            found = None
            if wanted and isinstance(answer, Done):
                memory = segment.buf if answer.in_memory and segment is not None else payload
                found = unpack(answer.rest, memory), answer.mark
            self.segments.give_back(segment, answer.size if isinstance(answer, Done) else 0)
            if isinstance(answer, Failed) and wanted:
                message = f"expected batch {number} from worker {self.number}; its data set raised {answer.summary}"
                raise WorkerError(message, self.number, number, answer.details)
            if wanted:
                self.begun = True
                return found

    def _listen(self, number: int) -> tuple[Answer, bytearray | None]:
        """Return an answer, and the arrays that follow it if they are not in memory."""
        try:
            answer = self.answers.recv()
            if not isinstance(answer, Done) or answer.in_memory:
                return answer, None
            payload = bytearray(answer.size)
            self.answers.recv_bytes_into(payload)
        except (EOFError, OSError):
            raise self.death(number) from None
        return answer, payload

    def _wait(self, number: int, position: Position, timeout: float) -> None:
        """Wait until there is something to read, be it the end."""
        deadline = time.monotonic() + timeout if timeout else float("inf")
        while True:
            left = deadline - time.monotonic()
            ready = wait([self.answers, self.process.sentinel], max(0.0, min(GLANCE, left)))
            if self.answers in ready:
                return
            if ready or not self.process.is_alive():
                raise self.death(number)
            if left <= 0 or position.dropped:
                message = (
                    f"expected batch {number} from worker {self.number} within {timeout:g} seconds; it did not come"
                )
                raise WorkerError(message, self.number, number)

    def death(self, number: int) -> WorkerError:
        """Return what is known about a worker that has died."""
        self.process.join(PATIENCE)
        code = self.process.exitcode
        what = f"exit code {code}" if code is None or code >= 0 else f"signal {-code} ({Signals(-code).name})"
        hint = ": it may have run out of memory" if code == -9 else ""
        if not self.begun and code == 1:
            hint = f" before its first batch; what it printed tells why: {GUARD}"
        message = f"expected worker {self.number} to live; it ended with {what} while batch {number} was awaited{hint}"
        return WorkerError(message, self.number, number)


def end(workers: list[Worker], owner: int) -> None:
    """End the processes: by asking, then by force; then give their memory back."""
    if os.getpid() != owner:  # a fork has copies of what is not its own
        return
    for worker in workers:
        with suppress(OSError):  # it may be gone already
            worker.jobs.send(END)
        worker.jobs.close()
        worker.answers.close()
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        for force in (worker.process.terminate, worker.process.kill):
            if worker.process.exitcode is None:
                force()
                worker.process.join(PATIENCE)
        worker.segments.close()
    workers.clear()


class Pool:
    """All workers of one iterator; they are ended when it is closed, dropped, or the program ends."""

    def __init__(self, setup: Setup, context: BaseContext) -> None:
        check_process()
        resource_tracker.ensure_running()  # before any fork: there must be one for all
        self.workers: list[Worker] = []
        self.close = weakref.finalize(self, end, self.workers, os.getpid())
        try:
            self._start(setup, context)
        except BaseException:
            self.close()
            raise

    def _start(self, setup: Setup, context: BaseContext) -> None:
        forked = context.get_start_method() == "fork"
        message = b"" if forked else pickled(setup)
        with one_thread_each():
            for number in range(setup.num_workers):
                self.workers.append(Worker(number, context, setup, self.workers))
        for worker in self.workers if not forked else ():
            worker.send(message)


def pickled(setup: Setup) -> Any:
    """Return the data set and its functions as bytes.

    Raises:
        DataError: something in them cannot be sent to another process.
    """
    try:
        return ForkingPickler.dumps(setup)
    except (PicklingError, AttributeError, TypeError) as error:
        message = (
            "expected a data set, collate_fn, transform and worker_init_fn that can be sent to a worker process; "
            f"got an error, {error}: define classes and functions at the top of a file, or use prefetch instead"
        )
        raise DataError(message) from error


def read(
    pool: Pool, position: Position, tasks: Iterator[Any], ahead: int, timeout: float
) -> Generator[Found, None, None]:
    """Yield the batches of a pass; the workers take turns, so that the order is always the same."""
    numbered = enumerate(tasks, position.batch)
    try:
        for worker in pool.workers:
            worker.begin(position.seed, position.marks[worker.number] if position.marks else None)
        ring = deque(pool.workers[position.turn :] + pool.workers[: position.turn])
        for _ in range(ahead):
            for worker in ring:
                _ask(worker, numbered)
        while ring:
            worker = ring[0]
            found = worker.receive(position, timeout) if len(worker.asked) > worker.stale else None
            if found is None:
                ring.popleft()
                continue
            _ask(worker, numbered)
            ring.rotate(-1)
            yield found[0], worker.number, found[1]
    except GeneratorExit:  # the consumer had enough; the workers are well
        raise
    except BaseException:  # interrupted anywhere, they might be misunderstood in the next pass
        pool.close()
        raise


def _ask(worker: Worker, numbered: Iterator[tuple[int, Any]]) -> None:
    """Give a worker the next job, if there is one."""
    job = next(numbered, None)
    if job is not None:
        worker.ask(*job)
