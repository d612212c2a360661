"""Samplers: in which order a data set is read (module 07).

Names and meanings are PyTorch's (`torch/utils/data/sampler.py`). A pass over the data is decided by one number, its
seed: the samplers here make the whole order of it at once, as an array, and a loader that is restored in mid-epoch
makes the same order again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tt_core import Generator
from tt_core.extend import stream
from tt_train.data.dataset import Indices, size_of
from tt_train.data.errors import DataError

T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """The base class of samplers: define `__iter__`, which yields indices or lists of them, and `__len__` if known.

    A sampler whose order changes from pass to pass should have `state_dict()` and `load_state_dict()`, or a loader
    cannot be restored in mid-epoch: it asks for the state before each pass.
    """

    def __iter__(self) -> Iterator[T_co]:
        message = f"expected {type(self).__name__} to define __iter__; it does not"
        raise NotImplementedError(message)


def draw_seed(generator: Generator | None) -> int:
    """Return the seed of a pass, drawn from the generator, or from the default one."""
    return int(stream(generator).integers(2**63))


class OrderSampler(Sampler[int]):
    """A sampler that makes the order of a pass all at once: define `order`, and `__len__`."""

    generator: Generator | None = None

    def order(self, generator: Generator) -> Indices:
        """Return the indices of one pass, drawn from this generator alone."""
        message = f"expected {type(self).__name__} to define order; it does not"
        raise NotImplementedError(message)

    def __iter__(self) -> Iterator[int]:
        return iter(self.order(Generator(draw_seed(self.generator))).tolist())


class SequentialSampler(OrderSampler):
    """From the first item to the last.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def order(self, generator: Generator) -> Indices:  # noqa: ARG002 - nothing is left to chance
        """Return 0, 1, … in this order."""
        return np.arange(len(self))

    def __len__(self) -> int:
        return size_of(self.data_source)


class RandomSampler(OrderSampler):
    """In random order: each item once, or any item any time with `replacement`.

    Args:
        num_samples: how many, instead of as many as there are items; more than these without replacement begin anew.
        generator: what to draw from, instead of the default generator.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = _flag("replacement", replacement)
        self._num_samples = num_samples
        self.generator = generator
        _positive("num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices a pass has."""
        return size_of(self.data_source) if self._num_samples is None else self._num_samples

    def order(self, generator: Generator) -> Indices:
        """Return `num_samples` indices of int64, all drawn from `generator.numpy`.

        With replacement each is any of the N items. Without, the order is a permutation of them; where more than N are
        wanted, as many permutations one after the other as are needed, the last one cut off.
        """
        n, wanted, random = size_of(self.data_source), self.num_samples, generator.numpy
        if self.replacement:
            return random.integers(n, size=wanted)
        rounds = [random.permutation(n) for _ in range(math.ceil(wanted / n))]
        return rounds[0][:wanted] if len(rounds) == 1 else np.concatenate(rounds)[:wanted]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(OrderSampler):
    """These indices, in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def order(self, generator: Generator) -> Indices:
        """Return the indices, permuted."""
        return generator.numpy.permutation(np.asarray(self.indices, np.int64))

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(OrderSampler):
    """Indices with probabilities in proportion to the weights, with replacement or without.

    Raises:
        DataError: the weights are no list of finite numbers of at least 0, or fewer are positive than shall be drawn.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        self.weights: NDArray[np.float64] = np.asarray(weights, np.float64)
        self.num_samples = _positive("num_samples", num_samples)
        self.replacement = _flag("replacement", replacement)
        self.generator = generator
        if self.weights.ndim != 1 or not (np.isfinite(self.weights) & (self.weights >= 0)).all():
            message = f"expected a list of finite weights of at least 0; got {self.weights}"
            raise DataError(message)
        positive = np.count_nonzero(self.weights)
        if positive < (1 if replacement else num_samples):
            message = f"expected enough positive weights to draw {num_samples} samples; got {positive}"
            raise DataError(message)

    def order(self, generator: Generator) -> Indices:
        """Return where random numbers fall on the ladder of weights, or who has the shortest of random waits."""
        random = generator.numpy
        if self.replacement:
            return on_ladder(self.weights, random.random(self.num_samples))
        return by_waiting(self.weights, random.standard_exponential(self.weights.size))[: self.num_samples]

    def __len__(self) -> int:
        return self.num_samples


def on_ladder(weights: NDArray[np.float64], draws: NDArray[np.float64]) -> Indices:
    """Return for each draw from [0, 1) the index on whose rung it falls, where rung i is as wide as weight i.

    The rungs lie one above the other, rung 0 from 0 to w₀, rung 1 from w₀ to w₀ + w₁; a draw u stands at the height
    u · Σw, and an index of weight 0 is never returned: a height that rounding has lifted to the top belongs to the last
    index with a weight.

    >>> on_ladder(np.array([1.0, 0.0, 3.0]), np.array([0.0, 0.2, 0.25, 0.9]))
    array([0, 0, 2, 2])
    """
    ladder = np.cumsum(weights)
    found = np.searchsorted(ladder, draws * ladder[-1], side="right")
    last = np.flatnonzero(weights)[-1]
    return np.asarray(np.minimum(found, last), np.int64)  # rounding may lead past the end


def by_waiting(weights: NDArray[np.float64], waits: NDArray[np.float64]) -> Indices:
    """Return all indices, the shortest of the exponential waiting times first, each divided by its weight.

    Who is first is so with a probability in proportion to the weight, and so on among those that remain.

    Source: Efraimidis & Spirakis 2006, https://doi.org/10.1016/j.ipl.2005.11.003
    """
    with np.errstate(divide="ignore"):
        return np.argsort(waits / weights)


class DistributedSampler(OrderSampler):
    """One rank's share of the data: every `num_replicas`-th index of an order that all ranks agree on.

    If the number of items is not a multiple of `num_replicas`, the first of them are read twice, or the last not at all
    with `drop_last`. Call `set_epoch(epoch)` before each pass, or every pass has the same order.

    >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in range(2)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None or not 0 <= rank < num_replicas:
            message = f"expected num_replicas and a rank from 0 to num_replicas - 1; got {num_replicas} and {rank}"
            raise DataError(message)
        self.dataset = dataset
        self.num_replicas, self.rank = num_replicas, rank
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0

    @property
    def num_samples(self) -> int:
        """How many indices each rank has."""
        n = size_of(self.dataset)
        return n // self.num_replicas if self.drop_last else math.ceil(n / self.num_replicas)

    @property
    def total_size(self) -> int:
        """How many indices all ranks have together."""
        return self.num_samples * self.num_replicas

    def order(self, generator: Generator | None = None) -> Indices:  # noqa: ARG002 - all ranks must agree
        """Return this rank's indices, by seed and epoch alone."""
        n = size_of(self.dataset)
        whole = Generator(self.seed + self.epoch).numpy.permutation(n) if self.shuffle else np.arange(n)
        return np.resize(whole, self.total_size)[self.rank :: self.num_replicas]  # repeats from the start

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass."""
        self.epoch = epoch

    def state_dict(self) -> dict[str, int]:
        """Return the epoch."""
        return {"epoch": self.epoch}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go back to an epoch."""
        self.epoch = state["epoch"]


class BatchSampler(Sampler[list[int]]):
    """Groups of `batch_size` indices; with `drop_last` without the last one if it is smaller.

    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        self.sampler = sampler
        self.batch_size = _positive("batch_size", batch_size)
        self.drop_last = _flag("drop_last", drop_last)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield lists of `batch_size` indices, taken from the sampler only as they are wanted: it may be endless.

        The last list is shorter if indices remain, or is left out with `drop_last`; an empty list never comes.
        """
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        """Return how many batches of the sampler's `size_of` there are: rounded up, or down with `drop_last`."""
        n = size_of(self.sampler)
        return n // self.batch_size if self.drop_last else math.ceil(n / self.batch_size)


def batches(sampler: Iterable[Any], generator: Generator, start: int = 0) -> Iterator[Any]:
    """Yield what a sampler yields from number `start` on, as slices of an array where its order is known at once."""
    if type(sampler) is BatchSampler and has_order(sampler.sampler):
        order = sampler.sampler.order(generator)  # type: ignore[attr-defined]  # `has_order`
        size = sampler.batch_size
        end = len(order) - len(order) % size if sampler.drop_last else len(order)
        return (order[i : i + size] for i in range(start * size, end, size))
    if has_order(sampler):
        return iter(sampler.order(generator)[start:].tolist())  # type: ignore[attr-defined]  # `has_order`
    return islice(iter(sampler), start, None)


def has_order(sampler: object) -> bool:
    """Tell whether `order` says all that iterating would: a subclass may have redefined that."""
    for kind in type(sampler).__mro__:
        if "order" in vars(kind):
            return isinstance(sampler, OrderSampler)
        if "__iter__" in vars(kind):
            return False
    return False


def _positive(name: str, value: Any) -> int:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value <= 0:
        message = f"expected a whole number of at least 1 as {name}; got {value!r}"
        raise DataError(message)
    return int(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        message = f"expected True or False as {name}; got {value!r}"
        raise DataError(message)
    return value
