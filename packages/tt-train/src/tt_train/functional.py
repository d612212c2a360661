"""The functions of neural networks under one name, `import tt_train.functional as F`: tt-core's and those of tt-train."""

from __future__ import annotations

from tt_core import functional as core
from tt_core.functional import *  # noqa: F403 - an index: everything that tt-core's has

__all__ = [*core.__all__]
