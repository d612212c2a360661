"""Samples of borders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tt_core.extend import Rng, Sample, draw, layouts, samples_for
from tt_train.spatial.primitives import padding as P

WIDTHS = [
    ((0, 0), (0, 0), (2, 1), (0, 3)),
    ((0, 0), (0, 0), (-1, 2), (1, -2)),
    ((0, 0), (0, 0), (0, 0), (0, 0)),
    ((0, 0), (1, 0), (2, 2), (3, 3)),
]
MODES = ("reflect", "replicate", "circular")


def cases() -> Iterator[dict[str, Any]]:
    """Yield each border in each mode."""
    for mode in MODES:
        for widths in WIDTHS:
            yield {"widths": widths, "mode": mode}


@samples_for(P.border)
def images(rng: Rng) -> Iterator[Sample]:
    """Yield each case, each type, each layout, no images."""
    for params in cases():
        for dtype in ("float64", "float32", "float16", "int64"):
            yield Sample((draw(rng, (2, 3, 3, 4), dtype),), params)
        yield Sample((draw(rng, (0, 3, 3, 4)),), params)
        for x in layouts(draw(rng, (2, 3, 3, 4))):
            yield Sample((x,), params)


@samples_for(P.unborder)
def bordered(rng: Rng) -> Iterator[Sample]:
    """Yield what `border` gives for the cases of `images`."""
    for sample in images(rng):
        (x,), params = sample.inputs, sample.params
        shape = tuple(n + before + behind for n, (before, behind) in zip(x.shape, params["widths"], strict=True))
        yield Sample((draw(rng, shape, x.dtype, -1, 1),), {"shape": x.shape, **params})
