"""Samples of operations that make fewer numbers of many: every choice of dimensions, nothing to reduce, ties, nan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tt_core.dtypes import Array
from tt_core.primitives import reductions as P
from tt_core.testing.samples import Rng, Sample, draw, layouts, samples_for

DIMS = [None, (0,), (1,), (0, 2), (2, 0, 1)]
SPECIAL = np.array([[0.0, -0.0, 1.0], [math.inf, 1.0, math.inf], [-math.inf, 2.0, 0.0], [math.nan, 1.0, math.nan]])
TIED = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])


def reduced(x: Array, dim: Any, smooth: bool = True, **params: Any) -> Iterator[Sample]:
    """Yield a sample that keeps the reduced dimensions, and one that does not."""
    for keepdim in (False, True):
        yield Sample((x,), {**params, "dim": dim, "keepdim": keepdim}, smooth)


def floats(rng: Rng, **params: Any) -> Iterator[Sample]:
    """Yield floats in every layout, over every choice of dimensions, without empty ones."""
    for dim in DIMS:
        yield from reduced(draw(rng, (2, 3, 2)), dim, **params)
        yield from reduced(draw(rng, (2, 3, 2), "float32"), dim, **params)
    for x in layouts(draw(rng, (2, 3))):
        yield from reduced(x, (1,), **params)
    yield from reduced(draw(rng, ()), None, **params)
    yield from reduced(draw(rng, (0, 3)), (1,), **params)
    yield from reduced(draw(rng, (2, 3), "float16"), (0,), **params)


def special(**params: Any) -> Iterator[Sample]:
    """Yield zeros, infinities, nan, and ties."""
    for x in (SPECIAL, TIED):
        for dim in (None, (0,), (1,)):
            yield from reduced(x, dim, smooth=False, **params)


def empty(rng: Rng, dtype: str, **params: Any) -> Iterator[Sample]:
    """Yield arrays of which there is nothing to reduce."""
    for dim in (None, (0,)):
        yield from reduced(draw(rng, (0, 3), dtype), dim, **params)


@samples_for(P.sum, P.prod)
def totals(rng: Rng) -> Iterator[Sample]:
    """Yield floats and 64-bit integers, in which smaller ones are added up; products with zeros among the factors."""
    yield from floats(rng)
    yield from special()
    yield from empty(rng, "float32")
    yield from empty(rng, "int64")
    yield from reduced(draw(rng, (2, 3), "int64", -9, 9), (0,))
    yield from reduced(np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 2.0]]), (1,))


@samples_for(P.mean)
def means(rng: Rng) -> Iterator[Sample]:
    """Yield floats; the mean of nothing is nan."""
    yield from floats(rng)
    yield from special()
    yield from empty(rng, "float32")


@samples_for(P.amax, P.amin)
def extremes(rng: Rng) -> Iterator[Sample]:
    """Yield floats, integers and truth values."""
    yield from floats(rng)
    yield from special()
    for dtype in ("int64", "uint8", "bool"):
        yield from reduced(draw(rng, (2, 3), dtype, -9, 9), (1,))


@samples_for(P.logsumexp)
def logsumexps(rng: Rng) -> Iterator[Sample]:
    """Yield floats, large ones among them."""
    yield from floats(rng)
    yield from special()
    yield from empty(rng, "float32")
    yield from reduced(draw(rng, (2, 3), "float64", -1e4, 1e4), (1,))
    yield from reduced(np.full((2, 3), -math.inf), (1,), smooth=False)


@samples_for(P.vector_norm)
def norms(rng: Rng) -> Iterator[Sample]:
    """Yield floats with every kind of order."""
    for ord in (2.0, 1.0, 3.0, 1.5, 0.5, -1.0, 0.0, math.inf, -math.inf):
        yield from floats(rng, ord=ord)
        yield from special(ord=ord)
        if ord >= 0 and math.isfinite(ord):
            yield from empty(rng, "float64", ord=ord)
        yield from reduced(np.zeros((2, 2)), (1,), smooth=False, ord=ord)


@samples_for(P.cumsum, P.cumprod)
def cumulations(rng: Rng) -> Iterator[Sample]:
    """Yield floats and integers; products with zeros among the factors."""
    for dim in (0, 1, 2):
        yield Sample((draw(rng, (2, 3, 2)),), {"dim": dim})
    for x in layouts(draw(rng, (2, 3), "float32")):
        yield Sample((x,), {"dim": 1})
    for shape in [(0, 3), (3, 0)]:
        yield Sample((draw(rng, shape),), {"dim": 1})
    yield Sample((draw(rng, (2, 3), "int64", -9, 9),), {"dim": 0})
    yield Sample((draw(rng, (4,), "float16"),), {"dim": 0})
    yield Sample((np.array([[0.0, 2.0, 3.0], [2.0, 0.0, 0.0]]),), {"dim": 1})
    yield Sample((SPECIAL,), {"dim": 1}, smooth=False)


@samples_for(P.argmax, P.argmin)
def positions(rng: Rng) -> Iterator[Sample]:
    """Yield floats and integers with ties."""
    for dim in (None, 0, 1, 2):
        yield from reduced(draw(rng, (2, 3, 2)), dim)
        yield from reduced(draw(rng, (2, 3, 2), "int64"), dim)
    for x in (SPECIAL, TIED, TIED.T):
        yield from reduced(x, 1)
        yield from reduced(x, None)
    for x in [*layouts(draw(rng, (2, 3))), draw(rng, (0, 3))]:
        yield from reduced(x, 1)
    yield from reduced(draw(rng, ()), None)


@samples_for(P.all, P.any)
def truths(rng: Rng) -> Iterator[Sample]:
    """Yield truth values and numbers."""
    for dim in DIMS:
        yield from reduced(draw(rng, (2, 3, 2), "bool"), dim)
        yield from reduced(draw(rng, (2, 3, 2), "int64", 0, 1), dim)
    for x in layouts(draw(rng, (2, 3), "bool")):
        yield from reduced(x, (0,))
    yield from empty(rng, "bool")
    yield from reduced(SPECIAL, (1,))
    yield from reduced(draw(rng, (), "bool"), None)


@samples_for(P.argsort)
def orders(rng: Rng) -> Iterator[Sample]:
    """Yield floats and integers with ties, upwards and downwards."""
    for descending in (False, True):
        for dim in (0, 1, 2):
            yield Sample((draw(rng, (2, 5, 3)),), {"dim": dim, "descending": descending})
        for x in [*layouts(draw(rng, (2, 6), "int64")), SPECIAL, TIED, draw(rng, (2, 4), "bool"), draw(rng, (0, 2))]:
            yield Sample((x,), {"dim": 1, "descending": descending})


@samples_for(P.topk)
def best(rng: Rng) -> Iterator[Sample]:
    """Yield floats and integers with ties, few and many of them asked for; nan among few and among many numbers."""
    tied = draw(rng, (3, 40), "int64", -3, 3)
    broken = np.where(draw(rng, (3, 40)) > 0, math.nan, draw(rng, (3, 40), "float32"))
    for largest in (False, True):
        for k in (0, 1, 2, 4):
            yield Sample((draw(rng, (2, 40, 3)),), {"k": k, "dim": 1, "largest": largest})
            for x in [*layouts(tied), broken, np.full((2, 40), math.nan), draw(rng, (2, 40), "bool")]:
                yield Sample((x,), {"k": k, "dim": 1, "largest": largest})
        for x in (SPECIAL, TIED, draw(rng, (0, 40)), draw(rng, (3, 0)).T):
            for k in range(min(x.shape) + 1):
                yield Sample((x,), {"k": k, "dim": 0, "largest": largest})
        yield Sample((draw(rng, (40, 2), "float16"),), {"k": 3, "dim": 0, "largest": largest})
