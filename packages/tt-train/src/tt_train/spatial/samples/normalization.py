"""Samples of normalisation: batches of vectors, signals and images; means far from 0."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tt_core.extend import Array, Rng, Sample, draw, layouts, samples_for
from tt_train.spatial.primitives import normalization as P

SHAPES = [(4, 3), (2, 3, 4), (2, 2, 3, 2), (2, 1, 2, 2, 2), (1, 3, 5)]
EPS = 1e-2


def batches(rng: Rng) -> Iterator[Array]:
    """Yield batches of vectors, signals and images in all types and layouts."""
    for shape in SHAPES:
        for dtype in ("float64", "float32", "float16"):
            yield draw(rng, shape, dtype)
    yield from layouts(draw(rng, (2, 2, 3, 2)))
    yield np.moveaxis(draw(rng, (2, 3, 2, 2)), -1, 1)
    yield draw(rng, (3, 2, 4)) * 0.5 + np.array([[-300], [300]])
    yield draw(rng, (3, 2, 4), "float32") * np.float32(0.25) + np.float32(32)
    yield np.full((2, 2, 2), 0.1)
    yield draw(rng, (0, 3, 2))
    yield draw(rng, (2, 0, 2))
    yield draw(rng, (600, 3, 11), "float32")


@samples_for(P.moments)
def moments(rng: Rng) -> Iterator[Sample]:
    """Yield batches, and what is not finite."""
    for x in batches(rng):
        yield Sample((x,))
    yield Sample((np.array([[math.inf, 1.0], [0.0, math.nan]]),), smooth=False)


def vectors(rng: Rng, x: Array) -> Iterator[tuple[Array | None, Array | None]]:
    """Yield a weight and a bias, one of them, none."""
    weight, bias = draw(rng, (2, x.shape[1]), np.promote_types(x.dtype, "float32"))
    yield from ((weight, bias), (weight, None), (None, bias), (None, None))


@samples_for(P.batch_norm)
def normalised(rng: Rng) -> Iterator[Sample]:
    """Yield batches with their moments."""
    for x in batches(rng):
        for weight, bias in vectors(rng, x):
            yield Sample((x, P.moments(x), weight, bias), {"eps": EPS}, smooth=False)


@samples_for(P.batch_norm_sums)
def sums(rng: Rng) -> Iterator[Sample]:
    """Yield gradients with the batches and their moments."""
    for x in batches(rng):
        yield Sample((draw(rng, x.shape, x.dtype), x, P.moments(x)), {"eps": EPS}, smooth=False)


@samples_for(P.batch_norm_input)
def projections(rng: Rng) -> Iterator[Sample]:
    """Yield gradients with the batches, their moments and sums."""
    for x in batches(rng):
        for y in layouts(draw(rng, x.shape, x.dtype)):
            for weight in (None, draw(rng, (x.shape[1],), np.promote_types(x.dtype, "float32"))):
                known = P.moments(x)
                sums = P.batch_norm_sums(y, x, known, eps=EPS)
                yield Sample((y, x, known, weight, sums), {"eps": EPS}, smooth=False)


@samples_for(P.scale_shift)
def scaled(rng: Rng) -> Iterator[Sample]:
    """Yield batches with a scale, with and without a shift."""
    for x in batches(rng):
        scale, shift = draw(rng, (2, x.shape[1]), np.promote_types(x.dtype, "float32"))
        yield Sample((x, scale, shift))
        yield Sample((x, scale[::-1], None))


@samples_for(P.channel_dots)
def dots(rng: Rng) -> Iterator[Sample]:
    """Yield two batches, each in all layouts."""
    for x in batches(rng):
        yield Sample((x, draw(rng, x.shape, x.dtype)))
    for x, y in zip(layouts(draw(rng, (2, 3, 4))), layouts(draw(rng, (2, 3, 4))), strict=True):
        yield Sample((y, x))
