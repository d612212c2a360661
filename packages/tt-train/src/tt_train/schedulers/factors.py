"""Schedules that multiply the learning rate by a factor, again and again."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from tt_train.optimizers.base import Optimizer
from tt_train.schedulers.base import LRScheduler, Rates, need, own_state, per_group

Factor: TypeAlias = Callable[[int], float]


class _FunctionLR(LRScheduler):
    """What both schedules by function share: one function for each group, of which objects are saved."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        self.lr_lambdas = per_group("lr_lambda", optimizer, lr_lambda)
        for function in self.lr_lambdas:
            if not callable(function):
                message = f"expected a function of the step for lr_lambda; got {type(function).__name__}"
                raise TypeError(message)
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the counters, and of each function that is an object what it knows."""
        return {**super().state_dict(), "lr_lambdas": [own_state(function) for function in self.lr_lambdas]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one was."""
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "lr_lambdas"})
        for function, known in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if known is not None:
                function.__dict__.update(known)


class LambdaLR(_FunctionLR):
    """η_t = η₀ · f(t).

    Args:
        optimizer: whose learning rates are set.
        lr_lambda: f, a function of the step's number; or a list with one for each group.
        last_epoch: how many steps there have been; -1 to begin.
    """

    def get_lr(self) -> Rates:
        """Return η₀ · f(t)."""
        return [lr * f(self.last_epoch) for lr, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(_FunctionLR):
    """η_t = η_{t-1} · f(t).

    The arguments are those of `LambdaLR`.
    """

    def get_lr(self) -> Rates:
        """Return η · f(t); the first step leaves η as it is."""
        if self._is_initial:
            return self._present()
        return [lr * f(self.last_epoch) for lr, f in zip(self._present(), self.lr_lambdas, strict=True)]


class StepLR(LRScheduler):
    """Multiply η by γ every `step_size` steps.

    Args:
        optimizer: whose learning rates are set.
        step_size: how many steps lie between.
        gamma: γ.
        last_epoch: how many steps there have been; -1 to begin.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        need(step_size > 0, "a step_size above 0 for StepLR", step_size)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return the present rates, or γ times them where a stretch begins: at t = size, 2 size, …, but not at 0."""
        begins = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return self._scaled(self.gamma) if begins else self._present()

    def closed_form(self) -> Rates:
        """Return η₀ γ^⌊t / size⌋ for each of `base_lrs`, where t is `last_epoch`."""
        return [lr * self.gamma ** (self.last_epoch // self.step_size) for lr in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Multiply η by γ at each of the milestones.

    Args:
        optimizer: whose learning rates are set.
        milestones: the steps' numbers; one that stands there twice counts twice.
        gamma: γ.
        last_epoch: how many steps there have been; -1 to begin.
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return η, or γ η at a milestone."""
        times = self.milestones[self.last_epoch]
        return self._scaled(self.gamma**times) if times else self._present()

    def closed_form(self) -> Rates:
        """Return η₀ γ^(number of milestones so far)."""
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [lr * self.gamma**passed for lr in self.base_lrs]

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with the milestones as a list: JSON's keys are texts."""
        return {**super().state_dict(), "milestones": sorted(self.milestones.elements())}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one was."""
        super().load_state_dict({**state_dict, "milestones": Counter(state_dict["milestones"])})


class ConstantLR(LRScheduler):
    """Multiply η by a factor for the first `total_iters` steps.

    Args:
        optimizer: whose learning rates are set.
        factor: from 0 to 1.
        total_iters: for how many steps.
        last_epoch: how many steps there have been; -1 to begin.
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        need(0 <= factor <= 1, "a factor from 0 to 1 for ConstantLR", factor)
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return η, multiplied at the first step and divided again at the last."""
        if self.last_epoch == 0:
            return self._scaled(self.factor)
        return self._scaled(1.0 / self.factor) if self.last_epoch == self.total_iters else self._present()

    def closed_form(self) -> Rates:
        """Return η₀, or η₀ · factor in the beginning."""
        over = self.last_epoch >= self.total_iters
        return [lr * (self.factor + over * (1 - self.factor)) for lr in self.base_lrs]


class LinearLR(LRScheduler):
    """Multiply η₀ by a factor that goes in a line from `start_factor` to `end_factor`.

    Args:
        optimizer: whose learning rates are set.
        start_factor: above 0, to 1.
        end_factor: from 0 to 1.
        total_iters: in how many steps.
        last_epoch: how many steps there have been; -1 to begin.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        need(0 < start_factor <= 1, "a start_factor above 0 and up to 1 for LinearLR", start_factor)
        need(0 <= end_factor <= 1, "an end_factor from 0 to 1 for LinearLR", end_factor)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return η times the quotient of two neighbouring factors.

        With f(t) = start + (end − start) t / T, step 0 gives η f(0), step t up to T gives η f(t) / f(t − 1), and from
        then on η stays. Multiplied through by T, the quotient is 1 + (end − start) / (T start + (t − 1)(end − start)).
        A schedule that begins in the middle (`_is_initial` and t > 0) leaves η as it is.
        """
        if self.last_epoch == 0:
            return self._scaled(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._present()
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return self._scaled(1.0 + rise / before)

    def closed_form(self) -> Rates:
        """Return η₀ (start + (end − start) t / T) for each of `base_lrs`; from t = T on, η₀ end."""
        rise = (self.end_factor - self.start_factor) * min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * (self.start_factor + rise) for lr in self.base_lrs]


class ExponentialLR(LRScheduler):
    """Multiply η by γ at every step.

    Args:
        optimizer: whose learning rates are set.
        gamma: γ.
        last_epoch: how many steps there have been; -1 to begin.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return γ η."""
        return self._present() if self._is_initial else self._scaled(self.gamma)

    def closed_form(self) -> Rates:
        """Return η₀ γᵗ."""
        return [lr * self.gamma**self.last_epoch for lr in self.base_lrs]


class PolynomialLR(LRScheduler):
    """η_t = η₀ (1 − t / T)ᵖ, and 0 from step T on.

    Args:
        optimizer: whose learning rates are set.
        total_iters: T.
        power: p.
        last_epoch: how many steps there have been; -1 to begin.
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        need(total_iters > 0, "total_iters above 0 for PolynomialLR", total_iters)
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return η times the quotient of two neighbouring powers."""
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._present()
        left, before = (1.0 - t / self.total_iters for t in (self.last_epoch, self.last_epoch - 1))
        return self._scaled((left / before) ** self.power)

    def closed_form(self) -> Rates:
        """Return η₀ (1 − t / T)ᵖ."""
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * left**self.power for lr in self.base_lrs]
