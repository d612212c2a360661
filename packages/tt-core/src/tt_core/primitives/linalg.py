"""Products of matrices."""

from __future__ import annotations

import math

import numpy as np

from tt_core.dispatch import primitive
from tt_core.dtypes import Array
from tt_core.primitives.elementwise import quiet


@primitive
@quiet
def matmul(x: Array, y: Array) -> Array:
    """Σₖ xᵢₖ yₖⱼ over the last two dimensions; the ones before broadcast."""
    if y.ndim == 2 and x.ndim > 2:  # one large product is faster than many small ones
        rows = x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        return (rows @ y).reshape(*x.shape[:-1], y.shape[-1])
    return np.matmul(x, y)


@primitive
def einsum(*xs: Array, equation: str) -> Array:
    """Einstein's sum: a letter that the output lacks is summed over (`"ij,jk->ik"` is the product of matrices)."""
    if len(xs) > 1:
        return np.einsum(equation, *xs, optimize=True)
    out: Array = np.einsum(equation, xs[0])
    return out if out.base is None else out.copy()  # a diagonal or a transpose comes as a view
