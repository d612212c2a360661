"""Kernels that add up: types, precision, order of equals."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tt_core.primitives import reductions as P


def test_half_precision_is_added_up_in_single() -> None:
    x = np.full(5000, 1, np.float16)
    total = P.sum(x, dim=None, keepdim=False)
    assert total == 5000
    assert total.dtype == np.float16
    assert P.mean(np.full(70_000, 1, np.float16), dim=None, keepdim=False) == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("ord", [0.0, 1.0, 2.0, 3.0, np.inf, -np.inf])
def test_norms_keep_the_type(dtype: type[np.floating], ord: float) -> None:
    assert P.vector_norm(np.ones(3, dtype), ord=ord, dim=None, keepdim=False).dtype == dtype


def test_logsumexp_without_overflow() -> None:
    x = np.array([[1e4, 1e4], [-np.inf, -np.inf], [np.inf, 0.0]])
    assert_array_equal(P.logsumexp(x, dim=(1,), keepdim=False), [1e4 + np.log(2), -np.inf, np.inf])
    assert P.logsumexp(x, dim=(0, 1), keepdim=True).shape == (1, 1)


def test_equal_numbers_keep_their_order() -> None:
    x = np.array([1, 0, 1, 0, 2])
    assert_array_equal(P.argsort(x, dim=0, descending=False), [1, 3, 0, 2, 4])
    assert_array_equal(P.argsort(x, dim=0, descending=True), [4, 0, 2, 1, 3])


def test_cumulations_keep_the_type() -> None:
    for f in (P.cumsum, P.cumprod):
        assert f(np.ones(3, np.int8), dim=0).dtype == np.int8
