"""Samples of rearrangements: every layout and type, sizes of 0 and 1, every kind of index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tt_core.dispatch import Primitive
from tt_core.primitives import shapes as P
from tt_core.testing.samples import Rng, Sample, draw, layouts, samples_for

SETTINGS: dict[Primitive[...], list[tuple[tuple[int, ...], dict[str, Any]]]] = {
    P.reshape: [
        ((2, 3), {"shape": (3, 2)}),
        ((2, 3), {"shape": (6,)}),
        ((), {"shape": (1, 1)}),
        ((0, 3), {"shape": (0,)}),
    ],
    P.permute: [
        ((2, 3), {"dims": (1, 0)}),
        ((2, 3, 1), {"dims": (2, 0, 1)}),
        ((), {"dims": ()}),
        ((0, 3), {"dims": (1, 0)}),
    ],
    P.expand: [
        ((1, 3), {"shape": (2, 3)}),
        ((3, 1), {"shape": (2, 3, 2)}),
        ((), {"shape": (2,)}),
        ((1, 3), {"shape": (0, 3)}),
        ((0, 1), {"shape": (0, 2)}),
    ],
    P.flip: [((2, 3), {"dims": (0,)}), ((2, 3), {"dims": (0, 1)}), ((2, 3), {"dims": ()}), ((0, 3), {"dims": (1,)})],
    P.diagonal: [
        ((3, 3), {"offset": 0, "dim1": 0, "dim2": 1}),
        ((2, 3), {"offset": 1, "dim1": 0, "dim2": 1}),
        ((2, 3), {"offset": -1, "dim1": 1, "dim2": 0}),
        ((2, 3, 2), {"offset": 0, "dim1": 2, "dim2": 0}),
        ((2, 2), {"offset": 2, "dim1": 0, "dim2": 1}),
        ((0, 3), {"offset": 0, "dim1": 0, "dim2": 1}),
    ],
    P.pad: [
        ((2, 3), {"widths": ((1, 0), (0, 2)), "value": 0.5}),
        ((2, 3), {"widths": ((-1, 1), (0, -2)), "value": 0}),
        ((), {"widths": (), "value": 1}),
        ((0, 2), {"widths": ((1, 1), (0, 0)), "value": 2}),
    ],
    P.roll: [
        ((2, 3), {"shifts": (1,), "dims": (1,)}),
        ((2, 3), {"shifts": (-4, 5), "dims": (0, 1)}),
        ((2, 3), {"shifts": (1, 1), "dims": (1, 1)}),
        ((0, 3), {"shifts": (1,), "dims": (0,)}),
    ],
    P.tril: [(shape, {"diagonal": n}) for shape, n in [((3, 3), 0), ((2, 3, 2), 1), ((2, 3), -1), ((0, 3), 0)]],
    P.triu: [(shape, {"diagonal": n}) for shape, n in [((3, 3), 0), ((2, 3, 2), 1), ((2, 3), -1), ((0, 3), 0)]],
    P.clone: [((2, 3), {}), ((), {}), ((0, 3), {})],
}


def arranged(primitive: Primitive[...]) -> Any:
    """Return what yields the samples of a primitive with these settings."""

    def samples(rng: Rng) -> Iterator[Sample]:
        for shape, params in SETTINGS[primitive]:
            for dtype in ("float64", "float32", "float16", "int64", "uint8", "bool"):
                yield Sample((draw(rng, shape, dtype),), params)
        shape, params = SETTINGS[primitive][0]
        for x in layouts(draw(rng, shape)):
            yield Sample((x,), params)

    return samples


for _primitive in SETTINGS:
    samples_for(_primitive)(arranged(_primitive))

BASIC: list[Any] = [1, -1, slice(None), slice(2, None, -2), (..., 0), (None, slice(1), 2), (), (1, 2), slice(0, 0)]
ONCE: list[Any] = [
    np.array([2, 0]),
    (slice(None), np.array([1, 2])),
    (np.array([[0], [2]]), np.array([1, 3])),
    (np.array([2, 0]), slice(None, None, 2)),
    np.array([], "int64"),
    np.arange(12).reshape(3, 4) % 3 == 0,
    (np.array([True, False, True]), slice(1, 3)),
]
TWICE: list[Any] = [
    np.array([0, 2, 0, -1]),
    (slice(None), np.array([[1, 1], [-1, 3]])),
    (np.array([1, 1]), np.array([2, 2])),
]


@samples_for(P.getitem)
def picks(rng: Rng) -> Iterator[Sample]:
    """Yield every kind of index."""
    for key in [*BASIC, *ONCE, *TWICE]:
        yield Sample((draw(rng, (3, 4)),), {"key": key})
        yield Sample((draw(rng, (3, 4), "int64"),), {"key": key})
    for x in layouts(draw(rng, (3, 4), "float32")):
        yield Sample((x,), {"key": ONCE[2]})
    yield Sample((draw(rng, (0, 4)),), {"key": (slice(None), np.array([1, 2]))})


@samples_for(P.unindex)
def unpicks(rng: Rng) -> Iterator[Sample]:
    """Yield for every kind of index what it would pick from (3, 4)."""
    for key in [*BASIC, *ONCE, *TWICE]:
        shape = np.zeros((3, 4))[key].shape
        for dtype in ("float64", "float32", "int64"):
            yield Sample((draw(rng, shape, dtype),), {"key": key, "shape": (3, 4)})
    for x in layouts(draw(rng, (2, 4))):
        yield Sample((x,), {"key": np.array([1, 1]), "shape": (3, 4)})
        yield Sample((x,), {"key": slice(None, None, 2), "shape": (3, 4)})


@samples_for(P.setitem)
def assignments(rng: Rng) -> Iterator[Sample]:
    """Yield every kind of index that names no element twice, with values of its shape and with fewer."""
    for key in [*BASIC, *ONCE]:
        shape = np.zeros((3, 4))[key].shape
        for dtype in ("float64", "int64"):
            yield Sample((draw(rng, (3, 4), dtype), draw(rng, shape, dtype)), {"key": key})
        yield Sample((draw(rng, (3, 4)), draw(rng, (1, *shape[-1:]))), {"key": key})
        yield Sample((draw(rng, (3, 4)), draw(rng, ())), {"key": key})
    for x, y in zip(layouts(draw(rng, (3, 4))), layouts(draw(rng, (2, 4))), strict=True):
        yield Sample((x, y), {"key": slice(1, None)})


@samples_for(P.gather)
def gathers(rng: Rng) -> Iterator[Sample]:
    """Yield indices that name elements twice, and that leave some out in the other dimension."""
    for dtype in ("float64", "float32", "int64"):
        yield Sample((draw(rng, (3, 4), dtype), draw(rng, (5, 4), "int64", 0, 2)), {"dim": 0})
        yield Sample((draw(rng, (3, 4), dtype), draw(rng, (2, 2), "int64", 0, 3)), {"dim": 1})
    yield Sample((draw(rng, (3, 4)), draw(rng, (0, 4), "int64")), {"dim": 0})
    for x, index in zip(layouts(draw(rng, (3, 4))), layouts(draw(rng, (3, 2), "int64", 0, 3)), strict=True):
        yield Sample((x, index), {"dim": 1})


@samples_for(P.scatter)
def scatters(rng: Rng) -> Iterator[Sample]:
    """Yield indices that name no element twice, since one of the two would be lost, and a `src` larger than `index`."""
    index = np.array([[2, 0, 1, 2], [0, 1, 2, 1]])
    for dtype in ("float64", "float32", "int64"):
        yield Sample((draw(rng, (3, 4), dtype), index, draw(rng, (2, 4), dtype)), {"dim": 0})
        yield Sample((draw(rng, (3, 4), dtype), index[:, :3], draw(rng, (3, 5), dtype)), {"dim": 0})
    yield Sample((draw(rng, (2, 3)), index[:, :2], draw(rng, (2, 2))), {"dim": 1})
    for x, src in zip(layouts(draw(rng, (3, 4))), layouts(draw(rng, (2, 4))), strict=True):
        yield Sample((x, index[::-1], src), {"dim": 0})
    yield Sample((draw(rng, (3, 4)), index[:0], draw(rng, (0, 4))), {"dim": 0})


@samples_for(P.scatter_add)
def additions(rng: Rng) -> Iterator[Sample]:
    """Yield indices that name elements twice, and a `src` larger than `index`."""
    for dtype in ("float64", "float32", "int64"):
        index = draw(rng, (5, 4), "int64", 0, 2)
        yield Sample((draw(rng, (3, 4), dtype), index, draw(rng, (5, 4), dtype)), {"dim": 0})
        yield Sample((draw(rng, (3, 4), dtype), index[:2, :3], draw(rng, (3, 4), dtype)), {"dim": 1})
    for x, src in zip(layouts(draw(rng, (3, 4))), layouts(draw(rng, (5, 4))), strict=True):
        yield Sample((x, index[::-1], src), {"dim": 0})
    yield Sample((draw(rng, (3, 4)), index[:0], draw(rng, (0, 4))), {"dim": 0})


@samples_for(P.cat)
def joins(rng: Rng) -> Iterator[Sample]:
    """Yield one, two and three arrays of different sizes along a dimension, empty ones among them."""
    for dtype in ("float64", "float32", "int64", "bool"):
        yield Sample((draw(rng, (2, 3), dtype), draw(rng, (1, 3), dtype), draw(rng, (0, 3), dtype)), {"dim": 0})
        yield Sample((draw(rng, (2, 3), dtype), draw(rng, (2, 1), dtype)), {"dim": 1})
        yield Sample((draw(rng, (2,), dtype),), {"dim": 0})
    for x, y in zip(layouts(draw(rng, (2, 3))), layouts(draw(rng, (2, 3))), strict=True):
        yield Sample((x, y), {"dim": 1})
