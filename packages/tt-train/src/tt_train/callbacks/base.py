"""`Callback`: what is called at set moments of a training, and may look at everything, and stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tt_train.training import Trainer

EVENTS = (
    "on_resume",
    "on_fit_start",
    "on_epoch_start",
    "on_batch_end",
    "on_validation_start",
    "on_validation_end",
    "on_epoch_end",
    "on_fit_end",
)


class Callback:
    """The base class: override the moments that matter; the trainer is the argument of each.

    The callbacks of a trainer are called in their order, at the end of a fit in the reverse one, as one leaves rooms.
    What a callback has to remember over a crash it returns from `state_dict`.

    >>> class Shout(Callback):
    ...     def on_epoch_end(self, trainer: Trainer) -> None:
    ...         print(f"epoch {trainer.epoch}: loss {trainer.history[-1]['loss']:.2f}!")
    """

    def on_resume(self, trainer: Trainer) -> None:
        """Bring back what an earlier process left, before anything else happens."""

    def on_fit_start(self, trainer: Trainer) -> None:
        """Begin: `trainer.epoch` epochs and `trainer.steps` steps have been made before."""

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Begin an epoch, or go on within one."""

    def on_batch_end(self, trainer: Trainer) -> None:
        """See a step of the optimizer, made with `trainer.accumulate` batches; `trainer.row` has its figures."""

    def on_validation_start(self, trainer: Trainer) -> None:
        """Prepare for the validation after an epoch."""

    def on_validation_end(self, trainer: Trainer) -> None:
        """Undo the preparation."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        """See an epoch: its figures are `trainer.history[-1]`."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """End, whether all went well or not."""

    def state_dict(self) -> dict[str, Any]:
        """Return what has to be remembered over a crash."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned."""


def listeners(callbacks: Iterable[Callback], event: str) -> list[Callable[[Trainer], None]]:
    """Return the methods for a moment of those callbacks that have one of their own; the others cost nothing."""
    silent = getattr(Callback, event)
    return [getattr(each, event) for each in callbacks if getattr(type(each), event) is not silent]


def named(callbacks: Iterable[Callback]) -> dict[str, Callback]:
    """Return the callbacks by the names of their classes, numbered where there are several of one."""
    found: dict[str, Callback] = {}
    for callback in callbacks:
        name, n = type(callback).__name__, 1
        while f"{name} {n}" in found:
            n += 1
        found[f"{name} {n}"] = callback
    return found
