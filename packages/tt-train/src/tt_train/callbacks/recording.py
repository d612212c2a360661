"""Writing down how a training goes: a log in a run's folder, learning rates, TensorBoard."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tt_core.errors import TinyTorchError
from tt_train.callbacks.base import Callback
from tt_train.logs import JsonLines, read_log, write_csv, write_parquet

if TYPE_CHECKING:
    from tt_train.logs import Row
    from tt_train.training import Trainer

LOG = "log.jsonl"
PARQUET, CSV = "log.parquet", "epochs.csv"


class RunLog(Callback):
    """Write a row for each step and each epoch into `log.jsonl` of a folder, as soon as it is known.

    At the end of a fit, the same is in `log.parquet`, and the epochs in `epochs.csv`. A run that goes on from a
    checkpoint drops what was logged after it, so that in the end there is each step once.

    Args:
        folder: of this run.
        every: how many steps there are from one row to the next; 0 for epochs only.
        formats: which of "parquet" and "csv" to write in the end.
    """

    def __init__(
        self, folder: str | PathLike[str], *, every: int = 1, formats: Iterable[str] = ("parquet", "csv")
    ) -> None:
        self.folder = Path(folder).absolute()  # wherever the program goes
        self.every = every
        self.formats = set(formats)
        self._lines: JsonLines | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Open the log, and go back to where the training is."""
        self._lines = JsonLines(self.folder / LOG)
        self._lines.keep(lambda row: _is_past(row, trainer))

    def on_batch_end(self, trainer: Trainer) -> None:
        """Log a step."""
        if self._lines and self.every and trainer.steps % self.every == 0:
            self._lines.write({"kind": "step", "step": trainer.steps, "epoch": trainer.epoch + 1, **trainer.row})

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Log an epoch."""
        if self._lines:
            self._lines.write({"kind": "epoch", **trainer.history[-1]})

    def on_fit_end(self, trainer: Trainer) -> None:  # noqa: ARG002  # the form of the moment
        """Close the log and write it as tables."""
        if self._lines:
            self._lines.close()
            rows = read_log(self._lines.path)
            if "parquet" in self.formats:
                write_parquet(rows, self.folder / PARQUET)
            if "csv" in self.formats:
                write_csv([row for row in rows if row["kind"] == "epoch"], self.folder / CSV)
        self._lines = None


def _is_past(row: Row, trainer: Trainer) -> bool:
    place, now = ("step", trainer.steps) if row.get("kind") == "step" else ("epoch", trainer.epoch)
    return bool(row.get(place, 0) <= now)


class LearningRateMonitor(Callback):
    """Add the learning rates to the figures of each step: "lr", or "lr0", "lr1", … of several groups of parameters."""

    def on_batch_end(self, trainer: Trainer) -> None:
        """Add those that the next step will take."""
        groups = trainer.optimizer.param_groups
        rates = {"lr" if len(groups) == 1 else f"lr{i}": float(group["lr"]) for i, group in enumerate(groups)}
        trainer.row.update(rates)


class TensorBoard(Callback):
    """Write all figures for TensorBoard; needs the extra `tensorboard`.

    Args:
        folder: where `tensorboard --logdir` will look for them.
        every: how many steps there are from one point to the next.

    Raises:
        TinyTorchError: tensorboardX is not installed.
    """

    def __init__(self, folder: str | PathLike[str], *, every: int = 10) -> None:
        try:
            self._make: Any = import_module("tensorboardX").SummaryWriter
        except ModuleNotFoundError as error:
            message = "TensorBoard needs tensorboardX, which is not installed; pip install 'tt-train[tensorboard]'"
            raise TinyTorchError(message) from error
        self.folder = Path(folder)
        self.every = every
        self._writer: Any = None

    def on_fit_start(self, trainer: Trainer) -> None:
        """Open the files; what an earlier process wrote after the checkpoint is taken back."""
        self._writer = self._make(str(self.folder), purge_step=trainer.steps + 1)

    def on_batch_end(self, trainer: Trainer) -> None:
        """Write the figures of a step."""
        if trainer.steps % self.every == 0:
            self._write("step", trainer.row, trainer.steps)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the figures of an epoch, at the number of the step."""
        self._write("epoch", trainer.history[-1], trainer.steps)

    def on_fit_end(self, trainer: Trainer) -> None:  # noqa: ARG002  # the form of the moment
        """Close the files."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def _write(self, kind: str, row: Row, step: int) -> None:
        for name, value in row.items():
            if isinstance(value, (int, float)):
                self._writer.add_scalar(f"{kind}/{name}", value, step)
