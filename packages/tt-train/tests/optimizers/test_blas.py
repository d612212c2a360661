"""BLAS beside NumPy: the same numbers, no bit that depends on where a vector ends, and a refusal of all else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tt_train.optimizers import arithmetic, blas

DTYPES = ("float32", "float64")
FACTORS = [(1.0, -0.1), (0.9, 0.1), (0.9, 1), (-2, 3.0)]
N = 300


def numbers(count: int, dtype: str = "float32") -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, count)).astype(dtype)
    return x, y


@pytest.fixture
def _needed() -> None:
    if blas.kernel(np.dtype(np.float32)) is None:
        pytest.skip("NumPy uses another BLAS here, or it cannot be asked")


@pytest.mark.usefixtures("_needed")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beta, alpha", FACTORS)
def test_it_computes_what_numpy_does(dtype: str, beta: float, alpha: float) -> None:
    x, y = numbers(N, dtype)
    wanted = y * beta + x * alpha
    before = x.copy()
    assert blas.axpby(alpha, x, beta, y)
    np.testing.assert_allclose(y, wanted, 1e-6, 1e-6)
    np.testing.assert_array_equal(x, before)
    assert y.dtype == dtype


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beta, alpha", FACTORS)
def test_no_bit_depends_on_where_a_vector_begins_and_ends(dtype: str, beta: float, alpha: float) -> None:
    x, y = numbers(N, dtype)
    whole = y.copy()
    arithmetic.mix(whole, beta, x, alpha, np.empty_like(x))
    for start in range(0, 70, 3):
        for stop in range(start + 1, N, 7):
            piece = y[start:stop].copy()
            arithmetic.mix(piece, beta, x[start:stop], alpha, np.empty_like(piece))
            np.testing.assert_array_equal(piece, whole[start:stop])


@pytest.mark.usefixtures("_needed")
def test_many_dimensions_are_one_vector() -> None:
    x, y = (part.reshape(10, 3, 10) for part in numbers(N))
    wanted = y - x
    assert blas.axpby(-1, x, 1, y)
    np.testing.assert_array_equal(y, wanted)


def read_only(x: Any) -> Any:
    x.flags.writeable = False
    return x


ODD: dict[str, Any] = {
    "with gaps": lambda x, y: (x[::2], y[::2]),
    "in another order": lambda x, y: (x.reshape(30, 10).T, y.reshape(30, 10).T),
    "to be read only": lambda x, y: (read_only(x), y),
    "empty": lambda x, y: (x[:0], y[:0]),
    "of two types": lambda x, y: (x.astype(np.float64), y),
    "half": lambda x, y: (x.astype(np.float16), y.astype(np.float16)),
    "in another order of bytes": lambda x, y: (x.astype(">f4"), y.astype(">f4")),
    "to be repeated": lambda x, y: (x[:1], y),
}


@pytest.mark.parametrize("how", ODD)
def test_what_is_not_for_blas_is_left_to_numpy(how: str) -> None:
    x, y = ODD[how](*numbers(N))
    before = y.copy()
    assert not blas.axpby(0.5, x, 2.0, y)
    np.testing.assert_array_equal(y, before)
    arithmetic.mix(y, 2.0, x, 0.5, np.empty_like(y))
    np.testing.assert_allclose(y, before * 2 + x * 0.5, 1e-2 if y.itemsize == 2 else 1e-6)


@pytest.mark.parametrize("beta, alpha", [(0.0, 1.0), (1.0, 0.0)])
def test_zero_times_infinity_is_nan(beta: float, alpha: float) -> None:
    x, y = np.full((2, 20), np.inf, np.float32)
    with np.errstate(invalid="ignore"):
        arithmetic.mix(y, beta, x, alpha, np.empty_like(x))
    assert np.isnan(y).all()


@pytest.mark.parametrize("found", [None, SimpleNamespace(find=lambda _: None)])
def test_without_it_there_is_no_kernel(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    monkeypatch.setattr(blas, "openblas", lambda: found)
    assert blas.kernel.__wrapped__(np.dtype(np.float32)) is None
