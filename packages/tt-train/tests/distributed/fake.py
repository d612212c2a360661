"""An MPI of threads: enough of mpi4py for our communicator, in one process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tt_train.distributed import MPICommunicator

IN_PLACE = object()


class World:
    """The communicator of one rank."""

    def __init__(self, rank: int, slots: list[Any], barrier: Barrier) -> None:
        self.rank, self.slots, self.barrier = rank, slots, barrier

    def Get_rank(self) -> int:
        return self.rank

    def Get_size(self) -> int:
        return len(self.slots)

    def Barrier(self) -> None:
        self.barrier.wait(timeout=20)

    def exchange(self, buffer: np.ndarray) -> list[np.ndarray]:
        assert buffer.flags.c_contiguous
        self.slots[self.rank] = buffer.copy()
        self.Barrier()
        found = list(self.slots)
        self.Barrier()
        assert len({(x.size, x.dtype) for x in found}) == 1
        return found

    def Allreduce(self, sent: object, buffer: np.ndarray) -> None:
        assert sent is IN_PLACE
        assert buffer.dtype != np.float16
        first, *others = self.exchange(buffer)
        buffer[...] = sum(others, start=first)

    def Bcast(self, buffer: np.ndarray) -> None:
        buffer[...] = self.exchange(buffer)[0]


def install(monkeypatch: pytest.MonkeyPatch, world: World | None = None) -> None:
    """Let `from mpi4py import MPI` find this file."""
    found = SimpleNamespace(IN_PLACE=IN_PLACE, COMM_WORLD=world)
    monkeypatch.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=found))


def together(size: int, work: Callable[[MPICommunicator], Any]) -> list[Any]:
    """Return what each of so many ranks makes of its communicator."""
    slots: list[Any] = [None] * size
    barrier = Barrier(size)

    def rank(number: int) -> Any:
        with ExitStack() as failing:
            failing.callback(barrier.abort)  # or the others would wait
            result = work(MPICommunicator(World(number, slots, barrier)))
            failing.pop_all()
            return result

    with ThreadPoolExecutor(size) as pool:
        running = [pool.submit(rank, number) for number in range(size)]
    for each in running:  # what went wrong itself, before those that only waited for it
        if each.exception() and not isinstance(each.exception(), BrokenBarrierError):
            each.result()
    return [each.result() for each in running]
