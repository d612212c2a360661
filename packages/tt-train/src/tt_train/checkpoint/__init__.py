"""Checkpoints: all that a training run needs to go on, written so that no crash can spoil it (module 10).

    parts = {"model": model, "optimizer": optimizer, "loader": loader, "random": RandomState()}
    found = load_checkpoint("runs/first", parts)
    ...
    save_checkpoint("runs/first", parts, step=step, metric=accuracy)

A checkpoint is a folder, `000012-step-3400`: the twelfth that was saved, at step 3400. In it `arrays.safetensors` holds
every array, for any library that knows the format, and `state.json` the rest. Nothing is pickled, so loading a file
never runs what is in it.

files         atomic writes, locks, what can be wrong with a file
safetensors   arrays as files
codec         nested states as JSON and arrays, bit for bit
manifest      `state.json`, which knows its own digest and that of the arrays
folder        names, ages, the best; what is hidden and what goes
saving        from parts to a checkpoint
loading       and back, all or nothing
randomness    the states of the random number generators
"""

from __future__ import annotations

from tt_train.checkpoint.codec import Stateful
from tt_train.checkpoint.files import CheckpointError
from tt_train.checkpoint.loading import Checkpoint, load_checkpoint
from tt_train.checkpoint.randomness import RandomState
from tt_train.checkpoint.safetensors import load_metadata, load_safetensors, save_safetensors
from tt_train.checkpoint.saving import save_checkpoint

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "RandomState",
    "Stateful",
    "load_checkpoint",
    "load_metadata",
    "load_safetensors",
    "save_checkpoint",
    "save_safetensors",
]
