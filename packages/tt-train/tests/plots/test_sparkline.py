import math

import pytest

from tt_train.plots import sparkline


@pytest.mark.parametrize(
    "values,line",
    [
        ([], ""),
        ([1.0], "▁"),
        ([2.0, 2.0], "▁▁"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([1, math.nan, 0, math.inf], "█ ▁ "),
        ([math.nan, math.nan], "  "),
    ],
)
def test_heights(values: list[float], line: str) -> None:
    assert sparkline(values) == line


def test_many_values_are_averaged() -> None:
    assert len(sparkline(list(range(1000)), 16)) == 16
    assert sparkline([0, 2, 3, 5], 2) == "▁█"
