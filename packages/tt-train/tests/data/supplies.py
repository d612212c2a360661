"""Data sets and functions that worker processes can import: a process that is spawned knows the tests by no name."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from multiprocessing import parent_process
from typing import Any, NamedTuple

import numpy as np

import tt_core as tt
from tt_core import Generator, Tensor
from tt_train.data import Dataset, IterableDataset, WorkerInfo, get_worker_info


class Squares(Dataset[tuple[int, Any]]):
    """Item i is (i², three times i)."""

    def __init__(self, n: int = 10) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[int, Any]:
        return index**2, np.full(3, index, np.float32)


class Pair(NamedTuple):
    number: Any
    rest: Any


class Mixed(Squares):
    """Items of all sorts, in all orders of memory."""

    def __getitem__(self, index: int) -> Any:
        image = np.arange(24, dtype=np.float64).reshape(2, 3, 4) + index
        return Pair(index, {"image": image, "name": f"item {index}", "more": [index / 2, tt.tensor([index])]})


class Noisy(Squares):
    """Items made of every kind of random number."""

    def __getitem__(self, index: int) -> Any:
        import random

        return index, tt.rand(2), random.random(), np.random.rand()


class Failing(Squares):
    """Item `bad` does what `how` says."""

    def __init__(self, bad: int = 5, how: str = "raise") -> None:
        super().__init__()
        self.bad, self.how = bad, how

    def __getitem__(self, index: int) -> tuple[int, Any]:
        if index == self.bad:
            getattr(self, f"do_{self.how}")()
        return super().__getitem__(index)

    def do_raise(self) -> None:
        message = "this item is rotten"
        raise KeyError(message)

    def do_exit(self) -> None:
        os._exit(7)

    def do_leave(self) -> None:
        sys.exit(3)

    def do_kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def do_hang(self) -> None:
        if parent_process() is not None:
            time.sleep(60)

    def do_unpicklable(self) -> None:
        error = ValueError("see the argument")
        error.args = (lambda: 0,)
        raise error


class Growing(Squares):
    """Items of ever more numbers, then fewer."""

    def __getitem__(self, index: int) -> Any:
        return np.full((min(index, self.n - index) ** 2, 50), index)


class Whoami(Squares):
    """Who read it."""

    def __getitem__(self, index: int) -> Any:
        info = get_worker_info()
        assert isinstance(info, WorkerInfo)
        assert info.dataset is self
        return index, info.id, info.num_workers, info.seed, os.getpid(), int(os.environ.get("SUPPLIES", "-1"))


class Count(IterableDataset[int]):
    """The numbers below n, shared out among the workers."""

    def __init__(self, n: int = 11) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[int]:
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(first, self.n, step))


class Stateful(Count):
    """The same, and it knows where it is."""

    def __init__(self, n: int = 11) -> None:
        super().__init__(n)
        self.read = 0
        self.skipped = 0

    def __iter__(self) -> Iterator[int]:
        items = list(super().__iter__())
        self.skipped, start = self.read, self.read
        for item in items[start:]:
            self.read += 1
            yield item + 1000 * self.skipped
        self.read = 0

    def state_dict(self) -> dict[str, int]:
        return {"read": self.read}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.read = state["read"]


class Endless(IterableDataset[int]):
    """It breaks in the middle."""

    def __iter__(self) -> Iterator[int]:
        yield 1
        message = "the stream is broken"
        raise OSError(message)


class Unloadable(Squares):
    """It cannot arrive in another process."""

    def __reduce__(self) -> Any:
        return _refuse, ()


def _refuse() -> None:
    if parent_process() is not None:
        message = "no way in"
        raise ImportError(message)


def noise(batch: Any, generator: Generator | None = None) -> Any:
    """Add random numbers to the second part of a batch."""
    assert generator is not None
    return batch[0], batch[1] + tt.rand(batch[1].shape, generator=generator)


def double(batch: Any) -> Any:
    """A transform without random numbers."""
    return batch[0], batch[1] * 2


def channels_last(batch: Any) -> Tensor:
    """A batch whose memory is in another order than its shape."""
    return tt.from_numpy(np.ascontiguousarray(np.ones((len(batch), 5, 4, 3))).transpose(0, 3, 1, 2))


def lambdas(batch: Any) -> Any:
    """A batch that no pipe takes."""
    return [lambda: 0 for _ in batch]


def mark(worker: int) -> None:
    """Leave a trace in the worker's process."""
    os.environ["SUPPLIES"] = str(worker)


def fail(worker: int) -> None:
    """Fail to start one of them."""
    if worker == 1:
        message = "not today"
        raise RuntimeError(message)
