"""Samples of pooling: windows that overlap, leave gaps, begin in the padding or are cut off; 1 to 3 dimensions."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tt_core.extend import Array, Rng, Sample, draw, layouts, samples_for
from tt_train.spatial.primitives import pooling as P
from tt_train.spatial.windows import Windows, adaptive, strided

Axes = tuple[Windows, ...]

PLAIN: Axes = (strided(4, 2, 2, 0, 1, ceil=False), strided(6, 2, 2, 0, 1, ceil=False))
WINDOWS: list[Axes] = [
    PLAIN,
    (strided(6, 3, 3, 0, 1, ceil=False), strided(3, 1, 1, 0, 1, ceil=False)),
    (strided(5, 3, 2, 1, 1, ceil=False), strided(4, 2, 1, 0, 1, ceil=False)),
    (strided(5, 2, 2, 1, 1, ceil=True), strided(4, 3, 2, 1, 1, ceil=True)),  # 3 and 4, cut off or not
    (strided(6, 2, 1, 1, 2, ceil=False), strided(7, 3, 3, 1, 2, ceil=True)),
    (strided(5, 2, 3, 0, 1, ceil=False), strided(5, 2, 4, 0, 1, ceil=False)),  # with gaps
    (adaptive(5, 3), adaptive(4, 2)),
    (adaptive(3, 5), adaptive(5, 5)),
    (strided(7, 3, 2, 0, 1, ceil=True),),
    (adaptive(2, 0), adaptive(3, 2)),
    (strided(2, 2, 2, 0, 1, ceil=False),) * 3,
]
LONELY: Axes = (strided(1, 2, 1, 1, 2, ceil=False),)  # a window with all it has in the padding


def plane(windows: Axes) -> tuple[int, ...]:
    """Return the shape that the windows lie over."""
    return tuple(w.size for w in windows)


def images(rng: Rng) -> Iterator[tuple[Array, Axes, bool]]:
    """Yield images with windows over them, all numbers different where it is smooth."""
    for windows in WINDOWS:
        for dtype in ("float64", "float32"):
            shape = (2, 2, *plane(windows))
            numbers = rng.permutation(math.prod(shape)).reshape(shape) / 4 - 5
            yield numbers.astype(dtype), windows, True
    numbers = rng.permutation(2 * 2 * 4 * 6).reshape(2, 2, 4, 6) / 4
    for x in layouts(numbers):
        yield x, PLAIN, x.flags.writeable
    yield np.moveaxis(np.moveaxis(numbers, 1, -1).copy(), -1, 1), PLAIN, True
    yield numbers.astype("float16"), PLAIN, False
    yield draw(rng, (0, 2, 4, 6)), PLAIN, True
    yield draw(rng, (2, 1, 1)), LONELY, True


def corners(rng: Rng) -> Iterator[tuple[Array, Axes]]:
    """Yield equal numbers, infinities, and what is not a number."""
    ties = draw(rng, (2, 2, 4, 6), "int64", 0, 2)
    special = rng.choice([math.nan, -math.inf, math.inf, 0.0], (2, 2, 4, 6))
    for windows in (PLAIN, (strided(4, 3, 1, 1, 1, ceil=False), strided(6, 3, 2, 0, 1, ceil=True)), (adaptive(6, 4),)):
        yield ties.astype("float32"), windows
        yield special, windows


@samples_for(P.max_pool)
def largest(rng: Rng) -> Iterator[Sample]:
    """Yield images, and integers too."""
    for x, windows, smooth in images(rng):
        yield Sample((x,), {"windows": windows}, smooth)
    for x, windows in corners(rng):
        yield Sample((x,), {"windows": windows}, smooth=False)
    for dtype in ("int64", "uint8", "int8"):
        yield Sample((draw(rng, (2, 2, 4, 6), dtype, -9, 9),), {"windows": PLAIN})
        yield Sample((draw(rng, (2, 5, 4), dtype, -9, 9),), {"windows": WINDOWS[3]})


def outputs(rng: Rng, x: Array, windows: Axes) -> Iterator[tuple[Array, Array]]:
    """Yield what `max_pool` gave, and random numbers for its windows, in several layouts."""
    top = P.max_pool(x, windows=windows)
    for y in layouts(draw(rng, top.shape, x.dtype)) if windows is PLAIN else [draw(rng, top.shape, x.dtype)]:
        yield y, top


@samples_for(P.max_pool_input)
def handed_out(rng: Rng) -> Iterator[Sample]:
    """Yield images with what `max_pool` gave."""
    for x, windows, smooth in images(rng):
        for y, top in outputs(rng, x, windows):
            yield Sample((y, x, top), {"windows": windows}, smooth)
    for x, windows in corners(rng):
        for y, top in outputs(rng, x, windows):
            yield Sample((y, x, top), {"windows": windows}, smooth=False)


@samples_for(P.max_pool_picked)
def picked(rng: Rng) -> Iterator[Sample]:
    """Yield images with what `max_pool` gave; of what is picked, numbers of another type too."""
    for x, windows, smooth in images(rng):
        yield Sample((draw(rng, x.shape, x.dtype), x, P.max_pool(x, windows=windows)), {"windows": windows}, smooth)
    for x, windows in corners(rng):
        yield Sample((draw(rng, x.shape), x, P.max_pool(x, windows=windows)), {"windows": windows}, smooth=False)
        yield Sample((draw(rng, x.shape, "int64"), x, P.max_pool(x, windows=windows)), {"windows": windows})


def settings(windows: Axes) -> Iterator[dict[str, object]]:
    """Yield every way to divide."""
    for include_pad in (True, False):
        yield {"windows": windows, "include_pad": include_pad, "divisor": None}
    yield {"windows": windows, "include_pad": True, "divisor": -3}


@samples_for(P.avg_pool)
def means(rng: Rng) -> Iterator[Sample]:
    """Yield images, and integers of both signs."""
    for x, windows, smooth in images(rng):
        if windows != LONELY:
            yield from (Sample((x,), params, smooth or x.dtype != "float16") for params in settings(windows))
    for windows in WINDOWS[:4]:
        yield from (Sample((draw(rng, (2, *plane(windows)), "int64", -9, 9),), p) for p in settings(windows))
    huge = np.full((1, 4, 6), 40_000, "float16")
    yield Sample((huge,), {"windows": PLAIN, "include_pad": True, "divisor": None}, smooth=False)


@samples_for(P.avg_pool_input)
def shares(rng: Rng) -> Iterator[Sample]:
    """Yield gradients of means."""
    for x, windows, _ in images(rng):
        if windows != LONELY:
            for y, _ in outputs(rng, x, windows):
                yield from (Sample((y,), params) for params in settings(windows))
