"""How one batch is made, here or in a worker process: items are gathered, collated and transformed (module 07)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol

import numpy as np

from tt_core import Generator
from tt_train.data.collate import collate, convert
from tt_train.data.dataset import fetch_of


@dataclass(frozen=True)
class Recipe:
    """What the batches of a loader are made of: all that a worker process has to know."""

    dataset: Any
    iterable: bool
    batched: bool
    drop_last: bool
    collate_fn: Callable[[Any], Any] | None
    transform: Callable[..., Any] | None

    def combine(self, items: Any) -> Any:
        """Make a batch of a list of items, or convert the one item if there are no batches; tuples stay tuples."""
        if self.collate_fn is not None:
            return self.collate_fn(items)
        return collate(items, tuple) if self.batched else convert(items, tuple)

    def reader(self, seed: int, worker: int = 0, mark: Mark | None = None) -> Reader:
        """Return what reads one pass; of an iterable data set from a mark on."""
        return IterableReader(self, seed, worker, mark or Mark()) if self.iterable else MapReader(self, seed)


class Mark(NamedTuple):
    """How far a worker has read in an iterable data set, its own state if it has one, and whether that was all."""

    batches: int = 0
    state: Any = None
    ended: bool = False


class Reader(Protocol):
    """What reads one pass over the data, batch by batch."""

    def key(self, number: int) -> tuple[int, ...]:
        """Return what the random numbers for batch `number` depend on."""

    def read(self, number: int, what: Any) -> tuple[Any, Mark | None] | None:
        """Return a batch and how far it leads, None at the end; `what` is its indices, or its size."""


def mix(*key: int) -> int:
    """Return a seed that depends on each of the numbers and on their order, and that int64 can hold."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0]) >> 1


def transformer(transform: Callable[..., Any] | None) -> Callable[[Any, tuple[int, ...]], Any]:
    """Return what applies a transform, with a generator made of a key if it has a parameter for one."""
    if transform is None:
        return lambda batch, _: batch
    if takes_generator(transform):
        return lambda batch, key: transform(batch, generator=Generator(mix(*key)))
    return lambda batch, _: transform(batch)


def takes_generator(transform: Callable[..., Any]) -> bool:
    """Tell whether a transform has a parameter `generator`."""
    try:
        return "generator" in inspect.signature(transform).parameters
    except (TypeError, ValueError):  # some functions written in C do not tell
        return False


class MapReader:
    """Reads a data set with numbered items."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe, self.seed = recipe, seed
        self.gather = self._gatherer()
        self.transform = transformer(recipe.transform)

    def key(self, number: int) -> tuple[int, ...]:
        """Return the seed of the pass and the batch's number: whoever reads it, the numbers are the same."""
        return self.seed, number

    def read(self, number: int, what: Any) -> tuple[Any, None]:
        """Return the batch of these indices, gathered and then transformed, and None: there is no mark to keep.

        `self.transform` takes the batch and the key of the numbers that it may draw: the seed of the pass and the
        batch's number.
        """
        return self.transform(self.gather(what), (self.seed, number)), None

    def _gatherer(self) -> Callable[[Any], Any]:
        """Return the fastest way to gather that the data set has."""
        recipe = self.recipe
        if not recipe.batched:
            return lambda index: recipe.combine(recipe.dataset[index])
        fetch = None if recipe.collate_fn else fetch_of(recipe.dataset)
        if fetch is not None:
            return lambda indices: fetch(np.asarray(indices, np.int64))
        several = getattr(recipe.dataset, "__getitems__", None)
        items = several or self._items
        return lambda indices: recipe.combine(items(indices.tolist() if isinstance(indices, np.ndarray) else indices))

    def _items(self, indices: Sequence[Any]) -> list[Any]:
        """Return the items one by one; an error says at which."""
        dataset, items = self.recipe.dataset, []
        for index in indices:
            try:
                items.append(dataset[index])
            except Exception as error:
                error.add_note(f"while reading item {index!r} of {type(dataset).__name__}")
                raise
        return items


class IterableReader:
    """Reads an iterable data set from front to back."""

    def __init__(self, recipe: Recipe, seed: int, worker: int, mark: Mark) -> None:
        self.recipe, self.seed, self.worker = recipe, seed, worker
        self.transform = transformer(recipe.transform)
        self.count = mark.batches
        self.ended = mark.ended
        self.resumed = mark
        self.items: Iterator[Any] | None = None

    def key(self, number: int) -> tuple[int, ...]:  # noqa: ARG002 - it says which batch comes when, not whose it is
        """Return the seed of the pass, the worker's number, and how many batches it has read."""
        return self.seed, self.worker, self.count

    def read(self, number: int, what: Any) -> tuple[Any, Mark] | None:
        """Return the next batch of `what` items, or the next item if that is None."""
        if self.ended:
            return None
        if self.items is None:
            self.items = self._start(what)
        items = list(islice(self.items, what or 1))
        self.ended = len(items) < (what or 1)
        if not items or (self.ended and self.recipe.drop_last):
            return None
        batch = self.recipe.combine(items if what else items[0])
        batch = self.transform(batch, self.key(number))
        self.count += 1
        return batch, self._mark()

    def _start(self, size: int | None) -> Iterator[Any]:
        """Begin to read where the mark is: from the data set's state, or by reading again what came before."""
        dataset = self.recipe.dataset
        if self.resumed.state is not None:
            dataset.load_state_dict(self.resumed.state)
        items: Iterator[Any] = iter(dataset)
        if self.resumed.state is not None:
            return items
        for _ in islice(items, self.count * (size or 1)):
            pass
        return items

    def _mark(self) -> Mark:
        state = getattr(self.recipe.dataset, "state_dict", None)
        return Mark(self.count, state() if state else None, self.ended)
