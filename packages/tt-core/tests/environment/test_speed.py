import math
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

from tt_core.environment.cpu import Cache
from tt_core.environment.speed import (
    copy_bytes,
    matrix_product,
    matrix_size,
    measure,
    measure_copy,
    measure_matmul,
    measure_speed,
    repeat,
)

MIB = 2**20


def ticking(step: float) -> Callable[[], float]:
    """Return a clock that moves on by a step at each look."""
    looks = count()
    return lambda: next(looks) * step


def nothing() -> None:
    """Be an action that costs nothing."""


def test_repeat_goes_on_until_the_time_is_up() -> None:
    assert repeat(nothing, 1.0, ticking(0.125)) == [0.125] * 4


def test_repeat_runs_a_slow_action_at_least_three_times() -> None:
    assert repeat(nothing, 1.0, ticking(8.0)) == [8.0] * 3


def test_measure_gives_best_median_and_spread() -> None:
    clock = iter([0.0, 0.0, 1.0, 1.0, 3.0, 3.0, 7.0, 7.0]).__next__
    found = measure(nothing, 4e9, "GB/s", "all", seconds=0.0, clock=clock)
    assert (found.best, found.median, found.spread, found.repeats) == (4.0, 2.0, 1.0, 3)
    assert (found.unit, found.size) == ("GB/s", "all")


def test_measure_survives_a_clock_that_stands_still() -> None:
    found = measure(nothing, 1.0, "GB/s", "", seconds=0.0, clock=lambda: 0.0)
    assert math.isfinite(found.best)
    assert found.spread == 0.0


def test_the_product_is_run_once_more_than_it_is_timed() -> None:
    runs: list[int] = []
    measure(lambda: runs.append(1), 1.0, "", "", seconds=0.0, clock=ticking(1.0))
    assert len(runs) == 4


def test_matrix_product_multiplies() -> None:
    out = np.asarray(matrix_product(8)())
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 8, 8), dtype=np.float32).astype(np.float64)
    np.testing.assert_allclose(out, x @ y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seconds,size", [(1e-6, 2048), (1e-3, 1024), (1e-2, 512), (1.0, 256)])
def test_matrix_size_fits_the_budget(seconds: float, size: int) -> None:
    assert matrix_size(seconds, 0.8) == size


def test_matmul_counts_two_operations_per_multiplication() -> None:
    found = measure_matmul(seconds=0.0, clock=ticking(1.0))
    assert found.size == "256 x 256 float32"
    assert found.best == pytest.approx(2 * 256**3 / 1e9)


def test_copy_counts_each_byte_read_and_written() -> None:
    found = measure_copy(4 * MIB, seconds=0.0, clock=ticking(1.0))
    assert found.size == "4 MiB"
    assert found.best == pytest.approx(2 * 4 * MIB / 1e9)


@pytest.mark.parametrize(
    "cache,available,size",
    [
        (0, None, 64 * MIB),
        (32 * MIB, None, 128 * MIB),
        (512 * MIB, None, 256 * MIB),
        (32 * MIB, 256 * MIB, 32 * MIB),
        (32 * MIB, 0, MIB),
    ],
)
def test_copy_is_larger_than_caches_and_smaller_than_memory(cache: int, available: int | None, size: int) -> None:
    assert copy_bytes((Cache(3, "unified", cache, 2),), available) == size
    assert copy_bytes((), available) == min(size, 64 * MIB)


def test_speed_of_this_machine() -> None:
    speed = measure_speed(available=64 * MIB, seconds=0.0)
    for measurement in (speed.matmul, speed.copy):
        assert 0 < measurement.median <= measurement.best < math.inf
        assert measurement.spread >= 0
        assert measurement.repeats >= 3
