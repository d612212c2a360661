"""Every error that TinyTorch raises on purpose.

    TinyTorchError
    ├── ShapeError      (ValueError)           shapes, dimensions or indices that do not fit an operation
    ├── DTypeError      (TypeError)            an element type that an operation is not defined for
    ├── GradientError   (RuntimeError)         a gradient that cannot be had: freed graph, changed array, no rule
    ├── BackendError    (LookupError)          a backend that is unknown, broken or incomplete
    ├── StateError      (KeyError)             a state dict that does not fit its module
    └── NotSupportedError (NotImplementedError) an option of PyTorch's that TinyTorch names but does not have

Each is also the built-in error that a Python programmer would expect, given in brackets, so that either can be caught.
A message is one sentence: what was expected, what came, and in which operation.
"""

from __future__ import annotations


class TinyTorchError(Exception):
    """The root of the tree: catches everything that TinyTorch raises on purpose."""


class ShapeError(TinyTorchError, ValueError):
    """Shapes, dimensions or indices that do not fit an operation."""


class DTypeError(TinyTorchError, TypeError):
    """An element type that an operation is not defined for."""


class GradientError(TinyTorchError, RuntimeError):
    """A gradient that cannot be computed: a freed graph, an array changed in place, a missing rule."""


class BackendError(TinyTorchError, LookupError):
    """A backend that is unknown, could not be loaded, or lacks a kernel."""


class StateError(TinyTorchError, KeyError):
    """A state dict that does not fit the module it is loaded into."""

    def __str__(self) -> str:
        """Return the message as it was given: a plain `KeyError` would show its `repr`."""
        return str(self.args[0]) if self.args else ""


class NotSupportedError(TinyTorchError, NotImplementedError):
    """An option of PyTorch's that TinyTorch knows by name and does not have."""
