import pytest

from tt_core.environment.roofline import Roofline, intensity
from tt_core.environment.speed import Measurement, Speed

MACHINE = Roofline(peak=100.0, bandwidth=20.0)


def test_the_ridge_is_where_both_limits_meet() -> None:
    assert MACHINE.ridge == 5.0
    assert MACHINE.attainable(MACHINE.ridge) == MACHINE.peak


@pytest.mark.parametrize(
    "flops_per_byte,rate,limit", [(0.25, 5.0, "memory"), (5.0, 100.0, "arithmetic"), (80.0, 100.0, "arithmetic")]
)
def test_the_lower_limit_holds(flops_per_byte: float, rate: float, limit: str) -> None:
    assert MACHINE.attainable(flops_per_byte) == rate
    assert MACHINE.bound(flops_per_byte) == limit


@pytest.mark.parametrize("flops,traffic", [(1e9, 4e9), (1e12, 4e9), (0.0, 20e9)])
def test_the_slower_limit_takes_the_time(flops: float, traffic: float) -> None:
    rate = MACHINE.attainable(intensity(flops, traffic))
    assert MACHINE.seconds(flops, traffic) == pytest.approx(flops / (rate * 1e9) if rate else 1.0)


def test_a_sum_of_vectors_has_one_operation_for_twelve_bytes() -> None:
    assert intensity(flops=1000, traffic=3 * 4 * 1000) == pytest.approx(1 / 12)


def test_the_best_runs_are_the_limits() -> None:
    matmul = Measurement("GFLOP/s", "", best=64.0, median=60.0, spread=0.1, repeats=3)
    copy = Measurement("GB/s", "", best=8.0, median=7.0, spread=0.1, repeats=3)
    assert Roofline.of(Speed(matmul, copy)) == Roofline(64.0, 8.0)
