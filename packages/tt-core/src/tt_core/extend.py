"""The door for operations and backends of your own: what is here stays, what is elsewhere may move.

Primitive, primitive      a row of the table of operators × backends: an operation on arrays, in NumPy
derivative                its gradient rules, one per argument
apply                     the way from tensors to a primitive, which records it
Backend, register_backend a column of the table; NUMPY and NAIVE are the two that are always there
get_backend               a backend by its name; `active_backend` is the one in use
Sample, samples_for       what a primitive is tried on by `tt_core.testing.check_backend`; `samples_in` names a module
                          of them to import when they are needed, as `Backend.add_modules` does for kernels
draw, layouts             random arrays for samples, and one array in every order of memory; Rng, what they draw from
alike, as_dim, as_dims    operands in their common type; dimensions counted from the front
wrap                      a tensor around an array that a kernel has just made: no copy, nothing recorded
stream                    the NumPy generator behind a `Generator`, or behind the default one
need_floating, need_cpu   refuse what an operation is not defined for; `refuse_inplace`, PyTorch's inplace=True
located                   an error that also names the module in whose forward() it came up
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
from tt_core.graph import wrap
from tt_core.layers.linear import located
from tt_core.operations.arguments import alike, as_dim, as_dims, need_cpu, need_floating, refuse_inplace
from tt_core.primitives.elementwise import quiet
from tt_core.random import stream
from tt_core.recording import apply
from tt_core.rules import derivative
from tt_core.testing.samples import Rng, Sample, draw, layouts, samples_for, samples_in

__all__ = [
    "NAIVE",
    "NUMPY",
    "Array",
    "Backend",
    "Primitive",
    "Rng",
    "Sample",
    "active_backend",
    "alike",
    "apply",
    "as_dim",
    "as_dims",
    "derivative",
    "draw",
    "get_backend",
    "layouts",
    "located",
    "need_cpu",
    "need_floating",
    "primitive",
    "quiet",
    "refuse_inplace",
    "register_backend",
    "samples_for",
    "samples_in",
    "stream",
    "wrap",
]
