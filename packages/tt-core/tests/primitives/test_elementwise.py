"""Kernels where precision is the point."""

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tt_core.primitives import elementwise as P


def test_erf_is_exact_to_the_last_digits() -> None:
    x = np.concatenate([np.linspace(-7, 7, 4001), np.geomspace(1e-300, 1, 301), [0.0, 1.0, 6.0, -1.0, -6.0]])
    exact = np.array([math.erf(v) for v in x])
    np.testing.assert_array_almost_equal_nulp(P.erf(x), exact, nulp=4)


def test_erf_keeps_the_type_and_the_odd_ones() -> None:
    for dtype in (np.float16, np.float32, np.float64):
        found = P.erf(np.array([np.inf, -np.inf, np.nan, -0.0], dtype))
        assert found.dtype == dtype
        assert_array_equal(found, np.array([1, -1, np.nan, 0], dtype))
        assert np.signbit(found[3])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_sigmoid_loses_nothing_in_its_tails(dtype: type[np.floating]) -> None:
    x = np.array([-8.0, 8.0, 0.0, -np.inf, np.inf], dtype)
    found = P.sigmoid(x)
    assert found.dtype == dtype
    exact = 1 / (1 + np.exp(-x.astype(np.float64)))
    np.testing.assert_allclose(found, exact, rtol=2 * float(np.finfo(dtype).eps), atol=0)


def test_small_numbers_keep_their_digits() -> None:
    x = np.array([1e-12, -1e-12])
    np.testing.assert_allclose(P.expm1(x), x, rtol=1e-11)
    np.testing.assert_allclose(P.log1p(x), x, rtol=1e-11)


def test_logaddexp_of_infinities() -> None:
    minus = np.array([-np.inf])
    assert_array_equal(P.logaddexp(minus, minus), minus)
    assert_array_equal(P.logaddexp(np.array([1e4]), np.array([1e4])), np.array([1e4 + math.log(2)]))


def test_a_cast_is_a_copy() -> None:
    x = np.zeros(2)
    assert not np.shares_memory(P.cast(x, dtype=x.dtype), x)
