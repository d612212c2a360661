"""Schedules that follow a cosine: slowly away from the first rate, slowly towards the last."""

from __future__ import annotations

import math

from tt_train.optimizers.base import Optimizer
from tt_train.schedulers.base import LRScheduler, Rates, need, per_group


def bell(part: float) -> float:
    """Return half of 1 + cos(π · part): 1 at 0, and 0 at 1."""
    return (1 + math.cos(math.pi * part)) / 2


class CosineAnnealingLR(LRScheduler):
    """η_t = η_min + (η₀ − η_min) (1 + cos(π t / T)) / 2.

    Args:
        optimizer: whose learning rates are set.
        T_max: T; after it, η rises again the same way.
        eta_min: η_min.
        last_epoch: how many steps there have been; -1 to begin.

    Source: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        need(T_max > 0, "T_max above 0 for CosineAnnealingLR", T_max)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return η_min and the quotient of two neighbouring cosines of what η is above it."""
        if self._is_initial:
            return self._present()
        if self._step_count == 1 and self.last_epoch > 0:
            return self.closed_form()
        t, low = self.last_epoch, self.eta_min
        if (t - 1 - self.T_max) % (2 * self.T_max) == 0:  # η was η_min: there is nothing to multiply
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - low) * rise for lr, base in zip(self._present(), self.base_lrs, strict=True)]
        quotient = bell(t / self.T_max) / bell((t - 1) / self.T_max)
        return [low + quotient * (lr - low) for lr in self._present()]

    def closed_form(self) -> Rates:
        """Return η_min + (η₀ − η_min) (1 + cos(π t / T)) / 2 for each of `base_lrs`, where t is `last_epoch`."""
        return [self.eta_min + (lr - self.eta_min) * bell(self.last_epoch / self.T_max) for lr in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Follow a cosine from η₀ to η_min, then jump back to η₀ and begin anew, for longer each time.

    Args:
        optimizer: whose learning rates are set.
        T_0: how many steps until the first restart.
        T_mult: how many times longer each cycle is than the one before.
        eta_min: η_min.
        last_epoch: how many steps there have been; -1 to begin.

    Source: Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        need(T_0 > 0 and int(T_0) == T_0, "a whole T_0 above 0 for CosineAnnealingWarmRestarts", T_0)
        need(T_mult >= 1 and T_mult == int(T_mult), "a whole T_mult of at least 1", T_mult)
        self.T_0 = self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return η_min + (η₀ − η_min) · bell(T_cur / T_i) for each of `base_lrs`: T_cur steps into a cycle of T_i."""
        return [self.eta_min + (lr - self.eta_min) * bell(self.T_cur / self.T_i) for lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next step.

        Args:
            epoch: a step to jump to instead; it may lie between two.

        Raises:
            OptimizerError: it is negative.
        """
        if epoch is None and self.last_epoch >= 0:
            self.last_epoch += 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            self._jump(epoch or 0)
        self._set(self.get_lr())

    def _jump(self, epoch: float) -> None:
        need(epoch >= 0, "a step of at least 0", epoch)
        self.last_epoch = math.floor(epoch)
        self.T_cur, self.T_i = epoch, self.T_0
        if epoch >= self.T_0 and self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        elif epoch >= self.T_0:
            cycle = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**cycle - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**cycle

    def _restart(self) -> None:
        self.step(0)


class SWALR(LRScheduler):
    """Bring η to a fixed value and leave it there, for the time in which weights are averaged.

    Args:
        optimizer: whose learning rates are set.
        swa_lr: the value, or a list with one for each group.
        anneal_epochs: in how many steps.
        anneal_strategy: "cos" or "linear".
        last_epoch: how many steps there have been; -1 to begin.

    Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        need(anneal_strategy in {"cos", "linear"}, "anneal_strategy 'cos' or 'linear'", anneal_strategy)
        whole = anneal_epochs >= 0 and anneal_epochs == int(anneal_epochs)
        need(whole, "a whole number of anneal_epochs, at least 0", anneal_epochs)
        for group, lr in zip(optimizer.param_groups, per_group("swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = lr
        self.anneal_epochs = anneal_epochs
        self._anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """Return the mixture of both rates, the first one found from the present mixture."""
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part(step - 1), self._part(step)
        return [_mixed(group["lr"], group["swa_lr"], before, now) for group in self.optimizer.param_groups]

    def _part(self, step: int) -> float:
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return 1 - bell(t) if self._anneal_strategy == "cos" else t


def _mixed(lr: float, last: float, before: float, now: float) -> float:
    first = last if before == 1 else (lr - before * last) / (1 - before)
    return last * now + first * (1 - now)
