"""Gradients made smaller."""

from __future__ import annotations

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn
from tt_core.errors import GradientError
from tt_train import optim


def parameters(*gradients: list[float] | None, dtype: str = "float32") -> list[nn.Parameter]:
    made = []
    for g in gradients:
        made.append(nn.Parameter(np.zeros(len(g or [0]), dtype)))
        made[-1].grad = None if g is None else tt.Tensor(np.array(g, dtype))
    return made


def test_the_norm_is_of_all_together() -> None:
    params = parameters([3.0], None, [0.0, 4.0])
    assert optim.clip_grad_norm_(params, 2.5).item() == 5
    np.testing.assert_allclose(params[0].grad.data, [1.5], rtol=1e-6)
    assert params[1].grad is None
    np.testing.assert_allclose(params[2].grad.data, [0.0, 2.0], rtol=1e-6)


def test_small_gradients_stay() -> None:
    params = parameters([0.3, 0.4])
    optim.clip_grad_norm_(iter(params), 0.6)
    assert params[0].grad.data.tolist() == np.array([0.3, 0.4], np.float32).tolist()


def test_without_gradients_there_is_no_norm() -> None:
    assert optim.clip_grad_norm_(parameters(None), 1.0).item() == 0
    assert optim.get_total_norm([]).item() == 0


def test_one_tensor_will_do() -> None:
    (p,) = parameters([3.0, 4.0])
    assert optim.get_total_norm(p.grad).item() == 5
    optim.clip_grads_with_norm_(p, 1.0, optim.get_total_norm(p.grad))
    np.testing.assert_allclose(p.grad.data, [0.6, 0.8], rtol=1e-6)
    optim.clip_grad_value_(p, 0.7)
    np.testing.assert_allclose(p.grad.data, [0.6, 0.7], rtol=1e-6)


@pytest.mark.parametrize("value", [1e25, 1e-25])
def test_squares_neither_overflow_nor_vanish(value: float) -> None:
    params = parameters([3 * value, 4 * value])
    assert optim.get_total_norm([p.grad for p in params]).item() == pytest.approx(5 * value)


def test_half_precision_sums_in_more() -> None:
    params = parameters([300.0] * 100, dtype="float16")
    total = optim.clip_grad_norm_(params, 30.0)
    assert (total.item(), total.dtype.name) == (3000, "float16")
    np.testing.assert_allclose(params[0].grad.data, 3.0, rtol=1e-3)


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_a_norm_that_is_not_finite_may_be_refused(bad: float) -> None:
    params = parameters([1.0, bad])
    with pytest.raises(GradientError, match=f"expected gradients with a finite norm of order 2.0; it is {bad}"):
        optim.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    assert params[0].grad.data[0] == 1


def test_gradients_in_any_order_of_memory() -> None:
    p = nn.Parameter(np.zeros((3, 4)))
    g = np.arange(12.0).reshape(4, 3).T
    p.grad = tt.from_numpy(g)
    total = optim.clip_grad_norm_([p], 1.0)
    assert total.item() == pytest.approx(np.linalg.norm(np.arange(12.0)))
    assert np.linalg.norm(p.grad.data) == pytest.approx(1, rel=1e-5)


def test_a_clipped_gradient_that_was_saved_is_noticed() -> None:
    x, p = tt.ones(2, requires_grad=True), nn.Parameter(np.zeros(2, np.float32))
    p.grad = tt.tensor([3.0, 4.0])
    loss = (x * p.grad).sum()
    optim.clip_grad_norm_([p], 1.0)
    with pytest.raises(GradientError, match="changed in place"):
        loss.backward()
