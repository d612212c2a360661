"""A share of the work to each thread: NumPy and BLAS let go of the interpreter's lock while they compute.

A BLAS that splits each product over threads of its own makes them meet thousands of times in a convolution, whose
products are small, and lets them wait while one thread copies. So OpenBLAS is asked to multiply in the thread that
calls it while ours share the batch. Where another BLAS is in use, its own threads share each product.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from functools import cache
from itertools import product
from typing import Any, TypeVar

T = TypeVar("T")

ENOUGH = 4_000_000  # multiplications, or numbers moved, below which waking a thread costs more than it saves


class OpenBlas:
    """How many threads NumPy's OpenBLAS multiplies with, how to let it use one for a while, and its other functions."""

    def __init__(
        self, get: Callable[[], int], set_: Callable[[int], Any], find: Callable[[str], Any] = lambda _: None
    ) -> None:
        self.get, self.set, self.find = get, set_, find
        self.lock = threading.Lock()
        self.users = self.before = 0

    def threads(self) -> int:
        """Return how many threads the user lets it have, and so lets us have in its place."""
        with self.lock:
            return self.before if self.users else self.get()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let each product run in the thread that asks for it; the last one to leave restores what was."""
        with self.lock:
            if not self.users:
                self.before = self.get()
                self.set(1)
            self.users += 1
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if not self.users:
                    self.set(self.before)


@cache
def openblas() -> OpenBlas | None:
    """Return NumPy's OpenBLAS, found through the extension module that is linked to it; None where it is another."""
    module = sys.modules.get("numpy._core._multiarray_umath")
    try:
        handle = ctypes.CDLL(module.__file__ if module else None)
    except OSError:
        return None
    for start, end in product(("scipy_", ""), ("64_", "_64", "")):

        def find(name: str, start: str = start, end: str = end) -> Any:
            return getattr(handle, f"{start}{name}{end}", None)

        get, set_ = (find(f"openblas_{verb}_num_threads") for verb in ("get", "set"))
        if get and set_:
            return OpenBlas(get, set_, find)
    return None


@cache
def helpers(count: int) -> ThreadPoolExecutor:
    """Return a pool of threads that waits for work."""
    return ThreadPoolExecutor(count, thread_name_prefix="tt-train")


def _begin_anew() -> None:
    """Forget, in a child of a fork, threads that it does not have and locks that they may have held."""
    helpers.cache_clear()
    openblas.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def allowed() -> int:
    """Return how many threads may compute: as many as the user lets BLAS have, by default one for each core."""
    blas = openblas()
    if blas is not None:
        return blas.threads()
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share(task: Callable[[range], T], count: int, work: int, *, products: bool = False) -> list[T]:
    """Return the results of task(range) for ranges that make up range(count), computed side by side.

    Args:
        task: what to do with some of the images, say.
        count: how many there are.
        work: about how many multiplications, or numbers moved, they take together.
        products: whether the task asks BLAS for products, which only OpenBLAS can be told to leave to our threads.
    """
    blas = openblas() if products else None
    parts = 1 if products and blas is None else min(allowed(), count, work // ENOUGH + 1)
    if parts < 2:
        return [task(range(count))]
    mine, *others = [range(count * i // parts, count * (i + 1) // parts) for i in range(parts)]
    with blas.alone() if blas else nullcontext():
        waiting = [helpers(parts - 1).submit(copy_context().run, task, places) for places in others]
        try:
            first = task(mine)
        finally:
            wait(waiting)
        return [first, *[future.result() for future in waiting]]
