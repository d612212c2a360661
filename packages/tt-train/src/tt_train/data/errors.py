"""Errors about data: what cannot be found, and what is not as it should be."""

from __future__ import annotations

from tt_core.errors import TinyTorchError


class DataError(TinyTorchError, ValueError):
    """Data that are damaged, incomplete, or not of the form that is asked for."""


class DataNotFoundError(TinyTorchError, FileNotFoundError):
    """Data that are not on this computer, and could not be had from where they are published."""


class WorkerError(DataError, RuntimeError):
    """A worker process of a loader that raised, died, or took too long.

    Attributes:
        worker: its number.
        batch: the number of the batch in its epoch.
        original: the traceback in the worker, "" if it left none.
    """

    def __init__(self, message: str, worker: int, batch: int, original: str = "") -> None:
        super().__init__(message)
        self.worker, self.batch, self.original = worker, batch, original
        if original:
            self.add_note(f"\nIn the worker process:\n\n{original}")
