"""Which figure says how good an epoch is, and in which direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from tt_core.errors import NotSupportedError, TinyTorchError

if TYPE_CHECKING:
    from tt_train.logs import Row
    from tt_train.training import Trainer

Mode = Literal["min", "max"]
SMALLER_IS_BETTER = ("loss", "perplexity", "error")


class Watch:
    """A figure of each epoch, and whether smaller or larger is better.

    Args:
        monitor: its name; by default the validation's loss, or that of training where nothing is validated.
        mode: "min" or "max"; by default "min" for names that end in loss, perplexity or error, "max" for others.

    Raises:
        NotSupportedError: the mode is another one.

    >>> Watch("val_accuracy").mode, Watch().mode
    ('max', 'min')
    """

    def __init__(self, monitor: str | None = None, mode: Mode | None = None) -> None:
        if mode not in {"min", "max", None}:
            message = f"expected mode to be 'min', 'max' or None; got {mode!r}"
            raise NotSupportedError(message)
        self.monitor = monitor
        self.mode: Mode = mode or ("min" if (monitor or "loss").endswith(SMALLER_IS_BETTER) else "max")

    def worst(self) -> float:
        """Return what every number is better than."""
        return math.inf if self.mode == "min" else -math.inf

    def better(self, value: float, than: float) -> bool:
        """Tell whether a figure is better than another one, smaller or larger as `mode` says; equal or nan is not."""
        return value < than if self.mode == "min" else value > than

    def value(self, trainer: Trainer) -> float:
        """Return the figure of the epoch that has just ended."""
        return self.of(trainer.history[-1])

    def of(self, row: Row) -> float:
        """Return the figure of a row.

        Raises:
            TinyTorchError: there is none of this name, or it is more than one number.
        """
        name = self.monitor or ("val_loss" if "val_loss" in row else "loss")
        value = row.get(name)
        if not isinstance(value, (int, float)):
            known = ", ".join(key for key, each in row.items() if isinstance(each, (int, float)))
            message = (
                f"expected to watch a number that each epoch has ({known}); got {name!r}: "
                "figures named val_… need validation data in fit()"
            )
            raise TinyTorchError(message)
        return float(value)
