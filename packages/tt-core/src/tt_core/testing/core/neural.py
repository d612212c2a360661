"""Samples of the functions of neural networks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tt_core.dispatch import Primitive
from tt_core.primitives import neural as P
from tt_core.testing.core.elementwise import SPECIAL, unary
from tt_core.testing.samples import Rng, Sample, draw, layouts, samples_for

SETTINGS: dict[Primitive[...], list[dict[str, Any]]] = {
    P.relu: [{}],
    P.hardsigmoid: [{}],
    P.softsign: [{}],
    P.logsigmoid: [{}],
    P.gelu: [{"approximate": "none"}, {"approximate": "tanh"}],
    P.gelu_slope: [{"approximate": "none"}, {"approximate": "tanh"}],
    P.softplus: [{"beta": 1, "threshold": 20}, {"beta": 2.5, "threshold": 1.5}],
    P.hardtanh: [{"low": -1, "high": 1}, {"low": -0.25, "high": 1.5}],
}


def activations(primitive: Primitive[...]) -> Any:
    """Return what yields the samples of a function of one number, with each of its settings."""

    def samples(rng: Rng) -> Iterator[Sample]:
        for params in SETTINGS[primitive]:
            for sample in unary(-2, 2)(rng):
                yield Sample(sample.inputs, params, sample.smooth)

    return samples


for _primitive in SETTINGS:
    samples_for(_primitive)(activations(_primitive))


@samples_for(P.linear)
def linears(rng: Rng) -> Iterator[Sample]:
    """Yield any number of leading dimensions, with and without a bias."""
    for shape in [(2, 3), (2, 2, 3), (3,), (0, 3)]:
        for dtype in ("float64", "float32"):
            x, weight, bias = draw(rng, shape, dtype), draw(rng, (4, 3), dtype), draw(rng, (4,), dtype)
            yield Sample((x, weight, bias))
            yield Sample((x, weight, None))
    yield Sample((draw(rng, (2, 0)), draw(rng, (4, 0)), draw(rng, (4,))))
    yield Sample((draw(rng, (2, 3), "float16"), draw(rng, (1, 3), "float16"), draw(rng, (1,), "float16")))
    for x, weight in zip(layouts(draw(rng, (2, 3))), layouts(draw(rng, (4, 3))), strict=True):
        yield Sample((x, weight, draw(rng, (4,))[::-1]))


@samples_for(P.softmax, P.log_softmax)
def distributions(rng: Rng) -> Iterator[Sample]:
    """Yield every dimension, large numbers, classes that are ruled out."""
    for dim in (0, 1, 2):
        yield Sample((draw(rng, (2, 3, 2)),), {"dim": dim})
        yield Sample((draw(rng, (2, 3, 2), "float32", -10, 10),), {"dim": dim})
    for x in layouts(draw(rng, (2, 3))):
        yield Sample((x,), {"dim": 1})
    yield Sample((draw(rng, (2, 3), "float16"),), {"dim": 1})
    yield Sample((draw(rng, (0, 3)),), {"dim": 1})
    yield Sample((draw(rng, (3, 0)),), {"dim": 1})
    extreme = [[1e4, -1e4, 0.0], [-math.inf, 1.0, 2.0], [-math.inf] * 3, [math.inf, 1.0, math.nan]]
    yield Sample((np.array(extreme),), {"dim": 1}, smooth=False)


@samples_for(P.standardize, P.unit_rms)
def normalisations(rng: Rng) -> Iterator[Sample]:
    """Yield one and two dimensions to normalise over; numbers that are all alike."""
    for ndim in (1, 2):
        for dtype in ("float64", "float32", "float16"):
            yield Sample((draw(rng, (2, 3, 2), dtype),), {"ndim": ndim, "eps": 1e-2})
        yield Sample((draw(rng, (0, 3, 2)),), {"ndim": ndim, "eps": 1e-5})
    for x in layouts(draw(rng, (2, 3))):
        yield Sample((x,), {"ndim": 1, "eps": 1e-5})
    yield Sample((np.ones((2, 3)),), {"ndim": 1, "eps": 1e-2})
    yield Sample((np.array([[1.0, math.inf], [math.nan, 0.0]]),), {"ndim": 1, "eps": 1e-5}, smooth=False)


@samples_for(P.binary_cross_entropy)
def certainties(rng: Rng) -> Iterator[Sample]:
    """Yield probabilities and targets, the certain ones included."""
    for shape in [(2, 3), (), (0, 3)]:
        for dtype in ("float64", "float32"):
            yield Sample((draw(rng, shape, dtype, 0.1, 0.9), draw(rng, shape, dtype, 0, 1)))
    for x in layouts(draw(rng, (2, 3), "float64", 0.1, 0.9)):
        yield Sample((x, x.T.reshape(2, 3)))
    certain = np.array([0.0, 1.0, 1e-45, 0.5], "float32")
    yield Sample((certain[:, None], certain), smooth=False)


CLASSES = [((3, 4), (3,)), ((2, 4, 3), (2, 3)), ((2, 3, 2, 2), (2, 2, 2)), ((0, 3), (0,)), ((2, 3, 0), (2, 0))]


@samples_for(P.cross_entropy)
def classifications(rng: Rng) -> Iterator[Sample]:
    """Yield scores of classes and the right ones, with and without further dimensions."""
    for shape, places in CLASSES:
        for dtype in ("float64", "float32", "float16"):
            yield Sample((draw(rng, shape, dtype), draw(rng, places, "int64", 0, shape[1] - 1)))
    for x in layouts(draw(rng, (3, 4))):
        yield Sample((x, draw(rng, (3,), "int64", 0, 3)))
    yield Sample((np.array([[1e4, -1e4], [-1e4, 1e4]]), np.array([1, 1])), smooth=False)


@samples_for(P.softmax_minus_one_hot)
def classification_gradients(rng: Rng) -> Iterator[Sample]:
    """Yield what `classifications` yields, with a scale for each place."""
    for sample in classifications(rng):
        x, target = sample.inputs
        yield Sample((x, target, draw(rng, target.shape, x.dtype)), {}, sample.smooth)
    for x, scale in zip(layouts(draw(rng, (3, 4))), layouts(draw(rng, (3,))), strict=True):
        yield Sample((x, draw(rng, (3,), "int64", 0, 3), scale))


@samples_for(P.gate)
def gate(rng: Rng) -> Iterator[Sample]:
    """Yield gradients and results of both signs, zero and none."""
    for shape in ((), (3,), (2, 3), (0, 2)):
        for dtype in ("float64", "float32", "float16"):
            yield Sample((draw(rng, shape, dtype), draw(rng, shape, dtype)))
    for x, y in zip(layouts(draw(rng, (2, 3))), layouts(draw(rng, (2, 3))), strict=True):
        yield Sample((x, y))
    special = np.array(SPECIAL)
    yield Sample((special, special[::-1]), smooth=False)
