"""Schedules beside PyTorch's: the same rates and momenta, step by step, to the last digits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tt_core import nn
from tt_train import optim
from tt_train.optim import swa_utils

torch = pytest.importorskip("torch", reason="PyTorch is what the schedules are compared with")

pytestmark = [  # PyTorch's, about steps that only the schedule makes
    pytest.mark.filterwarnings("ignore:Detected call of:UserWarning"),
    pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning"),
]
STEPS = 60
Make = Callable[[Any, Any], Any]  # from a module lr_scheduler and an optimizer to a schedule


class Wave:
    """A factor with a state, as a schedule may be given."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, t: int) -> float:
        self.calls += 1
        return 1 / (self.calls + t)


SCHEDULES: dict[str, Make] = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda t: 0.9**t),
    "lambdas": lambda s, o: s.LambdaLR(o, [lambda t: 0.9**t, lambda t: 1 / (t + 1)]),
    "lambda object": lambda s, o: s.LambdaLR(o, Wave()),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda t: 1 - 1 / (t + 2)),
    "step": lambda s, o: s.StepLR(o, 7, 0.3),
    "multistep": lambda s, o: s.MultiStepLR(o, [3, 11, 11, 40], 0.5),
    "constant": lambda s, o: s.ConstantLR(o, 0.25, 9),
    "linear": lambda s, o: s.LinearLR(o, 0.1, 0.8, 13),
    "linear default": lambda s, o: s.LinearLR(o),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.93),
    "polynomial": lambda s, o: s.PolynomialLR(o, 50, 0.9),
    "polynomial default": lambda s, o: s.PolynomialLR(o),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 20, 1e-3),
    "cosine of odd length": lambda s, o: s.CosineAnnealingLR(o, 7),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 2, 1e-4),
    "restarts of one length": lambda s, o: s.CosineAnnealingWarmRestarts(o, 8),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=STEPS + 1),
    "one cycle of three": lambda s, o: s.OneCycleLR(o, [0.5, 0.1], epochs=7, steps_per_epoch=9, three_phase=True),
    "one cycle in lines": lambda s, o: s.OneCycleLR(
        o, 0.5, STEPS + 1, anneal_strategy="linear", pct_start=0.1, base_momentum=0.7, max_momentum=[0.8, 0.9]
    ),
    "one cycle without momentum": lambda s, o: s.OneCycleLR(o, 0.5, STEPS + 1, cycle_momentum=False, div_factor=3),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 6),
    "cyclic halved": lambda s, o: s.CyclicLR(o, [0.01, 0.02], [0.2, 0.3], 6, 3, mode="triangular2"),
    "cyclic shrinking": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 4, mode="exp_range", gamma=0.95, base_momentum=0.6),
    "cyclic by function": lambda s, o: s.CyclicLR(
        o, 0.01, 0.2, 4, scale_fn=lambda x: 1 / x if x else 1, scale_mode="iterations", cycle_momentum=False
    ),
    "sequential": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 30), s.ExponentialLR(o, 0.9)], [5, 35]
    ),
    "sequential of all": lambda s, o: s.SequentialLR(
        o,
        [
            s.ConstantLR(o, 0.5, 3),
            s.StepLR(o, 2),
            s.PolynomialLR(o, 6),
            s.MultiStepLR(o, [2, 3]),
            s.LambdaLR(o, lambda t: 0.5**t),
            s.CosineAnnealingWarmRestarts(o, 3, 2),
            s.MultiplicativeLR(o, lambda t: 0.8),
        ],
        [5, 10, 18, 25, 30, 50],
    ),
    "sequential at 0": lambda s, o: s.SequentialLR(o, [s.ConstantLR(o, 0.5), s.ExponentialLR(o, 0.9)], [0]),
    "sequential with chain": lambda s, o: s.SequentialLR(
        o, [s.ChainedScheduler([s.ConstantLR(o, 0.5, 4), s.ExponentialLR(o, 0.9)]), s.StepLR(o, 3)], [8]
    ),
    "sequential with sequence": lambda s, o: s.SequentialLR(
        o, [s.SequentialLR(o, [s.ConstantLR(o, 0.5, 2), s.StepLR(o, 3)], [4]), s.ExponentialLR(o, 0.9)], [12]
    ),
    "chained": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 20), s.ExponentialLR(o, 0.9)]),
    "chained of three": lambda s, o: s.ChainedScheduler(
        [s.LinearLR(o, 0.2, total_iters=9), s.StepLR(o, 4, 0.7), s.CosineAnnealingLR(o, 80)], optimizer=o
    ),
}
AVERAGING = {
    "swa": {"swa_lr": 0.05},
    "swa in lines": {"swa_lr": [0.05, 0.5], "anneal_epochs": 4, "anneal_strategy": "linear"},
    "swa at once": {"swa_lr": 0.05, "anneal_epochs": 0},
}
every_schedule = pytest.mark.parametrize("name", SCHEDULES)
both_kinds = pytest.mark.parametrize("kind", ["SGD", "Adam"])


def ours(kind: str) -> Any:
    a, b = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(3))
    return getattr(optim, kind)([{"params": [a]}, {"params": [b], "lr": 0.03}], lr=0.1)


def theirs(kind: str) -> Any:
    a, b = (torch.nn.Parameter(torch.ones(n)) for n in (2, 3))
    return getattr(torch.optim, kind)([{"params": [a]}, {"params": [b], "lr": 0.03}], lr=0.1)


def read(optimizer: Any, schedule: Any) -> list[float]:
    """Return all that a schedule decides."""
    groups = optimizer.param_groups
    momenta = [group.get("momentum", group.get("betas", (0,))) for group in groups]
    flat = [m for momentum in momenta for m in (momentum if isinstance(momentum, tuple) else [momentum])]
    return [*schedule.get_last_lr(), *(group["lr"] for group in groups), *flat]


def trace(optimizer: Any, schedule: Any, steps: int = STEPS) -> list[list[float]]:
    rows = [read(optimizer, schedule)]
    for _ in range(steps):
        schedule.step()
        rows.append(read(optimizer, schedule))
    return rows


def agree(got: list[list[float]], wanted: list[list[float]]) -> None:
    np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-15)


@every_schedule
@both_kinds
def test_rates_are_pytorchs(name: str, kind: str) -> None:
    a, b = ours(kind), theirs(kind)
    make = SCHEDULES[name]
    agree(trace(a, make(optim.lr_scheduler, a)), trace(b, make(torch.optim.lr_scheduler, b)))


@pytest.mark.parametrize("options", AVERAGING.values(), ids=AVERAGING)
def test_rates_while_averaging(options: dict[str, Any]) -> None:
    a, b = ours("SGD"), theirs("SGD")
    agree(trace(a, swa_utils.SWALR(a, **options)), trace(b, torch.optim.swa_utils.SWALR(b, **options)))


@every_schedule
def test_a_resumed_schedule_goes_on_the_same(name: str) -> None:
    optimizer = ours("SGD")
    schedule = SCHEDULES[name](optim.lr_scheduler, optimizer)
    trace(optimizer, schedule, 17)
    saved = json.loads(json.dumps([schedule.state_dict(), optimizer.state_dict()]))
    other = ours("SGD")
    resumed = SCHEDULES[name](optim.lr_scheduler, other)
    resumed.load_state_dict(saved[0])
    other.load_state_dict(saved[1])
    assert trace(other, resumed, 40) == trace(optimizer, schedule, 40)


@every_schedule
def test_state_of_pytorchs_schedules_goes_on_here(name: str) -> None:
    a, b = ours("SGD"), theirs("SGD")
    schedule = SCHEDULES[name](torch.optim.lr_scheduler, b)
    trace(b, schedule, 17)
    other = SCHEDULES[name](optim.lr_scheduler, a)
    other.load_state_dict(schedule.state_dict())
    a.load_state_dict(b.state_dict())
    agree(trace(a, other, 40), trace(b, schedule, 40))


@pytest.mark.parametrize("name", ["step", "multistep", "constant", "linear", "exponential", "polynomial", "cosine"])
def test_jumps_to_a_step(name: str) -> None:
    a, b = ours("SGD"), theirs("SGD")
    first, second = SCHEDULES[name](optim.lr_scheduler, a), SCHEDULES[name](torch.optim.lr_scheduler, b)
    for epoch in (0, 3, 4, 11, 20, 49, 2):
        first.step(epoch)
        second.step(epoch)
        agree([read(a, first)], [read(b, second)])
    agree(trace(a, first, 3), trace(b, second, 3))


@pytest.mark.parametrize("options", [{"T_0": 5}, {"T_0": 4, "T_mult": 3}])
def test_restarts_by_parts_of_epochs(options: dict[str, int]) -> None:
    a, b = ours("SGD"), theirs("SGD")
    first = optim.lr_scheduler.CosineAnnealingWarmRestarts(a, **options)
    second = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(b, **options)
    for epoch in (0, 0.25, 3.5, 4, 5, 16.5, 17, 2):
        first.step(epoch)
        second.step(epoch)
        agree([read(a, first)], [read(b, second)])


PLATEAUS: list[dict[str, Any]] = [
    {"patience": 2},
    {"mode": "max", "patience": 1, "factor": 0.5, "threshold": 0.05},
    {"threshold_mode": "abs", "threshold": 0.2, "patience": 0, "cooldown": 3},
    {"mode": "max", "threshold_mode": "abs", "patience": 1, "min_lr": [0.001, 0.02], "factor": 0.3},
    {"patience": 0, "eps": 0.01, "min_lr": 1e-3},
]


@pytest.mark.parametrize("options", PLATEAUS)
def test_plateaus(options: dict[str, Any]) -> None:
    a, b = ours("SGD"), theirs("SGD")
    first = optim.lr_scheduler.ReduceLROnPlateau(a, **options)
    second = torch.optim.lr_scheduler.ReduceLROnPlateau(b, **options)
    metrics = np.random.default_rng(0).normal(size=50).cumsum() * 0.1
    for i, metric in enumerate([*metrics, float("nan"), float("inf")]):
        first.step(metric)
        second.step(metric)
        agree([read(a, first)], [read(b, second)])
        if i == 20:
            saved = json.loads(json.dumps(first.state_dict()))
            first = optim.lr_scheduler.ReduceLROnPlateau(a)
            first.load_state_dict(saved)
        if i == 30:
            first.load_state_dict(second.state_dict())


@pytest.mark.parametrize(
    "name", [name for name in torch.optim.lr_scheduler.__all__ if name != "LRScheduler"] + ["SWALR", "AveragedModel"]
)
def test_signatures_and_defaults_are_pytorchs(name: str) -> None:
    from inspect import signature

    homes = (
        (swa_utils, torch.optim.swa_utils)
        if name in {"SWALR", "AveragedModel"}
        else (optim.lr_scheduler, torch.optim.lr_scheduler)
    )
    mine, wanted = (signature(getattr(home, name)).parameters for home in homes)
    assert [(p.name, p.kind, p.default) for p in mine.values()] == [
        (p.name, p.kind, p.default) for p in wanted.values()
    ]
