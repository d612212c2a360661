"""The door for operations and backends of your own: what is here stays, what is elsewhere may move.

Primitive, primitive      a row of the table of operators × backends: an operation on arrays, in NumPy
derivative                its gradient rules, one per argument
apply                     the way from tensors to a primitive, which records it
Backend, register_backend a column of the table; NUMPY and NAIVE are the two that are always there
get_backend               a backend by its name; `active_backend` is the one in use
Sample, samples_for       what a primitive is tried on by `tt_core.testing.check_backend`
alike, as_dim, as_dims    operands in their common type; dimensions counted from the front
quiet                     a decorator of kernels: infinities and nan come without a warning, as in PyTorch

The packages above tt-core add their operations through this module, and so can anybody: docs/extending.md is one
complete example. An operation for one model, without backends, is less work as a `tt_core.Function`.
"""

from __future__ import annotations

from tt_core.dispatch import (
    NAIVE,
    NUMPY,
    Backend,
    Primitive,
    active_backend,
    get_backend,
    primitive,
    register_backend,
)
from tt_core.dtypes import Array
from tt_core.operations.arguments import alike, as_dim, as_dims
from tt_core.primitives.elementwise import quiet
from tt_core.recording import apply
from tt_core.rules import derivative
from tt_core.testing.samples import Sample, samples_for

__all__ = [
    "NAIVE",
    "NUMPY",
    "Array",
    "Backend",
    "Primitive",
    "Sample",
    "active_backend",
    "alike",
    "apply",
    "as_dim",
    "as_dims",
    "derivative",
    "get_backend",
    "primitive",
    "quiet",
    "register_backend",
    "samples_for",
]
