"""Stopping when it no longer gets better, or when the time is up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tt_train.callbacks.base import Callback
from tt_train.callbacks.watching import Mode, Watch

if TYPE_CHECKING:
    from tt_train.training import Trainer


class EarlyStopping(Callback):
    """Stop the training when a figure has not become better for some epochs.

    Args:
        monitor: the figure; by default the validation's loss, or that of training.
        patience: how many epochs in a row may be no better.
        min_delta: by how much a figure has to be better than the best one to count.
        mode: "min" or "max"; by default what the figure's name suggests.

    Attributes:
        best: the best figure so far.
        waited: how many epochs have passed since then.
    """

    def __init__(
        self, monitor: str | None = None, *, patience: int = 5, min_delta: float = 0.0, mode: Mode | None = None
    ) -> None:
        self.watch = Watch(monitor, mode)
        self.patience = patience
        self.min_delta = abs(min_delta) if self.watch.mode == "min" else -abs(min_delta)
        self.best = self.watch.worst()
        self.waited = 0

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Take note of a better figure, or wait; stop when `patience` epochs in a row were no better than the best.

        To be better, a figure has to be so by more than `min_delta`: after that is added to it (for "max" it is
        negative already), it still has to be better than the best one.
        """
        value = self.watch.value(trainer)
        if self.watch.better(value + self.min_delta, self.best):
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            trainer.stop(f"no better than {self.best:.4g} for {self.waited} epochs")

    def state_dict(self) -> dict[str, Any]:
        """Return the best figure and for how long it has been so."""
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""
        self.best, self.waited = state["best"], state["waited"]


class TimeLimit(Callback):
    """Stop the training after the step in which its time is up, over all runs that a checkpoint joined.

    Args:
        seconds: how long it may train.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._before = 0.0
        self._start = time.perf_counter()

    @property
    def used(self) -> float:
        """How many seconds have passed."""
        return self._before + time.perf_counter() - self._start

    def on_fit_start(self, trainer: Trainer) -> None:  # noqa: ARG002  # the form of the moment
        """Start the clock."""
        self._start = time.perf_counter()

    def on_batch_end(self, trainer: Trainer) -> None:
        """Stop if the time is up, for one process or another."""
        if any(trainer.communicator.gather(self.used >= self.seconds)):
            trainer.stop(f"the {self.seconds:g} s are over")

    def on_fit_end(self, trainer: Trainer) -> None:  # noqa: ARG002  # the form of the moment
        """Stop the clock."""
        self._before, self._start = self.used, time.perf_counter()

    def state_dict(self) -> dict[str, Any]:
        """Return the time that has passed."""
        return {"used": self.used}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""
        self._before = state["used"]
