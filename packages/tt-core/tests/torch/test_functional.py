"""`tt_core.functional` beside PyTorch's: its own samples, drawn batches, kinks and numbers far out."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as TF
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import tt_core.functional as F
from tt_core import Tensor

pytest.importorskip("expecttest", reason="torch.testing needs it")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PyTorch's own, while it is imported
    from torch.testing._internal.common_methods_invocations import op_db

from .harness import check_sample

OPS = [op for op in op_db if op.name.removeprefix("nn.functional.") in F.__all__]
FLOATS = [torch.float64, torch.float32, torch.float16]
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}
BETTER = {  # where PyTorch's own numbers are the coarser ones: test_activations and test_functional hold ours
    ("normalize", torch.float16): "PyTorch's gradient overflows on the way",
}


def test_pytorch_has_samples_for_all_of_them() -> None:
    assert {op.name.removeprefix("nn.functional.") for op in OPS} == set(F.__all__)


def is_random(op: Any, sample: Any) -> bool:
    return (
        op.name.endswith("dropout")
        and sample.kwargs.get("training", True)
        and sample.kwargs.get("p", 0.5) not in (0, 1)
    )


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda d: str(d).removeprefix("torch."))
@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name.removeprefix("nn.functional.") + op.variant_test_name)
@pytest.mark.filterwarnings("ignore::UserWarning:torch", "ignore:reduction. 'mean' divides:UserWarning")
def test_pytorchs_samples(op: Any, dtype: Any) -> None:
    name = op.name.removeprefix("nn.functional.")
    if (name, dtype) in BETTER:
        pytest.skip(BETTER[name, dtype])
    if dtype not in op.dtypes:
        pytest.skip("PyTorch does not support this type here")
    samples = [s for s in op.sample_inputs("cpu", dtype, requires_grad=True) if not is_random(op, s)]
    assert samples
    for sample in samples:
        order = 2 if dtype is torch.float64 and op.supports_gradgrad else 1
        check_sample(op, sample, f"functional.{name}", getattr(F, name), order=order)


def compare(mine: Callable[..., Tensor], theirs: Callable[..., Any], *arrays: Any, tolerance: float) -> None:
    """Compare values and the gradients of all floating-point arguments."""
    ours = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    others = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    y, z = mine(*ours), theirs(*others)
    assert y.shape == tuple(z.shape)
    assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=tolerance, atol=tolerance)
    seed = np.linspace(0.5, 1.5, y.numel()).reshape(y.shape).astype(arrays[0].dtype)
    y.backward(Tensor(seed))
    z.backward(torch.tensor(seed))
    for x, t in zip(ours, others, strict=True):
        if t.grad is not None:
            assert x.grad is not None
            assert_allclose(x.grad.numpy(), t.grad.numpy(), rtol=tolerance, atol=tolerance)


ACTIVATIONS: list[tuple[str, dict[str, Any]]] = [
    ("relu", {}), ("relu6", {}), ("leaky_relu", {}), ("leaky_relu", {"negative_slope": -0.3}), ("elu", {"alpha": 2.5}),
    ("selu", {}), ("celu", {"alpha": 0.5}), ("gelu", {}), ("gelu", {"approximate": "tanh"}), ("silu", {}), ("mish", {}),
    ("hardtanh", {}), ("hardtanh", {"min_val": -3.0, "max_val": 6.0}), ("hardswish", {}), ("softplus", {}),
    ("softplus", {"beta": 3.0, "threshold": 9.0}), ("softsign", {}), ("logsigmoid", {}), ("sigmoid", {}), ("tanh", {}),
    ("softmax", {"dim": 0}), ("log_softmax", {"dim": 0}),
]  # fmt: skip
POINTS = [-1e4, -745.0, -100.0, -20.5, -6.0, -3.0, -1.0, -1e-4, 0.0, 1e-4, 1.0, 3.0, 6.0, 6.5, 20.5, 100.0, 745.0, 1e4]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name,settings", ACTIVATIONS)
def test_activations_at_kinks_and_far_out(name: str, settings: dict[str, Any], dtype: str) -> None:
    mine, theirs = getattr(F, name), getattr(TF, name)
    compare(
        lambda x: mine(x, **settings),
        lambda x: theirs(x, **settings),
        np.array(POINTS, dtype),
        tolerance=TOLERANCE[dtype],
    )


PAIRS: list[tuple[str, dict[str, Any]]] = [
    ("mse_loss", {}), ("l1_loss", {}), ("smooth_l1_loss", {}), ("smooth_l1_loss", {"beta": 0.0}), ("huber_loss", {}),
    ("smooth_l1_loss", {"beta": 2.0}), ("huber_loss", {"delta": 0.5}), ("binary_cross_entropy_with_logits", {}),
    ("kl_div", {"log_target": True, "reduction": "none"}), ("kl_div", {"reduction": "none"}),
]  # fmt: skip


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name,settings", PAIRS)
def test_losses_of_pairs_at_kinks_and_far_out(name: str, settings: dict[str, Any], dtype: str) -> None:
    mine, theirs = getattr(F, name), getattr(TF, name)
    both = np.array([*itertools.product([-1e4, -1.0, -0.5, 0.0, 1.0, 1e4], [0.25, 1.0])], dtype).T
    compare(
        lambda x, t: mine(x, t, **settings),
        lambda x, t: theirs(x, t, **settings),
        *both,
        tolerance=TOLERANCE[dtype],
    )


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_weighted_losses_of_pairs(name: str, reduction: str) -> None:
    mine, theirs = getattr(F, name), getattr(TF, name)
    x, t, w = np.random.default_rng(0).random((3, 4, 2))
    compare(
        lambda a, b, c: mine(a, b, weight=c, reduction=reduction),
        lambda a, b, c: theirs(a, b, weight=c, reduction=reduction),
        x, t, w, tolerance=1e-9,
    )  # fmt: skip


CERTAIN = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.3, 0.3], [1e-7, 1.0]]).T


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_binary_cross_entropy_at_certainty(dtype: str) -> None:
    """PyTorch holds the derivative by the target apart from the bound of -100: it is infinite there, ours is ±100."""
    x, t = CERTAIN.astype(dtype)
    compare(
        lambda a: F.binary_cross_entropy(a, Tensor(t), reduction="none"),
        lambda a: TF.binary_cross_entropy(a, torch.tensor(t), reduction="none"),
        x, tolerance=max(TOLERANCE[dtype], 1e-8),  # PyTorch's 1e-12 is a float32
    )  # fmt: skip


batches = st.tuples(
    st.sampled_from([(4,), (0,), (), (2, 3), (3, 2, 2)]),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["float64", "float32"]),
    st.sampled_from([1.0, 1e4]),
)
settings_of_classes = st.fixed_dictionaries(
    {"reduction": st.sampled_from(["none", "mean", "sum"])},
    optional={"ignore_index": st.sampled_from([-100, -1, 0, 2]), "weight": st.just(True)},
)


def draw_batch(batch: Any, settings: dict[str, Any]) -> tuple[Any, Any, dict[str, Any], dict[str, Any]]:
    """Return logits, class numbers with some that are ignored, and the settings for both libraries."""
    shape, count, seed, dtype, scale = batch
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((*shape[:1], count, *shape[1:])) * scale).astype(dtype)
    target = np.asarray(rng.integers(0, count, shape))
    target[np.asarray(rng.random(shape) < 0.3)] = settings.get("ignore_index", -100)
    w = rng.random(count).astype(dtype) + 0.5
    weights = (Tensor(w), torch.tensor(w)) if "weight" in settings else (None, None)
    if settings.get("ignore_index", -1) >= count:
        target[target >= count] = 0
    return x, target, {**settings, "weight": weights[0]}, {**settings, "weight": weights[1]}


@given(batches, settings_of_classes, st.sampled_from([0.0, 0.1, 1.0]))
def test_cross_entropy_of_class_numbers(batch: Any, settings: dict[str, Any], smoothing: float) -> None:
    x, target, mine, theirs = draw_batch(batch, settings)
    compare(
        lambda a, t: F.cross_entropy(a, t, label_smoothing=smoothing, **mine),
        lambda a, t: TF.cross_entropy(a, t, label_smoothing=smoothing, **theirs),
        x, target, tolerance=TOLERANCE[x.dtype.name],
    )  # fmt: skip


@given(batches, settings_of_classes)
def test_nll_loss(batch: Any, settings: dict[str, Any]) -> None:
    x, target, mine, theirs = draw_batch(batch, settings)
    compare(
        lambda a, t: F.nll_loss(a, t, **mine),
        lambda a, t: TF.nll_loss(a, t, **theirs),
        x, target, tolerance=TOLERANCE[x.dtype.name],
    )  # fmt: skip


@given(batches, st.sampled_from(["none", "mean", "sum"]), st.booleans(), st.sampled_from([0.0, 0.1]))
def test_cross_entropy_of_probabilities(batch: Any, reduction: str, weighted: bool, smoothing: float) -> None:
    x, _, mine, theirs = draw_batch(batch, {"weight": True} if weighted else {})
    q = np.random.default_rng(batch[2]).random(x.shape).astype(x.dtype)
    compare(
        lambda a, t: F.cross_entropy(a, t, reduction=reduction, label_smoothing=smoothing, **mine),
        lambda a, t: TF.cross_entropy(a, t, reduction=reduction, label_smoothing=smoothing, **theirs),
        x, q, tolerance=TOLERANCE[x.dtype.name],
    )  # fmt: skip
