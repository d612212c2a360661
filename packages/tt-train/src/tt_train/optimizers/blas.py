"""y ← βy + αx in a single pass: BLAS has it, in the OpenBLAS that NumPy brings along, and NumPy does not show it.

Of its functions this is the one to have: `axpy` splits over threads of its own, and in some versions rounds the last
few numbers of a vector otherwise than the rest, so that results would depend on where blocks end. `axpby` does neither.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np

from tt_core.dtypes import DType
from tt_core.extend import Array
from tt_train.threads import openblas

Kernel = Callable[..., Any]
_KINDS: Final = {np.dtype(np.float32): ("s", ctypes.c_float), np.dtype(np.float64): ("d", ctypes.c_double)}
_address = ctypes.addressof
_first: Any = ctypes.c_byte.from_buffer  # with the line above, a third of the time of x.ctypes.data


@cache
def kernel(dtype: DType) -> Kernel | None:
    """Return OpenBLAS's axpby(n, α, x, step, β, y, step) for this type; None where there is none."""
    blas, (letter, number) = openblas(), _KINDS.get(dtype, ("", None))
    found: Any = blas.find(f"cblas_{letter}axpby") if blas and letter else None
    if found is not None:
        size, pointer = ctypes.c_int64, ctypes.c_void_p  # in registers: of 32 bits, it is the lower half
        found.argtypes, found.restype = (size, number, pointer, size, number, pointer, size), None
    return found  # type: ignore[no-any-return]


def axpby(alpha: float, x: Array, beta: float, y: Array) -> bool:
    """Let y ← βy + αx, if BLAS can; tell whether it could: not where NumPy must say what 0 · ∞ is, for example."""
    run = kernel(y.dtype)
    if run is None or not alpha or not beta or x.dtype != y.dtype or x.shape != y.shape:
        return False
    try:
        there, here = _address(_first(x)), _address(_first(y))
    except (TypeError, ValueError):  # with gaps, not to be written to, or empty
        return False
    run(y.size, alpha, there, 1, beta, here, 1)
    return True
