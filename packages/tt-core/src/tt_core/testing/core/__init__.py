"""The samples of tt-core's own primitives, in the files of `primitives`; imported when they are first asked for."""

from __future__ import annotations

from tt_core.testing.core import elementwise, linalg, neural, reductions, shapes

__all__ = ["elementwise", "linalg", "neural", "reductions", "shapes"]
