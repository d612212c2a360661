"""Samples of windows as columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from tt_core.extend import Rng, Sample, draw, layouts, samples_for
from tt_train.spatial.geometry import steps
from tt_train.spatial.primitives import folding as P

SETTINGS: list[dict[str, Any]] = [
    {"kernel": (2, 2), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)},
    {"kernel": (2, 3), "stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)},
    {"kernel": (1, 2), "stride": (3, 3), "padding": (0, 0), "dilation": (2, 1)},
]
SIZE = (5, 6)


@samples_for(P.unfold)
def images(rng: Rng) -> Iterator[Sample]:
    """Yield each setting, each type, each layout, no images, no channels."""
    for settings in SETTINGS:
        for dtype in ("float64", "float32", "float16", "int64"):
            yield Sample((draw(rng, (2, 3, *SIZE), dtype),), settings)
        yield Sample((draw(rng, (0, 3, *SIZE)),), settings)
        yield Sample((draw(rng, (2, 0, *SIZE)),), settings)
    for x in layouts(draw(rng, (2, 3, *SIZE))):
        yield Sample((x,), SETTINGS[1])


@samples_for(P.fold)
def columns(rng: Rng) -> Iterator[Sample]:
    """Yield each setting, each type, each layout, no images, no channels."""
    for settings in SETTINGS:
        order = [settings[key] for key in ("kernel", "stride", "padding", "dilation")]
        taps, windows = math.prod(settings["kernel"]), math.prod(map(steps, SIZE, *order))
        params = {"size": SIZE, **settings}
        for dtype in ("float64", "float32", "float16", "int64"):
            yield Sample((draw(rng, (2, 3 * taps, windows), dtype, -1, 1),), params)
        yield Sample((draw(rng, (0, 3 * taps, windows)),), params)
        yield Sample((draw(rng, (2, 0, windows)),), params)
        for x in layouts(draw(rng, (2, 3 * taps, windows))):
            yield Sample((x,), params)
