"""Callbacks: what happens around the training loop, each in a class of its own (module 10)."""

from __future__ import annotations

from tt_train.callbacks.averaging import WeightAverage
from tt_train.callbacks.base import EVENTS, Callback, listeners, named
from tt_train.callbacks.keeping import BestModel, Checkpoints
from tt_train.callbacks.progress import ProgressBar
from tt_train.callbacks.recording import LearningRateMonitor, RunLog, TensorBoard
from tt_train.callbacks.stopping import EarlyStopping, TimeLimit
from tt_train.callbacks.watching import Watch

__all__ = [
    "EVENTS",
    "BestModel",
    "Callback",
    "Checkpoints",
    "EarlyStopping",
    "LearningRateMonitor",
    "ProgressBar",
    "RunLog",
    "TensorBoard",
    "TimeLimit",
    "Watch",
    "WeightAverage",
    "listeners",
    "named",
]
