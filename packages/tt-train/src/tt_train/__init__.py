"""TinyTorch's training: data, optimizers, convolutions and the training loop (modules 07 to 10 of the course).

data, transforms, datasets     batches, and what they are made of                   (module 07)
optim                          optimizers, learning rates, averages of weights      (module 08)
nn, functional                 convolutions and more, beside all that tt-core has   (module 09)
Trainer, callbacks, metrics    the training loop and what happens around it         (module 10)
checkpoint, logs, plots        what a run leaves: states, figures, pictures         (module 10)
footprint                      where the memory of a training step goes             (module 10)
distributed                    several processes that train together                (module 10)

Each is imported when it is asked for, so that a program, or a worker process, waits for nothing that it does not use.
"""

from __future__ import annotations

import os as _os
import typing as _typing
from importlib import import_module as _import_module

if "TT_WORKSPACE" in _os.environ:
    import tt_core.overlay as _overlay  # noqa: F401 - a learner's files are to be found before ours are

if _typing.TYPE_CHECKING:
    from tt_train import (
        callbacks,
        checkpoint,
        data,
        datasets,
        distributed,
        footprint,
        functional,
        logs,
        metrics,
        nn,
        optim,
        plots,
        transforms,
    )
    from tt_train.callbacks import BestModel, Callback, EarlyStopping
    from tt_train.checkpoint import load_checkpoint, load_safetensors, save_checkpoint, save_safetensors
    from tt_train.data import DataLoader, Dataset
    from tt_train.logs import History
    from tt_train.training import Trainer, TrainingError

__version__ = "0.1.0"

_HOMES = {
    "BestModel": "callbacks",
    "Callback": "callbacks",
    "DataLoader": "data",
    "Dataset": "data",
    "EarlyStopping": "callbacks",
    "History": "logs",
    "Trainer": "training",
    "TrainingError": "training",
    "load_checkpoint": "checkpoint",
    "load_safetensors": "checkpoint",
    "save_checkpoint": "checkpoint",
    "save_safetensors": "checkpoint",
}


if not _typing.TYPE_CHECKING:  # which would believe that there is whatever is asked for

    def __getattr__(name: str) -> object:
        """Import what is asked for."""
        if name in _HOMES:
            return getattr(_import_module(f"tt_train.{_HOMES[name]}"), name)
        if name in __all__:
            return _import_module(f"tt_train.{name}")
        message = f"module 'tt_train' has no attribute {name!r}"
        raise AttributeError(message)


def __dir__() -> list[str]:
    """List what there is, imported or not."""
    return sorted({*globals(), *__all__})


__all__ = [
    "BestModel",
    "Callback",
    "DataLoader",
    "Dataset",
    "EarlyStopping",
    "History",
    "Trainer",
    "TrainingError",
    "__version__",
    "callbacks",
    "checkpoint",
    "data",
    "datasets",
    "distributed",
    "footprint",
    "functional",
    "load_checkpoint",
    "load_safetensors",
    "logs",
    "metrics",
    "nn",
    "optim",
    "plots",
    "save_checkpoint",
    "save_safetensors",
    "transforms",
]
