"""`ReduceLROnPlateau`: smaller steps once there is no more progress."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, SupportsFloat

from tt_train.optimizers.base import Optimizer
from tt_train.schedulers.base import LRScheduler, need, need_optimizer, per_group


class ReduceLROnPlateau(LRScheduler):
    """Multiply η by a factor when a metric has not improved for more than `patience` steps.

    Args:
        optimizer: whose learning rates are set.
        mode: "min" if the metric is to become small, "max" if large.
        factor: below 1.
        patience: how many steps without progress are borne.
        threshold: how much better is better:
        threshold_mode: "rel", by this part of the best value; "abs", by this much.
        cooldown: for how many steps after a reduction nothing is counted.
        min_lr: the lowest rate, or a list with one for each group.
        eps: a reduction by less is not made.

    Raises:
        OptimizerError: a setting is none of these.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        need(factor < 1, "a factor below 1 for ReduceLROnPlateau", factor)
        need(mode in {"min", "max"}, "mode 'min' or 'max' for ReduceLROnPlateau", mode)
        need(threshold_mode in {"rel", "abs"}, "threshold_mode 'rel' or 'abs' for ReduceLROnPlateau", threshold_mode)
        self.optimizer = need_optimizer(optimizer)
        self.mode, self.factor, self.patience = mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.eps = cooldown, eps
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = per_group("min_lr", optimizer, min_lr)
        self.best: float | None = None
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = self._present()

    @property
    def in_cooldown(self) -> bool:
        """Whether steps are not counted now."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]  # as PyTorch's
        """Look at the metric, and reduce the rates if it is time.

        Args:
            metrics: its value; a tensor of one number will do.
            epoch: a step to jump to.
        """
        value = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._present()

    def _is_better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        best = -sign * math.inf if self.best is None else self.best
        bar = best * (1 + sign * self.threshold) if self.threshold_mode == "rel" else best + sign * self.threshold
        return sign * value > sign * bar

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if self.default_min_lr is not None:
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, low in zip(groups, per_group("min_lr", self.optimizer, self.min_lrs), strict=True):
            lr = max(float(group["lr"]) * self.factor, low)
            if float(group["lr"]) - lr > self.eps:
                group["lr"] = lr

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one was; PyTorch's infinite best value means that there was none."""
        best = state_dict["best"]
        super().load_state_dict({**state_dict, "best": None if best is None or math.isinf(best) else best})
