"""`LRScheduler`: counts steps, and gives each group of an optimizer its learning rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any

from tt_train.optimizers.base import Optimizer
from tt_train.optimizers.errors import OptimizerError

Rates = list[float]


class LRScheduler:
    """The base class: define `get_lr`, the next learning rates, from the present ones or from the first.

    A schedule that multiplies the present rates can be chained with others; one that sets them anew cannot.

    Args:
        optimizer: whose `param_groups[i]["lr"]` is set: at once, and with each `step`.
        last_epoch: how many steps there have been; -1 to begin.

    Attributes:
        base_lrs: the rates that the schedule began with, "initial_lr" of the groups.
        last_epoch: how many steps there have been.

    Raises:
        OptimizerError: last_epoch is given, and the optimizer has not been scheduled before.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = need_optimizer(optimizer)
        for group in optimizer.param_groups:
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                message = (
                    f"expected groups with an 'initial_lr' to go on from step {last_epoch}; there is none: "
                    "load the optimizer's state dict first, or begin with last_epoch=-1"
                )
                raise OptimizerError(message)
        self.base_lrs: Rates = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: Rates = []
        self._begin()

    def _begin(self) -> None:
        """Set the rates of the first step."""
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def get_lr(self) -> Rates:
        """Return the rate of each group at `last_epoch`, given those of the step before in the groups."""
        message = f"expected {type(self).__name__} to define get_lr(); it does not"
        raise NotImplementedError(message)

    def closed_form(self) -> Rates | None:
        """Return the rates at `last_epoch` without those before, None if they cannot be had so."""
        return None

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next step; to be called after the optimizer's own `step`.

        Args:
            epoch: a step to jump to instead.
        """
        self._step_count += 1
        self._update(epoch)

    def _update(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        jump = None if epoch is None else self.closed_form()
        self._set(self.get_lr() if jump is None else jump)

    def _restart(self) -> None:
        """Begin anew where another schedule has ended."""
        self._update(0)

    def _set(self, rates: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        self._last_lr = self._present()

    def _present(self) -> Rates:
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def _scaled(self, factor: float) -> Rates:
        return [lr * factor for lr in self._present()]

    def get_last_lr(self) -> Rates:
        """Return the rates that were set last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return all but the optimizer, in numbers, texts and lists; functions are left out."""
        hidden = ("optimizer", "_is_initial")
        return {name: value for name, value in self.__dict__.items() if name not in hidden}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another one was; load the optimizer's state after it was made, not before."""
        self.__dict__.update(state_dict)


def need_optimizer(optimizer: Any) -> Optimizer:
    """Return the optimizer.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(optimizer, Optimizer):
        message = f"expected an optimizer to schedule; got {type(optimizer).__name__}"
        raise TypeError(message)
    return optimizer


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """Return a value for each group: those of a list, or the same for all.

    Raises:
        OptimizerError: the list has another length.
    """
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        message = f"expected one {name} or one for each of {count} parameter groups; got {len(value)}"
        raise OptimizerError(message)
    return list(value)


def need(holds: bool, expected: str, got: Any) -> None:
    """Refuse a setting.

    Raises:
        OptimizerError: it does not hold.
    """
    if not holds:
        message = f"expected {expected}; got {got!r}"
        raise OptimizerError(message)


def own_state(function: Any) -> dict[str, Any] | None:
    """Return what a callable object knows; None for a function, which the program has anyway."""
    known = None if isinstance(function, FunctionType) else getattr(function, "__dict__", None)
    return None if known is None else dict(known)
