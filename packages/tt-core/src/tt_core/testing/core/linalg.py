"""Samples of products of matrices."""

from __future__ import annotations

from collections.abc import Iterator

from tt_core.primitives import linalg as P
from tt_core.testing.samples import Rng, Sample, draw, layouts, samples_for

PRODUCTS = [
    ((2, 3), (3, 4)),
    ((1, 3), (3, 1)),
    ((2, 1, 2, 3), (4, 3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 3), (2, 3, 1)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((2, 3), (3, 0)),
    ((0, 2, 3), (3, 2)),
]
EQUATIONS: dict[str, list[tuple[int, ...]]] = {
    "ij,jk->ik": [(2, 3), (3, 2)],
    "ij->ji": [(2, 3)],
    "ij->": [(2, 3)],
    "ii->i": [(3, 3)],
    "ii->": [(3, 3)],
    "i,j->ij": [(2,), (3,)],
    "i,i->": [(3,), (3,)],
    "bij,bjk->bik": [(2, 2, 3), (2, 3, 2)],
    "bij,kj->bik": [(2, 2, 3), (4, 3)],
    "ij,jk,kl->il": [(2, 3), (3, 2), (2, 2)],
    "ij,ik->j": [(2, 3), (2, 2)],
    "iij,j->i": [(2, 2, 3), (3,)],
    "ab,->ba": [(2, 3), ()],
    "ij,ij->ij": [(2, 3), (1, 3)],
    "ij,jk->ki": [(0, 3), (3, 2)],
}


@samples_for(P.matmul)
def matmuls(rng: Rng) -> Iterator[Sample]:
    """Yield matrices and batches of them."""
    for a, b in PRODUCTS:
        for dtype in ("float64", "float32", "int64"):
            yield Sample((draw(rng, a, dtype), draw(rng, b, dtype)))
    for x, y in zip(layouts(draw(rng, (2, 3))), layouts(draw(rng, (3, 2))), strict=True):
        yield Sample((x, y))
    yield Sample((draw(rng, (2, 3), "float16"), draw(rng, (3, 2), "float16")))


@samples_for(P.einsum)
def einsums(rng: Rng) -> Iterator[Sample]:
    """Yield sums of every kind: products, traces, diagonals, more than two operands, sizes of 1 that broadcast."""
    for equation, shapes in EQUATIONS.items():
        for dtype in ("float64", "float32", "int64"):
            yield Sample(tuple([draw(rng, shape, dtype) for shape in shapes]), {"equation": equation})
    for x, y in zip(layouts(draw(rng, (2, 3))), layouts(draw(rng, (3, 2))), strict=True):
        yield Sample((x, y), {"equation": "ij,jk->ik"})
