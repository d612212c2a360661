"""Warnings that help: each is one sentence with the cause and the cure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tt_core.environment.blas import REFERENCE, UNKNOWN
from tt_core.environment.variables import THREAD_VARIABLES

if TYPE_CHECKING:
    from tt_core.environment.summary import Report

GIB = 2**30
LEAST_MEMORY, ENOUGH_MEMORY = GIB // 2, 2 * GIB
BUSY_LOAD = 0.75
BUSY_SPREAD = 0.25

Level = Literal["problem", "warning"]


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to change about this machine.

    A `problem` makes the course fail or many times slower, and needs action; a `warning` costs speed or blurs figures.
    """

    level: Level
    text: str


def advise(report: "Report") -> tuple[Advice, ...]:
    """Return what to change about this machine, problems first; empty if all is well."""
    return tuple(Advice(level, text) for level, rule in RULES if (text := rule(report)))


def no_optimised_blas(report: "Report") -> str:
    """Tell of a NumPy whose matrix products are plain loops."""
    if report.blas.name not in {"none", REFERENCE}:
        return ""
    return (
        f"NumPy multiplies matrices without an optimised BLAS (found: {report.blas.name}), up to 100 times slower: "
        "install NumPy's own wheel with `pip install --force-reinstall --only-binary numpy numpy`."
    )


def least_memory(report: "Report") -> str:
    """Tell of so little free memory that milestones fail."""
    free = report.memory.available
    if free is None or free >= LEAST_MEMORY:
        return ""
    return short_of_memory(free, LEAST_MEMORY)


def little_memory(report: "Report") -> str:
    """Tell of free memory that is enough for most of the course only."""
    free = report.memory.available
    if free is None or not LEAST_MEMORY <= free < ENOUGH_MEMORY:
        return ""
    return short_of_memory(free, ENOUGH_MEMORY)


def short_of_memory(free: int, wanted: int) -> str:
    """Say how much memory is free and how much is wanted, both in bytes."""
    return (
        f"{free / GIB:.2f} GiB of memory are free and the milestones want {wanted / GIB:g} GiB: "
        "close other programs or raise the container's limit."
    )


def emulated(report: "Report") -> str:
    """Tell of a program that a translator runs on another processor."""
    if not report.system.emulation:
        return ""
    return (
        f"This Python runs under emulation ({report.system.emulation}), several times slower: "
        "install a Python that was built for this machine's own processor."
    )


def forced_kernel(report: "Report") -> str:
    """Tell of an OpenBLAS kernel that the environment chose and the processor would not."""
    forced, blas = report.variables.get("OPENBLAS_CORETYPE"), report.blas
    if not forced or blas.name != "OpenBLAS" or blas.native == blas.kernel != UNKNOWN:
        return ""
    better = f"would get {blas.native}" if blas.native != UNKNOWN else "may get a faster one"
    return (
        f"OPENBLAS_CORETYPE={forced} makes OpenBLAS run its {blas.kernel} kernel where this processor {better}: "
        "unset OPENBLAS_CORETYPE before starting Python."
    )


def forced_cache_size(report: "Report") -> str:
    """Tell of a cache size that OpenBLAS is told by the environment and the processor does not have."""
    forced = report.variables.get("OPENBLAS_L2_SIZE", "")
    real = next((cache.size // 1024 for cache in report.cpu.caches if cache.level == 2), None)  # L2
    if not forced or report.blas.name != "OpenBLAS" or forced == str(real):
        return ""
    return (
        f"OPENBLAS_L2_SIZE={forced} makes OpenBLAS cut matrices for a level-2 cache of {forced} KiB "
        f"where this processor has {real or 'an unknown number of'} KiB: unset OPENBLAS_L2_SIZE before starting Python."
    )


def one_thread(report: "Report") -> str:
    """Tell of matrix products that use one core of several."""
    cores, blas = report.cpu.usable, report.blas
    if blas.threads != 1 or cores == 1:
        return ""
    cause = next((f"{name}={report.variables[name]}" for name in THREAD_VARIABLES if name in report.variables), "")
    if cause:
        return f"{cause} leaves {blas.name} one thread on {cores} usable cores: unset it or set it to {cores}."
    return (
        f"{blas.name} runs one thread on {cores} usable cores: install NumPy's own wheel, whose BLAS has threads, "
        "with `pip install --force-reinstall --only-binary numpy numpy`."
    )


def too_many_threads(report: "Report") -> str:
    """Tell of more threads than cores, which then wait for each other."""
    cores, blas = report.cpu.usable, report.blas
    if blas.threads is None or blas.threads <= cores:
        return ""
    return (
        f"{blas.name} runs {blas.threads} threads on {cores} usable cores, where they wait for each other: "
        f"set OMP_NUM_THREADS={cores} before starting Python."
    )


def busy_load(report: "Report") -> str:
    """Tell of other programs that were at work over the last minute."""
    load, cores = report.cpu.load, report.cpu.logical
    if load is None or load <= BUSY_LOAD * cores:
        return ""
    return (
        f"The load average is {load:.1f} on {cores} cores, so other programs are at work: "
        "wait for them before you believe a time."
    )


def unsteady_speed(report: "Report") -> str:
    """Tell of repeats that differ more than a quiet machine's."""
    measured = (report.speed.matmul, report.speed.copy) if report.speed else ()
    spread = max((measurement.spread for measurement in measured), default=0.0)
    if spread <= BUSY_SPREAD:
        return ""
    return (
        f"Repeats of the same work differ by {spread:.0%}, so something else uses this machine: "
        "close it, or believe only the best of many runs."
    )


RULES: tuple[tuple[Level, Callable[["Report"], str]], ...] = (
    ("problem", no_optimised_blas),
    ("problem", least_memory),
    ("warning", little_memory),
    ("warning", emulated),
    ("warning", forced_kernel),
    ("warning", forced_cache_size),
    ("warning", one_thread),
    ("warning", too_many_threads),
    ("warning", busy_load),
    ("warning", unsteady_speed),
)
