"""What the checks of module 01 do with your code. They only call it and show what came; look and try for yourself.

Your functions ask the machine, the clock and a library. Here they are asked of stand-ins, so that each check knows what
there is to find: files in a temporary folder, a clock that moves when it is told to, a library of two questions.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import sysconfig
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from tt_core.environment import blas, cpu, limits, roofline, software, speed

# 01.1: versions


@contextmanager
def another_python(facts: dict[str, Any]) -> Iterator[None]:
    """Let the standard library tell of another Python, in ada's home."""
    told = {
        (platform, "python_version"): lambda: facts["version"],
        (platform, "python_implementation"): lambda: facts["implementation"],
        (sysconfig, "get_config_var"): lambda name: facts["unlocked"] if name == "Py_GIL_DISABLED" else None,
    }
    home = dict.fromkeys(("HOME", "USERPROFILE"), "/home/ada") | dict.fromkeys(("LOGNAME", "USER", "USERNAME"), "ada")
    with ExitStack() as stack:
        for (module, name), answer in told.items():
            stack.enter_context(mock.patch.object(module, name, answer))
        stack.enter_context(mock.patch.object(sys, "executable", facts["executable"]))
        stack.enter_context(mock.patch.dict(os.environ, home))
        yield


def python_found(facts: dict[str, Any]) -> dict[str, Any]:
    """Ask which Python runs."""
    with another_python(facts):
        found = software.find_python()
    return {name: getattr(found, name) for name in ("version", "implementation", "executable", "free_threaded")}


def numpy_found(version: str, config: dict[str, Any]) -> dict[str, Any]:
    """Ask which NumPy is imported, while it tells another version and configuration."""
    with mock.patch.object(np, "__version__", version), mock.patch.object(np, "show_config", return_value=config):
        found = software.find_numpy()
    return {"version": found.version, "simd": list(found.simd)}


# 01.2: cores


def quota(files: dict[str, str]) -> float | None:
    """Ask for the quota of a control group that has these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        return limits.group_quota(Path(folder))


def usable(allowed: int, quota: float | None) -> int:
    """Ask how many cores can be kept busy."""
    return cpu.usable_cores(allowed, quota)


# 01.3 and 01.4: the BLAS


def family(library: str) -> str:
    """Ask whose BLAS a file is."""
    return blas.family(Path(library))


def chosen(libraries: list[str]) -> str | None:
    """Ask for the BLAS among loaded libraries."""
    found = blas.choose_library(map(Path, libraries))
    return None if found is None else found.as_posix()


class Function:
    """A function of a C library: what comes back from it depends on what ctypes believes it to be."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.restype: Any = ctypes.c_int

    def __call__(self) -> Any:
        """Answer; a text without the right type is an address."""
        if isinstance(self.answer, int):
            return self.answer
        if self.restype is not ctypes.c_char_p:
            return 94_083_312
        return None if self.answer is None else self.answer.encode()


class Library:
    """What `ctypes.CDLL` gives: functions by name, as attributes and in square brackets."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.__dict__.update({name: Function(answer) for name, answer in answers.items()})

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


def name_of(question: str, answers: dict[str, Any]) -> str:
    """Ask under which name a library exports a question."""
    return blas.function_name(Library(answers), question)  # type: ignore[arg-type]  # a stand-in


def text_of(question: str, answers: dict[str, Any]) -> str:
    """Put a question whose answer is a text."""
    return blas.ask_text(Library(answers), question)  # type: ignore[arg-type]


def number_of(question: str, answers: dict[str, Any]) -> int | None:
    """Put a question whose answer is a number."""
    return blas.ask_number(Library(answers), question)  # type: ignore[arg-type]


# 01.5 and 01.6: time


class World:
    """A clock and an action: each run takes the next of the durations, each look at the clock takes `look`.

    `seen` tells in which order there were looks and runs.
    """

    def __init__(self, durations: list[float], look: float = 0.0) -> None:
        self.durations = chain(durations, repeat(durations[-1]))
        self.look = look
        self.now = 1000.0
        self.runs = 0
        self.seen: list[str] = []

    def clock(self) -> float:
        """Tell the time."""
        self.seen.append("look")
        self.now += self.look
        return self.now

    def action(self) -> None:
        """Let time pass."""
        self.seen.append("run")
        self.runs += 1
        self.now += next(self.durations)


def repeated(durations: list[float], seconds: float, least: int = 3, look: float = 0.0) -> dict[str, Any]:
    """Repeat an action that takes known times."""
    world = World(durations, look)
    times = speed.repeat(world.action, seconds, world.clock, least)
    return {"times": list(times), "runs": world.runs}


def looks_and_runs(runs: int) -> list[str]:
    """Repeat an action so many times; tell in which order the clock was looked at and the action ran."""
    world = World([1.0])
    speed.repeat(world.action, 0.0, world.clock, runs)
    return world.seen


def repeated_error() -> None:
    """Repeat an action that fails."""

    def fails() -> None:
        raise ZeroDivisionError("the action's own error")

    speed.repeat(fails, 1.0, World([1.0]).clock)


def measured(durations: list[float], work: float, seconds: float = 0.0) -> dict[str, Any]:
    """Measure an action that takes known times, the first of them for the warm-up."""
    world = World(durations)
    found = speed.measure(world.action, work, "GB/s", "all", seconds=seconds, clock=world.clock)
    return {name: getattr(found, name) for name in ("unit", "size", "best", "median", "spread", "repeats")}


# 01.7 and 01.8: the two measurements


def ticking(step: float) -> Callable[[], float]:
    """Return a clock on which nothing takes any time but looking at it."""
    return World([0.0], step).clock


def multiplied(size: int) -> dict[str, Any]:
    """Run the action twice."""
    action = speed.matrix_product(size)
    first: Any = action()
    second: Any = action()
    return {"product": second, "dtype": str(second.dtype), "the same array each time": first is second}


def bytes_asked_for(action: Callable[[], object]) -> int:
    """Run an action, and tell how many bytes it asked for meanwhile."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = action()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept  # not before the bytes were counted
    return most - before


def bytes_while_multiplying(size: int) -> int:
    """Make the action, run it once to warm up, and tell how many bytes the second run asks for."""
    action = speed.matrix_product(size)
    action()
    return bytes_asked_for(action)


def products_and_looks(small: int) -> list[str]:
    """Measure the product of matrices; tell in which order products were made and the clock was looked at."""
    world, made = World([0.0], 1.0), speed.matrix_product

    def watched(size: int) -> Callable[[], object]:
        action = made(size)

        def seen() -> object:
            world.seen.append(f"product of size {size}")
            return action()

        return seen

    with mock.patch.object(speed, "SMALL", small), mock.patch.object(speed, "matrix_product", watched):
        speed.measure_matmul(0.0, world.clock)
    return world.seen


def matmul_rate(small: int, step: float, seconds: float) -> dict[str, Any]:
    """Measure the product of matrices of really small sizes, with a clock on which each run takes `step`."""
    with mock.patch.object(speed, "SMALL", small):
        found = speed.measure_matmul(seconds, ticking(step))
    return {"best": found.best, "unit": found.unit, "size": found.size}


def bytes_to_copy(sizes: list[int], available: int | None) -> int:
    """Ask how many bytes to copy on a machine with caches of these sizes."""
    caches = tuple(cpu.Cache(level, "unified", size, None) for level, size in enumerate(sizes, start=1))
    return speed.copy_bytes(caches, available)


def copy_rate(size: int, step: float) -> dict[str, Any]:
    """Measure a copy with a clock on which each run takes `step`."""
    found = speed.measure_copy(size, 0.0, ticking(step))
    return {"best": found.best, "unit": found.unit, "size": found.size}


def timed_copy(size: int) -> Callable[[], object] | None:
    """Return what is handed to `measure` by the measurement of a copy, None if nothing is."""
    handed: list[Callable[[], object]] = []
    real = speed.measure

    def watched(action: Callable[[], object], *args: Any, **kwargs: Any) -> Any:
        handed.append(action)
        return real(action, *args, **kwargs)

    with mock.patch.object(speed, "measure", watched):
        speed.measure_copy(size, 0.0, ticking(1.0))
    return handed[0] if handed else None


def arrays_of(action: Any) -> list[Any]:
    """Return the arrays that a function, a lambda or a `functools.partial` was made with."""
    cells = [cell.cell_contents for cell in getattr(action, "__closure__", None) or ()]
    given = [*cells, *(getattr(action, "__defaults__", None) or ()), *getattr(action, "args", ())]
    return [value for value in given if isinstance(value, np.ndarray)]


def copied(size: int) -> dict[str, Any]:
    """Take the action whose runs are timed; run it between arrays full of 5 and of 7, and show what is in them then."""
    action = timed_copy(size)
    if action is None:
        return {}
    arrays = arrays_of(action)
    before = [float(array.flat[0]) for array in arrays]
    for number, array in zip((5, 7), arrays, strict=False):
        array[...] = number
    asked = bytes_asked_for(action)
    return {
        "numbers when it had been measured": before,
        "numbers after 5 and 7 were written": [float(array.flat[-1]) for array in arrays],
        "bytes asked for": asked,
    }


def memory_taken(size: int) -> int:
    """Measure a copy, and tell how many bytes were asked for at the same time."""
    tracemalloc.start()
    speed.measure_copy(size, 0.0, ticking(1.0))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


# 01.9: the roofline


def limits_at(peak: float, bandwidth: float, intensity: float) -> dict[str, Any]:
    """Ask a machine for its ridge, and for what work of an intensity attains there."""
    machine = roofline.Roofline(peak, bandwidth)
    return {"ridge": machine.ridge, "attainable": machine.attainable(intensity), "bound": machine.bound(intensity)}


def intensity(flops: float, traffic: float) -> float:
    """Ask for operations per byte."""
    return roofline.intensity(flops, traffic)


def least_time(peak: float, bandwidth: float, flops: float, traffic: float) -> float:
    """Ask for the least time of a piece of work."""
    return roofline.Roofline(peak, bandwidth).seconds(flops, traffic)
