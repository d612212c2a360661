"""Schedules beside their formulas, resumed, combined and refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn
from tt_train import optim
from tt_train.optim import OptimizerError
from tt_train.optim import lr_scheduler as s
from tt_train.optim.swa_utils import SWALR

STEPS = 24


def sgd(**options: Any) -> optim.SGD:
    return optim.SGD([nn.Parameter(np.ones(2))], **{"lr": 1.0, **options})


def rates(schedule: Any, steps: int = STEPS) -> list[float]:
    found = []
    for _ in range(steps):
        found += schedule.get_last_lr()
        assert found[-1] == schedule.optimizer.param_groups[0]["lr"]
        schedule.step()
    return found


FORMULAS: list[tuple[str, Callable[[Any], Any], Callable[[int], float]]] = [
    ("lambda", lambda o: s.LambdaLR(o, lambda t: 1 / (t + 1)), lambda t: 1 / (t + 1)),
    ("multiplicative", lambda o: s.MultiplicativeLR(o, lambda _: 0.9), lambda t: 0.9**t),
    ("step", lambda o: s.StepLR(o, 5), lambda t: 0.1 ** (t // 5)),
    ("multistep", lambda o: s.MultiStepLR(o, [3, 9, 9], 0.5), lambda t: 0.5 ** ((t >= 3) + 2 * (t >= 9))),
    ("constant", lambda o: s.ConstantLR(o, 0.5, 4), lambda t: 0.5 if t < 4 else 1),
    ("linear", lambda o: s.LinearLR(o, 0.2, 0.8, 6), lambda t: 0.2 + 0.6 * min(t, 6) / 6),
    ("exponential", lambda o: s.ExponentialLR(o, 0.8), lambda t: 0.8**t),
    ("polynomial", lambda o: s.PolynomialLR(o, 12, 2), lambda t: (1 - min(t, 12) / 12) ** 2),
    ("cosine", lambda o: s.CosineAnnealingLR(o, 8, 0.1), lambda t: 0.1 + 0.45 * (1 + math.cos(math.pi * t / 8))),
    ("restarts", lambda o: s.CosineAnnealingWarmRestarts(o, 6), lambda t: (1 + math.cos(math.pi * (t % 6) / 6)) / 2),
    ("cyclic", lambda o: s.CyclicLR(o, 0.2, 1.0, 4), lambda t: 0.2 + 0.8 * (1 - abs(t % 8 - 4) / 4)),
    ("triangular", lambda o: s.triangular(o, 4, 20), lambda t: 0.2 + 0.2 * t if t < 4 else max(0, (20 - t) / 16)),
    (
        "warm-up",
        lambda o: s.warmup_cosine(o, 5, 15, 0.1, 0.5),
        lambda t: 0.5 + 0.1 * t if t < 5 else 0.1 + 0.45 * (1 + math.cos(math.pi * (t - 5) / 10)) if t < 15 else None,
    ),
    ("no warm-up", lambda o: s.warmup_cosine(o, 0, 30), lambda t: (1 + math.cos(math.pi * t / 30)) / 2),
]


@pytest.mark.parametrize("make, formula", [case[1:] for case in FORMULAS], ids=[case[0] for case in FORMULAS])
def test_the_formula(make: Callable[[Any], Any], formula: Callable[[int], float | None]) -> None:
    wanted = [formula(t) for t in range(STEPS)]
    steps = wanted.index(None) if None in wanted else STEPS
    np.testing.assert_allclose(rates(make(sgd()), steps), wanted[:steps], rtol=1e-9, atol=1e-12)


def test_one_cycle_goes_up_and_down_with_momentum_opposite() -> None:
    optimizer = sgd(momentum=0.9)
    schedule = s.OneCycleLR(optimizer, 2.0, total_steps=11, pct_start=0.5)
    seen = [(optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"])]
    for _ in range(10):
        schedule.step()
        seen.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
    lrs = [lr for lr, _ in seen]
    assert (lrs[0], lrs[-1]) == pytest.approx((2 / 25, 2 / 25e4))
    assert max(lrs) == pytest.approx(2.0, rel=0.05)
    assert np.corrcoef(*zip(*seen, strict=True))[0, 1] < -0.9
    schedule.step()
    with pytest.raises(OptimizerError, match="expected at most 11 steps, as OneCycleLR was made for; got 12"):
        schedule.step()


def test_schedules_cycle_the_first_beta_of_adam() -> None:
    optimizer = optim.Adam([nn.Parameter([1.0])])
    schedule = s.CyclicLR(optimizer, 0.1, 0.2, 2)
    schedule.step()
    assert optimizer.param_groups[0]["betas"] == (pytest.approx(0.85), 0.999)


def test_a_plateau_is_left() -> None:
    optimizer = sgd()
    schedule = s.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=1)
    seen = []
    for metric in (3.0, tt.tensor(2.0), 2.0, 2.0, 2.0, 2.0, 2.0, 1.0):
        schedule.step(metric)
        seen.append(schedule.get_last_lr()[0])
    assert seen == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert schedule.best == 1.0


def test_a_plateau_of_more_groups_than_there_were() -> None:
    optimizer = sgd()
    schedule = s.ReduceLROnPlateau(optimizer, patience=0, min_lr=0.5)
    optimizer.add_param_group({"params": [nn.Parameter([1.0])]})
    schedule.step(1.0)
    schedule.step(1.0)
    assert schedule.get_last_lr() == [0.5, 0.5]


def test_schedules_one_after_the_other() -> None:
    optimizer = sgd()
    parts = [s.ConstantLR(optimizer, 0.1, 9), s.ExponentialLR(optimizer, 0.5), s.StepLR(optimizer, 2)]
    found = rates(s.SequentialLR(optimizer, parts, [2, 4]), 8)
    np.testing.assert_allclose(found, [0.1, 0.1, 1, 0.5, 1, 1, 0.1, 0.1])


def test_combined_schedules_begin_anew_within_others() -> None:
    optimizer = sgd()

    def chain() -> Any:
        return s.ChainedScheduler([s.ExponentialLR(optimizer, 0.5), s.ConstantLR(optimizer, 0.1, 2)])

    def sequence() -> Any:
        return s.SequentialLR(optimizer, [s.ConstantLR(optimizer, 0.5, 9), s.ExponentialLR(optimizer, 0.1)], [1])

    found = rates(s.SequentialLR(optimizer, [s.StepLR(optimizer, 9), chain(), sequence()], [2, 5]), 8)
    np.testing.assert_allclose(found, [1, 1, 0.1, 0.05, 0.25, 0.5, 1, 0.1])


class Shrinking:
    """A factor with a state of its own."""

    def __init__(self) -> None:
        self.value = 1.0

    def __call__(self, _: float) -> float:
        self.value *= 0.9
        return self.value


RESUMED: dict[str, Callable[[Any], Any]] = {
    **{name: make for name, make, _ in FORMULAS},
    "object": lambda o: s.LambdaLR(o, Shrinking()),
    "cycle of an object": lambda o: s.CyclicLR(o, 0.1, 1.0, 3, scale_fn=Shrinking()),
    "one cycle": lambda o: s.OneCycleLR(o, 2.0, 60),
    "averaging": lambda o: SWALR(o, 0.05, 15),
}


@pytest.mark.parametrize("make", RESUMED.values(), ids=RESUMED)
def test_a_schedule_resumed_through_json_goes_on_the_same(make: Callable[[Any], Any]) -> None:
    first, second = sgd(), sgd()
    schedule, resumed = make(first), make(second)
    rates(schedule, 7)
    saved, groups = json.loads(json.dumps([schedule.state_dict(), first.state_dict()]))
    resumed.load_state_dict(saved)
    second.load_state_dict(groups)
    assert rates(resumed, 30) == rates(schedule, 30)


def test_a_schedule_may_go_on_by_number() -> None:
    first = sgd()
    schedule = s.CosineAnnealingLR(first, 20)
    rates(schedule, 6)
    second = sgd()
    second.load_state_dict(first.state_dict())
    second.param_groups[0]["lr"] = schedule.get_last_lr()[0]
    resumed = s.CosineAnnealingLR(second, 20, last_epoch=6)
    schedule.step()
    assert resumed.last_epoch == 7
    resumed.step()
    schedule.step()
    np.testing.assert_allclose(resumed.closed_form(), schedule.get_last_lr())


REFUSED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda o: s.StepLR(o, 0), "expected a step_size above 0 for StepLR; got 0"),
    (lambda o: s.ConstantLR(o, 2.0), "expected a factor from 0 to 1 for ConstantLR; got 2.0"),
    (lambda o: s.LinearLR(o, 0.0), "expected a start_factor above 0"),
    (lambda o: s.LinearLR(o, end_factor=2.0), "expected an end_factor from 0 to 1"),
    (lambda o: s.PolynomialLR(o, 0), "expected total_iters above 0"),
    (lambda o: s.CosineAnnealingLR(o, 0), "expected T_max above 0"),
    (lambda o: s.CosineAnnealingWarmRestarts(o, 0), "expected a whole T_0 above 0"),
    (lambda o: s.CosineAnnealingWarmRestarts(o, 2, 0), "expected a whole T_mult of at least 1"),
    (lambda o: s.CosineAnnealingWarmRestarts(o, 2).step(-1), "expected a step of at least 0; got -1"),
    (lambda o: s.OneCycleLR(o, 1.0), "expected total_steps, or epochs and steps_per_epoch"),
    (lambda o: s.OneCycleLR(o, 1.0, 0), "expected whole numbers of steps above 0"),
    (lambda o: s.OneCycleLR(o, 1.0, 5, pct_start=2.0), "expected pct_start from 0 to 1"),
    (lambda o: s.OneCycleLR(o, 1.0, 5, anneal_strategy="other"), "expected anneal_strategy 'cos' or 'linear'"),
    (lambda o: s.OneCycleLR(o, [1.0, 2.0], 5), "expected one max_lr or one for each of 1 parameter groups; got 2"),
    (lambda o: s.CyclicLR(o, 0.1, 1.0, mode="other"), "expected mode 'triangular', 'triangular2' or 'exp_range'"),
    (lambda o: s.LambdaLR(o, [len, len]), "expected one lr_lambda or one for each of 1 parameter groups; got 2"),
    (lambda o: s.ReduceLROnPlateau(o, factor=1.0), "expected a factor below 1"),
    (lambda o: s.ReduceLROnPlateau(o, "best"), "expected mode 'min' or 'max'"),
    (lambda o: s.ReduceLROnPlateau(o, threshold_mode="x"), "expected threshold_mode 'rel' or 'abs'"),
    (lambda o: s.SequentialLR(o, [], []), "expected 0 milestones between 0 schedules"),
    (lambda o: s.SequentialLR(o, [s.StepLR(o, 1)], [3]), r"expected 0 milestones between 1 schedules; got \[3\]"),
    (lambda o: s.SequentialLR(o, [s.StepLR(sgd(), 1)], []), "expected schedules of one optimizer for SequentialLR"),
    (lambda o: s.SequentialLR(o, [s.StepLR(o, 1)], []).step(3), "expected no step to jump to in a SequentialLR"),
    (lambda o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]), "expected schedules without a metric"),
    (lambda o: s.ChainedScheduler([]), "expected at least one schedule"),
    (lambda o: s.ChainedScheduler([s.StepLR(o, 1)]).step(3), "expected no step to jump to in a ChainedScheduler"),
    (lambda o: s.warmup_cosine(o, 5, 5), "expected a warm-up shorter than 5 steps; got 5"),
    (lambda o: s.triangular(o, 5, 5), "expected a peak between step 0 and step 5; got 5"),
    (lambda o: s.StepLR(o, 1, last_epoch=3), "expected groups with an 'initial_lr' to go on from step 3"),
    (lambda o: SWALR(o, 0.1, anneal_strategy="other"), "expected anneal_strategy 'cos' or 'linear'"),
    (lambda o: SWALR(o, 0.1, -1), "expected a whole number of anneal_epochs"),
]


@pytest.mark.parametrize("make, message", REFUSED)
def test_settings_that_are_refused(make: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(OptimizerError, match=message):
        make(sgd())


def test_what_cannot_be_scheduled() -> None:
    with pytest.raises(TypeError, match="expected an optimizer to schedule; got Linear"):
        s.StepLR(nn.Linear(1, 1), 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a function of the step for lr_lambda; got float"):
        s.MultiplicativeLR(sgd(), 0.9)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match=r"expected LRScheduler to define get_lr\(\)"):
        s.LRScheduler(sgd())
    with pytest.raises(OptimizerError, match="Adagrad has neither: pass cycle_momentum=False"):
        s.OneCycleLR(optim.Adagrad([nn.Parameter([1.0])]), 1.0, 5)


def test_one_cycle_of_three_lines() -> None:
    schedule = s.OneCycleLR(
        sgd(), 1.0, epochs=2, steps_per_epoch=5, pct_start=0.3, anneal_strategy="linear", three_phase=True,
        cycle_momentum=False, div_factor=5, final_div_factor=2,
    )  # fmt: skip
    wanted = np.interp(range(10), [0, 2, 4, 9], [0.2, 1.0, 0.2, 0.1])
    np.testing.assert_allclose(rates(schedule, 10), wanted)


@pytest.mark.parametrize(
    "options, heights",
    [
        ({"mode": "triangular2"}, [1, 0.5, 0.25]),
        ({"mode": "exp_range", "gamma": 0.9}, [0.9**2, 0.9**6, 0.9**10]),
        ({"scale_fn": lambda x: 1 / x, "scale_mode": "cycle"}, [1, 1 / 2, 1 / 3]),
    ],
)
def test_cycles_of_several_heights(options: dict[str, Any], heights: list[float]) -> None:
    found = rates(s.CyclicLR(sgd(), 0.0, 1.0, 2, cycle_momentum=False, **options), 12)
    np.testing.assert_allclose(found[2::4], heights)
    np.testing.assert_allclose(found[::4], 0, atol=1e-12)


@pytest.mark.parametrize("kind, middle", [("linear", 0.5), ("cos", 0.5)])
def test_rates_for_averaging_end_where_they_should(kind: str, middle: float) -> None:
    found = rates(SWALR(sgd(), 0.0, anneal_epochs=4, anneal_strategy=kind), 8)
    assert (found[0], found[2]) == (1.0, pytest.approx(middle))
    np.testing.assert_allclose(found[4:], 0, atol=1e-12)
    np.testing.assert_allclose(rates(SWALR(sgd(), 0.3, anneal_epochs=0), 3), 0.3)


JUMPS: list[tuple[Callable[[Any], Any], list[float]]] = [
    (lambda o: s.StepLR(o, 2, 0.5), [0.25, 0.5]),
    (lambda o: s.MultiStepLR(o, [1, 4], 0.5), [0.25, 0.5]),
    (lambda o: s.ConstantLR(o, 0.5, 4), [1.0, 0.5]),
    (lambda o: s.LinearLR(o, 0.5, 1.0, 8), [0.8125, 0.625]),
    (lambda o: s.ExponentialLR(o, 0.5), [1 / 32, 1 / 4]),
    (lambda o: s.PolynomialLR(o, 10), [0.5, 0.8]),
    (lambda o: s.CosineAnnealingLR(o, 10), [0.5, 0.5 + 0.5 * math.cos(0.2 * math.pi)]),
    (lambda o: s.CosineAnnealingWarmRestarts(o, 4), [0.5 + 0.5 * math.cos(0.25 * math.pi), 0.5]),
    (lambda o: s.CosineAnnealingWarmRestarts(o, 1, 2), [0.5, 0.5]),
]


@pytest.mark.parametrize("make, wanted", JUMPS)
def test_jumps_there_and_back(make: Callable[[Any], Any], wanted: list[float]) -> None:
    schedule = make(sgd())
    for step, rate in zip((5, 2), wanted, strict=True):
        schedule.step(step)
        assert schedule.get_last_lr() == [pytest.approx(rate)]


def test_restarts_between_two_steps() -> None:
    schedule = s.CosineAnnealingWarmRestarts(sgd(), 4)
    schedule.step(1.5)
    assert schedule.get_last_lr() == [pytest.approx(0.5 + 0.5 * math.cos(math.pi * 1.5 / 4))]
    assert schedule.last_epoch == 1


def test_a_plateau_of_a_metric_that_should_grow() -> None:
    schedule = s.ReduceLROnPlateau(sgd(), "max", 0.5, patience=0, threshold=0.1, threshold_mode="abs", min_lr=[0.4])
    seen = []
    for metric in (1.0, 1.2, 1.25, 2.0, 2.0, 2.0):
        schedule.step(metric, epoch=7)
        seen += schedule.get_last_lr()
    assert seen == [1, 1, 0.5, 0.5, 0.4, 0.4]
    other = s.ReduceLROnPlateau(sgd())
    other.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    assert (other.best, other.mode, other.last_epoch) == (2.0, "max", 7)
    other.load_state_dict({**schedule.state_dict(), "best": -math.inf})
    assert other.best is None
