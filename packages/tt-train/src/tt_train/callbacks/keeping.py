"""Keeping weights: the best ones in memory, and all that a run needs on disk."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tt_core import Tensor
from tt_core.errors import StateError
from tt_train.callbacks.base import Callback
from tt_train.callbacks.watching import Mode, Watch
from tt_train.checkpoint import load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from tt_core.nn import Module
    from tt_train.training import Trainer

JUDGED = "judged"  # the weights that figures are of: the model's, which then take no room twice, or their average


class BestModel(Callback):
    """Keep a copy of the weights of the best epoch; where `WeightAverage` averages them, of the average.

    Args:
        monitor: the figure; by default the validation's loss, or that of training.
        mode: "min" or "max"; by default what the figure's name suggests.
        restore: put these weights into the model when the training has ended, unless Ctrl-C ended it.

    Attributes:
        best: the best figure so far.
        epoch: which epoch that was, counted from 1; 0 before the first.
    """

    def __init__(self, monitor: str | None = None, *, mode: Mode | None = None, restore: bool = False) -> None:
        self.watch = Watch(monitor, mode)
        self.restore_at_end = restore
        self.best = self.watch.worst()
        self.epoch = 0
        self.weights: dict[str, Tensor] = {}

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Take copies of the weights of the model that was `judged`, with figure and epoch, if none was as good.

        nan is never good.
        """
        value = self.watch.value(trainer)
        if self.watch.better(value, self.best):
            self.best, self.epoch = value, trainer.epoch
            self.weights = {name: x.clone() for name, x in trainer.judged().state_dict().items()}

    def on_fit_end(self, trainer: Trainer) -> None:
        """Restore the weights if that was wished for."""
        if self.restore_at_end and self.weights and trainer.settled and not trainer.history.interrupted:
            self.restore(trainer.model)

    def restore(self, model: Module) -> None:
        """Put the best weights into a model.

        Raises:
            StateError: there are none: no epoch has ended yet with a figure that is a number.
        """
        if not self.weights:
            message = "expected an epoch to have ended before the best weights are restored; none has"
            raise StateError(message)
        model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """Return the best weights and their figure."""
        return {"best": self.best, "epoch": self.epoch, "weights": dict(self.weights)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""
        self.best, self.epoch, self.weights = state["best"], state["epoch"], dict(state["weights"])


class Checkpoints(Callback):
    """Save all that the training needs to go on, after each epoch and each so many steps, and go on from it.

    Args:
        folder: of the checkpoints of this run, and of no other.
        every: how many steps there are from one to the next, besides those after each epoch.
        monitor: the figure by which one of them is the best; by default the validation's loss, or that of training.
        mode: "min" or "max"; by default what the figure's name suggests.
        keep: how many of the last to keep beside the best.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        *,
        every: int | None = None,
        monitor: str | None = None,
        mode: Mode | None = None,
        keep: int = 3,
    ) -> None:
        self.folder = Path(folder).absolute()  # wherever the program goes
        self.every = every
        self.watch = Watch(monitor, mode)
        self.keep = keep
        self._saved = 0, 0

    def on_resume(self, trainer: Trainer) -> None:
        """Bring the training to where the last checkpoint was saved, if there is one."""
        if load_checkpoint(self.folder, trainer.parts()) is not None:
            self._saved = trainer.epoch, trainer.steps

    def on_batch_end(self, trainer: Trainer) -> None:
        """Save if it is time."""
        if self.every and trainer.steps % self.every == 0:
            self.save(trainer)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Save, with the figure by which the best is found."""
        self.save(trainer, self.watch.value(trainer))

    def on_fit_end(self, trainer: Trainer) -> None:
        """Save what has happened since, unless a step was left unfinished."""
        if trainer.settled and self._saved != (trainer.epoch, trainer.steps):
            self.save(trainer)

    def save(self, trainer: Trainer, metric: float | None = None) -> None:
        """Save a checkpoint now: of the processes that train together, the first one writes what it asks all for."""
        parts, mode = {**trainer.parts(), JUDGED: trainer.judged()}, self.watch.mode
        if trainer.communicator.rank == 0:
            save_checkpoint(self.folder, parts, step=trainer.steps, metric=metric, mode=mode, keep=self.keep)
        else:
            for part in parts.values():
                part.state_dict()
        self._saved = trainer.epoch, trainer.steps

    def load_best(self, model: Module) -> None:
        """Put the weights of the best epoch into a model.

        Raises:
            StateError: there is no checkpoint.
        """
        if load_checkpoint(self.folder, {JUDGED: model}, which="best") is None:
            message = f"expected a checkpoint in {str(self.folder)!r}; there is none"
            raise StateError(message)
