"""Normalisation: against the formula, far from 0, gradients of three orders, running averages, and kind errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core.errors import DTypeError, ShapeError
from tt_core.testing import check_backend, check_gradients
from tt_train import functional as F
from tt_train.spatial.primitives import normalization as P

PRIMITIVES = ["moments", "batch_norm", "batch_norm_sums", "batch_norm_input", "scale_shift", "channel_dots"]


def numbers(*shape: int, seed: int = 0, dtype: Any = np.float64) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def normalised(x: Any, axes: tuple[int, ...], eps: float = 1e-5) -> Any:
    wide = x.astype(np.float64)
    return (wide - wide.mean(axes, keepdims=True)) / np.sqrt(wide.var(axes, keepdims=True) + eps)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_kernels_agree_with_loops(name: str) -> None:
    check_backend("numpy", primitives=[name])


@given(
    shape=st.tuples(st.integers(2, 9), st.integers(1, 70), st.integers(1, 9), st.integers(1, 9)),
    mean=st.sampled_from([0, 1, -30, 1000]),
    last=st.booleans(),
)
def test_batch_norm_is_its_formula_however_far_from_0(shape: tuple[int, ...], mean: float, last: bool) -> None:
    x = (numbers(*shape) + mean).astype(np.float32)
    x = np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1) if last else x
    out = F.batch_norm(tt.from_numpy(x), None, None, training=True).numpy()
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, normalised(x, (0, 2, 3)), 1e-5, 1e-5)


def test_a_guess_that_was_far_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(P, "SOME", 1)
    x = 1000 + numbers(1 << 19, 2, dtype=np.float32)
    x[:1024] = 0
    mean, rest, variance = P.moments(x)
    np.testing.assert_allclose(mean + rest.astype(np.float64), x.mean(0, np.float64), 1e-7)
    np.testing.assert_allclose(variance, x.var(0, dtype=np.float64), 1e-5)


def test_large_batches_are_shared_among_threads() -> None:
    x, g = numbers(70, 33, 19, 23, dtype=np.float32), numbers(70, 33, 19, 23, seed=1, dtype=np.float32)
    leaf = tt.from_numpy(x).requires_grad_()
    out = F.batch_norm(leaf, None, None, training=True)
    np.testing.assert_allclose(out.detach().numpy(), normalised(x, (0, 2, 3)), 1e-4, 1e-5)
    (found,) = tt.grad(out, leaf, tt.from_numpy(g))
    hat, wide = normalised(x, (0, 2, 3)), g.astype(np.float64)
    projected = wide - wide.mean((0, 2, 3), keepdims=True) - hat * (wide * hat).mean((0, 2, 3), keepdims=True)
    expected = projected / np.sqrt(x.var((0, 2, 3), dtype=np.float64, keepdims=True) + 1e-5)
    np.testing.assert_allclose(found.numpy(), expected, 1e-4, 1e-5)


FUNCTIONS: dict[str, Any] = {
    "batch": lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=0.1),
    "batch, running": lambda x, w, b: F.batch_norm(x, tt.ones(4), tt.ones(4) * 2, w, b),
    "batch, plain": lambda x, w, b: F.batch_norm(x, None, None, training=True) * w[0] * b[0],
    "batch, weight": lambda x, w, b: F.batch_norm(x, None, None, w, training=True) * b[0],
    "group": lambda x, w, b: F.group_norm(x, 2, w, b, eps=0.1),
    "instance": lambda x, w, b: F.instance_norm(x, None, None, w, b, eps=0.1),
    "instance, bias": lambda x, w, b: F.instance_norm(x, None, None, None, b, eps=0.1) * w[0],
    "local response": lambda x, w, b: F.local_response_norm(x, 3, 0.5) * w[0] * b[0],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients(name: str) -> None:
    check_gradients(FUNCTIONS[name], numbers(2, 4, 3), numbers(4, seed=1), numbers(4, seed=2), second=True)


def test_third_derivatives() -> None:
    def slope(x: Any, w: Any) -> Any:
        x = x if x.requires_grad else x.clone().requires_grad_()
        with tt.enable_grad():
            out = (F.batch_norm(x, None, None, w, training=True, eps=0.3) ** 3).sum()
            return tt.grad(out, x, create_graph=True)[0]

    check_gradients(slope, numbers(3, 2, 2), numbers(2, seed=1), second=True)


def test_sums_of_one_backward_are_not_those_of_the_next() -> None:
    x, w = tt.from_numpy(numbers(5, 3)).requires_grad_(), tt.ones(3, dtype=tt.float64).requires_grad_()
    out = F.batch_norm(x, None, None, w, training=True)
    ones, twos = (tt.full((5, 3), value, dtype=tt.float64) * tt.from_numpy(numbers(5, 3, seed=1)) for value in (1, 2))
    _, first = tt.grad(out, (x, w), ones, retain_graph=True)
    _, second = tt.grad(out, (x, w), twos, retain_graph=True)
    (alone,) = tt.grad(F.batch_norm(x.detach(), None, None, w, training=True), w, ones)
    np.testing.assert_allclose(second.numpy(), 2 * first.numpy())
    np.testing.assert_allclose(alone.numpy(), first.numpy())


def test_running_averages_move_in_place_and_the_variance_is_unbiased() -> None:
    x, mean, variance = tt.from_numpy(numbers(6, 3, 2)), tt.zeros(3), tt.ones(3)
    before = mean.data
    F.batch_norm(x, mean, variance, training=True, momentum=0.25)
    assert mean.data is before
    np.testing.assert_allclose(mean.numpy(), 0.25 * x.numpy().mean((0, 2)), 1e-6)
    np.testing.assert_allclose(variance.numpy(), 0.75 + 0.25 * x.numpy().var((0, 2), ddof=1), 1e-6)
    F.instance_norm(x, mean, variance, momentum=1.0)
    np.testing.assert_allclose(mean.numpy(), x.numpy().mean((0, 2)), 1e-6)
    np.testing.assert_allclose(variance.numpy(), x.numpy().var(2, ddof=1).mean(0), 1e-6)
    out = F.batch_norm(x, mean, variance)
    np.testing.assert_allclose(out.numpy().mean((0, 2)), 0, atol=1e-6)
    assert tt.equal(out, F.instance_norm(x, mean, variance, use_input_stats=False))


def test_no_images_move_nothing() -> None:
    mean, variance = tt.zeros(3), tt.ones(3)
    x, w = tt.zeros(0, 3, 2, requires_grad=True), tt.ones(3, requires_grad=True)
    assert F.batch_norm(tt.zeros(0), None, None).shape == (0,)
    for out in (
        F.batch_norm(x, mean, variance, w, training=True),
        F.instance_norm(x, mean, variance, w),
        F.group_norm(x, 3, w),
        F.local_response_norm(x, 2),
    ):
        assert out.shape == (0, 3, 2)
    (g,) = tt.grad(F.batch_norm(x, mean, variance, w, training=True).sum(), w)
    assert g.tolist() == mean.tolist() == [0, 0, 0]
    assert variance.tolist() == [1, 1, 1]


def test_channels_stay_side_by_side() -> None:
    x = tt.from_numpy(np.moveaxis(numbers(2, 5, 5, 3), -1, 1)).requires_grad_()
    out = F.batch_norm(x, None, None, training=True)
    (g,) = tt.grad(out, x, tt.from_numpy(numbers(2, 3, 5, 5)))
    for y in (out, g, F.batch_norm(x, tt.zeros(3), tt.ones(3))):
        assert np.moveaxis(y.data, 1, -1).flags.c_contiguous


def test_infinity_spoils_its_own_channel_only() -> None:
    x = numbers(8, 2)
    x[3, 0] = np.inf
    out = F.batch_norm(tt.from_numpy(x), None, None, training=True).numpy()
    assert np.isnan(out[:, 0]).any()
    np.testing.assert_allclose(out[:, 1], normalised(x[:, 1:], (0,))[:, 0], 1e-9)


def test_local_response_is_what_neighbours_amount_to() -> None:
    x = numbers(2, 5, 3)
    out = F.local_response_norm(tt.from_numpy(x), 3, alpha=0.5, beta=2, k=1.5).numpy()
    padded = np.pad(x * x, ((0, 0), (1, 1), (0, 0)))
    around = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3
    np.testing.assert_allclose(out, x / (1.5 + 0.5 * around) ** 2)


X = tt.ones(2, 4, 3)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: F.batch_norm(tt.ones(3), None, None), r"x of batch_norm as \(B, C\).*got shape \[3\]"),
        (lambda: F.batch_norm(X, None, None), r"running_mean and running_var for batch_norm outside training"),
        (lambda: F.batch_norm(X, tt.ones(3), tt.ones(4)), r"running_mean of batch_norm.*4 channels; got shape \[3\]"),
        (lambda: F.batch_norm(X, None, None, tt.ones(5), training=True), r"weight of batch_norm.*got shape \[5\]"),
        (lambda: F.batch_norm(tt.ones(1, 4), None, None, training=True), r"more than one number per channel"),
        (lambda: F.instance_norm(tt.ones(2, 4)), r"x of instance_norm as \(B, C, L\)"),
        (lambda: F.instance_norm(tt.ones(2, 4, 1)), r"more than one pixel.*got \[2, 4, 1\]"),
        (lambda: F.group_norm(X, 3), r"num_groups of group_norm that divides 4 channels; got 3"),
        (lambda: F.group_norm(X, 2, tt.ones(2)), r"weight of group_norm.*got shape \[2\]"),
        (lambda: F.local_response_norm(tt.ones(2, 3), 2), r"local_response_norm as \(B, C, L\)"),
        (lambda: F.local_response_norm(X, 0), r"a size from 1 on.*got 0"),
    ],
)
def test_errors_say_what_was_expected(call: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call()


def test_integers_have_no_mean() -> None:
    with pytest.raises(DTypeError, match=r"batch_norm; got int64"):
        F.batch_norm(X.long(), None, None, training=True)
