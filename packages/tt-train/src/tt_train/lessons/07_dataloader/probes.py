"""What is done with your code in module 07: plain values go in, plain values come out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice, repeat
from typing import Any

import numpy as np
import pyarrow as pa

import tt_core as tt
from tt_core import Generator, Tensor
from tt_core.extend import wrap
from tt_train.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)
from tt_train.data.collate import collate
from tt_train.data.columns import FixedColumn
from tt_train.data.dataset import rows
from tt_train.data.fetching import Mark, Recipe
from tt_train.data.loader import make_here
from tt_train.data.position import Position
from tt_train.data.prefetch import prefetch
from tt_train.data.samplers import on_ladder
from tt_train.transforms.values import normalize


class Range(Dataset[int]):
    """The numbers from `start` on, and how many of them have been asked for."""

    def __init__(self, start: int, length: int) -> None:
        self.start, self.length, self.asked = start, length, 0

    def __getitem__(self, index: int) -> int:
        self.asked += 1
        if not 0 <= index < self.length:
            message = f"asked a data set of {self.length} items for item {index}"
            raise LookupError(message)
        return self.start + index

    def __len__(self) -> int:
        return self.length


class Stream(IterableDataset[int]):
    """0, 1, 2, …: to be read from front to back."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.length))


# 07.1 and 07.2


def item(arrays: list[Any], index: int) -> list[Any]:
    """Return what kind of thing an item is, and its parts."""
    got = TensorDataset(*map(wrap, arrays))[index]
    return [type(got).__name__, list(got)]


def length(arrays: list[Any]) -> int:
    """Return how long the data set is."""
    return len(TensorDataset(*map(wrap, arrays)))


def gather_rows(x: Any, indices: Any) -> list[Any]:
    """Return the batch, its element type, and whether it was recorded."""
    got = rows(wrap(x), indices)
    return [got, got.dtype.name, got.requires_grad]


def batch_and_data(x: Any, indices: Any) -> list[Any]:
    """Overwrite the batch with 0 and return the data that it was taken from."""
    got = rows(wrap(x), indices)
    got.data[...] = 0
    return [x]


def gradient_of_rows(x: Any, indices: Any) -> Any:
    """Return the gradient of the sum of the batch with respect to x."""
    leaf = tt.tensor(x, requires_grad=True)
    rows(leaf, indices).sum().backward()
    return leaf.grad


def fetch(arrays: list[Any], indices: Any) -> list[Any]:
    """Return what kind of thing a batch is, and its parts."""
    got = TensorDataset(*map(wrap, arrays)).fetch(indices)
    return [type(got).__name__, list(got)]


# 07.3 and 07.4


def joined(sizes: list[int], indices: list[int]) -> list[int]:
    """Return the items at these indices; data set d holds 100 d, 100 d + 1, …."""
    both = ConcatDataset([Range(100 * d, size) for d, size in enumerate(sizes)])
    return [both[i] for i in indices]


def joined_length(sizes: list[int]) -> int:
    """Return how many items there are together."""
    return len(ConcatDataset([Range(0, size) for size in sizes]))


def subset(x: Any, indices: list[int], at: Any) -> list[Any]:
    """Return the item at a place of a part, and the part's length."""
    part: Any = Subset(x, indices)
    return [part[at], len(part)]


def split(n: int, lengths: list[float], seed: int) -> list[list[int]]:
    """Return the items of each part; the items are 0, 10, 20, …."""
    items: Any = [10 * i for i in range(n)]
    parts = random_split(items, lengths, Generator(seed))
    return [[part[i] for i in range(len(part))] for part in parts]


def splits(n: int, seed: int) -> list[bool]:
    """Return whether the same seed splits in the same way, and whether the next one does."""
    first, again, other = (split(n, [n - 10, 10], s) for s in (seed, seed, seed + 1))
    return [first == again, first == other]


# 07.5 to 07.7


def random_order(n: int, seed: int, replacement: bool = False, num_samples: int | None = None) -> list[Any]:
    """Return the order that a seed gives, its element type, and how long the sampler says it is."""
    sampler = RandomSampler(range(n), replacement, num_samples)
    order = sampler.order(Generator(seed))
    return [order, order.dtype.name, len(sampler)]


def passes(n: int, seed: int) -> list[Any]:
    """Return two passes over a sampler with one generator, and a pass of another one of the same seed."""
    one, other = (RandomSampler(range(n), generator=Generator(seed)) for _ in range(2))
    return [list(one), list(one), list(other)]


def ladder(weights: Any, draws: Any) -> Any:
    """Return the index of each draw."""
    return on_ladder(np.asarray(weights), np.asarray(draws))


def weighted_counts(weights: Any, draws: int, seed: int) -> Any:
    """Return how often a weighted sampler yields each index."""
    drawn = list(WeightedRandomSampler(weights, draws, generator=Generator(seed)))
    return np.bincount(drawn, minlength=len(weights))


def batches(indices: list[int], batch_size: int, drop_last: bool) -> list[Any]:
    """Return the batches, and the number that the sampler promises."""
    sampler = BatchSampler(indices, batch_size, drop_last)
    return [list(sampler), len(sampler)]


def asked_for(n: int, batch_size: int, taken: int) -> list[Any]:
    """Take some batches, and return them with the number of indices that were drawn meanwhile."""
    drawn = []

    def source() -> Iterator[int]:
        for i in range(n):
            drawn.append(i)
            yield i

    sampler = BatchSampler(source(), batch_size, drop_last=False)
    got = list(islice(iter(sampler), taken))
    return [got, len(drawn)]


# 07.8 and 07.9


def collated(batch: list[Any]) -> Any:
    """Return one batch of several items."""
    return default_collate(batch)


def collated_kind(batch: list[Any]) -> list[str]:
    """Return the element types of the parts of a batch, and what became of the tuples."""
    got = collate(batch, tuple)
    return [type(got).__name__, *(x.dtype.name for x in got)]


def kinds_of_batch(batch: list[Any]) -> Any:
    """Return what kinds of things a batch is made of, where tuples shall become tuples."""
    return kinds(collate(batch, tuple))


def kinds(thing: Any) -> Any:
    """Return the name of a thing's type; of a sequence with the members behind it, of a dict those of its values."""
    if isinstance(thing, dict):
        return {key: kinds(value) for key, value in thing.items()}
    name = type(thing).__name__
    return [name, *map(kinds, thing)] if isinstance(thing, list | tuple) else name


def collated_dates(days: list[str]) -> Any:
    """Return one batch of arrays of dates."""
    return default_collate([np.array([day], "datetime64[D]") for day in days])


def collated_then_changed(batch: list[Any]) -> list[Any]:
    """Overwrite the batch with 0 and return the items that it was made of."""
    default_collate(batch).data[...] = 0
    return batch


def normalized(x: Any, mean: list[float], std: list[float]) -> list[Any]:
    """Return the normalised images and their element type."""
    got = normalize(wrap(x), mean, std)
    return [got, got.dtype.name]


def normalized_twice(x: Any, mean: list[float], std: list[float]) -> list[Any]:
    """Normalise, and return the images that were given."""
    normalize(wrap(x), mean, std)
    return [x]


def order_of_memory(x: Any, mean: list[float], std: list[float], side_by_side: bool = True) -> list[bool]:
    """Return whether the result's channels lie side by side in memory, and whether they lie one after the other."""
    given = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) if side_by_side else x
    got = normalize(wrap(given), mean, std).data
    return [got.transpose(0, 2, 3, 1).flags.c_contiguous, got.flags.c_contiguous]


# 07.10


def recipe(dataset: Any, drawn: bool = False) -> Recipe:
    """Return a recipe for batches; with `drawn`, a random number is added to each as its transform."""

    def add(batch: Tensor, generator: Generator) -> Tensor:
        return batch + float(generator.numpy.random())

    iterable = isinstance(dataset, IterableDataset)
    return Recipe(dataset, iterable, True, False, None, add if drawn else None)


def one_pass(n: int, tasks: list[list[int]]) -> list[Any]:
    """Return what comes of each task: batch, worker, mark."""
    position = Position(0, 1)
    return [list(found) for found in make_here(recipe(Range(0, n)), iter(tasks), position)]


def read_for_first(n: int, tasks: list[list[int]]) -> int:
    """Return how many items have been read when the first batch is there."""
    dataset = Range(0, n)
    next(make_here(recipe(dataset), iter(tasks), Position(0, 1)))
    return dataset.asked


def drawn_per_batch(seed: int, count: int, start: int) -> list[Any]:
    """Return what is drawn for each batch of a pass, and of the same pass from batch `start` on."""
    tasks = [[0] for _ in range(count)]
    whole = make_here(recipe(Range(0, 1), drawn=True), iter(tasks), Position(0, seed))
    rest = make_here(recipe(Range(0, 1), drawn=True), iter(tasks[start:]), Position(0, seed, batch=start))
    return [[float(batch) for batch, _, _ in made] for made in (whole, rest)]


def stream_pass(n: int, size: int, read_before: int) -> list[Any]:
    """Return the batches of a stream, of which some had been read when the pass was interrupted."""
    position = Position(0, 1, batch=read_before, marks=[Mark(batches=read_before)])
    return [batch.tolist() for batch, _, _ in make_here(recipe(Stream(n)), endless(size), position)]


def endless(size: int) -> Iterator[int]:
    """Yield a size for each batch of a stream, without end; but stop whoever does not."""
    yield from repeat(size, 2000)
    message = "2,000 tasks were asked for, of which there is no end"
    raise OverflowError(message)


def loaded(n: int, batch_size: int) -> list[Any]:
    """Return the batches of a loader in order."""
    return [x for (x,) in DataLoader(TensorDataset(tt.arange(n)), batch_size=batch_size)]


# 07.11


class Made:
    """A source of numbers that notes how far it is ahead of its consumer, and in which thread it runs."""

    def __init__(self, n: int, error_at: int = -1, enough: int = 0, error: type[BaseException] = OSError) -> None:
        self.n, self.error_at, self.enough, self.error = n, error_at, enough, error
        self.made = self.taken = self.most = 0
        self.threads: set[int] = set()
        self.daemons: set[bool] = set()
        self.reached = threading.Event()

    def numbers(self) -> Iterator[int]:
        """Yield 0, 1, …, and stumble where it is wanted."""
        for i in range(self.n):
            if i == self.error_at:
                message = f"item {i} cannot be read"
                raise self.error(message)
            self.made += 1
            self.threads.add(threading.get_ident())
            self.daemons.add(threading.current_thread().daemon)
            self.most = max(self.most, self.made - self.taken)
            if self.made >= self.enough:
                self.reached.set()
            yield i


def ahead(n: int, depth: int) -> list[int]:
    """Return what comes through."""
    return list(prefetch(iter(range(n)), depth))


def made_meanwhile(n: int, depth: int) -> dict[str, Any]:
    """Take one item, give the thread time to make more, and return how many it made and where."""
    source = Made(n, enough=depth + 1)
    items = prefetch(source.numbers(), depth)
    before = source.made
    next(items)
    source.taken = 1
    source.reached.wait(1)
    made_with_one_taken = source.made
    for _ in items:
        source.taken += 1
    here = threading.get_ident() in source.threads
    return {"before the first": before, "ahead of the second": made_with_one_taken - 1, "made by the caller": here}


def most_ahead(n: int, depth: int) -> int:
    """Return how many items were ever made and not yet taken, while the consumer waits for the thread now and then."""
    source = Made(n, enough=n)
    items = prefetch(source.numbers(), depth)
    next(items)
    source.taken = 1
    source.reached.wait(0.1)  # a thread that knows no bounds gets to the end
    for _ in items:
        source.taken += 1
    return source.most


def made_for_one(n: int, depth: int) -> int:
    """Return how many items are made in all when one has been taken, and the thread has had time for too many."""
    source = Made(n, enough=depth + 2)
    items = prefetch(source.numbers(), depth)
    next(items)
    source.reached.wait(0.2)
    made = source.made
    items.close()
    return made


def made_by_daemons(n: int, depth: int) -> list[bool]:
    """Return whether the threads that made items are daemons."""
    source = Made(n)
    for _ in prefetch(source.numbers(), depth):
        pass
    return sorted(source.daemons)


def until_error(n: int, error_at: int, kind: str = "OSError") -> list[Any]:
    """Return the items that came before an error, and its message."""
    got = []
    source = Made(n, error_at, error=SystemExit if kind == "SystemExit" else OSError)
    try:
        for item in prefetch(source.numbers(), 2):
            got.append(item)  # noqa: PERF402 - what came before the error counts
    except (OSError, SystemExit) as error:
        return [got, str(error)]
    return [got, "no error came"]


def threads_after_closing(n: int, depth: int) -> int:
    """Take an item, close, and return how many threads there are more than before."""
    before = threading.active_count()
    items = prefetch(iter(range(n)), depth)
    next(items)
    items.close()
    return threading.active_count() - before


# 07.12


def column(parts: list[Any], image: bool = False) -> FixedColumn:
    """Return a column of a file with one record batch for each array, which lies in memory as it would on a disk."""
    first = parts[0]
    element, shape = pa.from_numpy_dtype(first.dtype), first.shape[1:]
    names = ["height", "width", "channels"] if image else None
    kind = pa.fixed_shape_tensor(element, shape, dim_names=names) if shape else element
    schema = pa.schema([pa.field("x", kind, nullable=False)])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        for part in parts:
            writer.write_batch(pa.record_batch([_arrow(part, kind)], schema=schema))
    file = sink.getvalue()
    reader = pa.ipc.open_file(file)
    chunks = [reader.get_batch(i).column(0) for i in range(reader.num_record_batches)]
    return FixedColumn(schema.field(0), chunks, file)


def _arrow(part: Any, kind: Any) -> Any:
    numbers = pa.array(part.reshape(-1))
    if not isinstance(kind, pa.FixedShapeTensorType):
        return numbers
    width = int(np.prod(part.shape[1:]))
    return pa.ExtensionArray.from_storage(kind, pa.FixedSizeListArray.from_arrays(numbers, width))


def gathered(parts: list[Any], indices: Any, image: bool = False) -> list[Any]:
    """Return the rows and their element type."""
    got = column(parts, image).gather(indices)
    return [got, got.dtype.name]


def gathered_again(parts: list[Any], indices: Any) -> Any:
    """Overwrite the rows with 0, and return them as they are read the second time."""
    found = column(parts)
    found.gather(indices).data[...] = 0
    return found.gather(indices)
