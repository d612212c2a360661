"""What models are made of, under PyTorch's names: tt-core's layers and those of tt-train."""

from __future__ import annotations

from tt_core import nn as core
from tt_core.nn import *  # noqa: F403 - an index: everything that tt-core's has

__all__ = [*core.__all__]
