"""Activations against their formulas in Python's own floats, their slopes against differences, at kinks and far out."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tt_core.functional as F
from tt_core import DTypeError, NotSupportedError, ShapeError, Tensor, grad, tensor, use_backend
from tt_core.testing import check_gradients

from .strategies import Array


def gradient(y: Tensor, x: Tensor, seed: Tensor | None = None) -> Array:
    (g,) = grad(y, x, seed)
    assert g is not None
    return g.numpy()


ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def sigma(a: float) -> float:
    return 1 / (1 + math.exp(-a)) if a > -700 else 0.0


def soft(a: float) -> float:
    return max(a, 0) + math.log1p(math.exp(-abs(a)))


def bent(a: float, below: float) -> float:
    return a if a > 0 else below


FORMULAS: dict[str, tuple[Callable[..., Tensor], Callable[[float], float]]] = {
    "relu": (F.relu, lambda a: max(a, 0.0)),
    "relu6": (F.relu6, lambda a: min(max(a, 0.0), 6.0)),
    "leaky_relu": (F.leaky_relu, lambda a: bent(a, 0.01 * a)),
    "leaky_relu -0.3": (lambda x: F.leaky_relu(x, -0.3), lambda a: bent(a, -0.3 * a)),
    "prelu": (lambda x: F.prelu(x, Tensor([0.2], dtype=x.dtype)), lambda a: bent(a, 0.2 * a)),
    "elu": (F.elu, lambda a: bent(a, math.expm1(min(a, 0)))),
    "elu 2.5": (lambda x: F.elu(x, alpha=2.5), lambda a: bent(a, 2.5 * math.expm1(min(a, 0)))),
    "selu": (F.selu, lambda a: SCALE * bent(a, ALPHA * math.expm1(min(a, 0)))),
    "celu 0.3": (lambda x: F.celu(x, alpha=0.3), lambda a: bent(a, 0.3 * math.expm1(min(a, 0) / 0.3))),
    "gelu": (F.gelu, lambda a: a * (1 + math.erf(a / math.sqrt(2))) / 2),
    "gelu tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda a: a * (1 + math.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))) / 2,
    ),
    "silu": (F.silu, lambda a: a * sigma(a)),
    "mish": (F.mish, lambda a: a * math.tanh(soft(a))),
    "hardtanh": (F.hardtanh, lambda a: min(max(a, -1.0), 1.0)),
    "hardtanh 0.5": (lambda x: F.hardtanh(x, -0.5, 2.0), lambda a: min(max(a, -0.5), 2.0)),
    "hardsigmoid": (F.hardsigmoid, lambda a: min(max(a + 3, 0.0), 6.0) / 6),
    "hardswish": (F.hardswish, lambda a: a * min(max(a + 3, 0.0), 6.0) / 6),
    "softplus": (F.softplus, lambda a: a if a > 20 else soft(a)),
    "softplus 2": (lambda x: F.softplus(x, beta=2.0, threshold=900.0), lambda a: soft(2 * a) / 2),
    "softsign": (F.softsign, lambda a: a / (1 + abs(a))),
    "logsigmoid": (F.logsigmoid, lambda a: -soft(-a)),
    "sigmoid": (F.sigmoid, sigma),
    "tanh": (F.tanh, math.tanh),
}
named = pytest.mark.parametrize("name", FORMULAS)
# no kink, and where a float32 still tells the slopes from 0 and 1
SMOOTH = [-8.3, -3.4, -2.2, -1.7, -0.7, -0.31, 0.21, 0.8, 1.6, 2.3, 4.4, 7.1]
FAR = [-1e4, -745.5, -120.0, -89.5, -20.7, 20.7, 89.5, 120.0, 745.5, 1e4]
TOLERANCE = {"float64": 1e-12, "float32": 2e-6, "float16": 2e-3}


def values(name: str, points: list[float], dtype: str) -> tuple[Tensor, Tensor]:
    x = Tensor(np.array(points, dtype), requires_grad=True)
    return x, FORMULAS[name][0](x)


@named
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_values_are_those_of_the_formula(name: str, dtype: str) -> None:
    x, y = values(name, [*SMOOTH, *FAR, 0.0], dtype)
    expected = [FORMULAS[name][1](a) for a in x.tolist()]
    tolerance = TOLERANCE[dtype]
    assert y.dtype == x.dtype
    assert_allclose(y.detach().numpy().astype(float), expected, rtol=tolerance, atol=tolerance)


@named
@given(a=st.floats(-1e4, 1e4, width=32))
def test_drawn_values_are_those_of_the_formula(name: str, a: float) -> None:
    assert_allclose(
        FORMULAS[name][0](tensor([a], dtype="float64")).item(), FORMULAS[name][1](a), rtol=1e-12, atol=1e-12
    )


@named
def test_slopes_and_their_slopes_are_those_of_differences(name: str) -> None:
    assert check_gradients(FORMULAS[name][0], np.array(SMOOTH), second=True)


@named
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_slopes_are_finite_far_out(name: str, dtype: str) -> None:
    """Each function is a straight line there: its slope is that of a long chord in the same direction."""
    x, y = values(name, FAR, dtype)
    (slope,) = grad(y.sum(), x, create_graph=True)
    assert slope is not None
    formula = FORMULAS[name][1]
    chords = [(formula(a * 1.1) - formula(a)) / (a * 0.1) for a in FAR]
    straight = [abs(a) > 700 for a in FAR]  # nearer, the tails of a float64 are not yet straight
    assert_allclose(slope.detach().numpy()[straight], np.array(chords)[straight], atol=2e-3)
    if dtype != "float16" and slope.requires_grad:
        (second,) = grad(slope.sum(), x, allow_unused=True)
        assert second is None or np.isfinite(second.numpy()).all()


KINKS = [  # PyTorch's side of each kink
    ("relu", 0.0, 0.0), ("relu6", 0.0, 0.0), ("relu6", 6.0, 0.0), ("leaky_relu", 0.0, 0.01),
    ("leaky_relu -0.3", 0.0, -0.3), ("prelu", 0.0, 0.2), ("elu", 0.0, 1.0), ("elu 2.5", 0.0, 2.5),
    ("selu", 0.0, SCALE * ALPHA), ("celu 0.3", 0.0, 1.0),
    ("hardtanh", -1.0, 0.0), ("hardtanh", 1.0, 0.0), ("hardsigmoid", -3.0, 0.0), ("hardsigmoid", 3.0, 0.0),
    ("hardswish", -3.0, 0.0), ("hardswish", 3.0, 1.0), ("softsign", 0.0, 1.0), ("silu", 0.0, 0.5), ("gelu", 0.0, 0.5),
]  # fmt: skip


@pytest.mark.parametrize("name,at,slope", KINKS)
def test_slope_at_a_kink(name: str, at: float, slope: float) -> None:
    x, y = values(name, [at], "float64")
    assert_allclose(gradient(y.sum(), x), [slope], rtol=1e-15)


@named
def test_nan_stays_nan(name: str) -> None:
    _, y = values(name, [math.nan, 1.0], "float32")
    assert np.isnan(y.detach().numpy()).tolist() == [True, False]


def test_relu_stops_an_infinite_gradient_and_lets_that_of_nan_pass() -> None:
    x = tensor([-1.0, 0.0, 2.0, math.nan], requires_grad=True)
    F.relu(x).backward(tensor([math.inf, math.nan, math.inf, 3.0]))
    assert x.grad is not None
    assert_array_equal(x.grad.numpy(), [0.0, 0.0, math.inf, 3.0])


def test_relu_of_integers_and_of_many_elements() -> None:
    assert F.relu(tensor([-2, 3])).tolist() == [0, 3]
    x = Tensor(np.random.default_rng(0).standard_normal((3, 5000)), requires_grad=True)
    F.relu(x.T).sum().backward()
    assert x.grad is not None
    assert_array_equal(x.grad.numpy(), x.detach().numpy() > 0)


@named
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_many_elements_give_what_each_gives(name: str, dtype: str) -> None:
    """From some thousand elements on, kernels choose by masks of bits instead of branches."""
    points = np.linspace(-9, 25, 9000).tolist()
    x, y = values(name, points, dtype)
    few = [values(name, points[i : i + 1000], dtype) for i in range(0, 9000, 1000)]
    assert_allclose(y.detach().numpy(), np.concatenate([b.detach().numpy() for _, b in few]), rtol=1e-6, atol=1e-7)
    slopes = np.concatenate([gradient(b.sum(), a) for a, b in few])
    assert_allclose(gradient(y.sum(), x), slopes, rtol=1e-6, atol=1e-7)


def test_softplus_is_straight_above_its_threshold() -> None:
    x = tensor([1.0, 3.0], requires_grad=True, dtype="float64")
    y = F.softplus(x, beta=1.0, threshold=2.0)
    assert_allclose(y.detach().numpy(), [soft(1.0), 3.0])
    assert_allclose(gradient(y.sum(), x), [sigma(1.0), 1.0])


def test_prelu_learns_a_slope_for_each_channel() -> None:
    rng = np.random.default_rng(0)
    for shape, slopes in [((2, 3, 4), (3,)), ((2, 3), (3,)), ((4,), (1,)), ((), ()), ((), (1,)), ((2, 3, 2, 2), ())]:
        x, w = rng.standard_normal(shape), rng.random(slopes)
        wide = w.reshape((-1,) + (1,) * (x.ndim - 2)) if x.ndim > 1 else w.reshape(())
        assert_allclose(F.prelu(Tensor(x), Tensor(w)).numpy(), np.where(x > 0, x, wide * x))
        assert check_gradients(F.prelu, x, w, second=True)
    with pytest.raises(ShapeError, match=r"1 slope in prelu or 3, one per channel; got shape \[2\]"):
        F.prelu(Tensor(np.ones((2, 3))), Tensor(np.ones(2)))
    with pytest.raises(ShapeError, match=r"1 slope in prelu or 3, one per channel; got shape \[3, 1\]"):
        F.prelu(Tensor(np.ones((2, 3))), Tensor(np.ones((3, 1))))


def test_glu_gates_one_half_with_the_other() -> None:
    x = np.random.default_rng(0).standard_normal((2, 4, 3))
    gates = 1 / (1 + np.exp(-x[:, 2:]))
    assert_allclose(F.glu(Tensor(x), dim=1).numpy(), x[:, :2] * gates)
    assert check_gradients(lambda t: F.glu(t, dim=1), x, second=True)
    assert F.glu(Tensor(np.ones((1, 2, 6)))).shape == (1, 2, 3)
    for shape, dim in [((2, 3), -1), ((), 0)]:
        with pytest.raises(ShapeError, match="even size along dim"):
            F.glu(Tensor(np.ones(shape)), dim)


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softmax_is_a_distribution_and_log_softmax_its_logarithm(dim: int, dtype: str) -> None:
    x = np.array([[1e4, -1e4, 0.0], [1.0, 2.0, 3.0]], dtype)
    wide = x.astype(np.longdouble)
    log = wide - wide.max(dim, keepdims=True)
    log -= np.log(np.exp(log).sum(dim, keepdims=True))
    rtol = TOLERANCE[dtype]
    assert_allclose(F.log_softmax(Tensor(x), dim).numpy(), log.astype(dtype), rtol=rtol, atol=rtol)
    assert_allclose(F.softmax(Tensor(x), dim).numpy(), np.exp(log).astype(dtype), rtol=rtol, atol=rtol)
    for f in (F.softmax, F.log_softmax):
        t = Tensor(x, requires_grad=True)
        g = gradient(f(t, dim), t, Tensor(np.arange(6, dtype=dtype).reshape(2, 3)))
        assert np.isfinite(g).all()
        assert_allclose(g.sum(dim), 0, atol=2e-5)  # adding a constant changes nothing
        assert check_gradients(lambda t, f=f: f(t, dim), x / 1e4, second=True)


def test_softmax_of_one_number_of_integers_and_of_nothing() -> None:
    assert F.softmax(tensor(3.0), 0).item() == 1.0
    assert F.log_softmax(tensor(3.0), -1).item() == 0.0
    assert F.softmax(tensor([1, 1]), 0, dtype="float64").tolist() == [0.5, 0.5]
    assert F.softmax(tensor([0.0, -math.inf]), 0).tolist() == [1.0, 0.0]
    assert F.softmax(Tensor(np.ones((0, 3))), 1).shape == (0, 3)
    with pytest.raises(DTypeError, match="floating type for softmax; got int64"):
        F.softmax(tensor([1, 1]), 0)
    with pytest.raises(ShapeError, match="dimension from -1 to 0; got 1"):
        F.softmax(tensor([1.0]), 1)


INPLACE = [F.relu, F.relu6, F.leaky_relu, F.elu, F.selu, F.celu, F.silu, F.mish, F.hardtanh, F.hardswish, F.hardsigmoid]
FLOATING = [
    F.leaky_relu,
    F.elu,
    F.selu,
    F.celu,
    F.gelu,
    F.silu,
    F.mish,
    F.hardtanh,
    F.softplus,
    F.softsign,
    F.logsigmoid,
]


@pytest.mark.parametrize("function", INPLACE)
def test_inplace_is_refused_by_name(function: Any) -> None:
    assert function(tensor([1.0]), inplace=False).shape == (1,)
    with pytest.raises(
        NotSupportedError, match=f"expected inplace=False; {function.__name__} always returns a new tensor"
    ):
        function(tensor([1.0]), inplace=True)


@pytest.mark.parametrize("function", FLOATING)
def test_integers_are_refused(function: Any) -> None:
    with pytest.raises(DTypeError, match=r"expected a floating type for .*; got int64"):
        function(tensor([1, 2]))


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"min_val ≤ max_val in hardtanh; got 2.0 and 1.0"):
        F.hardtanh(tensor([1.0]), 2.0)
    with pytest.raises(NotSupportedError, match="approximate 'none' or 'tanh' in gelu; got 'sigmoid'"):
        F.gelu(tensor([1.0]), approximate="sigmoid")  # type: ignore[arg-type]


@named
def test_loops_give_the_same(name: str) -> None:
    """The definition of each primitive in loops, forward and backward."""
    results = []
    for backend in ("numpy", "naive"):
        with use_backend(backend):
            x, y = values(name, [*SMOOTH, -30.0, 30.0], "float64")
            results.append((y.detach().numpy(), gradient(y.sum(), x)))
    assert_allclose(results[0], results[1], rtol=1e-12, atol=1e-13)
