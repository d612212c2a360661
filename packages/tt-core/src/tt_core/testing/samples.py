"""The inputs that a primitive is tried on: who registers them, and how arrays are drawn.

A package that adds a primitive says what it is to be tried on, beside it or in a module of its tests:

    @samples_for(conv2d)
    def conv2d_samples(rng: np.random.Generator) -> Iterator[Sample]:
        yield Sample((draw(rng, (2, 3, 8, 8)), draw(rng, (4, 3, 3, 3))), {"stride": 2})

Samples should cover what the operation allows: broadcasting, no elements, no dimensions, every layout, every type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final, NamedTuple, TypeAlias
from zlib import crc32

import numpy as np

from tt_core.dispatch import Primitive
from tt_core.dtypes import Array
from tt_core.errors import BackendError

Rng: TypeAlias = np.random.Generator
Sampler: TypeAlias = "Callable[[Rng], Iterator[Sample]]"


class Sample(NamedTuple):
    """One call of a primitive.

    Attributes:
        inputs: arrays; numbers and None stay what they are.
        params: the keyword arguments.
        smooth: False where small differences tell no derivative: at a kink, at infinity, or in low precision.
    """

    inputs: tuple[Any, ...]
    params: dict[str, Any] = {}  # noqa: RUF012 - nobody writes to it
    smooth: bool = True

    def __str__(self) -> str:
        operands = ", ".join(f"{x.dtype}{list(x.shape)}" if isinstance(x, np.ndarray) else repr(x) for x in self.inputs)
        return ", ".join([operands, *(f"{name}={value!r}" for name, value in self.params.items())])


_samplers: Final[dict[str, Sampler]] = {}
_modules: Final[list[str]] = ["tt_core.testing.core"]


def samples_in(*modules: str) -> None:
    """Name modules whose import registers samples: few programs need them, so they wait until they are asked for."""
    _modules.extend(name for name in modules if name not in _modules)


def samples_for(*primitives: Primitive[...]) -> Callable[[Sampler], Sampler]:
    """Register what yields the samples of these primitives: a decorator."""

    def register(sampler: Sampler) -> Sampler:
        _samplers.update({primitive.name: sampler for primitive in primitives})
        return sampler

    return register


def samples_of(primitive: Primitive[...], seed: int = 0) -> list[Sample]:
    """Return the samples of a primitive; the same seed gives the same.

    Raises:
        BackendError: none are registered.
    """
    for module in _modules:
        import_module(module)
    if primitive.name not in _samplers:
        message = f"expected samples for the primitive {primitive.name!r}; none are registered: see testing.samples_for"
        raise BackendError(message)
    return list(_samplers[primitive.name](np.random.default_rng([seed, crc32(primitive.name.encode())])))


def draw(rng: Rng, shape: tuple[int, ...], dtype: Any = "float64", low: float = -2, high: float = 2) -> Array:
    """Return random numbers between two bounds; of integers, both bounds included."""
    if np.dtype(dtype).kind == "f":
        return np.asarray(rng.uniform(low, high, shape)).astype(dtype)
    lowest = 0 if np.dtype(dtype).kind in "ub" else low
    return np.asarray(rng.integers(int(lowest), int(high), shape, endpoint=True)).astype(dtype)


def layouts(x: Array) -> Iterator[Array]:
    """Yield the numbers in every order of memory: by rows, by columns, backwards, with gaps, repeated and read-only."""
    yield x
    yield np.array(x.T, order="C").T
    everywhere = (slice(None, None, -1),) * x.ndim
    yield np.array(x[everywhere], order="C")[everywhere]
    yield np.repeat(x, 2, -1)[..., ::2] if x.ndim else x
    yield np.broadcast_to(x[:1] if x.ndim else x, x.shape)
