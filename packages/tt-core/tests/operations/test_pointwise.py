"""Element by element: values against NumPy, gradients against differences, kinks and extremes by hand."""

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

from ..strategies import Array, arrays, check, together

erf = np.vectorize(math.erf, otypes=[np.float64])


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


UNARY: list[tuple[str, Callable[[Array], Array], float, float]] = [
    ("neg", np.negative, -2, 2),
    ("abs", np.abs, -2, 2),
    ("sign", np.sign, -2, 2),
    ("floor", np.floor, -2.5, 2.5),
    ("ceil", np.ceil, -2.5, 2.5),
    ("trunc", np.trunc, -2.5, 2.5),
    ("round", np.round, -2, 2),
    ("exp", np.exp, -2, 2),
    ("expm1", np.expm1, -2, 2),
    ("log", np.log, 0.3, 3),
    ("log1p", np.log1p, -0.7, 2),
    ("log2", np.log2, 0.3, 3),
    ("log10", np.log10, 0.3, 3),
    ("sqrt", np.sqrt, 0.3, 3),
    ("rsqrt", lambda x: 1 / np.sqrt(x), 0.3, 3),
    ("square", np.square, -2, 2),
    ("reciprocal", lambda x: 1 / x, 0.4, 2),
    ("sin", np.sin, -4, 4),
    ("cos", np.cos, -4, 4),
    ("tan", np.tan, -1.1, 1.1),
    ("asin", np.arcsin, -0.9, 0.9),
    ("acos", np.arccos, -0.9, 0.9),
    ("atan", np.arctan, -3, 3),
    ("sinh", np.sinh, -2, 2),
    ("cosh", np.cosh, -2, 2),
    ("tanh", np.tanh, -2, 2),
    ("sigmoid", sigmoid, -4, 4),
    ("erf", erf, -2, 2),
]


@pytest.mark.parametrize("name, oracle, low, high", UNARY, ids=[row[0] for row in UNARY])
@given(data=st.data())
def test_functions_of_one(
    name: str, oracle: Callable[[Array], Array], low: float, high: float, data: st.DataObject
) -> None:
    check(getattr(tt, name), oracle, data.draw(arrays(low=low, high=high)))


BINARY: list[tuple[str, Callable[..., Any], Callable[..., Any], tuple[float, float], tuple[float, float]]] = [
    ("add", tt.add, np.add, (-2, 2), (-2, 2)),
    ("add alpha", lambda x, y: tt.add(x, y, alpha=2.5), lambda x, y: x + 2.5 * y, (-2, 2), (-2, 2)),
    ("sub", tt.sub, np.subtract, (-2, 2), (-2, 2)),
    ("sub alpha", lambda x, y: tt.sub(x, y, alpha=-3), lambda x, y: x + 3 * y, (-2, 2), (-2, 2)),
    ("mul", tt.mul, np.multiply, (-2, 2), (-2, 2)),
    ("div", tt.div, np.divide, (-2, 2), (0.4, 2)),
    ("div floor", lambda x, y: tt.div(x, y, rounding_mode="floor"), np.floor_divide, (-9, 9), (0.4, 2)),
    ("div trunc", lambda x, y: tt.div(x, y, rounding_mode="trunc"), lambda x, y: np.trunc(x / y), (-9, 9), (0.4, 2)),
    ("pow", tt.pow, np.power, (0.3, 2), (-2, 2)),
    ("remainder", tt.remainder, np.remainder, (-5, 5), (1.3, 2.7)),
    ("remainder <0", tt.remainder, np.remainder, (-5, 5), (-2.7, -1.3)),
    ("floor_divide", lambda x, y: x // y, np.floor_divide, (-5, 5), (1.3, 2.7)),
    ("maximum", tt.maximum, np.maximum, (-2, 2), (-1.7, 2.2)),
    ("minimum", tt.minimum, np.minimum, (-2, 2), (-1.7, 2.2)),
    ("logaddexp", tt.logaddexp, np.logaddexp, (-2, 2), (-2, 2)),
]


@pytest.mark.parametrize("name, f, oracle, left, right", BINARY, ids=[row[0] for row in BINARY])
@given(data=st.data())
def test_functions_of_two(
    name: str,
    f: Callable[..., Any],
    oracle: Callable[..., Any],
    left: tuple[float, float],
    right: tuple[float, float],
    data: st.DataObject,
) -> None:
    check(f, oracle, *data.draw(together(left, right)))


NUMBERS: list[Callable[..., Any]] = [
    lambda x: x + 2.5,
    lambda x: 2.5 + x,
    lambda x: x - 2,
    lambda x: 2 - x,
    lambda x: x * 3,
    lambda x: 0.5 * x,
    lambda x: x / 4,
    lambda x: 4 / x,
    lambda x: x**3,
    lambda x: x**2,
    lambda x: x**0.5,
    lambda x: x**-1.5,
    lambda x: x**0,
    lambda x: 2**x,
    lambda x: 1.5**x,
    lambda x: -x,
    lambda x: +x,
    abs,
    lambda x: x % 0.7,
    lambda x: 2.9 % x,
    lambda x: x // 0.7,
    lambda x: 2.9 // x,
    lambda x: x * True,
]


@pytest.mark.parametrize("f", NUMBERS)
@given(x=arrays(low=0.3, high=2))
def test_a_number_on_either_side(f: Callable[..., Any], x: Array) -> None:
    check(f, f, x)


TERNARY: list[tuple[str, Callable[..., Any], Callable[..., Any]]] = [
    ("lerp", tt.lerp, lambda x, y, z: x + z * (y - x)),
    ("addcmul", lambda x, y, z: tt.addcmul(x, y, z, value=0.5), lambda x, y, z: x + 0.5 * y * z),
    ("addcmul 1", tt.addcmul, lambda x, y, z: x + y * z),
    ("addcdiv", lambda x, y, z: tt.addcdiv(x, y, z + 3, value=2), lambda x, y, z: x + 2 * y / (z + 3)),
    ("clamp", tt.clamp, lambda x, y, z: np.minimum(np.maximum(x, y), z)),
    ("where", lambda x, y, z: tt.where(z > 0, x, y), lambda x, y, z: np.where(z > 0, x, y)),
]


@pytest.mark.parametrize("name, f, oracle", TERNARY, ids=[row[0] for row in TERNARY])
@given(data=st.data())
def test_functions_of_three(name: str, f: Callable[..., Any], oracle: Callable[..., Any], data: st.DataObject) -> None:
    check(f, oracle, *data.draw(together((-2, 2), (-1.5, 1.7), (-1.6, 1.9))))


@pytest.mark.parametrize(
    "low, high", [(-0.7, 0.8), (None, 0.3), (-0.2, None), (0.5, -0.5)], ids=["both", "high", "low", "crossed"]
)
@given(x=arrays())
def test_clamp_between_numbers(low: float | None, high: float | None, x: Array) -> None:
    def oracle(a: Array) -> Array:
        a = a if low is None else np.maximum(a, low)
        return a if high is None else np.minimum(a, high)

    check(lambda t: tt.clamp(t, low, high), oracle, x)


@given(pair=together((-2, 2), (-1, 1)))
def test_clamp_to_one_tensor(pair: list[Array]) -> None:
    check(lambda x, y: tt.clamp(x, min=y), np.maximum, *pair)
    check(lambda x, y: tt.clamp(x, max=y), np.minimum, *pair)


def test_clamp_without_bounds_is_refused() -> None:
    with pytest.raises(ShapeError, match="expected a bound for clamp; got None for both min and max"):
        tt.clamp(Tensor([1.0]))


def test_clamp_far_outside_leaves_no_memory_shared() -> None:
    x = Tensor([1.0])
    assert not np.shares_memory(tt.clamp(x, min=-9).data, x.data)


@given(pair=together((-2, 2), (-1, 1)))
def test_masked_fill(pair: list[Array]) -> None:
    x, y = np.broadcast_arrays(*pair)
    check(lambda x: x.masked_fill(Tensor(y > 0), 3.0), lambda x: np.where(y > 0, 3.0, x), x.copy())


def test_masked_fill_keeps_the_type_and_takes_a_tensor() -> None:
    filled = Tensor([1, 2]).masked_fill(Tensor([True, False]), Tensor(7.9))
    assert filled.dtype == tt.int64
    assert filled.tolist() == [7, 2]


def test_where_with_numbers_and_arrays() -> None:
    condition = Tensor([1, 0, 2])
    assert tt.where(condition, 1.0, Tensor([4, 5, 6])).tolist() == [1.0, 5.0, 1.0]
    assert tt.where(condition > 0, Tensor([1.0, 2.0, 3.0]), 0).dtype == tt.float32
    assert Tensor([1.0, 2.0, 3.0]).where(condition > 0, 9).tolist() == [1.0, 9.0, 3.0]


def test_where_alone_gives_positions() -> None:
    rows, columns = tt.where(Tensor([[0, 1], [1, 1]]))
    assert (rows.tolist(), columns.tolist()) == ([0, 1, 1], [1, 0, 1])


COMPARISONS: list[tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = [
    (tt.eq, np.equal, lambda x, y: x == y),
    (tt.ne, np.not_equal, lambda x, y: x != y),
    (tt.lt, np.less, lambda x, y: x < y),
    (tt.le, np.less_equal, lambda x, y: x <= y),
    (tt.gt, np.greater, lambda x, y: x > y),
    (tt.ge, np.greater_equal, lambda x, y: x >= y),
]


@pytest.mark.parametrize("f, oracle, sign", COMPARISONS, ids=[row[1].__name__ for row in COMPARISONS])
def test_comparisons(f: Callable[..., Any], oracle: Callable[..., Any], sign: Callable[..., Any]) -> None:
    x, y = np.array([[1.0, 2.0, 3.0]]), np.array([[2.0], [np.nan]])
    out = f(Tensor(x, requires_grad=True), Tensor(y))
    assert out.dtype == tt.bool
    assert not out.requires_grad
    assert_array_equal(out.data, oracle(x, y))
    for other in (2, 2.0, np.array(2.0), y):
        assert_array_equal(sign(Tensor(x), other).data, oracle(x, other))
        assert_array_equal(sign(other, Tensor(x)).data, oracle(other, x))


@pytest.mark.parametrize(
    "f, oracle",
    [
        (lambda x, y: x & y, np.bitwise_and),
        (lambda x, y: x | y, np.bitwise_or),
        (lambda x, y: x ^ y, np.bitwise_xor),
    ],
    ids=["and", "or", "xor"],
)
def test_bits(f: Callable[..., Any], oracle: Callable[..., Any]) -> None:
    for a, b in ((np.array([12, 10]), np.array([10, 7])), (np.array([True, True]), np.array([True, False]))):
        assert_array_equal(f(Tensor(a), Tensor(b)).data, oracle(a, b))
        assert_array_equal(f(a, Tensor(b)).data, oracle(a, b))
    assert_array_equal(f(6, Tensor([3, 5])).data, oracle(6, [3, 5]))


def test_bits_reversed() -> None:
    assert (~Tensor([True, False])).tolist() == [False, True]
    assert (~Tensor([5])).tolist() == [-6]
    with pytest.raises(DTypeError, match=r"bitwise_not expected operands that fit; got float32\[1\]"):
        _ = ~Tensor([5.0])


ODD = [0.0, -0.0, 1.5, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize(
    "f, oracle",
    [
        (tt.isnan, np.isnan),
        (tt.isinf, np.isinf),
        (tt.isfinite, np.isfinite),
        (lambda x: x.logical_not(), np.logical_not),
    ],
    ids=["isnan", "isinf", "isfinite", "logical_not"],
)
def test_questions(f: Callable[..., Any], oracle: Callable[..., Any]) -> None:
    assert_array_equal(f(Tensor(ODD)).data, oracle(np.array(ODD, np.float32)))
    assert_array_equal(f(Tensor([3, 0])).data, oracle(np.array([3, 0])))


@pytest.mark.parametrize("equal_nan", [False, True])
def test_isclose_and_allclose(equal_nan: bool) -> None:
    x = np.array([1.0, 1.0, 0.0, math.inf, -math.inf, math.inf, math.nan, 1.0, math.inf, 2.0])
    y = np.array([1.00001, 1.1, 1e-9, math.inf, math.inf, 1.0, math.nan, math.nan, 5.0, math.inf])
    found = tt.isclose(Tensor(x), Tensor(y), equal_nan=equal_nan)
    assert_array_equal(found.data, np.isclose(x, y, equal_nan=equal_nan))
    assert_array_equal(tt.isclose(Tensor(x), Tensor(y), 0.2, 0.0).data, np.isclose(x, y, 0.2, 0.0))
    assert_array_equal(tt.isclose(Tensor([0.0]), Tensor([0.5]), 0.0, 0.6).data, [True])
    assert tt.allclose(Tensor(x[:1]), Tensor(y[:1]))
    assert not tt.allclose(Tensor(x), Tensor(y))


def slope(f: Callable[..., Any], *at: float) -> list[float]:
    """Return the gradient of each argument at one point."""
    xs = [Tensor(a, requires_grad=True, dtype=tt.float64) for a in at]
    f(*xs).backward()
    return [x.grad.item() for x in xs if x.grad is not None]


@pytest.mark.parametrize(
    "f, at, expected",
    [
        (abs, [0.0], [0.0]),
        (tt.maximum, [1.0, 1.0], [0.5, 0.5]),
        (tt.minimum, [1.0, 1.0], [0.5, 0.5]),
        (lambda x: tt.clamp(x, -1, 1), [1.0], [1.0]),
        (lambda x: tt.clamp(x, -1, 1), [-1.0], [1.0]),
        (tt.clamp, [1.0, 0.0, 1.0], [1.0, 0.0, 0.0]),
        (tt.clamp, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]),
        (tt.clamp, [5.0, 2.0, 2.0], [0.0, 0.0, 1.0]),
        (tt.clamp, [1.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
        (lambda x: x**0, [0.0], [0.0]),
        (lambda x: x**1, [0.0], [1.0]),
        (lambda x: x**2, [0.0], [0.0]),
        (tt.pow, [0.0, 0.0], [0.0, 0.0]),
        (tt.pow, [0.0, 2.0], [0.0, 0.0]),
        (tt.pow, [0.0, 1.0], [1.0, 0.0]),
        (lambda y: 0.0**y, [2.0], [0.0]),
        (lambda y: 0**y, [0.0], [0.0]),
        (tt.sign, [0.0], [0.0]),
        (tt.sigmoid, [-1e4], [0.0]),
        (tt.sigmoid, [1e4], [0.0]),
        (tt.logaddexp, [1e4, -1e4], [1.0, 0.0]),
        (lambda x: tt.where(x > 0, x.log(), x), [-1.0], [1.0]),
    ],
)
def test_gradients_at_kinks_and_far_out(f: Callable[..., Any], at: list[float], expected: list[float]) -> None:
    assert slope(f, *at) == expected


def test_a_number_on_the_left_raised_to_a_negative_power_at_zero() -> None:
    (found,) = slope(lambda y: 0.0**y, -1.0)
    assert found == -math.inf


@pytest.mark.parametrize(
    "name, at, expected",
    [
        ("log", [0.0, -1.0], [-math.inf, math.nan]),
        ("sqrt", [-1.0], [math.nan]),
        ("reciprocal", [0.0], [math.inf]),
        ("rsqrt", [0.0], [math.inf]),
        ("exp", [1e4, -1e4], [math.inf, 0.0]),
        ("sigmoid", [1e4, -1e4], [1.0, 0.0]),
        ("tanh", [1e4, -1e4], [1.0, -1.0]),
        ("erf", [1e4, -1e4, math.nan], [1.0, -1.0, math.nan]),
        ("asin", [2.0], [math.nan]),
        ("cosh", [1e4], [math.inf]),
    ],
)
def test_ieee_values_without_a_warning(name: str, at: list[float], expected: list[float]) -> None:
    assert_array_equal(getattr(tt, name)(Tensor(at)).data, np.array(expected, np.float32))


def test_division_by_zero_is_silent() -> None:
    assert_array_equal((Tensor([1.0, 0.0]) / 0).data, [math.inf, math.nan])
    assert_array_equal((Tensor([1.0]) % 0.0).data, [math.nan])


@pytest.mark.parametrize("mode", ["floor", "trunc"])
def test_whole_numbers_divided_with_rounding(mode: str) -> None:
    x, y = np.array([7, -7, 2**53 // 3]), np.array([2, 2, -1])
    exact = np.floor_divide(x, y) if mode == "floor" else np.trunc(x / y).astype(int)
    found = tt.div(Tensor(x), Tensor(y), rounding_mode=mode)
    assert found.dtype == tt.int64
    assert_array_equal(found.data, exact)
    assert tt.div(Tensor([7, -7]), 2, rounding_mode=mode).tolist() == [3, -4 if mode == "floor" else -3]


def test_whole_numbers_divide_to_floats() -> None:
    assert (Tensor([1, 2]) / Tensor([4, 4])).dtype == tt.float32
    assert (1 / Tensor([4])).tolist() == [0.25]
    assert (Tensor([1]) / 4).tolist() == [0.25]
    assert (Tensor([True]) / 4).dtype == tt.float32


def test_an_unknown_rounding_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="expected rounding_mode None, 'floor' or 'trunc'; got 'up'"):
        tt.div(Tensor([1.0]), 2, rounding_mode="up")


def test_round_to_decimals() -> None:
    assert tt.round(Tensor([0.5, 1.5, 2.5])).tolist() == [0.0, 2.0, 2.0]
    assert tt.round(Tensor([1.2345], dtype="float64"), decimals=2).tolist() == [1.23]
    assert tt.round(Tensor([123.0]), decimals=-1).tolist() == [120.0]


@pytest.mark.parametrize("name", [row[0] for row in UNARY])
def test_types_of_functions_of_one(name: str) -> None:
    keeps = name in {"neg", "abs", "sign", "floor", "ceil", "trunc", "round", "square"}
    for dtype in (tt.float16, tt.float32, tt.float64):
        assert getattr(tt, name)(Tensor([1], dtype=dtype)).dtype == dtype
    assert getattr(tt, name)(Tensor([1])).dtype == (tt.int64 if keeps else tt.float32)


@pytest.mark.parametrize("name", ["floor_divide", "remainder", "div"])
def test_whole_numbers_are_not_divided_by_zero(name: str) -> None:
    settings = {"rounding_mode": "floor"} if name == "div" else {}
    f = getattr(tt, name)
    for x, y in ((Tensor([1, 2]), Tensor([1, 0])), (Tensor([1]), 0), (1, Tensor([0]))):
        with pytest.raises(ZeroDivisionError, match="expected no 0 among the divisors of integers; got one: convert"):
            f(x, y, **settings)
    assert f(Tensor([1.0]), 0, **settings).shape == (1,)
    assert f(Tensor([7]), 2, **settings).tolist() == [1 if name == "remainder" else 3]


def test_options_that_would_lose_something_are_refused() -> None:
    with pytest.raises(DTypeError, match=r"expected a whole alpha for integers; got 0\.5"):
        tt.add(Tensor([1]), 1, alpha=0.5)
    assert tt.sub(Tensor([5]), Tensor([2]), alpha=2).tolist() == [1]
    with pytest.raises(DTypeError, match="expected a mask of type bool for masked_fill; got int64"):
        Tensor([1.0]).masked_fill(Tensor([1]), 0)
    with pytest.raises(ShapeError, match=r"expected one number to fill with in masked_fill; got shape \[1\]"):
        Tensor([1.0]).masked_fill(Tensor([True]), Tensor([0.0]))
    for rtol, atol in ((-1.0, 0.0), (0.0, -1.0)):
        with pytest.raises(ShapeError, match=f"expected tolerances of at least 0; got rtol {rtol} and atol {atol}"):
            tt.isclose(Tensor([1.0]), Tensor([1.0]), rtol, atol)


def test_whole_numbers_can_be_close() -> None:
    x, y = Tensor([0, 255, 100], dtype=tt.uint8), Tensor([1, 0, 100], dtype=tt.uint8)
    assert tt.isclose(x, y, atol=1.0).tolist() == [True, False, True]
    assert tt.isclose(Tensor([True, False]), Tensor([True, True])).tolist() == [True, False]


@pytest.mark.parametrize("dtype", [tt.float16, tt.float32, tt.float64, tt.int8, tt.int64, tt.bool], ids=str)
@pytest.mark.parametrize("shapes", [((300, 300),) * 3, ((300, 300), (), (300, 1)), ((300, 1), (300, 300), (300,))])
def test_choices_among_many(dtype: Any, shapes: Any) -> None:
    rng = np.random.default_rng(0)
    condition = rng.random(shapes[0]) < 0.5
    x, y = ((rng.random(s) * 3 - 1).astype(dtype) for s in shapes[1:])
    found = tt.where(Tensor(condition), Tensor(x), Tensor(y))
    assert found.dtype == dtype
    assert_array_equal(found.data, np.where(condition, x, y))
    assert_array_equal(
        tt.where(Tensor(condition.T), Tensor(x).T, 1).data, np.where(condition.T, x.T, np.array(1, dtype))
    )


def test_whole_numbers_to_negative_powers() -> None:
    assert tt.pow(Tensor([2, 1, -1, -1, 3]), Tensor([-1, -5, -2, -3, 2])).tolist() == [0, 1, 1, -1, 9]


@pytest.mark.parametrize("name, formula", [("rsqrt", "1 / √x"), ("erf", "∫₀ˣ"), ("log1p", "1 + x")])
def test_the_formula_is_documented(name: str, formula: str) -> None:
    assert formula in (getattr(tt, name).__doc__ or "")


def test_whole_numbers_to_a_negative_number() -> None:
    with pytest.raises(DTypeError, match=r"^pow expected floating-point numbers to raise to -2; got integers: convert"):
        Tensor([1, 2]) ** -2
    with pytest.raises(ShapeError, match="pow expected operands that fit"):
        tt.ones(2) ** tt.ones(3)
