"""What can be wrong with optimizers and schedules.

TinyTorchError
├── OptimizerError      (ValueError)             a setting, or a set of parameters, that no step can be made with
└── StateError
    └── OptimizerStateError (StateError, ValueError) a state dict that does not fit the optimizer or its parameters
"""

from __future__ import annotations

from tt_core.errors import StateError, TinyTorchError


class OptimizerError(TinyTorchError, ValueError):
    """A setting, or a set of parameters, that no step can be made with."""


class OptimizerStateError(StateError, ValueError):
    """A state dict that does not fit the optimizer it is loaded into, or its parameters."""
