"""Samples of convolution and its two gradients, which share their settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tt_core.extend import Rng, Sample, draw, layouts, samples_for
from tt_train.spatial.geometry import steps
from tt_train.spatial.primitives import convolution as P

SETTINGS: list[dict[str, Any]] = [
    {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1},
    {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 2},
    {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 1},
    {"stride": (3, 2), "padding": (2, 3), "dilation": (2, 1), "groups": 2},
    {"stride": (1, 1), "padding": (3, 2), "dilation": (1, 1), "groups": 4},
    {"stride": (2, 3), "padding": (1, 0), "dilation": (1, 2), "groups": 4},
]
KERNELS = [(1, 1), (2, 3), (3, 2)]
NEXT = SETTINGS[1] | {"groups": 1}


def drawn(rng: Rng, dtype: str, settings: dict[str, Any], kernel: tuple[int, int]) -> tuple[Any, Any, Any]:
    """Return images, weights, and what has the shape of their convolution."""
    x = draw(rng, (2, 4, 5, 6), dtype)
    weight = draw(rng, (4, 4 // settings["groups"], *kernel), dtype)
    order = (kernel, settings["stride"], settings["padding"], settings["dilation"])
    return x, weight, draw(rng, (2, 4, *map(steps, x.shape[2:], *order)), dtype)


def cases(rng: Rng) -> Iterator[tuple[Any, Any, Any, dict[str, Any]]]:
    """Yield images, weights, results, settings: each setting with each kernel, each type and layout, no images."""
    for settings in SETTINGS:
        for kernel in KERNELS:
            yield *drawn(rng, "float64", settings, kernel), settings
    for dtype in ("float32", "float16"):
        for settings in (NEXT, SETTINGS[4]):
            yield *drawn(rng, dtype, settings, (3, 3)), settings
    x, weight, y = drawn(rng, "float64", NEXT, (3, 3))
    for some in zip(layouts(x), layouts(weight), layouts(y), strict=True):
        yield *some, NEXT
    last = [np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) for a in (x, weight, y)]
    yield last[0], last[1], last[2], NEXT
    yield x[:0], weight, y[:0], NEXT
    yield x[:, :0], weight[:, :0], y, NEXT


@samples_for(P.conv2d)
def convolutions(rng: Rng) -> Iterator[Sample]:
    """Yield all cases, with and without a bias."""
    for i, (x, weight, _, settings) in enumerate(cases(rng)):
        yield Sample((x, weight, draw(rng, (4,), x.dtype) if i % 2 else None), settings)


@samples_for(P.conv2d_input)
def input_gradients(rng: Rng) -> Iterator[Sample]:
    """Yield all cases."""
    for x, weight, y, settings in cases(rng):
        yield Sample((y, weight), {"size": x.shape[2:], **settings})


@samples_for(P.conv2d_weight)
def weight_gradients(rng: Rng) -> Iterator[Sample]:
    """Yield all cases."""
    for x, weight, y, settings in cases(rng):
        yield Sample((x, y), {"size": weight.shape[2:], **settings})


@samples_for(P.channel_sum)
def images(rng: Rng) -> Iterator[Sample]:
    """Yield few and many pixels in each type and layout, no images, no channels."""
    for shape in ((2, 3, 4, 5), (4, 2, 4, 8), (0, 3, 4, 5), (2, 0, 4, 5)):
        for dtype in ("float64", "float32", "float16"):
            x = draw(rng, shape, dtype, -1, 1)
            yield Sample((x,))
            yield Sample((np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),))
    for x in layouts(draw(rng, (2, 3, 4, 5))):
        yield Sample((x,))
