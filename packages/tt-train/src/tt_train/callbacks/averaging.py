"""Averages of the weights while they are learned, which are validated and kept instead of the last ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tt_train.averaging import AveragedModel, get_ema_multi_avg_fn
from tt_train.callbacks.base import Callback

if TYPE_CHECKING:
    from tt_core.nn import Module
    from tt_train.training import Trainer


class WeightAverage(Callback):
    """Average the model's weights over its steps; validate with the average, and put it into the model in the end.

    Args:
        decay: how much of the average each step keeps (EMA); None for the equal average of all (SWA).
        every: how many steps there are from one update to the next.
        start: the epoch, from 0 on, in which averaging begins.
        apply: put the average into the model when the training has ended, unless Ctrl-C ended it.

    Attributes:
        average: the averaged model, None before the first fit.

    Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407; Polyak & Juditsky 1992
    """

    def __init__(self, decay: float | None = 0.999, *, every: int = 1, start: int = 0, apply: bool = True) -> None:
        self.function = None if decay is None else get_ema_multi_avg_fn(decay)
        self.every = every
        self.start = start
        self.apply = apply
        self.average: AveragedModel | None = None
        self._saved: Mapping[str, Any] | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Make the average, or take up the one that was saved."""
        if self.average is None:
            self.average = AveragedModel(trainer.model, multi_avg_fn=self.function)
        if self._saved is not None:
            self.average.load_state_dict(self._saved)
        self._saved = None

    def on_batch_end(self, trainer: Trainer) -> None:
        """Take in the new weights."""
        if self.average is not None and trainer.epoch >= self.start and trainer.steps % self.every == 0:
            self.average.update_parameters(trainer.model)

    def on_validation_start(self, trainer: Trainer) -> None:
        """Put the average in the place of the weights."""
        self._exchange(trainer.model)

    def on_validation_end(self, trainer: Trainer) -> None:
        """Put the weights back."""
        self._exchange(trainer.model)

    def on_fit_end(self, trainer: Trainer) -> None:
        """Leave the average in the model."""
        average = self.module()
        if self.apply and average is not None and trainer.settled and not trainer.history.interrupted:
            trainer.model.load_state_dict(average.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Return the average."""
        return {"average": None if self.average is None else dict(self.average.state_dict())}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned, as soon as there is a model."""
        self._saved = state["average"]

    def module(self) -> Module | None:
        """Return the module with the averages, once there are some."""
        return self.average.module if self.average is not None and int(self.average.n_averaged) else None

    def _exchange(self, model: Module) -> None:
        average = self.module()
        if average is not None:
            weights = {name: x.clone() for name, x in model.state_dict().items()}
            model.load_state_dict(average.state_dict())
            average.load_state_dict(weights)
