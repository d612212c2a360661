"""Kernels that add up: types, precision, order of equals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
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


@given(
    st.integers(0, 3),
    st.booleans(),
    hnp.arrays(
        "f8", hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.sampled_from([0, 1, 2, np.nan])
    ),
)
def test_the_best_are_the_first_in_order(k: int, largest: bool, x: np.ndarray) -> None:
    for dim, n in enumerate(x.shape):
        if k <= n:
            first = np.take(P.argsort(x, dim=dim, descending=largest), range(k), dim)
            assert_array_equal(P.topk(x, k=k, dim=dim, largest=largest), first)


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("nans", [0, 1, 3, 98, 100])
def test_of_equals_at_the_limit_the_first_are_taken(nans: int, largest: bool) -> None:
    x = np.arange(100.0) // 7
    x[np.arange(nans) * 37 % 100] = np.nan
    for k in range(13):
        assert_array_equal(P.topk(x, k=k, dim=0, largest=largest), P.argsort(x, dim=0, descending=largest)[:k])


def test_cumulations_keep_the_type() -> None:
    for f in (P.cumsum, P.cumprod):
        assert f(np.ones(3, np.int8), dim=0).dtype == np.int8
