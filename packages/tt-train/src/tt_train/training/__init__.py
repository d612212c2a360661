"""The training loop (module 10).

trainer      the loop
running      what is around it: where it is, how it begins, ends, and goes on later
parts        what they ask of models, optimizers and loaders, and how it takes batches
interrupts   Ctrl-C, held back until a step is over
"""

from __future__ import annotations

from tt_train.training.parts import TrainingError
from tt_train.training.trainer import Trainer

__all__ = ["Trainer", "TrainingError"]
