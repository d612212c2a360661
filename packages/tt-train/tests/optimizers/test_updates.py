"""Each optimizer beside its formulas, computed one number at a time, and what only some of them have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn
from tt_train import optim
from tt_train.optim import OptimizerError
from tt_train.optimizers import blas
from tt_train.optimizers.muon import orthogonalize

STEPS = 25
Formula = Callable[[float, list[float]], float]


def sgd(x: float, gradients: list[float]) -> float:
    b = 0.0
    for t, gradient in enumerate(gradients):
        g = gradient + 0.1 * x
        b = g if t == 0 else 0.9 * b + 0.8 * g
        x -= 0.05 * b
    return x


def nesterov(x: float, gradients: list[float]) -> float:
    b = 0.0
    for g in gradients:
        b = 0.9 * b - g
        x -= 0.05 * (-g + 0.9 * b)
    return x


def adam(x: float, gradients: list[float]) -> float:
    m = v = top = 0.0
    for t, g in enumerate(gradients, 1):
        x *= 1 - 0.01 * 0.3
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g * g
        top = max(top, v)
        x -= 0.01 * (m / (1 - 0.8**t)) / (math.sqrt(top / (1 - 0.9**t)) + 1e-8)
    return x


def rmsprop(x: float, gradients: list[float]) -> float:
    v = mean = b = 0.0
    for g in gradients:
        v, mean = 0.9 * v + 0.1 * g * g, 0.9 * mean + 0.1 * g
        b = 0.5 * b + g / (math.sqrt(v - mean**2) + 1e-8)
        x -= 0.01 * b
    return x


def adagrad(x: float, gradients: list[float]) -> float:
    v = 0.5
    for t, g in enumerate(gradients, 1):
        v += g * g
        x -= 0.1 / (1 + (t - 1) * 0.2) * g / (math.sqrt(v) + 1e-10)
    return x


def lion(x: float, gradients: list[float]) -> float:
    m = 0.0
    for g in gradients:
        x *= 1 - 0.01 * 0.3
        x -= 0.01 * math.copysign(1, 0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g
    return x


FORMULAS: list[tuple[str, dict[str, Any], Formula]] = [
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1}, sgd),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "maximize": True}, nesterov),
    ("AdamW", {"lr": 0.01, "betas": (0.8, 0.9), "weight_decay": 0.3, "amsgrad": True}, adam),
    ("RMSprop", {"alpha": 0.9, "momentum": 0.5, "centered": True}, rmsprop),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.2, "initial_accumulator_value": 0.5}, adagrad),
    ("Lion", {"lr": 0.01, "weight_decay": 0.3}, lion),
]


@pytest.fixture(params=["with BLAS", "with NumPy alone"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do without BLAS the second time."""
    if request.param == "with NumPy alone":
        monkeypatch.setattr(blas, "kernel", lambda _: None)


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("name, options, formula", FORMULAS, ids=[formula.__name__ for *_, formula in FORMULAS])
def test_the_formula(name: str, options: dict[str, Any], formula: Formula) -> None:
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=(3, 4)), rng.normal(size=(STEPS, 3, 4))
    p = nn.Parameter(start)
    optimizer = getattr(optim, name)([p], **options)
    for g in gradients:
        p.grad = tt.Tensor(g)
        optimizer.step()
    wanted = [formula(x, list(gradients[:, i, j])) for (i, j), x in np.ndenumerate(start)]
    np.testing.assert_allclose(p.data.ravel(), wanted, rtol=1e-12)


def test_maximizing_lion() -> None:
    p, q = nn.Parameter([1.0, -1.0]), nn.Parameter([1.0, -1.0])
    p.grad, q.grad = tt.tensor([0.5, 2.0]), tt.tensor([-0.5, -2.0])
    optim.Lion([p], maximize=True).step()
    optim.Lion([q]).step()
    assert p.tolist() == q.tolist()


@pytest.mark.parametrize("shape", [(8, 8), (5, 20), (20, 5)])
def test_orthogonalized_matrices_have_singular_values_near_1(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    values = np.linalg.svd(orthogonalize(x, (3.4445, -4.7750, 2.0315), 10, 1e-7), compute_uv=False)
    assert 0.6 < values.min() <= values.max() < 1.3


def test_a_matrix_of_zeros_stays() -> None:
    assert not orthogonalize(np.zeros((3, 2)), (3.4445, -4.7750, 2.0315), 5, 1e-7).any()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"adjust_lr_fn": "other"}, r"expected adjust_lr_fn 'original', 'match_rms_adamw' or None; got 'other'"),
        ({"ns_steps": 100}, "expected 3 ns_coefficients and 0 to 99 ns_steps; got .* and 100"),
        ({"ns_coefficients": (1, 2)}, "expected 3 ns_coefficients"),
    ],
)
def test_settings_that_muon_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptimizerError, match=message):
        optim.Muon([nn.Parameter(np.eye(2))], **options)


def test_muon_refuses_what_is_no_matrix() -> None:
    with pytest.raises(OptimizerError, match=r"expected matrices for Muon; got a parameter of shape \[3\]: .* AdamW"):
        optim.Muon([nn.Parameter([1.0, 2.0, 3.0])])


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(OptimizerError, match="expected nesterov=True together with a momentum above 0"):
        optim.SGD([nn.Parameter([1.0])], nesterov=True)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Lion", "Muon"])
def test_a_half_precise_parameter_is_updated_in_single_precision(name: str) -> None:
    start = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float16)
    p, q = nn.Parameter(start), nn.Parameter(start.astype(np.float32))
    p.grad, q.grad = tt.Tensor(start / 8), tt.Tensor(start.astype(np.float32) / 8)
    for x in (p, q):
        getattr(optim, name)([x], lr=0.1).step()
    assert p.dtype == np.float16
    assert p.tolist() == q.data.astype(np.float16).tolist()
    assert (p.data != start).any()
