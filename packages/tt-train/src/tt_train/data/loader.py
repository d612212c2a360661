"""`DataLoader`: batches of a data set, in an order that a seed decides, made here, ahead, or elsewhere (module 07).

Names and meanings are PyTorch's (`torch/utils/data/dataloader.py`). What differs is said in the class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from itertools import repeat
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar, overload

import tt_core
from tt_core import StateError, Tensor
from tt_train.data import workers
from tt_train.data.arguments import check_order, check_workers, refuse
from tt_train.data.dataset import Dataset, IterableDataset, size_of
from tt_train.data.errors import DataError
from tt_train.data.fetching import Mark, Recipe
from tt_train.data.position import Found, Position, fresh_state, from_state
from tt_train.data.prefetch import prefetch as run_ahead
from tt_train.data.samplers import BatchSampler, RandomSampler, SequentialSampler, batches, draw_seed, has_order
from tt_train.data.worker import Setup

T_co = TypeVar("T_co", covariant=True)
Batch = TypeVar("Batch", bound=Tensor | tuple[Any, ...] | dict[str, Any])

FIXED = ("dataset", "batch_size", "sampler", "batch_sampler", "drop_last", "persistent_workers")


class DataLoader(Generic[T_co]):
    """An iterable over batches of a data set.

    Each `iter(loader)` begins a new pass (an epoch). Its order and its transforms' random numbers depend on the
    loader's generator and the number of passes before, and on nothing else: any `num_workers`, any `prefetch` give the
    same bits. Batches of tuples are tuples. If the data set has `fetch(indices)` and there is no `collate_fn`, whole
    batches are gathered at once.

    Args:
        dataset: items by number, or an `IterableDataset`.
        batch_size: items in a batch; None for single items.
        shuffle: read in random order.
        sampler: the order, instead of `shuffle`: any iterable of indices.
        batch_sampler: the batches, instead of `batch_size, shuffle, sampler, drop_last`: any iterable of lists.
        num_workers: processes that make batches.
        collate_fn: makes a batch of a list of items, instead of `default_collate`.
        drop_last: leave out the last batch if it is smaller.
        timeout: seconds to wait for a batch of a worker, 0 for ever.
        worker_init_fn: called in each worker process with its number.
        multiprocessing_context: how to start workers, "spawn" if it is not given.
        generator: where each pass draws its seed, instead of a generator that is itself seeded from the default one.
        prefetch_factor: batches that each worker makes ahead, 2 if it is not given.
        persistent_workers: keep the workers from one pass to the next.
        transform: applied to each batch, with `generator=` of its own if it has such a parameter.
        prefetch: batches that a thread makes ahead.

    Raises:
        DataError: arguments that exclude each other; workers that cannot be started.
        WorkerError: while iterating; a worker raised, died or took too long.

    >>> import tt_core as tt
    >>> from tt_train.data import TensorDataset
    >>> loader = DataLoader(TensorDataset(tt.arange(5)), batch_size=2)
    >>> [x.tolist() for x, in loader]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], object] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: tt_core.Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        transform: Callable[..., Any] | None = None,
        prefetch: int = 0,
    ) -> None:
        refuse(pin_memory=pin_memory, pin_memory_device=pin_memory_device, in_order=not in_order)
        iterable = isinstance(dataset, IterableDataset)
        check_order(iterable, batch_size, shuffle, sampler, batch_sampler, drop_last)
        check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context, prefetch)
        if sampler is None and not iterable:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)  # type: ignore[arg-type]
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None and not iterable:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)  # type: ignore[arg-type]
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = prefetch_factor or (2 if num_workers else None)
        self.transform = transform
        self.prefetch = prefetch
        self.persistent_workers = persistent_workers
        self._epoch = 0
        self._own: tt_core.Generator | None = None
        self._position: Position | None = None
        self._resumed: Position | None = None
        self._pool: workers.Pool | None = None

    @overload
    def __iter__(self: DataLoader[Batch]) -> Iterator[Batch]: ...
    @overload
    def __iter__(self) -> Iterator[Any]: ...
    def __iter__(self) -> Iterator[Any]:
        """Begin a pass, or go on with one that `load_state_dict` is in the middle of."""
        position = self._resumed or self._new_pass()
        self._resumed = None
        self._position = position
        self._epoch = position.epoch + 1
        return self._run(position)

    def __len__(self) -> int:
        """Return the number of batches in a pass."""
        if not isinstance(self.dataset, IterableDataset):
            return size_of(self._index_sampler)
        n, size = size_of(self.dataset), self.batch_size or 1
        return n // size if self.drop_last else math.ceil(n / size)

    def __repr__(self) -> str:
        told = {name: getattr(self, name) for name in ("batch_size", "num_workers", "prefetch", "drop_last")}
        options = "".join(f", {name}={value}" for name, value in told.items() if value)
        sampler = "" if self.sampler is None else f", sampler={type(self.sampler).__name__}"
        return f"DataLoader({type(self.dataset).__name__}{options}{sampler})"

    def __setattr__(self, name: str, value: Any) -> None:
        if name in FIXED and name in self.__dict__:
            message = f"expected {name} to be given to DataLoader(…); it cannot be changed afterwards"
            raise DataError(message)
        super().__setattr__(name, value)

    # Its place in the data

    def state_dict(self) -> dict[str, Any]:
        """Return where the last pass is: after the batches that have been used, whatever was made ahead.

        JSON can hold it. It does not hold what a data set in numbered items does by itself.
        """
        position = self._resumed or self._position
        state = position.to_state() if position else fresh_state(self._epoch)
        if state["seed"] is None:
            state["sampler"] = self._sampler_state()
        generator = self._generator
        return {**state, "batch_size": self.batch_size, "generator": generator.get_state() if generator else None}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go to where another loader of the same data and options was: the next pass goes on from there.

        An `IterableDataset` without `load_state_dict` of its own is read again from the start; so is such a sampler.

        Raises:
            StateError: it is the state of something else, or of a loader with other options.
        """
        position = from_state(state, self._readers)
        if position and state.get("batch_size") != self.batch_size:
            saved = state.get("batch_size")
            message = f"expected batch_size={saved}, as when the state was saved; got {self.batch_size}"
            raise StateError(message)
        self._epoch, self._resumed, self._position = state["epoch"], position, None
        if state["sampler"] is not None and (sampler := self._stateful_sampler) is not None:
            sampler.load_state_dict(state["sampler"])
        if state["generator"] is not None:
            self._own = self._generator or tt_core.Generator()
            self._own.set_state(state["generator"])

    @property
    def _generator(self) -> tt_core.Generator | None:
        """What passes draw their seeds from: the sampler's generator, the one given, or the loader's own."""
        return next((g for g in (given_generator(self._index_sampler), self.generator) if g is not None), self._own)

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    @property
    def _stateful_sampler(self) -> Any:
        candidates = (self.batch_sampler, getattr(self.batch_sampler, "sampler", None), self.sampler)
        return next((s for s in candidates if hasattr(s, "state_dict")), None)

    def _sampler_state(self) -> Any:
        sampler = self._stateful_sampler
        return None if sampler is None else sampler.state_dict()

    @property
    def _readers(self) -> int:
        """How many processes read an iterable data set, 0 of another."""
        return max(1, self.num_workers) if isinstance(self.dataset, IterableDataset) else 0

    def _new_pass(self) -> Position:
        if self._generator is None:
            self._own = tt_core.Generator(draw_seed(None))
        seed = draw_seed(self._generator)
        return Position(self._epoch, seed, sampler=self._sampler_state(), marks=[Mark()] * self._readers)

    # Its batches

    def _run(self, position: Position) -> Iterator[Any]:
        recipe = Recipe(self.dataset, self._readers > 0, self.batched, self.drop_last, self.collate_fn, self.transform)
        tasks = self._tasks(position)
        pool = self._take_pool(recipe)  # here, not in a thread that works ahead: a fork wants few threads around it
        factor = self.prefetch_factor or 2
        read = workers.read(pool, position, tasks, factor, self.timeout) if pool else make_here(recipe, tasks, position)
        ahead = run_ahead(read, self.prefetch) if self.prefetch else read
        try:
            for batch, worker, mark in ahead:
                position.use(worker, mark)
                yield batch
                del batch  # its memory may serve for the next one
            position.done = True
        finally:
            position.dropped = True
            ahead.close()
            read.close()
            self._give_back(pool)

    def _take_pool(self, recipe: Recipe) -> workers.Pool | None:
        """Return the workers of the pass before, or new ones, or None if there shall be none."""
        if not self.num_workers:
            return None
        pool, self._pool = self._pool, None
        setup = Setup(recipe, self.num_workers, self.worker_init_fn, self.prefetch_factor or 2)
        return pool or workers.Pool(setup, workers.choose_context(self.multiprocessing_context))

    def _give_back(self, pool: workers.Pool | None) -> None:
        """Keep the workers for the next pass if they are to persist, or end them."""
        if pool is None:
            return
        if self.persistent_workers and self._pool is None and pool.close.alive:
            self._pool = pool
        else:
            pool.close()

    @property
    def batched(self) -> bool:
        """Whether items are put together into batches."""
        return self.batch_sampler is not None or self.batch_size is not None

    def _tasks(self, position: Position) -> Iterator[Any]:
        """Return the indices of each batch from where the pass is; for iterable data, the size of each."""
        if self._readers:
            return repeat(self.batch_size)
        return batches(self._index_sampler, tt_core.Generator(position.seed), position.batch)


def make_here(recipe: Recipe, tasks: Iterator[Any], position: Position) -> Generator[Found, None, None]:
    """Yield the batches of a pass, made in this process when they are asked for.

    The reader is the recipe's, for the seed of `position` and, if `position.marks` has any, from the first on. The
    tasks, of which there may be no end, are numbered from `position.batch`, the number of batches that have been used
    before; each, with its number, is given to `reader.read`, which returns a batch and its mark, or None at the end.
    What is yielded is the batch, 0 for the worker, and the mark.
    """
    reader = recipe.reader(position.seed, 0, position.marks[0] if position.marks else None)
    for number, what in enumerate(tasks, position.batch):
        found = reader.read(number, what)
        if found is None:
            return
        yield found[0], 0, found[1]


def given_generator(sampler: Any) -> tt_core.Generator | None:
    """Return the generator that a sampler of ours was given."""
    inner = sampler.sampler if type(sampler) is BatchSampler else sampler
    return getattr(inner, "generator", None) if has_order(inner) else None
