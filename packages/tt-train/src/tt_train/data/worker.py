"""What runs in a worker process: it waits for jobs, makes batches, and puts them into shared memory (module 07).

A worker never shares a lock with anybody: jobs come through a pipe of its own and answers go through another one, so
that its death, whenever it comes, leaves nothing locked. Every job has exactly one answer.
"""

from __future__ import annotations

import random
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from multiprocessing.shared_memory import SharedMemory
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from tt_core import manual_seed
from tt_train.data.errors import DataError
from tt_train.data.fetching import Mark, Reader, Recipe, mix
from tt_train.data.packing import Packed


@dataclass(frozen=True)
class WorkerInfo:
    """Who is reading: the worker's number, how many there are, its seed in this pass, and its copy of the data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


class _Here:
    """The worker that this process is."""

    info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Return which worker process this is, None in the main process."""
    return _Here.info


class Setup(NamedTuple):
    """What a worker is started with."""

    recipe: Recipe
    num_workers: int
    worker_init_fn: Callable[[int], object] | None
    buffers: int


class Begin(NamedTuple):
    """The start of a pass over the data."""

    seed: int
    mark: Mark | None


class Job(NamedTuple):
    """A batch to make: `what` is its indices or its size, `memory` the name of a segment to put it into."""

    number: int
    what: Any
    memory: str | None


class Done(NamedTuple):
    """A batch: `size` bytes of arrays that lie in the segment, or follow through the pipe, and the rest."""

    rest: Any
    size: int
    in_memory: bool
    mark: Mark | None


class Failed(NamedTuple):
    """An error in the place of a batch."""

    summary: str
    details: str


class Ended(NamedTuple):
    """There are no more batches."""


Answer: TypeAlias = Done | Ended | Failed


END: Final = None


def run(
    jobs: Connection, answers: Connection, number: int, setup: Setup | None, inherited: Sequence[Connection]
) -> None:
    """Work until the pipe is closed: this is the whole life of a worker process."""
    for connection in inherited:  # a fork has copies of the main process's ends, and would never see them close
        connection.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process, which then ends its workers
    inbox: SimpleQueue[Any] = SimpleQueue()
    try:
        worker: Worker | Failed = Worker(number, jobs.recv() if setup is None else setup)
    except Exception as error:  # noqa: BLE001 - a data set may raise anything, and the main process shall tell
        worker = failure(error)
    Thread(target=_receive, args=(jobs, inbox), daemon=True).start()
    try:
        while (message := inbox.get()) is not END:
            _answer(worker, message, answers)
    except OSError:  # the main process is gone or does not want the answer
        return


def _receive(jobs: Connection, inbox: SimpleQueue[Any]) -> None:
    """Empty the pipe at any time, so that who fills it never has to wait."""
    while True:
        try:
            inbox.put(jobs.recv())
        except (EOFError, OSError):
            inbox.put(END)
            return
        except Exception as error:  # noqa: BLE001 - what cannot be unpickled may raise anything
            inbox.put(failure(error))


def _answer(worker: Worker | Failed, message: Any, answers: Connection) -> None:
    """Do what a message asks for; every message but `Begin` has one answer."""
    if isinstance(message, Begin):
        if isinstance(worker, Worker):
            worker.begin(message)
        return
    refused = worker if isinstance(worker, Failed) else message if isinstance(message, Failed) else None
    if refused is None and isinstance(worker, Worker):
        worker.do(message, answers)
    else:
        answers.send(refused)


def failure(error: BaseException) -> Failed:
    """Return an error as text: itself, it might not survive the journey."""
    summary = "".join(traceback.format_exception_only(error)).strip().splitlines()[0]
    return Failed(summary, "".join(traceback.format_exception(error)))


class Worker:
    """A worker process between its jobs: the reader of the pass, and the segments that it has open."""

    def __init__(self, number: int, setup: Setup) -> None:
        self.number, self.setup = number, setup
        self.reader: Reader | None = None
        self.segments: dict[str, SharedMemory] = {}
        self._tell(0)
        if setup.worker_init_fn is not None:
            setup.worker_init_fn(number)

    def _tell(self, seed: int) -> None:
        _Here.info = WorkerInfo(self.number, self.setup.num_workers, mix(seed, self.number), self.setup.recipe.dataset)
        seed_all(mix(seed, self.number))

    def begin(self, message: Begin) -> None:
        """Start a pass."""
        self._tell(message.seed)
        self.reader = self.setup.recipe.reader(message.seed, self.number, message.mark)

    def do(self, job: Job, answers: Connection) -> None:
        """Make a batch and send it, or an error."""
        payload = None
        try:
            answer, payload = self._make(job)
            message = ForkingPickler.dumps(answer)
        except Exception as error:  # noqa: BLE001 - a data set may raise anything, and the main process shall tell
            message = ForkingPickler.dumps(failure(error))
        answers.send_bytes(message)
        if payload is not None:
            answers.send_bytes(payload)

    def _make(self, job: Job) -> tuple[Done | Ended, bytearray | None]:
        """Return the answer, and what has to follow it through the pipe because there is no place in memory."""
        found = self._read(job)
        if found is None:
            return Ended(), None
        packed = Packed(found[0])
        memory = self._memory(job.memory, packed.size)
        payload = bytearray(packed.size) if memory is None else None
        packed.write(payload if memory is None else memory)
        return Done(packed.rest, packed.size, memory is not None, found[1]), payload

    def _read(self, job: Job) -> tuple[Any, Mark | None] | None:
        if self.reader is None:
            message = "expected a pass to have begun before the first job; it has not"
            raise DataError(message)
        seed_all(mix(*self.reader.key(job.number), 1))
        return self.reader.read(job.number, job.what)

    def _memory(self, name: str | None, size: int) -> memoryview | None:
        """Return the segment's memory if it is large enough."""
        if name is None:
            return None
        if name not in self.segments:
            self.segments[name] = SharedMemory(name)
        while len(self.segments) > self.setup.buffers:
            self.segments.pop(next(iter(self.segments))).close()
        segment = self.segments[name]
        return segment.buf if size <= segment.size else None


def seed_all(seed: int) -> None:
    """Seed all the random numbers that an item may be made of, so that they do not depend on which worker makes it."""
    manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - data sets of others draw from it
