"""`Run`: what the log in a run's folder says, sorted for drawing."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from tt_core.errors import TinyTorchError
from tt_core.extend import Array
from tt_train.logs import Row, read_log

LOG = "log.jsonl"
NOT_DRAWN = {"kind", "epoch", "epochs", "step", "steps", "seconds"}


@dataclass(frozen=True, slots=True)
class Run:
    """The rows of a log.

    Attributes:
        name: of its folder.
        steps, epochs: its rows, each in order.
    """

    name: str
    steps: list[Row]
    epochs: list[Row]

    def names(self) -> list[str]:
        """Return the names of the curves, "loss" first; a validation's figure has the name of the training's."""
        rows = [*self.epochs[:1], *self.steps[:1], *self.epochs, *self.steps]
        found = dict.fromkeys(
            name.removeprefix("val_")
            for row in rows
            for name, value in row.items()
            if isinstance(value, (int, float)) and name not in NOT_DRAWN
        )
        return sorted(found, key=lambda name: (name != "loss", name.startswith("lr")))

    def over_steps(self, name: str) -> tuple[Array, Array]:
        """Return where, in epochs, and what a figure of the steps was; without a finished epoch, where is the step."""
        rows = [row for row in self.steps if row.get(name) is not None]
        at, values = np.array([(row["step"], row[name]) for row in rows], np.float64).reshape(-1, 2).T
        if rows and self.epochs:
            ends = [0, *(row["steps"] for row in self.epochs)]
            beyond = np.maximum(at - ends[-1], 0) / max(ends[-1] - ends[-2], 1)
            at = np.interp(at, ends, range(len(ends))) + beyond
        return at, values

    def over_epochs(self, name: str) -> tuple[Array, Array]:
        """Return the numbers of the epochs that have a figure, and the figure."""
        rows = [row for row in self.epochs if isinstance(row.get(name), (int, float))]
        return np.array([row["epoch"] for row in rows], np.float64), np.array([row[name] for row in rows], np.float64)

    def matrix(self) -> Array | None:
        """Return the last confusion matrix, the validation's if there is one."""
        for row in reversed(self.epochs):
            found = [(name, value) for name, value in row.items() if _is_square(value)]
            if found:
                return np.array(max(found, key=lambda pair: pair[0].startswith("val_"))[1])
        return None


def read_run(path: str | PathLike[str]) -> Run:
    """Read the log of a run, which may still be going on.

    Args:
        path: the folder that was given to `Trainer(folder=…)` or `RunLog`, or the log in it.

    Raises:
        TinyTorchError: there is no log, or nothing in it.
    """
    log = Path(path, LOG) if Path(path).is_dir() else Path(path)
    rows = read_log(log)
    steps, epochs = ([row for row in rows if row.get("kind") == kind] for kind in ("step", "epoch"))
    if not steps and not epochs:
        message = f"expected steps or epochs in the log {str(log)!r}; got {len(rows)} rows without either"
        raise TinyTorchError(message)
    return Run(log.resolve().parent.name, steps, epochs)


def _is_square(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(r, list) and len(r) == len(value) for r in value)
