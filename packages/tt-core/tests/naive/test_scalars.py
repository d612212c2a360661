"""Numbers as IEEE 754 has them, where Python would raise an error; and how arrays store them."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tt_core.naive import loops, scalars

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e300, -1e300, math.inf, -math.inf, math.nan]
special = st.sampled_from(SPECIAL) | st.floats(-20, 20)


def same(a: float, b: float) -> bool:
    return a == pytest.approx(b, rel=1e-14, nan_ok=True) and (
        math.isnan(a) or math.copysign(1, a) == math.copysign(1, b)
    )


@given(special, special)
def test_two_numbers(a: Any, b: Any) -> None:
    with np.errstate(all="ignore"):
        assert same(scalars.divide(a, b), float(np.divide(a, b)))
        assert same(scalars.power(a, b), float(np.power(a, b)))
        assert same(scalars.floor_divide(a, b), float(np.floor_divide(a, b)))
        assert scalars.remainder(a, b) == pytest.approx(float(np.remainder(a, b)), nan_ok=True)
        assert scalars.larger(a, b) == pytest.approx(float(np.maximum(a, b)), nan_ok=True)
        assert scalars.smaller(a, b) == pytest.approx(float(np.minimum(a, b)), nan_ok=True)


@given(special)
def test_one_number(a: Any) -> None:
    with np.errstate(all="ignore"):
        assert same(scalars.exponential(a), float(np.exp(a)))
        assert same(scalars.logarithm(a), float(np.log(a)))
        assert same(scalars.square_root(a), float(np.sqrt(a)))
        assert same(scalars.whole(math.floor)(a), float(np.floor(a)))
        assert same(scalars.whole(round)(a), float(np.round(a)))


@given(st.integers(-9, 9), st.integers(0, 40))
def test_integers_to_a_power_wrap_around_in_64_bits(a: Any, b: Any) -> None:
    assert loops.wrapped(scalars.power(a, b), np.dtype("int64")) == int(np.power(np.int64(a), np.int64(b)))


@pytest.mark.parametrize("a,b,expected", [(2, -1, 0), (1, -5, 1), (-1, -5, -1), (-1, -4, 1), (0, -1, 0)])
def test_an_integer_to_a_negative_power_loses_its_fraction(a: Any, b: Any, expected: Any) -> None:
    assert scalars.power(a, b) == expected


def test_dividing_integers_by_zero_gives_zero_as_in_numpy() -> None:
    assert scalars.floor_divide(3, 0) == scalars.remainder(3, 0) == 0


@given(st.integers(-(2**70), 2**70), st.sampled_from(["int8", "int16", "int32", "int64", "uint8"]))
def test_integers_wrap_around(number: Any, dtype: Any) -> None:
    bits = 8 * np.dtype(dtype).itemsize
    stored = loops.wrapped(number, np.dtype(dtype))
    assert (stored - number) % 2**bits == 0
    assert np.iinfo(dtype).min <= stored <= np.iinfo(dtype).max


def test_what_is_no_number_becomes_the_lowest_integer() -> None:
    assert loops.wrapped(math.nan, np.dtype("int64")) == np.iinfo("int64").min


def test_large_floats_become_infinite_without_a_warning() -> None:
    assert loops.each(lambda a: a * 10, np.array([60000, 1], "float16")).tolist() == [math.inf, 10]


@given(hnp.mutually_broadcastable_shapes(num_shapes=3, min_side=0, max_side=4))
def test_shapes_broadcast_as_numpy_has_it(drawn: Any) -> None:
    assert loops.common_shape(*drawn.input_shapes) == drawn.result_shape
    for shape in drawn.input_shapes:
        x = np.arange(math.prod(shape)).reshape(shape)
        wide = np.broadcast_to(x, drawn.result_shape)
        assert all(x[loops.at(i, shape)] == wide[i] for i in np.ndindex(wide.shape))


def test_a_single_number_is_read_wherever_more_dimensions_than_the_result_has_lead_to_it() -> None:
    assert loops.at((2,), (1, 1, 3)) == (0, 0, 2)


def test_lines_of_a_number_without_dimensions() -> None:
    assert loops.along(lambda numbers: [a + 1 for a in numbers], np.array(2.0), 0) == 3
