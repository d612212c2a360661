"""How fast this machine really is: two measurements of about one second each, a matrix product and a copy.

They are the two limits of all that follows in the course: a layer is bound by arithmetic or by memory traffic.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tt_core.environment.cpu import Cache

Clock = Callable[[], float]

SECONDS = 0.8
SMALL, LARGEST = 256, 2048


@dataclass(frozen=True, slots=True)
class Measurement:
    """A rate in `unit`, as the best and the median of `repeats` runs over data of `size`.

    The best run is what the machine can do; `spread = best / median - 1` is near 0 on a quiet machine and grows when
    others work on it.
    """

    unit: str
    size: str
    best: float
    median: float
    spread: float
    repeats: int


@dataclass(frozen=True, slots=True)
class Speed:
    """`matmul` in GFLOP/s (1e9 operations; all BLAS threads), `copy` in GB/s (1e9 bytes; one thread)."""

    matmul: Measurement
    copy: Measurement


def measure_speed(caches: tuple[Cache, ...] = (), available: int | None = None, seconds: float = SECONDS) -> Speed:
    """Measure the matrix product and the copy, each for about `seconds`."""
    return Speed(matmul=measure_matmul(seconds), copy=measure_copy(copy_bytes(caches, available), seconds))


def measure_matmul(seconds: float = SECONDS, clock: Clock = time.perf_counter) -> Measurement:
    """Measure `(n, n) @ (n, n)` in float32 with all threads of the BLAS.

    One product is `2 n³` operations: n multiplications and n additions for each of its n² entries. Warm up with a
    `matrix_product` of size `SMALL`, time it (`repeat` for 0 seconds), let `matrix_size` choose n by the shortest run,
    with `seconds` as the budget, and `measure` that in "GFLOP/s"; its size reads "1024 x 1024 float32".
    """
    product = matrix_product(SMALL)
    product()
    size = matrix_size(min(repeat(product, 0, clock)), seconds)
    return measure(
        matrix_product(size), 2 * size**3, "GFLOP/s", f"{size} x {size} float32", seconds=seconds, clock=clock
    )


def matrix_product(size: int) -> Callable[[], object]:
    """Return an action that multiplies two fixed matrices into a third, so that no memory is asked for while timing.

    The matrices are `numpy.random.default_rng(0).standard_normal((2, size, size), dtype=float32)`; the action returns
    the third, always the same array.
    """
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, size, size), dtype=np.float32)
    out = np.empty_like(x)
    return lambda: np.matmul(x, y, out=out)


def matrix_size(small_seconds: float, budget: float) -> int:
    """Return the largest power of two whose product, at the rate of a `SMALL` one, fits ten times into the budget.

    >>> matrix_size(0.0002, 0.8), matrix_size(0.1, 0.8)
    (1024, 256)
    """
    size = SMALL
    while size < LARGEST and small_seconds * (2 * size / SMALL) ** 3 * 10 <= budget:
        size *= 2
    return size


def measure_copy(size: int, seconds: float = SECONDS, clock: Clock = time.perf_counter) -> Measurement:
    """Measure the copy of `size` bytes; each byte is read once and written once, so it counts `2 size`, in "GB/s".

    What `measure` times only copies one array of float32 numbers, 4 bytes each, over another. Both are made before,
    the first full of ones, since memory that was never written to is not there yet; the size reads "64 MiB". What a
    cache reads before it writes is not counted. Source: Copy of STREAM (https://www.cs.virginia.edu/stream/).
    """
    source = np.ones(size // 4, dtype=np.float32)
    target = np.zeros_like(source)
    return measure(
        lambda: np.copyto(target, source),
        2 * source.nbytes,
        "GB/s",
        f"{size / 2**20:.0f} MiB",
        seconds=seconds,
        clock=clock,
    )


def copy_bytes(caches: tuple[Cache, ...], available: int | None) -> int:
    """Return how many bytes to copy: 4 times the largest cache (STREAM's rule), so that no cache can hold them.

    At least 64 MiB and at most 256 MiB; but never more than an eighth of the `available` bytes (None: unknown), unless
    that were less than 1 MiB, which is always taken.

    >>> copy_bytes((Cache(3, "unified", 32 * 2**20, shared_by=8),), available=None) // 2**20
    128
    """
    largest = max((cache.size for cache in caches), default=0)
    wanted = min(max(4 * largest, 64 * 2**20), 256 * 2**20)
    return wanted if available is None else max(2**20, min(wanted, available // 8))


def measure(
    action: Callable[[], object],
    work: float,
    unit: str,
    size: str,
    *,
    seconds: float = SECONDS,
    clock: Clock = time.perf_counter,
) -> Measurement:
    """Run an action once to warm up, then for about `seconds` (`repeat`), and return its rate: `work / 1e9` per second.

    The best rate comes from the shortest run and the median rate from the median of the durations. A clock may be too
    coarse to see a run at all; a duration counts as one nanosecond at least.
    """
    action()
    times = repeat(action, seconds, clock)
    best, middle = (work / 1e9 / max(chosen, 1e-9) for chosen in (min(times), float(np.median(times))))
    return Measurement(unit, size, best, middle, spread=best / middle - 1, repeats=len(times))


def repeat(action: Callable[[], object], seconds: float, clock: Clock, least: int = 3) -> list[float]:
    """Run an action until `seconds` have passed, at least `least` times, and return each run's duration in seconds.

    Before each further run the clock is asked whether the time is up; around the run it is asked for start and end.
    """
    times: list[float] = []
    end = clock() + seconds
    while len(times) < least or clock() < end:
        start = clock()
        action()
        times.append(clock() - start)
    return times
