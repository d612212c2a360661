"""Products of matrices."""

from __future__ import annotations

import numpy as np

from tt_core.dispatch import NAIVE
from tt_core.dtypes import Array
from tt_core.naive.loops import Index, at, common_shape, put
from tt_core.naive.scalars import Number
from tt_core.primitives import linalg as P
from tt_core.primitives.elementwise import quiet


@P.matmul.kernel(NAIVE)
@quiet
def matmul(x: Array, y: Array) -> Array:
    """Σₖ xᵢₖ yₖⱼ for each row i of x and each column j of y, in each pair of matrices of the batch.

    Args:
        x: (*batch, N, K): any number of dimensions, two at least, of which the last two are the matrix.
        y: (*batch, K, M); the batch dimensions of x and y broadcast.

    Returns:
        (*batch, N, M), of NumPy's `result_type` of both; sums are kept in a Python number until they are stored.

    Raises:
        ValueError: the rows of x and the columns of y differ in length, and both lengths are named; or the batches do
            not broadcast.

    >>> matmul(np.asarray([[1, 2, 3]]), np.asarray([[1, 0], [0, 1], [1, 1]]))
    array([[4, 5]])
    """
    rows, inner, columns = x.shape[-2], x.shape[-1], y.shape[-1]
    if y.shape[-2] != inner:
        message = f"rows of {inner} numbers meet columns of {y.shape[-2]}"
        raise ValueError(message)
    batch = common_shape(x.shape[:-2], y.shape[:-2])
    out = np.empty((*batch, rows, columns), np.result_type(x, y))
    for b in np.ndindex(batch):
        left, right = x[at(b, x.shape[:-2])], y[at(b, y.shape[:-2])]
        for i in range(rows):
            for j in range(columns):
                total: Number = 0
                for k in range(inner):
                    total += left.item(i, k) * right.item(k, j)
                put(out, (*b, i, j), total)
    return out


@P.einsum.kernel(NAIVE)
@quiet
def einsum(*xs: Array, equation: str) -> Array:
    """Einstein's sum: one loop for each letter of the output, and inside it one for each other letter."""
    left, kept = equation.split("->")
    terms = left.split(",")
    sizes = letter_sizes(terms, xs)
    summed = [c for c in sizes if c not in kept]
    out = np.empty([sizes[c] for c in kept], np.result_type(*xs))
    for i in np.ndindex(out.shape):
        total: Number = 0
        for j in np.ndindex(*[sizes[c] for c in summed]):
            position = dict(zip([*kept, *summed], (*i, *j), strict=True))
            total += product_at(position, terms, xs)
        put(out, i, total)
    return out


def letter_sizes(terms: list[str], xs: tuple[Array, ...]) -> dict[str, int]:
    """Return how far each letter counts.

    Raises:
        ValueError: a letter names dimensions of different sizes, of which neither is 1.
    """
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        for c, n in zip(term, x.shape, strict=True):
            (sizes[c],) = common_shape((sizes.get(c, 1),), (n,))
    return sizes


def product_at(position: dict[str, int], terms: list[str], xs: tuple[Array, ...]) -> Number:
    """Return the product of one element of each operand: the one at the letters' positions."""
    result: Number = 1
    for term, x in zip(terms, xs, strict=True):
        index: Index = tuple([position[c] for c in term])
        result *= x.item(at(index, x.shape))
    return result
