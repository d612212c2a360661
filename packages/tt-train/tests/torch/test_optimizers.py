"""Optimizers beside PyTorch's: the same trajectories over 200 steps, and state dicts that can be exchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn
from tt_train import optim
from tt_train.averaging import AveragedModel
from tt_train.optim import swa_utils
from tt_train.optimizers import blocks

torch = pytest.importorskip("torch", reason="PyTorch is what the optimizers are compared with")

STEPS = 200
SHAPES = ((3, 4), (5,), (), (70, 300), (2, 0))  # small ones to gather, and one that is cut into blocks
Case = tuple[str, dict[str, Any]]
CASES: list[Case] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True, "weight_decay": 0.02, "fused": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1, "foreach": True}),
    ("Adam", {"amsgrad": True, "maximize": True}),
    ("Adam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.3, "amsgrad": True, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"alpha": 0.9, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "eps": 1e-4, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.1, "maximize": True}),
    ("Muon", {}),
    ("Muon", {"nesterov": False, "momentum": 0.5, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 3}),
    ("Muon", {"adjust_lr_fn": "original", "weight_decay": 0.0, "lr": 0.02}),
]
every_case = pytest.mark.parametrize("name, options", CASES, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CASES)])


@pytest.fixture(autouse=True)
def in_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the largest parameter, which would fit into the cache."""
    monkeypatch.setattr(blocks, "CACHE", 256 * 1024)


@pytest.fixture(autouse=True)
def without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PyTorch's Muon iterate in the parameter's precision, as ours does."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda self: self.clone())


class Pair:
    """The same parameters twice, with the same gradients."""

    def __init__(self, name: str, shapes: tuple[tuple[int, ...], ...] = SHAPES, dtype: str = "float64") -> None:
        self.rng = np.random.default_rng(0)
        shapes = ((3, 4), (40, 20), (8, 8)) if name == "Muon" else shapes
        start = [self.rng.normal(size=shape).astype(dtype) for shape in shapes]
        self.ours = [nn.Parameter(x) for x in start]
        self.theirs = [torch.nn.Parameter(torch.tensor(x)) for x in start]

    def gradients(self) -> None:
        for p, q in zip(self.ours, self.theirs, strict=True):
            g = self.rng.normal(size=p.shape).astype(p.dtype) + 0.1 * p.data
            p.grad, q.grad = tt.Tensor(g), torch.tensor(g)

    def train(self, ours: Any, theirs: Any, steps: int = STEPS, after: Callable[[], object] = lambda: None) -> None:
        for _ in range(steps):
            self.gradients()
            ours.step()
            theirs.step()
            after()

    def check(self, tolerance: float = 1e-6) -> None:
        for p, q in zip(self.ours, self.theirs, strict=True):
            wanted = q.detach().numpy()
            np.testing.assert_allclose(p.data, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max(initial=0))


def both(name: str, ours: Any, theirs: Any, **options: Any) -> tuple[Any, Any]:
    return getattr(optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)


def to_torch(state: Any) -> Any:
    """Return a state dict with PyTorch's tensors in the place of ours."""
    if isinstance(state, dict):
        return {name: to_torch(value) for name, value in state.items()}
    if isinstance(state, list):
        return [to_torch(value) for value in state]
    return torch.tensor(state.numpy()) if isinstance(state, tt.Tensor) else state


@every_case
def test_trajectories_agree(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name)
    pair.train(*both(name, pair.ours, pair.theirs, **options))
    pair.check()


@every_case
def test_trajectories_agree_in_float32(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name, dtype="float32")
    pair.train(*both(name, pair.ours, pair.theirs, **options), steps=20)
    pair.check(2e-4)
    assert {p.dtype.name for p in pair.ours} == {"float32"}


@every_case
def test_our_state_goes_on_in_pytorch(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name)
    ours, theirs = both(name, pair.ours, pair.theirs, **options)
    pair.train(ours, theirs, 5)
    other = getattr(torch.optim, name)(pair.theirs, lr=0.5)
    other.load_state_dict(to_torch(ours.state_dict()))
    pair.train(ours, other, 20)
    pair.check()


@every_case
def test_the_state_of_pytorch_goes_on_here(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name)
    ours, theirs = both(name, pair.ours, pair.theirs, **options)
    pair.train(ours, theirs, 5)
    other = getattr(optim, name)(pair.ours, lr=0.5)
    other.load_state_dict(theirs.state_dict())
    pair.train(other, theirs, 20)
    pair.check()


@every_case
def test_state_dicts_have_the_same_form(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name)
    optimizers = both(name, pair.ours, pair.theirs, **options)
    pair.train(*optimizers, 2)
    ours, theirs = (optimizer.state_dict() for optimizer in optimizers)
    assert set(ours["param_groups"][0]) == set(theirs["param_groups"][0])
    assert ours["param_groups"] == theirs["param_groups"]
    assert {i: set(entry) for i, entry in ours["state"].items()} == {
        i: {key for key, value in entry.items() if value is not None} for i, entry in theirs["state"].items()
    }
    shapes = [{i: {k: tuple(v.shape) for k, v in e.items()} for i, e in s["state"].items()} for s in (ours, theirs)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Muon"])
def test_signatures_and_defaults_are_pytorchs(name: str) -> None:
    from inspect import signature

    ours, theirs = (signature(getattr(module, name)).parameters for module in (optim, torch.optim))
    assert [(p.name, p.kind, p.default) for p in ours.values()] == [
        (p.name, p.kind, p.default) for p in theirs.values()
    ]


@every_case
def test_what_it_shows_is_what_pytorch_shows(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name)
    ours, theirs = both(name, pair.ours, pair.theirs, **options)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_groups_of_their_own_settings_with_schedules(name: str) -> None:
    pair = Pair(name)
    made = []
    for module, params in ((optim, pair.ours), (torch.optim, pair.theirs)):
        groups = [{"params": params[:2], "lr": 0.3, "weight_decay": 0.2}, {"params": params[2]}]
        optimizer = getattr(module, name)(groups, lr=0.01)
        optimizer.add_param_group({"params": params[3:], "maximize": True})
        schedule = module.lr_scheduler.CosineAnnealingLR(optimizer, 50)
        made.append((optimizer, schedule))
    (ours, our_schedule), (theirs, their_schedule) = made
    pair.train(ours, theirs, after=lambda: (our_schedule.step(), their_schedule.step()))
    pair.check()


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_one_cycle_moves_momentum_too(name: str) -> None:
    pair = Pair(name)
    ours, theirs = both(name, pair.ours, pair.theirs)
    schedules = [
        module.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=STEPS)
        for module, optimizer in ((optim, ours), (torch.optim, theirs))
    ]
    pair.train(ours, theirs, steps=STEPS, after=lambda: [schedule.step() for schedule in schedules])
    pair.check()


@pytest.mark.parametrize("name, options", [("SGD", {"momentum": 0.9}), ("Adam", {}), ("Adagrad", {})])
def test_parameters_that_have_no_gradient_now_and_then(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name)
    ours, theirs = both(name, pair.ours, pair.theirs, **options)
    for step in range(40):
        pair.gradients()
        for i, (p, q) in enumerate(zip(pair.ours, pair.theirs, strict=True)):
            if step % (i + 2) == 0:
                p.grad = q.grad = None
        ours.step()
        theirs.step()
    pair.check()


def test_settings_changed_in_between() -> None:
    pair = Pair("SGD")
    ours, theirs = both("SGD", pair.ours, pair.theirs, lr=0.1)
    pair.train(ours, theirs, 5)
    for optimizer in (ours, theirs):
        optimizer.param_groups[0].update(momentum=0.9, lr=0.05, dampening=0.5)
    pair.train(ours, theirs, 20)
    pair.check()


def test_muon_stays_near_pytorchs_in_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    pair = Pair("Muon")
    pair.train(*both("Muon", pair.ours, pair.theirs, lr=0.02), steps=20)
    pair.check(0.05)


@pytest.mark.parametrize("order", [2.0, 1, 3.5, float("inf")])
@pytest.mark.parametrize("limit", [0.5, 1e6])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clipping_by_norm(order: float, limit: float, dtype: str) -> None:
    pair = Pair("SGD", SHAPES[:-1], dtype)
    pair.gradients()
    total = optim.clip_grad_norm_(pair.ours, limit, order)
    wanted = torch.nn.utils.clip_grad_norm_(pair.theirs, limit, order)
    assert total.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert total.dtype.name == dtype
    check_gradients(pair)


def check_gradients(pair: Pair) -> None:
    for p, q in zip(pair.ours, pair.theirs, strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-5)


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_clipping_what_is_not_finite(bad: float) -> None:
    pair = Pair("SGD", ((3,), (2,)))
    pair.gradients()
    pair.ours[0].grad.data[1] = bad
    pair.theirs[0].grad[1] = bad
    optim.clip_grad_norm_(pair.ours, 1.0)
    torch.nn.utils.clip_grad_norm_(pair.theirs, 1.0)
    check_gradients(pair)


def test_clipping_by_value() -> None:
    pair = Pair("SGD")
    pair.gradients()
    optim.clip_grad_value_(iter(pair.ours), 0.5)
    torch.nn.utils.clip_grad_value_(pair.theirs, 0.5)
    check_gradients(pair)


def models() -> tuple[Any, Any]:
    ours = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 2))
    for model in (ours, theirs):
        model.register_buffer("seen", model[0].weight.detach().sum(0))
        model.register_buffer("count", (tt if model is ours else torch).tensor(3))
    theirs.load_state_dict({name: torch.tensor(x.numpy()) for name, x in ours.state_dict().items()})
    return ours, theirs


AVERAGES: list[Callable[[Any], dict[str, Any]]] = [
    lambda _: {},
    lambda _: {"use_buffers": True},
    lambda m: {"multi_avg_fn": m.get_ema_multi_avg_fn(0.7), "use_buffers": True},
    lambda m: {"multi_avg_fn": m.get_swa_multi_avg_fn()},
    lambda m: {"avg_fn": m.get_ema_avg_fn(0.7)},
    lambda m: {"avg_fn": m.get_swa_avg_fn(), "use_buffers": True},
]


@pytest.mark.parametrize("options", AVERAGES)
def test_averages_of_weights(options: Callable[[Any], dict[str, Any]]) -> None:
    rng = np.random.default_rng(0)
    ours, theirs = models()
    mean = AveragedModel(ours, **options(swa_utils))
    wanted = torch.optim.swa_utils.AveragedModel(theirs, **options(torch.optim.swa_utils))
    for _ in range(6):
        for (name, x), y in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
            new = rng.integers(9, size=x.shape) if name == "count" else rng.normal(size=x.shape)
            x.copy_(tt.tensor(new.astype(x.dtype)))
            y.copy_(torch.tensor(new))
        mean.update_parameters(ours)
        wanted.update_parameters(theirs)
    got, expected = mean.state_dict(), wanted.state_dict()
    assert list(got) == list(expected)
    for name, x in got.items():
        np.testing.assert_allclose(x.numpy(), expected[name].numpy(), rtol=1e-5, atol=1e-6, err_msg=name)
