"""A share of the blocks to each thread: NumPy lets go of the interpreter's lock while it computes."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Final

ENOUGH: Final = 4_000_000  # numbers read or written, below which a thread costs more to start than it saves
MOST: Final = 4  # threads: by then, memory is what all of them wait for


def allowed() -> int:
    """Return how many threads may compute: one for each core that is ours, unless the environment says fewer."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = (os.environ.get(name, "") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"))
    return max(1, min(cores, MOST, *(int(limit) for limit in limits if limit.isdecimal())))


@cache
def helpers(count: int) -> ThreadPoolExecutor:
    """Return a pool of threads that waits for work."""
    return ThreadPoolExecutor(count, thread_name_prefix="tt-optimizer")


if hasattr(os, "register_at_fork"):  # the pool's threads do not live on in a child
    os.register_at_fork(after_in_child=helpers.cache_clear)


def share(task: Callable[[range], object], count: int, work: int) -> None:
    """Call task(range) for ranges that make up range(count), side by side if the work is worth it.

    Args:
        task: what to do with some of the blocks.
        count: how many there are.
        work: how many numbers they read and write together.
    """
    parts = min(count, work // ENOUGH + 1)
    parts = min(parts, allowed()) if parts > 1 else 1
    mine, *others = [range(count * i // parts, count * (i + 1) // parts) for i in range(parts)]
    if not others:
        task(mine)
        return
    waiting = [helpers(len(others)).submit(copy_context().run, task, places) for places in others]
    task(mine)
    for future in waiting:
        future.result()
