"""The fused primitives: against their formulas, with gradients, and far out."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose

import tt_core as tt
from tt_core import Tensor
from tt_core.primitives import neural as P
from tt_core.recording import apply

from ..strategies import Array, arrays, check, shapes

erf = np.vectorize(math.erf, otypes=[np.float64])


def softmax(a: Array, dim: int) -> Array:
    return np.asarray(np.exp(a) / np.exp(a).sum(dim, keepdims=True))


def standardize(a: Array, ndim: int, eps: float) -> Array:
    axes = tuple(range(-ndim, 0))
    return np.asarray((a - a.mean(axes, keepdims=True)) / np.sqrt(a.var(axes, keepdims=True) + eps))


def bell(a: Array) -> Array:
    return np.asarray(a * 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))))


CASES: dict[str, tuple[Callable[[Any], Any], Callable[[Array], Any]]] = {
    "relu": (lambda x: apply(P.relu, x), lambda a: np.maximum(a, 0)),
    "gelu": (lambda x: apply(P.gelu, x, approximate="none"), lambda a: a * 0.5 * (1 + erf(a / math.sqrt(2)))),
    "gelu tanh": (lambda x: apply(P.gelu, x, approximate="tanh"), bell),
    "softplus": (lambda x: apply(P.softplus, x, beta=1.0, threshold=20.0), lambda a: np.log1p(np.exp(a))),
    "softplus beta": (
        lambda x: apply(P.softplus, x, beta=3.0, threshold=4.0),
        lambda a: np.where(a * 3 > 4, a, np.log1p(np.exp(a * 3)) / 3),
    ),
    "softmax": (lambda x: apply(P.softmax, x, dim=-1), lambda a: softmax(a, -1)),
    "softmax 0": (lambda x: apply(P.softmax, x, dim=0), lambda a: softmax(a, 0)),
    "log_softmax": (lambda x: apply(P.log_softmax, x, dim=-1), lambda a: np.log(softmax(a, -1))),
    "log_softmax 0": (lambda x: apply(P.log_softmax, x, dim=0), lambda a: np.log(softmax(a, 0))),
    "standardize": (lambda x: apply(P.standardize, x, ndim=1, eps=0.1), lambda a: standardize(a, 1, 0.1)),
    "standardize 2": (lambda x: apply(P.standardize, x, ndim=2, eps=0.3), lambda a: standardize(a, 2, 0.3)),
}


@pytest.mark.parametrize("name", CASES)
@given(x=arrays(shapes(min_dims=2, min_side=1)))
def test_against_the_formula(name: str, x: Array) -> None:
    check(*CASES[name], x, rtol=1e-11)


@given(x=arrays((2, 2, 3)), w=arrays((4, 3)), b=arrays((4,)))
def test_linear(x: Array, w: Array, b: Array) -> None:
    check(lambda x, w, b: apply(P.linear, x, w, b), lambda x, w, b: x @ w.T + b, x, w, b)
    check(lambda x, w: apply(P.linear, x, w, None), lambda x, w: x @ w.T, x, w)
    check(lambda x, w, b: apply(P.linear, x, w, b), lambda x, w, b: x @ w.T + b, x[0, 0], w, b)


FAR = [1e4, -1e4, 0.0, 50.0, -50.0]


@pytest.mark.parametrize(
    "f, values, slopes",
    [
        (CASES["relu"][0], [1e4, 0, 0, 50, 0], [1, 0, 0, 1, 0]),
        (CASES["gelu"][0], [1e4, 0, 0, 50, 0], [1, 0, 0.5, 1, 0]),
        (CASES["gelu tanh"][0], [1e4, 0, 0, 50, 0], [1, 0, 0.5, 1, 0]),
        (CASES["softplus"][0], [1e4, 0, math.log(2), 50, math.exp(-50)], [1, 0, 0.5, 1, math.exp(-50)]),
        (CASES["softmax"][0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
        (CASES["log_softmax"][0], [0, -2e4, -1e4, -9950, -10050], [-4, 1, 1, 1, 1]),
    ],
)  # fmt: skip
def test_far_out(f: Callable[[Any], Any], values: list[float], slopes: list[float]) -> None:
    x = Tensor(FAR, requires_grad=True, dtype=tt.float64)
    out = f(x)
    out.sum().backward()
    assert x.grad is not None
    assert_allclose(out.data, values, rtol=1e-12, atol=1e-30)
    assert_allclose(x.grad.data, slopes, rtol=1e-12, atol=1e-30)


def test_single_precision_stays_single() -> None:
    x = Tensor([[0.5, -1.0]])
    for f, _ in CASES.values():
        assert f(x).dtype == tt.float32


def test_nothing() -> None:
    for name in ("softmax", "log_softmax", "relu", "gelu"):
        assert CASES[name][0](tt.zeros(2, 0)).shape == (2, 0)
        assert CASES[name][0](tt.zeros(0, 2)).shape == (0, 2)


def test_the_logarithms_of_cross_entropy_end_at_minus_100() -> None:
    x, target = Tensor([0.0, 1.0, 0.5]), Tensor([0.0, 1.0, 0.25], requires_grad=True)
    apply(P.binary_cross_entropy, x, target).sum().backward()
    assert target.grad is not None
    assert target.grad.tolist() == [100.0, -100.0, 0.0]


def test_the_gate_keeps_the_order_of_memory_of_what_it_is_the_gradient_of() -> None:
    images = np.ones((2, 3, 4, 5), np.float32).transpose(0, 3, 1, 2)
    assert P.gate(np.ones(images.shape, np.float32), images).strides == images.strides
    assert P.gate(images, images).strides == images.strides
