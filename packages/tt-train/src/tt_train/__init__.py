"""TinyTorch's training: data, optimizers, convolutions and the training loop (modules 07 to 10 of the course)."""

from __future__ import annotations

__version__ = "0.1.0"
