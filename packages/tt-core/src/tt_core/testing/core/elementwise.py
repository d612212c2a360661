"""Samples of operations on single numbers: every layout and type, broadcasting, and the numbers that are special."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tt_core.dispatch import Primitive
from tt_core.primitives import elementwise as P
from tt_core.testing.samples import Rng, Sample, Sampler, draw, layouts, samples_for

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 100.0, -100.0, 1e4, -1e4, math.inf, -math.inf, math.nan]
SHAPES = [((2, 3), (2, 3)), ((2, 1, 3), (4, 1)), ((), (3,)), ((3, 1), ()), ((0, 3), (1, 3)), ((), ())]
INTEGERS = ["int64", "int32", "int8", "uint8"]


def unary(low: float, high: float) -> Sampler:
    """Return what yields samples of a function that is smooth between two bounds."""

    def samples(rng: Rng) -> Iterator[Sample]:
        for x in layouts(draw(rng, (2, 3), "float64", low, high)):
            yield Sample((x,))
        for shape in [(), (0, 3), (2, 1, 2)]:
            yield Sample((draw(rng, shape, "float32", low, high),))
        yield Sample((draw(rng, (4,), "float16", low, high),))
        yield Sample((np.array(SPECIAL, "float32"),), smooth=False)
        yield Sample((np.array(SPECIAL, "float64"),), smooth=False)

    return samples


_DOMAINS: dict[tuple[float, float], list[Primitive[...]]] = {
    (-2, 2): [P.floor, P.ceil, P.trunc, P.exp, P.expm1, P.sin, P.cos, P.atan, P.sinh, P.cosh, P.tanh, P.sigmoid, P.erf],
    (0.3, 3): [P.log, P.log2, P.log10, P.sqrt, P.rsqrt, P.reciprocal],
    (-0.8, 2): [P.log1p],
    (-1.2, 1.2): [P.tan],
    (-0.9, 0.9): [P.asin, P.acos],
}
for _bounds, _primitives in _DOMAINS.items():
    samples_for(*_primitives)(unary(*_bounds))


@samples_for(P.neg, P.abs, P.sign, P.square)
def signed(rng: Rng) -> Iterator[Sample]:
    """Yield floats and integers, the lowest ones included."""
    yield from unary(-2, 2)(rng)
    for dtype in INTEGERS:
        yield Sample((draw(rng, (5,), dtype, -100, 100),))
        yield Sample((np.array([0, np.iinfo(dtype).min, np.iinfo(dtype).max], dtype),))


def pairs(rng: Rng) -> Iterator[Sample]:
    """Yield pairs of positive floats that broadcast."""
    for a, b in SHAPES:
        yield Sample((draw(rng, a, "float64", 0.3, 2.5), draw(rng, b, "float64", 0.3, 2.5)))
        yield Sample((draw(rng, a, "float32", 0.3, 2.5), draw(rng, b, "float32", 0.3, 2.5)))
    for x, y in zip(
        layouts(draw(rng, (2, 3), "float64", 0.3, 2.5)), layouts(draw(rng, (3,), "float64", 0.3, 2.5)), strict=True
    ):
        yield Sample((x, y))
    yield Sample((draw(rng, (3,), "float16", 0.3, 2.5), draw(rng, (2, 1), "float16", 0.3, 2.5)))
    for number in (0.75, 2):
        yield Sample((draw(rng, (3,), "float32", 0.3, 2.5), number))
        yield Sample((number, draw(rng, (3,), "float32", 0.3, 2.5)))


def special_pairs() -> Iterator[Sample]:
    """Yield every pair of special numbers, in which two equal ones are."""
    x = np.array(SPECIAL)
    yield Sample((x[:, None], x), smooth=False)
    yield Sample((x[:, None].astype("float32"), x.astype("float32")), smooth=False)


def integer_pairs(rng: Rng, dtypes: list[str], low: int = -100) -> Iterator[Sample]:
    """Yield pairs of integers, whose results may not fit into their type."""
    for dtype in dtypes:
        yield Sample((draw(rng, (2, 4), dtype, low, 100), draw(rng, (4,), dtype, low, 100)))
        yield Sample((draw(rng, (3,), dtype, low, 100), 3))


@samples_for(P.add, P.mul, P.maximum, P.minimum)
def with_truth_values(rng: Rng) -> Iterator[Sample]:
    """Yield floats, integers and truth values."""
    yield from pairs(rng)
    yield from special_pairs()
    yield from integer_pairs(rng, [*INTEGERS, "bool"])


@samples_for(P.sub)
def differences(rng: Rng) -> Iterator[Sample]:
    """Yield floats and integers: truth values have no difference."""
    yield from pairs(rng)
    yield from special_pairs()
    yield from integer_pairs(rng, INTEGERS)


@samples_for(P.div, P.logaddexp)
def floats(rng: Rng) -> Iterator[Sample]:
    """Yield floats."""
    yield from pairs(rng)
    yield from special_pairs()


@samples_for(P.floor_divide, P.trunc_divide, P.remainder)
def divisions(rng: Rng) -> Iterator[Sample]:
    """Yield floats and integers, of both signs; dividing integers by zero is left open."""
    yield from pairs(rng)
    yield from special_pairs()
    yield Sample((draw(rng, (3, 4), "float64", -5, 5), draw(rng, (4,), "float64", 0.5, 2) * [1, -1, 1, -1]))
    yield from integer_pairs(rng, INTEGERS, low=1)
    yield Sample((np.array([7, -7, 7, -7]), np.array([2, 2, -2, -2])))


@samples_for(P.pow)
def powers(rng: Rng) -> Iterator[Sample]:
    """Yield floats, and integers with powers that are too large or negative."""
    yield from pairs(rng)
    yield from special_pairs()
    for exponent in (0, 0.5, -1, -1.5, 3):
        yield Sample((draw(rng, (2, 3), "float64", 0.3, 2), exponent))
    for exponent in (0, 1, 3, -2):
        yield Sample((draw(rng, (2, 3), "float64", -2, -0.5), exponent))
    for dtype in INTEGERS:
        yield Sample((draw(rng, (2, 4), dtype, -5, 5), draw(rng, (4,), dtype, 0, 9)))
    yield Sample((np.array([-2, -1, 1, 2, -1]), np.array([-1, -1, -2, -3, -4])))


@samples_for(P.eq, P.ne, P.lt, P.le, P.gt, P.ge)
def comparisons(rng: Rng) -> Iterator[Sample]:
    """Yield floats, integers and truth values, many of them equal."""
    yield from pairs(rng)
    yield from special_pairs()
    for dtype in [*INTEGERS, "bool", "float32"]:
        yield Sample((np.rint(draw(rng, (3, 4), dtype)).astype(dtype), np.rint(draw(rng, (4,), dtype)).astype(dtype)))
    yield Sample((np.array([0.1, 0.2], "float32"), 0.1))


@samples_for(P.bitwise_and, P.bitwise_or, P.bitwise_xor)
def bits(rng: Rng) -> Iterator[Sample]:
    """Yield integers and truth values."""
    yield from integer_pairs(rng, INTEGERS)
    for a, b in SHAPES:
        yield Sample((draw(rng, a, "bool"), draw(rng, b, "bool")))
    for x, y in zip(layouts(draw(rng, (2, 3), "int64", 0, 99)), layouts(draw(rng, (3,), "int64", 0, 99)), strict=True):
        yield Sample((x, y))


@samples_for(P.bitwise_not)
def bits_of_one(rng: Rng) -> Iterator[Sample]:
    """Yield integers and truth values."""
    for dtype in [*INTEGERS, "bool"]:
        for x in layouts(draw(rng, (2, 3), dtype, -100, 100)):
            yield Sample((x,))
        yield Sample((draw(rng, (0, 3), dtype),))


@samples_for(P.round)
def rounded(rng: Rng) -> Iterator[Sample]:
    """Yield floats and integers, with halves among them."""
    for decimals in (0, 1, -1):
        for sample in unary(-2, 2)(rng):
            yield Sample(sample.inputs, {"decimals": decimals}, sample.smooth)
        yield Sample((draw(rng, (5,), "int64", -100, 100),), {"decimals": decimals})
    yield Sample((np.array([0.5, 1.5, 2.5, -0.5, -1.5]),), {"decimals": 0}, smooth=False)


@samples_for(P.where)
def choices(rng: Rng) -> Iterator[Sample]:
    """Yield conditions with two arrays, all of which broadcast."""
    for a, b in SHAPES:
        for dtype in ("float64", "int64", "bool"):
            yield Sample((draw(rng, (3,), "bool"), draw(rng, a, dtype), draw(rng, b, dtype)))
        yield Sample((draw(rng, a, "bool"), draw(rng, b, "float32"), draw(rng, (), "float32")))
    for x, condition in zip(layouts(draw(rng, (2, 3))), layouts(draw(rng, (2, 3), "bool")), strict=True):
        yield Sample((condition, x, x.T.reshape(2, 3)))
    special = np.array(SPECIAL)
    yield Sample((draw(rng, special.shape, "bool"), special, special[::-1]), smooth=False)


@samples_for(P.zero_where)
def masked(rng: Rng) -> Iterator[Sample]:
    """Yield floats and masks that broadcast with them; the mask stops nan and infinity."""
    for a, b in SHAPES:
        for dtype in ("float64", "float32", "float16"):
            yield Sample((draw(rng, a, dtype), draw(rng, b, "bool")))
    for x, mask in zip(layouts(draw(rng, (2, 3))), layouts(draw(rng, (2, 3), "bool")), strict=True):
        yield Sample((x, mask))
    yield Sample((np.array(SPECIAL), np.arange(len(SPECIAL)) % 2 == 0), smooth=False)
    yield Sample((np.array(SPECIAL), np.ones((2, 1), bool)), smooth=False)


@samples_for(P.clamp)
def bounds(rng: Rng) -> Iterator[Sample]:
    """Yield numbers, arrays and None as bounds; low ones may be above high ones."""
    for x in layouts(draw(rng, (2, 3))):
        for low, high in [(-0.5, 0.5), (None, 0.3), (-0.3, None), (0.5, -0.5)]:
            yield Sample((x, low, high))
    for dtype in ("float64", "float32", "int64"):
        bound = draw(rng, (3,), dtype, -2, 1)
        yield Sample((draw(rng, (2, 3), dtype, -3, 3), bound, draw(rng, (2, 1), dtype, -1, 2)))
        yield Sample((draw(rng, (2, 3), dtype, -3, 3), bound, None))
        yield Sample((draw(rng, (0, 3), dtype, -3, 3), None, bound))
    yield Sample((np.array(SPECIAL), -1.0, 1.0), smooth=False)
    yield Sample((np.array([-1.0, 0.0, 1.0]), np.array(-1.0), np.array(1.0)), smooth=False)


@samples_for(P.cast)
def casts(rng: Rng) -> Iterator[Sample]:
    """Yield every pair of types; what does not fit into an integer type is left open."""
    types = ["float64", "float32", "float16", *INTEGERS, "int16", "bool"]
    for source in types:
        for target in types:
            low = 0 if "uint8" in (source, target) else -2
            x = draw(rng, (2, 3), source, low, 2)
            yield Sample((x,), {"dtype": np.dtype(target)}, smooth=target == "float64")
    yield Sample((np.array(SPECIAL),), {"dtype": np.dtype("float16")}, smooth=False)
    for x in [*layouts(draw(rng, (2, 3))), draw(rng, ()), draw(rng, (0, 3))]:
        yield Sample((x,), {"dtype": np.dtype("float64")})
