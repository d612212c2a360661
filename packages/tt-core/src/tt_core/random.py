"""Seeded random numbers: `Generator`, the default one, and tensors drawn from it.

The same seed gives the same numbers on every machine (PCG64, O'Neill 2014), though not those of PyTorch, which draws
from another algorithm.
"""

from __future__ import annotations

from functools import cached_property
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from tt_core.dtypes import as_dtype, float32, int64
from tt_core.errors import DTypeError, ShapeError
from tt_core.graph import Recorded, wrap
from tt_core.operations.arguments import as_size, finish

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


class Generator:
    """A stream of random numbers with a state of its own.

    >>> a, b = Generator(7), Generator(7)
    >>> float(rand(1, generator=a)) == float(rand(1, generator=b))
    True
    """

    def __init__(self, seed: int = 0) -> None:
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from `seed` (negative ones count from 2⁶⁴ downwards), and return the generator.

        Raises:
            DTypeError: the seed is not a whole number.
        """
        try:
            self._seed = index(seed)
        except TypeError:
            message = f"expected a whole number as a seed; got {seed!r}"
            raise DTypeError(message) from None
        self.__dict__.pop("numpy", None)
        return self

    @cached_property
    def numpy(self) -> np.random.Generator:
        """The NumPy generator behind it, made on first use: `numpy.random` takes a tenth of NumPy's time to load."""
        return np.random.Generator(np.random.PCG64(self._seed % 2**64))

    def initial_seed(self) -> int:
        """Return the seed that the generator was started from."""
        return self._seed

    def get_state(self) -> dict[str, Any]:
        """Return the state as numbers and text that JSON can hold; `set_state` goes back to it."""
        return {"seed": self._seed, **self.numpy.bit_generator.state}

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Go back to a state that `get_state` returned, and return the generator."""
        self._seed = state["seed"]
        self.numpy.bit_generator.state = {k: v for k, v in state.items() if k != "seed"}
        return self


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator again from `seed`, and return it."""
    return default_generator.manual_seed(seed)


def stream(generator: Generator | None) -> np.random.Generator:
    """Return what NumPy draws from: the generator given, or the default one.

    Raises:
        DTypeError: something else was given, such as a generator of NumPy's or PyTorch's.
    """
    try:
        return (generator or default_generator).numpy
    except AttributeError:
        found = f"{type(generator).__module__}.{type(generator).__name__}"
        message = f"expected generator=tt_core.Generator(seed) for random numbers; got {found}"
        raise DTypeError(message) from None


def _floats(dtype: DTypeLike | None) -> Any:
    found = float32 if dtype is None else as_dtype(dtype)
    if found.kind != "f":
        message = f"expected a floating type for random numbers; got {found.name}"
        raise DTypeError(message)
    return found


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform numbers from 0 (included) to 1 (not)."""
    found = _floats(dtype)
    drawn = np.float64 if found == np.float64 else np.float32
    numbers = stream(generator).random(as_size(sizes, size), drawn)
    if found == np.float16:  # rounding to half may reach 1
        numbers = np.minimum(numbers, np.float32(1 - 2**-11))
    return finish(numbers, found, device, requires_grad, "random")


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normally distributed numbers, mean 0 and variance 1."""
    found = _floats(dtype)
    drawn = np.float64 if found == np.float64 else np.float32
    numbers = stream(generator).standard_normal(as_size(sizes, size), drawn)
    return finish(numbers, found, device, requires_grad, "random")


def randint(
    low: int = 0,
    high: int | Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers from `low` (included; 0 if only one bound is given) to `high` (not)."""
    if isinstance(high, (tuple, list)):
        high, size = None, high
    if high is None:
        low, high = 0, low
    if size is None or low >= high:
        message = f"expected low < high and a size for randint; got low {low}, high {high}, size {size}"
        raise ShapeError(message)
    numbers = stream(generator).integers(low, high, as_size((size,)))
    return finish(numbers, int64 if dtype is None else as_dtype(dtype), device, requires_grad, "random")


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from 0 to n - 1 in random order."""
    numbers = stream(generator).permutation(n)
    return finish(numbers, int64 if dtype is None else as_dtype(dtype), device, requires_grad, "random")


def normal(
    mean: Tensor | float = 0.0,
    std: Tensor | float = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DTypeLike | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normally distributed numbers; mean and deviation may be tensors, one for each number.

    Raises:
        ShapeError: a deviation is negative, or the shapes do not fit.
    """
    center, scale = (x.data if isinstance(x, Recorded) else x for x in (mean, std))
    if np.any(np.less(scale, 0)):
        message = f"expected deviations of at least 0 for normal; got {np.min(scale)}"
        raise ShapeError(message)
    shape = np.broadcast_shapes(np.shape(center), np.shape(scale)) if size is None else as_size((size,))
    found = next((x.data.dtype for x in (mean, std) if isinstance(x, Recorded)), float32)
    drawn = randn(shape, generator=generator, dtype=_floats(found if dtype is None else dtype))
    return finish(drawn.data * scale + center, drawn.data.dtype, device, requires_grad, "random")


def bernoulli(x: Tensor, p: Tensor | float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that x gives (or p, for every element), 0 otherwise.

    Raises:
        ShapeError: a probability is not from 0 to 1.
    """
    given = x if p is None else p
    chance = given.data if isinstance(given, Recorded) else given
    if not np.all((np.asarray(chance) >= 0) & (np.asarray(chance) <= 1)):
        message = f"expected probabilities of 0 to 1 in bernoulli; got some from {np.min(chance)} to {np.max(chance)}"
        raise ShapeError(message)
    drawn = stream(generator).random(x.data.shape)
    return finish(drawn < chance, x.data.dtype, None, requires_grad=False, made_by="random")


def multinomial(
    x: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Positions drawn with probabilities in proportion to x, along its last dimension.

    Raises:
        ShapeError: a weight is negative or not finite, or fewer are positive than are to be drawn without replacement.
    """
    weights = x.data.astype(np.float64)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and (weights.sum(-1) > 0).all()):
        message = (
            "expected finite weights of at least 0 with a positive sum in every row of multinomial; "
            f"got some from {weights.min(initial=0)} to {weights.max(initial=0)}"
        )
        raise ShapeError(message)
    if not replacement and ((weights > 0).sum(-1) < num_samples).any():
        message = f"expected at least {num_samples} positive weights in every row to draw without replacement"
        raise ShapeError(message)
    random = stream(generator)
    if replacement:
        ladder = np.cumsum(weights / weights.sum(-1, keepdims=True), -1)[..., None, :]
        drawn = (random.random((*weights.shape[:-1], num_samples, 1)) >= ladder).sum(-1)
        last = weights.shape[-1] - 1 - np.argmax(weights[..., ::-1] > 0, -1)  # rounding may leave the ladder below 1
        return wrap(np.minimum(drawn, last[..., None]))
    # the smallest of exponential waiting times comes first with the right probability (Efraimidis & Spirakis 2006)
    with np.errstate(divide="ignore"):
        waits = random.standard_exponential(weights.shape) / weights
    return wrap(np.argsort(waits, -1)[..., :num_samples])
