"""Losses against their formulas in NumPy, their gradients against differences, and every corner that training meets."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tt_core.functional as F
from tt_core import DTypeError, NotSupportedError, ShapeError, Tensor, grad, nn, tensor, use_backend
from tt_core.testing import check_gradients

from .strategies import Array

rng = np.random.default_rng(0)
REDUCTIONS = ["none", "mean", "sum"]
reductions = pytest.mark.parametrize("reduction", REDUCTIONS)


def gradient(y: Tensor, x: Tensor, seed: Tensor | None = None) -> Array:
    (g,) = grad(y, x, seed)
    assert g is not None
    return g.numpy()


def reduced(losses: Array, reduction: str, count: float | None = None) -> Any:
    total = losses.sum()
    return {"none": losses, "sum": total, "mean": total / (losses.size if count is None else count)}[reduction]


def log_softmax(x: Array, axis: int) -> Array:
    shifted = x - x.max(axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis, keepdims=True)))


def picked(x: Array, target: Array) -> Array:
    """Return the numbers along dimension 1 that the target names, or that of a vector."""
    if x.ndim == 1:
        return x[int(target)]
    return np.take_along_axis(x, np.expand_dims(target, 1), 1).squeeze(1)


# numbers

DIFFERENCES = np.array([-1e4, -3.0, -1.0, -0.4, -1e-3, 0.0, 1e-3, 0.7, 1.0, 2.5, 1e4])
REGRESSION: dict[str, tuple[Callable[..., Tensor], Callable[[Array], Array]]] = {
    "mse": (F.mse_loss, lambda d: d**2),
    "l1": (F.l1_loss, np.abs),
    "huber": (F.huber_loss, lambda d: np.where(abs(d) <= 1, d**2 / 2, abs(d) - 0.5)),
    "huber 0.6": (
        lambda x, t, **kw: F.huber_loss(x, t, delta=0.6, **kw),
        lambda d: np.where(abs(d) <= 0.6, d**2 / 2, 0.6 * (abs(d) - 0.3)),
    ),
    "smooth_l1": (F.smooth_l1_loss, lambda d: np.where(abs(d) < 1, d**2 / 2, abs(d) - 0.5)),
    "smooth_l1 2": (
        lambda x, t, **kw: F.smooth_l1_loss(x, t, beta=2.0, **kw),
        lambda d: np.where(abs(d) < 2, d**2 / 4, abs(d) - 1),
    ),
    "smooth_l1 0": (lambda x, t, **kw: F.smooth_l1_loss(x, t, beta=0.0, **kw), np.abs),
}
regression = pytest.mark.parametrize("name", REGRESSION)


@regression
@reductions
def test_regression_losses_are_those_of_the_formula(name: str, reduction: str) -> None:
    loss, formula = REGRESSION[name]
    target = rng.standard_normal(DIFFERENCES.shape)
    got = loss(Tensor(target + DIFFERENCES), Tensor(target), reduction=reduction)
    assert_allclose(got.numpy(), reduced(formula(DIFFERENCES), reduction), rtol=1e-9, atol=1e-12)


@regression
def test_gradients_of_regression_losses_are_those_of_differences(name: str) -> None:
    x, t = np.array([[0.3, -1.7], [2.9, 0.45]]), np.zeros((2, 2))
    assert check_gradients(REGRESSION[name][0], x, t, second=True)


SLOPES = [
    ("mse", 0.0, 0.0), ("l1", 0.0, 0.0), ("l1", -1e4, -1.0), ("huber", 1.0, 1.0), ("huber", -1.0, -1.0),
    ("huber 0.6", 9.0, 0.6), ("smooth_l1", 1.0, 1.0), ("smooth_l1 2", -2.0, -1.0), ("smooth_l1 0", 0.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize("name,at,slope", SLOPES)
def test_slope_of_a_regression_loss(name: str, at: float, slope: float) -> None:
    x = tensor([at], requires_grad=True, dtype="float64")
    assert gradient(REGRESSION[name][0](x, tensor([0.0], dtype="float64")), x).tolist() == [slope]


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.huber_loss])
@reductions
def test_weighted_regression(loss: Callable[..., Tensor], reduction: str) -> None:
    x, t, w = rng.standard_normal((3, 4)), rng.standard_normal((3, 4)), rng.random((3, 4))
    losses = loss(Tensor(x), Tensor(t), reduction="none").numpy() * w
    count = losses.size if loss is F.huber_loss else w.sum()  # as in PyTorch
    got = loss(Tensor(x), Tensor(t), reduction=reduction, weight=Tensor(w))
    assert_allclose(got.numpy(), reduced(losses, reduction, count))
    with pytest.raises(ShapeError, match="weights"):
        loss(Tensor(x), Tensor(t), weight=Tensor(np.ones((1, 3, 4))))


PAIRED: list[Callable[..., Tensor]] = [
    F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits,
    F.kl_div, F.hinge_embedding_loss,
]  # fmt: skip


@pytest.mark.parametrize("loss", PAIRED)
@pytest.mark.parametrize("shapes", [((3, 1), (3,)), ((3,), (3, 1)), ((2, 3), (1, 3)), ((), (1,))])
def test_input_and_target_never_broadcast(loss: Callable[..., Tensor], shapes: Any) -> None:
    with pytest.raises(ShapeError, match=rf"one shape in {loss.__name__}; got .* and .*: reshape one of them"):
        loss(Tensor(np.full(shapes[0], 0.5)), Tensor(np.full(shapes[1], 0.5)))


@pytest.mark.parametrize("loss", PAIRED)
def test_an_unknown_reduction_is_named(loss: Callable[..., Tensor]) -> None:
    with pytest.raises(NotSupportedError, match="reduction 'none', 'mean' or 'sum'; got 'median'"):
        loss(tensor([0.5]), tensor([0.5]), reduction="median")


@pytest.mark.parametrize("loss", PAIRED)
def test_the_mean_of_nothing_is_nan_and_the_sum_zero(loss: Callable[..., Tensor]) -> None:
    nothing = Tensor(np.ones((0, 3)))
    assert math.isnan(loss(nothing, nothing).item())
    assert loss(nothing, nothing, reduction="sum").item() == 0
    assert loss(nothing, nothing, reduction="none").shape == (0, 3)


def test_wrong_settings_of_regression_are_refused() -> None:
    with pytest.raises(ShapeError, match="delta above 0 in huber_loss; got 0"):
        F.huber_loss(tensor([1.0]), tensor([1.0]), delta=0)
    with pytest.raises(ShapeError, match="beta of at least 0 in smooth_l1_loss; got -1"):
        F.smooth_l1_loss(tensor([1.0]), tensor([1.0]), beta=-1)
    with pytest.raises(DTypeError, match="floating type for mse_loss; got int64"):
        F.mse_loss(tensor([1]), tensor([1]))


# classes

CASES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((4, 3), (4,)), ((3,), ()), ((2, 3, 2), (2, 2)), ((2, 3, 2, 3), (2, 2, 3)), ((1, 1), (1,)),
]  # fmt: skip


def classes(shape: tuple[int, ...], count: int, ignored: int | None = None) -> Array:
    target = np.asarray(rng.integers(0, count, shape))
    if ignored is not None and target.size > 1:
        target.reshape(-1)[::2] = ignored
    return target


@pytest.mark.parametrize("shape,target_shape", CASES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignored", [None, -100, 0])
@pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
@reductions
def test_cross_entropy_of_class_numbers(
    shape: Any, target_shape: Any, weighted: bool, ignored: int | None, smoothing: float, reduction: str
) -> None:
    axis = min(len(shape) - 1, 1)
    count = shape[axis]
    x, w = rng.standard_normal(shape), rng.random(count) + 0.5 if weighted else np.ones(count)
    target = classes(target_shape, count, ignored)
    kept = target != (-100 if ignored is None else ignored)
    safe = np.where(kept, target, 0)
    scores = log_softmax(x, axis)
    after = (-1,) + (1,) * (len(shape) - 1 - axis)
    one, even = w[safe] * -picked(scores, safe), -(scores * w.reshape(after)).sum(axis)
    expected = np.where(kept, (1 - smoothing) * one + smoothing / count * even, 0)
    total = (w[safe] * kept).sum()
    settings: dict[str, Any] = {"reduction": reduction, "label_smoothing": smoothing}
    if weighted:
        settings["weight"] = Tensor(w)
    if ignored is not None:
        settings["ignore_index"] = ignored
    with np.errstate(invalid="ignore"):
        expected = np.asarray(reduced(expected, reduction, total))
    got = F.cross_entropy(Tensor(x), Tensor(target), **settings)
    assert got.shape == expected.shape
    assert_allclose(got.numpy(), expected, rtol=1e-10)
    if total:
        assert check_gradients(lambda t: F.cross_entropy(t, Tensor(target), **settings), x, second=True)


@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 3, 2)])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@reductions
def test_cross_entropy_of_probabilities(shape: Any, weighted: bool, smoothing: float, reduction: str) -> None:
    axis = min(len(shape) - 1, 1)
    count = shape[axis]
    x, q = rng.standard_normal(shape), rng.random(shape)
    w = rng.random(count) + 0.5 if weighted else np.ones(count)
    after = (-1,) + (1,) * (len(shape) - 1 - axis)
    losses = -(log_softmax(x, axis) * w.reshape(after) * (q * (1 - smoothing) + smoothing / count)).sum(axis)
    settings: dict[str, Any] = {"reduction": reduction, "label_smoothing": smoothing}
    if weighted:
        settings["weight"] = Tensor(w)
    got = F.cross_entropy(Tensor(x), Tensor(q), **settings)
    assert_allclose(got.numpy(), reduced(losses, reduction), rtol=1e-10)
    assert check_gradients(lambda t, p: F.cross_entropy(t, p, **settings), x, q, second=True)


@pytest.mark.parametrize("shape,target_shape", CASES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignored", [None, 0])
@reductions
def test_nll_loss(shape: Any, target_shape: Any, weighted: bool, ignored: int | None, reduction: str) -> None:
    count = shape[min(len(shape) - 1, 1)]
    x, w, target = rng.standard_normal(shape), rng.random(count) + 0.5, classes(target_shape, count, ignored)
    factors = (w[target] if weighted else np.ones(target.shape)) * (target != ignored)
    with np.errstate(invalid="ignore"):
        expected = reduced(np.asarray(-picked(x, target) * factors), reduction, factors.sum())
    settings: dict[str, Any] = {"reduction": reduction, "ignore_index": -100 if ignored is None else ignored}
    if weighted:
        settings["weight"] = Tensor(w)
    assert_allclose(F.nll_loss(Tensor(x), Tensor(target), **settings).numpy(), expected)
    if factors.sum():
        assert check_gradients(lambda t: F.nll_loss(t, Tensor(target), **settings), x)


@given(data=st.data())
def test_cross_entropy_is_nll_loss_of_log_softmax(data: st.DataObject) -> None:
    n, k = data.draw(st.integers(0, 4)), data.draw(st.integers(1, 4))
    x = np.array(data.draw(st.lists(st.floats(-1e4, 1e4), min_size=n * k, max_size=n * k))).reshape(n, k)
    target = np.array(data.draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)), dtype=np.int64)
    ours = F.cross_entropy(Tensor(x), Tensor(target), reduction="sum").item()
    assert_allclose(ours, F.nll_loss(F.log_softmax(Tensor(x), 1), Tensor(target), reduction="sum").item(), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_cross_entropy_is_exact_far_out(dtype: str) -> None:
    """The gradient starts from the logits, not from the loss, which is too coarse at 2·10⁴ to tell classes apart."""
    x = Tensor(np.array([[1e4, 1e4 - 8, -1e4], [1e4, 1e4 - 8, -1e4], [-1e4, -1e4, -1e4]], dtype), requires_grad=True)
    losses = F.cross_entropy(x, tensor([2, 0, 1]), reduction="none")
    p = 1 / (1 + math.exp(-8))
    tolerance = {"float64": 1e-12, "float32": 1e-6, "float16": 1e-3}[dtype]
    assert_allclose(losses.detach().numpy(), [2e4 - math.log(p), -math.log(p), math.log(3)], rtol=tolerance, atol=1e-7)
    expected = [[p, 1 - p, -1], [p - 1, 1 - p, 0], [1 / 3, 1 / 3 - 1, 1 / 3]]
    assert_allclose(gradient(losses.sum(), x), expected, rtol=tolerance, atol=tolerance)


def test_all_targets_ignored_gives_nan_and_a_zero_sum() -> None:
    x, target = Tensor(rng.standard_normal((2, 3)), requires_grad=True), tensor([-100, -100])
    for smoothing in (0.0, 0.2):
        assert math.isnan(F.cross_entropy(x, target, label_smoothing=smoothing).item())
        total = F.cross_entropy(x, target, reduction="sum", label_smoothing=smoothing)
        assert total.item() == 0
        assert_array_equal(gradient(total, x), 0)
    assert math.isnan(F.nll_loss(x, target).item())


def test_ignored_places_may_hold_anything() -> None:
    x = Tensor([[math.inf, 0.0], [0.0, 0.0]])
    assert_allclose(F.cross_entropy(x, tensor([-100, 1])).item(), math.log(2), rtol=1e-6)
    assert F.nll_loss(Tensor([[math.nan], [-2.0]]), tensor([-1, 0]), ignore_index=-1).item() == 2.0


def test_a_batch_of_nothing() -> None:
    x, target = Tensor(np.ones((0, 3)), requires_grad=True), tensor([], dtype="int64")
    assert math.isnan(F.cross_entropy(x, target).item())
    assert F.cross_entropy(x, target, reduction="sum").item() == 0
    assert F.cross_entropy(x, target, reduction="none").shape == (0,)
    assert math.isnan(F.cross_entropy(x, Tensor(np.ones((0, 3)))).item())


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss, F.multi_margin_loss])
@pytest.mark.parametrize("wrong", [3, -1, 2**40])
def test_a_target_that_is_no_class_is_named(loss: Callable[..., Tensor], wrong: int) -> None:
    with pytest.raises(ShapeError, match=rf"from 0 to 2 in {loss.__name__}, for 3 classes; got {wrong}$"):
        loss(Tensor(np.zeros((2, 3))), tensor([1, wrong]))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32"])
def test_class_numbers_of_any_integer_type(dtype: str) -> None:
    x = Tensor(rng.standard_normal((3, 4)))
    assert F.cross_entropy(x, tensor([3, 0, 1], dtype=dtype)) == F.cross_entropy(x, tensor([3, 0, 1]))


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss, F.multi_margin_loss])
def test_targets_that_do_not_fit_are_refused(loss: Callable[..., Tensor]) -> None:
    x = Tensor(np.zeros((2, 3)))
    with pytest.raises(ShapeError, match=rf"target \[2\] of class numbers for the input \[2, 3\] of {loss.__name__}"):
        loss(x, tensor([1]))
    with pytest.raises(DTypeError, match=rf"class numbers as integers in {loss.__name__}; got float32 \[2\]"):
        loss(x, tensor([1.0, 0.0]))
    with pytest.raises(ShapeError, match=rf"3 weights in {loss.__name__}, one per class; got shape \[2\]"):
        loss(x, tensor([1, 0]), weight=tensor([1.0, 1.0]))
    with pytest.raises(DTypeError, match=f"floating type for {loss.__name__}"):
        loss(tensor([[1, 2]]), tensor([1]))


def test_probabilities_that_do_not_fit_are_refused() -> None:
    x = Tensor(np.zeros((2, 3)))
    with pytest.raises(DTypeError, match=r"expected probabilities, since the target has the input's shape \[2, 3\]"):
        F.cross_entropy(x, tensor([[1, 0, 0], [0, 1, 0]]))
    with pytest.raises(ShapeError, match=r"class numbers beside ignore_index=1"):
        F.cross_entropy(x, x, ignore_index=1)
    with pytest.raises(ShapeError, match=r"label_smoothing from 0 to 1 in cross_entropy; got 1\.5"):
        F.cross_entropy(x, x, label_smoothing=1.5)


def test_cross_entropy_keeps_nothing_but_the_logits() -> None:
    x = Tensor(rng.standard_normal((5, 7)), requires_grad=True)
    losses: Any = F.cross_entropy(x, tensor([0, 1, 2, 3, 4]), reduction="none")
    assert losses.node.saved[0] is x
    assert not losses.node.plan.keep_out
    assert [saved.numel() for saved in losses.node.saved] == [35, 5]


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("weighted", [False, True])
@reductions
def test_multi_margin_loss(p: int, weighted: bool, reduction: str) -> None:
    x, target, w = rng.standard_normal((4, 3)), np.array([0, 2, 1, 1]), rng.random(3) + 0.5
    over = np.maximum(0, 0.7 - picked(x, target)[:, None] + x) ** p
    over[np.arange(4), target] = 0
    losses = over.sum(1) / 3 * (w[target] if weighted else 1)
    settings: dict[str, Any] = {"p": p, "margin": 0.7, "reduction": reduction}
    if weighted:
        settings["weight"] = Tensor(w)
    got = F.multi_margin_loss(Tensor(x), Tensor(target), **settings)
    assert_allclose(got.numpy(), reduced(losses, reduction))
    assert check_gradients(lambda t: F.multi_margin_loss(t, Tensor(target), **settings), x)


def test_multi_margin_loss_of_a_batch_of_one() -> None:
    x = tensor([[0.1, 0.5, 0.2]])
    assert F.multi_margin_loss(x, tensor([2])).item() == F.multi_margin_loss(x[0], tensor(2)).item()


def test_multi_margin_loss_of_one_sample() -> None:
    for target in (tensor(1), tensor([1])):
        assert_allclose(F.multi_margin_loss(tensor([0.5, 0.0, -2.0]), target, reduction="none").numpy(), 1.5 / 3)
    with pytest.raises(NotSupportedError, match="p 1 or 2 in multi_margin_loss; got 3"):
        F.multi_margin_loss(tensor([[1.0]]), tensor([0]), p=3)


# probabilities


@reductions
def test_binary_cross_entropy(reduction: str) -> None:
    p, t, w = rng.random((3, 2)), rng.random((3, 2)), rng.random(2)
    losses = -(t * np.log(p) + (1 - t) * np.log(1 - p))
    assert_allclose(
        F.binary_cross_entropy(Tensor(p), Tensor(t), reduction=reduction).numpy(), reduced(losses, reduction)
    )
    weighted = F.binary_cross_entropy(Tensor(p), Tensor(t), Tensor(w), reduction=reduction)
    assert_allclose(weighted.numpy(), reduced(losses * w, reduction))
    inner = 0.2 + 0.6 * p
    assert check_gradients(lambda a, b: F.binary_cross_entropy(a, b, reduction=reduction), inner, t, second=True)


def test_binary_cross_entropy_at_certainty() -> None:
    p = tensor([0.0, 0.0, 1.0, 1.0], requires_grad=True, dtype="float64")
    t = tensor([0.0, 1.0, 0.0, 1.0], dtype="float64")
    losses = F.binary_cross_entropy(p, t, reduction="none")
    assert losses.tolist() == [0, 100, 100, 0]
    assert_allclose(gradient(losses.sum(), p), [0, -1e12, 1e12, 0])
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(ShapeError, match=r"probabilities from 0 to 1 in binary_cross_entropy"):
            F.binary_cross_entropy(tensor([wrong]), tensor([1.0]))


@reductions
@pytest.mark.parametrize("positive", [None, 0.3, 2.5])
def test_binary_cross_entropy_with_logits(reduction: str, positive: float | None) -> None:
    x, t, w = rng.standard_normal((3, 2)) * 3, rng.random((3, 2)), rng.random((3, 1))
    yes, no = np.log1p(np.exp(-x)), np.log1p(np.exp(x))
    losses = (t * yes * (positive or 1) + (1 - t) * no) * w
    settings: dict[str, Any] = {"reduction": reduction, "weight": Tensor(w)}
    if positive is not None:
        settings["pos_weight"] = Tensor(np.full(2, positive))
    got = F.binary_cross_entropy_with_logits(Tensor(x), Tensor(t), **settings)
    assert_allclose(got.numpy(), reduced(losses, reduction))
    assert check_gradients(lambda a, b: F.binary_cross_entropy_with_logits(a, b, **settings), x, t, second=True)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_logits_far_out(dtype: str) -> None:
    x = Tensor(np.array([-1e4, -1e4, 1e4, 1e4, 0.0], dtype), requires_grad=True)
    t = Tensor(np.array([0, 1, 0, 1, 1], dtype))
    losses = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    assert_allclose(losses.detach().numpy(), [0, 1e4, 1e4, 0, math.log(2)], rtol=1e-3 if dtype == "float16" else 1e-6)
    assert gradient(losses.sum(), x).tolist() == [0, -1, 1, 0, -0.5]


def test_a_small_logit_loss_keeps_its_digits() -> None:
    x = tensor([-15.0], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, tensor([0.0]))
    assert_allclose(loss.item(), math.log1p(math.exp(-15)), rtol=1e-6)
    assert_allclose(gradient(loss, x), [1 / (1 + math.exp(15))], rtol=1e-6)


@pytest.mark.parametrize("loss", [F.binary_cross_entropy, F.binary_cross_entropy_with_logits])
def test_weights_that_would_widen_the_losses_are_refused(loss: Callable[..., Tensor]) -> None:
    x = tensor([0.5, 0.5])
    with pytest.raises(ShapeError, match=r"weights that fit losses of shape \[2\]; got \[3, 2\]"):
        loss(x, x, Tensor(np.ones((3, 2), "float32")))
    with pytest.raises(ShapeError, match=r"pos_weight that fits inputs of shape \[2\]; got \[3, 2\]"):
        F.binary_cross_entropy_with_logits(x, x, pos_weight=Tensor(np.ones((3, 2), "float32")))


@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
def test_kl_div(log_target: bool, reduction: str) -> None:
    t = rng.random((4, 3))
    t /= t.sum(1, keepdims=True)
    x = log_softmax(rng.standard_normal((4, 3)), 1)
    losses = t * (np.log(t) - x)
    given_target = np.log(t) if log_target else t
    expected = losses.sum() / 4 if reduction == "batchmean" else reduced(losses, reduction)
    settings: dict[str, Any] = {"reduction": reduction, "log_target": log_target}
    assert_allclose(F.kl_div(Tensor(x), Tensor(given_target), **settings).numpy(), expected)
    assert check_gradients(lambda a, b: F.kl_div(a, b, **settings), x, given_target, second=True)


def test_kl_div_of_impossible_events_and_of_one_number() -> None:
    x, t = tensor([-1.0, -2.0], requires_grad=True), tensor([0.0, 1.0], requires_grad=True)
    loss = F.kl_div(x, t, reduction="sum")
    assert loss.item() == 2.0
    assert gradient(loss, x).tolist() == [0, -1]
    assert gradient(F.kl_div(x, t, reduction="sum"), t).tolist() == [1, 3]
    assert F.kl_div(tensor(-1.0), tensor(1.0), reduction="batchmean").item() == 1.0


# pairs


@reductions
def test_hinge_embedding_loss(reduction: str) -> None:
    x, t = np.array([0.2, 1.4, 0.3, 2.0, 1.0]), np.array([1, 1, -1, -1, -1])
    losses = np.where(t == 1, x, np.maximum(0, 0.8 - x))
    got = F.hinge_embedding_loss(Tensor(x), Tensor(t), margin=0.8, reduction=reduction)
    assert_allclose(got.numpy(), reduced(losses, reduction))
    assert check_gradients(lambda a: F.hinge_embedding_loss(a, Tensor(t), margin=0.8), x)


@reductions
def test_cosine_embedding_loss(reduction: str) -> None:
    a, b, t = rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), np.array([1, -1, -1, 1])
    b[1] = a[1] + 0.1
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    losses = np.where(t == 1, 1 - cosine, np.maximum(0, cosine - 0.2))
    settings: dict[str, Any] = {"margin": 0.2, "reduction": reduction}
    got = F.cosine_embedding_loss(Tensor(a), Tensor(b), Tensor(t), **settings)
    assert_allclose(got.numpy(), reduced(losses, reduction))
    assert check_gradients(lambda x, y: F.cosine_embedding_loss(x, y, Tensor(t), **settings), a, b, second=True)
    single = F.cosine_embedding_loss(Tensor(a[0]), Tensor(b[0]), tensor(1))
    assert_allclose(single.item(), 1 - cosine[0])


def test_cosine_embedding_loss_of_zero_and_huge_vectors() -> None:
    x = tensor([[0.0, 0.0], [1e4, 0.0], [1.0, 2.0]], requires_grad=True)
    y = tensor([[1.0, 0.0], [1e4, 1e4], [0.0, 0.0]])
    losses = F.cosine_embedding_loss(x, y, tensor([1, 1, 1]), reduction="none")
    assert_allclose(losses.detach().numpy(), [1, 1 - math.sqrt(0.5), 1], rtol=1e-6)
    assert np.isfinite(gradient(losses.sum(), x)).all()


@pytest.mark.parametrize("shapes", [((2, 3), (2, 3), (3,)), ((3,), (3,), (1,)), ((2, 2, 3), (2, 2, 3), (2, 2))])
def test_cosine_embedding_loss_refuses_what_does_not_fit(shapes: Any) -> None:
    with pytest.raises(ShapeError, match=r"vectors \[N, D\] and a target \[N\] in cosine_embedding_loss"):
        F.cosine_embedding_loss(*[Tensor(np.ones(s)) for s in shapes])
    with pytest.raises(ShapeError, match="one shape in cosine_embedding_loss"):
        F.cosine_embedding_loss(Tensor(np.ones((2, 3))), Tensor(np.ones((2, 1))), tensor([1, 1]))


# classes of Python, which remember the settings


def logits() -> tuple[Tensor, Tensor]:
    return Tensor(rng.standard_normal((4, 3))), tensor([0, 2, 1, 1])


def pair() -> tuple[Tensor, Tensor]:
    return Tensor(rng.random((4, 3))), Tensor(rng.random((4, 3)))


w3 = Tensor(np.array([0.5, 1.0, 2.0]))
MODULES: list[tuple[nn.Module, Callable[..., Tensor], Callable[[], Any], dict[str, Any]]] = [
    (nn.MSELoss(reduction="sum"), F.mse_loss, pair, {"reduction": "sum"}),
    (nn.L1Loss(reduction="none"), F.l1_loss, pair, {"reduction": "none"}),
    (nn.SmoothL1Loss(beta=0.2), F.smooth_l1_loss, pair, {"beta": 0.2}),
    (nn.HuberLoss(delta=0.2, reduction="sum"), F.huber_loss, pair, {"delta": 0.2, "reduction": "sum"}),
    (nn.BCELoss(w3, reduction="sum"), F.binary_cross_entropy, pair, {"weight": w3, "reduction": "sum"}),
    (
        nn.BCEWithLogitsLoss(w3, pos_weight=w3),
        F.binary_cross_entropy_with_logits,
        pair,
        {"weight": w3, "pos_weight": w3},
    ),
    (
        nn.KLDivLoss(reduction="batchmean", log_target=True),
        F.kl_div,
        pair,
        {"reduction": "batchmean", "log_target": True},
    ),
    (nn.HingeEmbeddingLoss(margin=0.3), F.hinge_embedding_loss, pair, {"margin": 0.3}),
    (
        nn.CrossEntropyLoss(w3, ignore_index=1, label_smoothing=0.1),
        F.cross_entropy,
        logits,
        {"weight": w3, "ignore_index": 1, "label_smoothing": 0.1},
    ),
    (nn.CrossEntropyLoss(reduction="sum"), F.cross_entropy, logits, {"reduction": "sum"}),
    (nn.NLLLoss(w3, ignore_index=1), F.nll_loss, logits, {"weight": w3, "ignore_index": 1}),
    (
        nn.MultiMarginLoss(p=2, margin=0.4, weight=w3),
        F.multi_margin_loss,
        logits,
        {"p": 2, "margin": 0.4, "weight": w3},
    ),
    (
        nn.CosineEmbeddingLoss(margin=0.1),
        F.cosine_embedding_loss,
        lambda: (*pair(), tensor([1, -1, 1, -1])),
        {"margin": 0.1},
    ),
]


@pytest.mark.parametrize("module,function,arguments,settings", MODULES, ids=lambda x: type(x).__name__)
def test_a_module_passes_its_settings_on(
    module: nn.Module, function: Callable[..., Tensor], arguments: Callable[[], Any], settings: dict[str, Any]
) -> None:
    given_arguments = arguments()
    assert_array_equal(module(*given_arguments).numpy(), function(*given_arguments, **settings).numpy())
    assert (function(*given_arguments).numpy() != function(*given_arguments, **settings).numpy()).any()


@pytest.mark.parametrize("module,function,arguments,settings", MODULES, ids=lambda x: type(x).__name__)
def test_a_module_has_the_defaults_of_its_function(
    module: nn.Module, function: Callable[..., Tensor], arguments: Callable[[], Any], settings: dict[str, Any]
) -> None:
    wanted = inspect.signature(function).parameters
    for name, parameter in inspect.signature(type(module)).parameters.items():
        assert parameter.default == wanted[name].default, name


def test_weights_are_buffers() -> None:
    assert list(nn.CrossEntropyLoss(w3).state_dict()) == ["weight"]
    assert list(nn.BCEWithLogitsLoss(pos_weight=w3).state_dict()) == ["pos_weight"]
    assert list(nn.CrossEntropyLoss().parameters()) == []


def test_loops_give_the_same() -> None:
    """The definition of each primitive in loops, forward and backward."""
    x, p = rng.standard_normal((3, 4)), rng.random((3, 4)) * 0.9 + 0.05
    runs: list[Callable[[Tensor, Tensor], Tensor]] = [
        lambda a, _: F.cross_entropy(a, tensor([1, -100, 3])),
        lambda a, _: F.cross_entropy(a.reshape(1, 4, 3), tensor([[1, 2, 3]]), label_smoothing=0.1),
        F.binary_cross_entropy_with_logits,
        lambda a, b: F.binary_cross_entropy(b, F.sigmoid(a)),
        F.smooth_l1_loss,
    ]
    for run in runs:
        results = []
        for backend in ("numpy", "naive"):
            with use_backend(backend):
                a, b = Tensor(x, requires_grad=True), Tensor(p, requires_grad=True)
                loss = run(a, b)
                grads = grad(loss, [a, b], allow_unused=True)
                results.append([loss.detach().numpy(), *[g.numpy() for g in grads if g is not None]])
        for fast, slow in zip(*results, strict=True):
            assert_allclose(fast, slow, rtol=1e-12, atol=1e-14)
