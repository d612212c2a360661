"""Many numbers to one: dimensions drawn from either end, ties, zeros, empties, types."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import tt_core as tt
from tt_core import DTypeError, NotSupportedError, ShapeError, Tensor

from ..strategies import Array, arrays, axes, check, shapes, some_dims


def logsumexp(x: Array, axis: Any, keepdims: bool) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(x).sum(axis, keepdims=keepdims)))


def p_norm(p: float) -> Callable[..., Any]:
    return lambda x, axis, keepdims: (np.abs(x) ** p).sum(axis, keepdims=keepdims) ** (1 / p)


def not_zero(x: Array, axis: Any, keepdims: bool) -> Array:
    return np.asarray((x != 0).sum(axis, float, keepdims=keepdims))


def largest(x: Array, axis: Any, keepdims: bool) -> Array:
    return np.asarray(np.abs(x).max(axis, keepdims=keepdims))


def smallest(x: Array, axis: Any, keepdims: bool) -> Array:
    return np.asarray(np.abs(x).min(axis, keepdims=keepdims))


REDUCTIONS: list[tuple[str, Callable[..., Any], Callable[..., Any] | None, int]] = [
    ("sum", tt.sum, np.sum, 0),
    ("mean", tt.mean, np.mean, 1),
    ("prod", tt.prod, np.prod, 0),
    ("amax", tt.amax, np.max, 1),
    ("amin", tt.amin, np.min, 1),
    ("var", lambda x, d, k: tt.var(x, d, False, k), np.var, 1),
    ("std", lambda x, d, k: tt.std(x, d, keepdim=k, correction=-1), None, 1),
    ("logsumexp", tt.logsumexp, logsumexp, 1),
    ("norm 1", lambda x, d, k: tt.norm(x, 1, d, k), p_norm(1), 0),
    ("norm 2", lambda x, d, k: tt.norm(x, "fro", d, k), p_norm(2), 1),
    ("norm 3", lambda x, d, k: tt.norm(x, 3, d, k), p_norm(3), 1),
    ("norm 0.5", lambda x, d, k: tt.norm(x, 0.5, d, k), p_norm(0.5), 1),
    ("norm -1", lambda x, d, k: tt.norm(x, -1, d, k), p_norm(-1), 1),
    ("norm 0", lambda x, d, k: tt.norm(x, 0, d, k), not_zero, 0),
    ("norm inf", lambda x, d, k: tt.norm(x, math.inf, d, k), largest, 1),
    ("norm -inf", lambda x, d, k: tt.norm(x, -math.inf, d, k), smallest, 1),
]


def wide_std(x: Array, axis: Any, keepdims: bool) -> Array:
    n = np.asarray(x.sum(axis)).size
    squares = (x - x.mean(axis, keepdims=True)) ** 2
    return np.asarray(np.sqrt(squares.sum(axis, keepdims=keepdims) / (x.size // n + 1)))


@pytest.mark.parametrize("name, f, oracle, least", REDUCTIONS, ids=[row[0] for row in REDUCTIONS])
@given(data=st.data(), keepdim=st.booleans())
def test_reductions(
    name: str, f: Callable[..., Any], oracle: Callable[..., Any] | None, least: int, keepdim: bool, data: st.DataObject
) -> None:
    shape = data.draw(shapes(min_side=2 if name == "std" else least))
    x = data.draw(arrays(shape, -1.9, 2.1))
    dim = data.draw(some_dims(x.ndim))
    if name == "std" and x.ndim == 0:
        return  # one number does not deviate: the gradient of √0
    numpy = oracle or wide_std
    check(lambda t: f(t, dim, keepdim), lambda a: numpy(a, axis=axes(dim, a.ndim), keepdims=keepdim), x, rtol=1e-10)


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@given(data=st.data())
def test_cumulations(name: str, data: st.DataObject) -> None:
    x = data.draw(arrays(low=0.4, high=2))
    dim = data.draw(st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))
    numpy = getattr(np, name)
    check(lambda t: getattr(tt, name)(t, dim), lambda a: numpy(a, dim if a.ndim else None).reshape(a.shape), x)


@pytest.mark.parametrize("zeros", [[0], [2], [0, 3], [1, 2, 3], [0, 1, 2, 3]])
def test_products_with_zeros(zeros: list[int]) -> None:
    x = np.array([1.5, -2.0, 3.0, 0.7])
    x[zeros] = 0
    check(tt.prod, np.prod, x, twice=False)
    check(lambda t: t.cumprod(0), np.cumprod, x, twice=False)
    grid = np.stack([x, x + 1, x[::-1]])
    check(lambda t: t.prod(0), lambda a: a.prod(0), grid, twice=False)
    check(lambda t: t.prod((0, 1)), np.prod, grid, twice=False)
    check(lambda t: t.cumprod(0), lambda a: a.cumprod(0), grid, twice=False)
    check(lambda t: t.cumprod(1), lambda a: a.cumprod(1), grid, twice=False)


@given(x=arrays(shapes(min_dims=2, max_dims=2, min_side=2)), keepdim=st.booleans())
def test_variance_and_mean_together(x: Array, keepdim: bool) -> None:
    for first, second, power in ((tt.var, tt.var_mean, 1), (tt.std, tt.std_mean, 0.5)):
        check(
            lambda t, f=second: f(t, 0, keepdim=keepdim)[0],
            lambda a, p=power: a.var(0, ddof=1, keepdims=keepdim) ** p,
            x,
        )
        check(lambda t, f=second: f(t, (0, 1), False, keepdim)[1], lambda a: a.mean(keepdims=keepdim), x)
        assert_array_equal(first(Tensor(x), 1).data, second(Tensor(x), 1)[0].data)


def test_variance_options() -> None:
    x = Tensor([[1.0, 3.0], [5.0, 9.0]])
    assert tt.var(x).item() == pytest.approx(35 / 3)
    assert tt.var(x, False).item() == pytest.approx(8.75)  # PyTorch's var(x, unbiased)
    assert tt.var(x, correction=2).item() == pytest.approx(17.5)
    assert tt.std(x, 1, correction=0).tolist() == [1.0, 2.0]
    assert tt.var(x, (0, 1), keepdim=True).shape == (1, 1)
    assert math.isnan(tt.var(Tensor([1.0])).item())
    assert tt.std(Tensor([2.0]), unbiased=False).item() == 0.0


@pytest.mark.parametrize("name, expected", [("amax", [0.5, 0.5, 0.0]), ("amin", [0.0, 0.0, 1.0])])
def test_ties_share_the_gradient(name: str, expected: list[float]) -> None:
    x = Tensor([3.0, 3.0, 1.0], requires_grad=True)
    getattr(x, name)().backward()
    assert x.grad is not None
    assert x.grad.tolist() == expected


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_along_a_dimension_take_the_first(name: str) -> None:
    x = Tensor([[1.0, 5.0, 5.0], [2.0, 0.0, 0.0]], requires_grad=True)
    values, indices = getattr(x, name)(1)
    assert indices.tolist() == ([1, 0] if name == "max" else [0, 1])
    assert values.tolist() == ([5.0, 2.0] if name == "max" else [1.0, 0.0])
    values.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == ([[0, 1, 0], [1, 0, 0]] if name == "max" else [[1, 0, 0], [0, 1, 0]])
    kept = getattr(x, name)(-1, keepdim=True)
    assert kept.values.shape == kept.indices.shape == (2, 1)
    assert getattr(Tensor(4.0), name)(0).values.tolist() == 4.0


def test_extremes_of_all_and_of_two() -> None:
    x, y = Tensor([1.0, 5.0]), Tensor([3.0, 2.0])
    assert (x.max().item(), x.min().item()) == (5.0, 1.0)
    assert x.max(y).tolist() == [3.0, 5.0]
    assert x.min(y).tolist() == [1.0, 2.0]


@given(data=st.data(), keepdim=st.booleans())
def test_positions(data: st.DataObject, keepdim: bool) -> None:
    x = np.asarray(np.round(data.draw(arrays(shapes(min_side=1)))))
    dim = data.draw(st.none() | st.integers(-max(x.ndim, 1), max(x.ndim, 1) - 1))
    axis = dim if x.ndim else None
    for name in ("argmax", "argmin"):
        found = getattr(tt, name)(tt.from_numpy(x), dim, keepdim)
        assert found.dtype == tt.int64
        assert_array_equal(found.data, getattr(np, name)(x, axis, keepdims=keepdim))


@given(data=st.data(), keepdim=st.booleans())
def test_truth(data: st.DataObject, keepdim: bool) -> None:
    x = np.asarray(np.maximum(np.round(data.draw(arrays())), 0))
    dim = data.draw(some_dims(x.ndim))
    axis = axes(dim, x.ndim)
    assert_array_equal(tt.all(tt.from_numpy(x), dim, keepdim).data, np.all(x, axis, keepdims=keepdim))
    assert_array_equal(tt.any(tt.from_numpy(x), dim, keepdim).data, np.any(x, axis, keepdims=keepdim))
    assert_array_equal(tt.count_nonzero(tt.from_numpy(x), dim).data, np.count_nonzero(x, axis))


def test_types() -> None:
    whole = Tensor([[True, True], [False, True]])
    assert (whole.sum().dtype, whole.sum().item()) == (tt.int64, 3)
    assert Tensor([100, 100], dtype=tt.int8).sum().item() == 200
    assert Tensor([100, 100], dtype=tt.uint8).prod().item() == 10_000
    assert Tensor([1, 2], dtype=tt.int32).cumsum(0).dtype == tt.int64
    assert Tensor([1, 2]).sum(dtype=tt.float64).dtype == tt.float64
    assert Tensor([1, 2]).mean(dtype="float32").item() == 1.5
    assert Tensor([1.9, 1.9]).cumprod(0, dtype=tt.int64).tolist() == [1, 1]
    assert tt.logsumexp(Tensor([0, 0]), 0).dtype == tt.float32
    assert tt.linalg.vector_norm(Tensor([3, 4]), dtype=tt.float64).item() == 5.0
    for name in ("sum", "mean", "prod", "amax", "std", "norm"):
        assert getattr(Tensor([1.0, 2.0], dtype=tt.float16), name)().dtype == tt.float16


def test_half_precision_is_added_up_in_single() -> None:
    assert tt.ones(4096, dtype=tt.float16).sum().item() == 4096.0
    assert tt.ones(70_000, dtype=tt.float16).mean().item() == 1.0


def test_nothing() -> None:
    empty = tt.zeros(0, 3)
    assert empty.sum(0).tolist() == [0.0] * 3
    assert empty.prod(0).tolist() == [1.0] * 3
    assert empty.mean(1).shape == (0,)
    assert math.isnan(empty.mean().item())
    assert tt.logsumexp(empty, 0).tolist() == [-math.inf] * 3
    assert tt.all(empty).item() is True
    assert tt.any(empty).item() is False
    for f in (tt.amax, tt.amin, tt.argmax, tt.argmin):
        with pytest.raises(ShapeError, match=rf"expected at least one element for {f.__name__}; got shape \[0, 3\]"):
            f(empty, 0)
    assert tt.amax(empty, 1).shape == (0,)
    with pytest.raises(ShapeError, match="expected at least one element for vector_norm"):
        tt.norm(empty, math.inf)


def test_the_logarithm_of_a_sum_far_out() -> None:
    x = Tensor([[1e4, -1e4], [-math.inf, -math.inf]], requires_grad=True)
    out = tt.logsumexp(x, 1)
    assert out.tolist() == [1e4, -math.inf]
    out.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert tt.logsumexp(Tensor([math.inf, 0.0]), 0).item() == math.inf


def norm_slope(ord: float, values: list[float]) -> list[float]:
    x = Tensor(values, requires_grad=True)
    tt.norm(x, ord).backward()
    assert x.grad is not None
    found: list[float] = x.grad.tolist()
    return found


@pytest.mark.parametrize(
    "ord, values, expected",
    [
        (2, [0.0, 0.0], [0.0, 0.0]),
        (3, [0.0, 0.0], [0.0, 0.0]),
        (1, [0.0, -2.0], [0.0, -1.0]),
        (0.5, [0.0, 4.0], [0.0, 1.0]),
        (math.inf, [-3.0, 3.0, 1.0], [-0.5, 0.5, 0.0]),
        (-math.inf, [-1.0, 3.0, 1.0], [-0.5, 0.0, 0.5]),
        (0, [1.0, 2.0], [0.0, 0.0]),
    ],
)
def test_gradients_of_norms_at_zeros_and_ties(ord: float, values: list[float], expected: list[float]) -> None:
    if ord == 0:
        x = Tensor(values, requires_grad=True)
        assert tt.grad(tt.norm(x, 0), x, allow_unused=True) == (None,)
    else:
        assert norm_slope(ord, values) == expected


@pytest.mark.parametrize("f", [tt.mean, tt.var, tt.std, tt.linalg.vector_norm])
def test_whole_numbers_are_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(DTypeError, match=r"expected a floating type for .*; got int64: convert with \.float"):
        f(Tensor([1, 2]))


def test_wrong_dimensions_and_norms() -> None:
    x = tt.zeros(2, 3)
    with pytest.raises(ShapeError, match="expected a dimension from -2 to 1; got 2"):
        x.sum(2)
    with pytest.raises(ShapeError, match=r"expected each dimension once; got \(0, -2\)"):
        x.sum((0, -2))
    with pytest.raises(ShapeError, match="expected a dimension from -1 to 0; got 1"):
        Tensor(1.0).argmax(1)
    with pytest.raises(NotSupportedError, match="norm supports p as a number or 'fro'; got 'nuc'"):
        x.norm("nuc")
