"""Normalisation beside PyTorch's: its own samples, drawn shapes, numbers far from 0, and layers over several steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core
from tt_train import functional as F
from tt_train import nn

torch = pytest.importorskip("torch", reason="PyTorch is what normalisation is compared with")
pytest.importorskip("expecttest", reason="torch.testing needs it")

from .opinfo import DTYPES, check, compare, compare_gradients, operations  # noqa: E402 - it imports PyTorch

NAMES = ["batch_norm", "group_norm", "instance_norm", "local_response_norm"]
OPS = [op for name in NAMES for op in operations(f"nn.functional.{name}", "")]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: str(d).removeprefix("torch."))
@pytest.mark.parametrize("op", OPS, ids=lambda op: f"{op.name}{op.variant_test_name}".removeprefix("nn.functional."))
@pytest.mark.filterwarnings("ignore::UserWarning:torch")
def test_results_and_gradients_are_pytorchs(op: Any, dtype: Any) -> None:
    if dtype not in op.dtypes:
        pytest.skip("PyTorch does not support this type here")
    compared, refused = check(op, getattr(F, op.name.rpartition(".")[2]), dtype)
    assert compared
    assert not refused


def both(values: Any) -> tuple[Any, Any]:
    """Return a leaf of each library."""
    return tt_core.from_numpy(values).requires_grad_(), torch.from_numpy(values.copy()).requires_grad_()


shapes = st.lists(st.integers(1, 4), max_size=2).map(tuple)


@given(
    batch=st.integers(2, 5), channels=st.integers(1, 5), rest=shapes, training=st.booleans(), seed=st.integers(0, 99)
)
def test_batch_norm_of_drawn_shapes(batch: int, channels: int, rest: Any, training: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal((batch, channels, *rest)), *rng.standard_normal((2, channels))]
    running = [rng.standard_normal(channels), rng.uniform(0.5, 2, channels)]
    (mine, theirs), averages = zip(*map(both, arrays), strict=True), [both(a) for a in running]
    for pair in averages:
        for x in pair:
            x.requires_grad_(False)
    (m1, t1), (m2, t2) = averages
    ours = F.batch_norm(mine[0], m1, m2, *mine[1:], training=training, momentum=0.3)
    expected = torch.nn.functional.batch_norm(theirs[0], t1, t2, *theirs[1:], training=training, momentum=0.3)
    compare(ours, expected, "the result")
    for m, t in averages:
        compare(m, t, "a running average")
    compare_gradients((mine, ours), (theirs, expected), "batch_norm", 2)


def test_far_from_0_it_is_nearer_to_the_truth_than_1e_5() -> None:
    x = np.random.default_rng(0).standard_normal((32, 4, 12, 12)) + 1000
    exact = torch.nn.functional.batch_norm(torch.from_numpy(x.astype(np.float32)).double(), None, None, training=True)
    ours = F.batch_norm(tt_core.from_numpy(x.astype(np.float32)), None, None, training=True)
    np.testing.assert_allclose(ours.numpy(), exact.numpy(), 1e-5, 1e-5)


LAYERS: list[Any] = [
    (lambda n: n.BatchNorm1d(3, momentum=None), (4, 3)),
    (lambda n: n.BatchNorm1d(3, bias=False), (4, 3, 5)),
    (lambda n: n.BatchNorm2d(3, 1e-3, 0.2), (4, 3, 5, 2)),
    (lambda n: n.BatchNorm2d(3, affine=False, track_running_stats=False), (4, 3, 5, 2)),
    (lambda n: n.InstanceNorm1d(3, affine=True, track_running_stats=True), (4, 3, 5)),
    (lambda n: n.InstanceNorm2d(3), (3, 5, 2)),
    (lambda n: n.GroupNorm(2, 4, affine=False), (3, 4, 5, 2)),
    (lambda n: n.GroupNorm(2, 4), (3, 4)),
    (lambda n: n.LocalResponseNorm(2), (3, 4, 5)),
]


@pytest.mark.parametrize("build, shape", LAYERS)
def test_layers_are_pytorchs_in_training_and_afterwards(build: Any, shape: Any) -> None:
    ours, theirs = build(nn), build(torch.nn)
    assert repr(ours) == repr(theirs)
    rng = np.random.default_rng(0)
    for p in theirs.parameters():
        torch.nn.init.normal_(p)
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    for step in range(4):
        if step == 3:
            ours.eval()
            theirs.eval()
        (x, y) = both(rng.standard_normal(shape).astype(np.float32) * 2 + 1)
        mine, expected = ours(x), theirs(y)
        compare(mine, expected, f"step {step}")
        got = tt_core.grad((mine * mine).sum(), [x, *ours.parameters()])
        wanted = torch.autograd.grad((expected * expected).sum(), [y, *theirs.parameters()])
        for m, t in zip(got, wanted, strict=True):
            np.testing.assert_allclose(m.numpy(), t.numpy(), 1e-4, 1e-4)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    for name, value in ours.state_dict().items():
        np.testing.assert_allclose(value.numpy(), state[name].numpy(), 1e-5, 1e-6, strict=True)
