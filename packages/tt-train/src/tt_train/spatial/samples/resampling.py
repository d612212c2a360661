"""Samples of resizing: larger, smaller and the same, in one to three dimensions."""

from __future__ import annotations

from collections.abc import Iterator

from tt_core.extend import Array, Rng, Sample, draw, layouts, samples_for
from tt_train.spatial.grids import Grid
from tt_train.spatial.primitives import resampling as P
from tt_train.spatial.primitives.resampling import Grids

PLAIN: Grids = (Grid(3, 5, "linear"), Grid(4, 2, "linear"))
GRIDS: list[Grids] = [
    PLAIN,
    (Grid(3, 7, "linear", align=True), Grid(4, 1, "linear", align=True)),
    (Grid(4, 9, "linear", scale=2.3), Grid(3, 3, "linear")),
    (Grid(3, 6, "nearest"), Grid(5, 3, "nearest")),
    (Grid(3, 4, "nearest", scale=1.5), Grid(4, 4, "nearest")),
    (Grid(3, 7, "nearest-exact"), Grid(6, 4, "nearest-exact")),
    (Grid(4, 6, "cubic"), Grid(5, 3, "cubic", align=True)),
    (Grid(5, 8, "linear"),),
    (Grid(1, 3, "cubic"),),
    (Grid(2, 3, "linear"), Grid(2, 1, "linear"), Grid(1, 2, "linear")),
]


def images(rng: Rng, grids: Grids, sizes: tuple[int, ...]) -> Iterator[Array]:
    """Yield images of all types and layouts."""
    for dtype in ("float64", "float32", "float16"):
        yield draw(rng, (2, 2, *sizes), dtype)
    if grids is PLAIN:
        yield from layouts(draw(rng, (2, 2, *sizes)))
        yield draw(rng, (0, 2, *sizes))


@samples_for(P.resize)
def resized(rng: Rng) -> Iterator[Sample]:
    """Yield images, and bytes where nothing is mixed."""
    for grids in GRIDS:
        for x in images(rng, grids, tuple(grid.size for grid in grids)):
            yield Sample((x,), {"grids": grids})
    yield Sample((draw(rng, (2, 2, 3, 5), "uint8", 0, 255),), {"grids": GRIDS[3]})


@samples_for(P.resize_input)
def handed_back(rng: Rng) -> Iterator[Sample]:
    """Yield gradients of resized images."""
    for grids in GRIDS:
        for y in images(rng, grids, tuple(grid.count for grid in grids)):
            yield Sample((y,), {"grids": grids})
