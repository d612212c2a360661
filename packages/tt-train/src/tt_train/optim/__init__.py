"""Optimizers under PyTorch's names: `tt_train.optim.SGD`, `tt_train.optim.lr_scheduler.StepLR` and so on.

This is an index; the optimizers are in `optimizers/`, the schedules in `schedulers/`, averages in `averaging.py`.
"""

from __future__ import annotations

from tt_train.optim import lr_scheduler, swa_utils
from tt_train.optimizers.adagrad import Adagrad
from tt_train.optimizers.adam import Adam, AdamW
from tt_train.optimizers.base import Optimizer
from tt_train.optimizers.clipping import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from tt_train.optimizers.errors import OptimizerError, OptimizerStateError
from tt_train.optimizers.lion import Lion
from tt_train.optimizers.muon import Muon
from tt_train.optimizers.rmsprop import RMSprop
from tt_train.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Lion",
    "Muon",
    "Optimizer",
    "OptimizerError",
    "OptimizerStateError",
    "RMSprop",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "lr_scheduler",
    "swa_utils",
]
