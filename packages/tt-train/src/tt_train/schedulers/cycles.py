"""Schedules that go up and then down again, with momentum the other way round."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from tt_train.optimizers.base import Optimizer
from tt_train.optimizers.errors import OptimizerError
from tt_train.schedulers.base import LRScheduler, Rates, need, own_state, per_group


def uses_betas(optimizer: Optimizer) -> bool:
    """Tell whether momentum is the first of "betas".

    Raises:
        OptimizerError: the optimizer has neither "betas" nor "momentum".
    """
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        message = (
            f"expected an optimizer with momentum or betas to cycle; {type(optimizer).__name__} has neither: "
            "pass cycle_momentum=False"
        )
        raise OptimizerError(message)
    return "betas" in optimizer.defaults


def set_momentum(group: dict[str, Any], momentum: float) -> None:
    """Set the momentum of a group, wherever it has it."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def _prepare_momentum(optimizer: Optimizer, lowest: list[float], largest: list[float]) -> None:
    for group, low, high in zip(optimizer.param_groups, lowest, largest, strict=True):
        set_momentum(group, high)
        group["max_momentum"], group["base_momentum"] = high, low


class OneCycleLR(LRScheduler):
    """Go up from max_lr / div_factor to max_lr, then down to the first rate / final_div_factor; momentum opposite.

    Args:
        optimizer: whose learning rates are set.
        max_lr: the highest rate, or a list with one for each group.
        total_steps: how many steps the cycle has; or else
        epochs: how many epochs of
        steps_per_epoch: how many steps it has.
        pct_start: which part of it goes up.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: whether momentum, or β₁, goes from max_momentum to base_momentum and back.
        base_momentum: the lowest, or a list with one for each group.
        max_momentum: the highest, or a list with one for each group.
        div_factor: how much lower the first rate is than max_lr.
        final_div_factor: how much lower the last rate is than the first.
        three_phase: go down to the first rate as fast as up, and only then to the last.
        last_epoch: how many steps there have been; -1 to begin.

    Raises:
        OptimizerError: a setting is out of its range, the number of steps is unknown, or there is no momentum.

    Source: Smith & Topin 2017, https://arxiv.org/abs/1708.07120
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        need(0 <= pct_start <= 1, "pct_start from 0 to 1 for OneCycleLR", pct_start)
        need(anneal_strategy in {"cos", "linear"}, "anneal_strategy 'cos' or 'linear'", anneal_strategy)
        self._anneal_func_type = anneal_strategy
        self._schedule_phases = _phases(float(pct_start), self.total_steps, three_phase=three_phase)
        self.cycle_momentum = cycle_momentum
        highest = per_group("max_lr", optimizer, max_lr)
        if cycle_momentum:
            self.use_beta1 = uses_betas(optimizer)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, highest, strict=True):
                first = lr / div_factor
                group.update(initial_lr=first, max_lr=lr, min_lr=first / final_div_factor)
            if cycle_momentum:
                lows, highs = (
                    per_group(name, optimizer, value)
                    for name, value in (("base_momentum", base_momentum), ("max_momentum", max_momentum))
                )
                _prepare_momentum(optimizer, lows, highs)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return the rates at this place of the cycle; momentum is set on the way.

        Raises:
            OptimizerError: the cycle is over.
        """
        step = self.last_epoch
        need(step <= self.total_steps, f"at most {self.total_steps} steps, as OneCycleLR was made for", step)
        phase, part = self._place(step)
        for group in self.optimizer.param_groups:
            if self.cycle_momentum:
                start, end = group[phase["start_momentum"]], group[phase["end_momentum"]]
                set_momentum(group, self._between(start, end, part))
        return [
            self._between(group[phase["start_lr"]], group[phase["end_lr"]], part)
            for group in self.optimizer.param_groups
        ]

    def _place(self, step: int) -> tuple[dict[str, Any], float]:
        """Return the phase that a step lies in, and how much of it has passed."""
        start = 0.0
        *others, last = self._schedule_phases
        for phase in others:
            if step <= phase["end_step"]:
                return phase, (step - start) / (phase["end_step"] - start)
            start = phase["end_step"]
        return last, (step - start) / (last["end_step"] - start)

    def _between(self, start: float, end: float, part: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        message = "expected total_steps, or epochs and steps_per_epoch, for OneCycleLR; got neither"
        raise OptimizerError(message)
    numbers = [total_steps] if total_steps is not None else [epochs, steps_per_epoch]
    for number in numbers:
        need(isinstance(number, int) and number > 0, "whole numbers of steps above 0 for OneCycleLR", number)
    return math.prod(number for number in numbers if number is not None)


def _phases(up: float, total: int, *, three_phase: bool) -> list[dict[str, Any]]:
    """Return the phases in PyTorch's form: where each ends, and between which settings of the group it goes."""

    def phase(end: float, lrs: str, momenta: str) -> dict[str, Any]:
        (lr, next_lr), (momentum, next_momentum) = lrs.split(), momenta.split()
        return {
            "end_step": end,
            "start_lr": f"{lr}_lr",
            "end_lr": f"{next_lr}_lr",
            "start_momentum": f"{momentum}_momentum",
            "end_momentum": f"{next_momentum}_momentum",
        }

    rise = phase(up * total - 1, "initial max", "max base")
    if three_phase:
        fall = phase(2 * up * total - 2, "max initial", "base max")
        return [rise, fall, phase(total - 1, "initial min", "max max")]
    return [rise, phase(total - 1, "max min", "base max")]


class CyclicLR(LRScheduler):
    """Go from base_lr to max_lr and back in straight lines, again and again; momentum opposite.

    Args:
        optimizer: whose learning rates are set.
        base_lr: the lowest rate, or a list with one for each group.
        max_lr: the highest, or a list with one for each group.
        step_size_up: how many steps up.
        step_size_down: how many steps down; as many as up unless given.
        mode: "triangular"; "triangular2", half as high each time; "exp_range", γᵗ times as high.
        gamma: γ.
        scale_fn: how high, as a function of the cycle's number or of t, instead of `mode`.
        scale_mode: which of both, "cycle" or "iterations".
        cycle_momentum: whether momentum, or β₁, goes from max_momentum to base_momentum and back.
        base_momentum: the lowest, or a list with one for each group.
        max_momentum: the highest, or a list with one for each group.
        last_epoch: how many steps there have been; -1 to begin.

    Source: Smith 2017, https://arxiv.org/abs/1506.01186
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        known = scale_fn is not None or mode in {"triangular", "triangular2", "exp_range"}
        need(known, "mode 'triangular', 'triangular2' or 'exp_range' for CyclicLR, or a scale_fn", mode)
        lowest = per_group("base_lr", optimizer, base_lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode, self.gamma = mode, gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = uses_betas(optimizer)
            self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, lowest, strict=True):
                group["lr"] = lr
            if cycle_momentum:
                _prepare_momentum(optimizer, self.base_momentums, self.max_momentums)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lowest

    def scale_fn(self, x: float) -> float:
        """Return how high a cycle, or step, is."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "exp_range":
            return float(self.gamma**x)
        return float(0.5 ** (x - 1)) if self.mode == "triangular2" else 1.0

    def get_lr(self) -> Rates:
        """Return the rates at this place of the cycle; momentum is set on the way."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            bounds = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in bounds:
                set_momentum(group, high - (high - low) * height * scale)
        return [low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return the state, and of a scale_fn that is an object what it knows."""
        return {**super().state_dict(), "_scale_fn_custom": own_state(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one was."""
        known = state_dict["_scale_fn_custom"]
        super().load_state_dict({**state_dict, "_scale_fn_custom": self._scale_fn_custom})
        if known is not None and self._scale_fn_custom is not None:
            self._scale_fn_custom.__dict__.update(known)
