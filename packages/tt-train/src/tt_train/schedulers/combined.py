"""Schedules made of others: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from tt_train.optimizers.base import Optimizer
from tt_train.optimizers.errors import OptimizerError
from tt_train.schedulers.base import LRScheduler, need
from tt_train.schedulers.cosine import CosineAnnealingLR
from tt_train.schedulers.factors import LinearLR
from tt_train.schedulers.plateau import ReduceLROnPlateau


class _Combined(LRScheduler):
    """What both share: a list of schedules of one optimizer, saved and loaded with their own states."""

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler]) -> None:
        kind = type(self).__name__
        for scheduler in schedulers:
            if isinstance(scheduler, ReduceLROnPlateau):
                message = f"expected schedules without a metric for {kind}; got ReduceLROnPlateau: step it by itself"
                raise OptimizerError(message)
            if scheduler.optimizer is not optimizer:
                message = f"expected schedules of one optimizer for {kind}; got {type(scheduler).__name__} of another"
                raise OptimizerError(message)
        self.optimizer = optimizer
        self._schedulers = list(schedulers)

    def state_dict(self) -> dict[str, Any]:
        """Return the counters and the states of all."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one was."""
        super().load_state_dict({name: value for name, value in state_dict.items() if name != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


class SequentialLR(_Combined):
    """Follow one schedule until the first milestone, then the next, which begins anew there.

    Args:
        optimizer: whose learning rates are set.
        schedulers: schedules of this optimizer.
        milestones: the steps at which the second and all further ones begin.
        last_epoch: how many steps there have been; -1 to begin.

    Raises:
        OptimizerError: the numbers of schedules and milestones do not fit, or a schedule does not.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        fits = len(schedulers) > 0 and len(milestones) == len(schedulers) - 1
        need(fits, f"{max(len(schedulers) - 1, 0)} milestones between {len(schedulers)} schedules", milestones)
        super().__init__(optimizer, schedulers)
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        _undo(self)
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._begin()  # noqa: SLF001 - schedules know each other
        self._last_lr = first.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next step.

        Raises:
            OptimizerError: a step to jump to is given.
        """
        need(epoch is None, "no step to jump to in a SequentialLR", epoch)
        self.last_epoch += 1
        place = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[place]
        if place > 0 and self._milestones[place - 1] == self.last_epoch:
            scheduler._restart()  # noqa: SLF001 - schedules know each other
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()

    def _restart(self) -> None:
        self.last_epoch = 0
        self._schedulers[bisect_right(self._milestones, 0)]._restart()  # noqa: SLF001
        self._last_lr = self._present()


def _undo(scheduler: LRScheduler) -> None:
    """Take back the first step of every schedule inside."""
    if isinstance(scheduler, _Combined):
        for inner in scheduler._schedulers:  # noqa: SLF001
            _undo(inner)
    else:
        scheduler.last_epoch -= 1


class ChainedScheduler(_Combined):
    """Follow several schedules at once: each multiplies what the others leave.

    Args:
        schedulers: schedules of one optimizer.
        optimizer: that optimizer; the first schedule's unless given.

    Raises:
        OptimizerError: there are none, or one does not fit.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        need(len(schedulers) > 0, "at least one schedule for ChainedScheduler", schedulers)
        super().__init__(optimizer or schedulers[0].optimizer, schedulers)
        self._last_lr = self._present()

    def step(self, epoch: int | None = None) -> None:
        """Let every schedule make its step.

        Raises:
            OptimizerError: a step to jump to is given.
        """
        need(epoch is None, "no step to jump to in a ChainedScheduler", epoch)
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._present()

    def _restart(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for scheduler in self._schedulers:
            scheduler.last_epoch = -1
            scheduler._begin()  # noqa: SLF001
        self._last_lr = self._present()


def warmup_cosine(
    optimizer: Optimizer, warmup_steps: int, total_steps: int, eta_min: float = 0.0, start_factor: float = 0.01
) -> LRScheduler:
    """Return the schedule of most transformers: up in a line from a hundredth of η, then down along a cosine.

    It is a `LinearLR` of `warmup_steps`, followed (`SequentialLR`) by a `CosineAnnealingLR` over all that remain, down
    to `eta_min`; with no warm-up, the cosine alone.

    Args:
        optimizer: whose learning rates are set.
        warmup_steps: how many steps go up; none is allowed.
        total_steps: how many steps there are, warm-up included.
        eta_min: where the cosine ends.
        start_factor: the part of η to begin with.

    Raises:
        OptimizerError: the warm-up is as long as the whole or longer, or below 0; the message has its length.

    >>> from tt_core import nn
    >>> from tt_train.optimizers.sgd import SGD
    >>> optimizer = SGD([nn.Parameter([1.0])], lr=1.0)
    >>> schedule = warmup_cosine(optimizer, warmup_steps=2, total_steps=6, start_factor=0.5)
    >>> rates = []
    >>> for _ in range(7):
    ...     rates.append(round(schedule.get_last_lr()[0], 3))
    ...     schedule.step()
    >>> rates
    [0.5, 0.75, 1.0, 0.854, 0.5, 0.146, 0.0]
    """
    need(0 <= warmup_steps < total_steps, f"a warm-up shorter than {total_steps} steps", warmup_steps)
    if warmup_steps == 0:
        return CosineAnnealingLR(optimizer, total_steps, eta_min)
    up = LinearLR(optimizer, start_factor, total_iters=warmup_steps)
    down = CosineAnnealingLR(optimizer, total_steps - warmup_steps, eta_min)
    return SequentialLR(optimizer, [up, down], [warmup_steps])


def triangular(
    optimizer: Optimizer, peak_step: int, total_steps: int, start_factor: float = 0.2, end_factor: float = 0.0
) -> LRScheduler:
    """Return the schedule of short trainings: up in a line from a fifth of η, then down in a line to nothing.

    Args:
        optimizer: whose learning rates are set.
        peak_step: after how many steps η is reached.
        total_steps: how many steps there are.
        start_factor: the part of η to begin with.
        end_factor: the part of η to end with.

    Raises:
        OptimizerError: the peak lies outside.

    Source: Jordan 2024, https://arxiv.org/abs/2404.00498
    """
    need(0 < peak_step < total_steps, f"a peak between step 0 and step {total_steps}", peak_step)
    up = LinearLR(optimizer, start_factor, total_iters=peak_step)
    down = LinearLR(optimizer, 1.0, end_factor, total_steps - peak_step)
    return SequentialLR(optimizer, [up, down], [peak_step])
