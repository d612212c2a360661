"""Data sets: what has items, and how they are put together (module 07).

A data set has a length and items: `__len__` and `__getitem__(i)`. One that can do more defines `fetch(indices)`, which
gathers a whole batch at once; the loader prefers it. A data set that can only be read from front to back is an
`IterableDataset`. Names and meanings are PyTorch's (`torch/utils/data/dataset.py`).
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tt_core import Generator, ShapeError, Tensor, cat
from tt_core.extend import stream, wrap
from tt_train.data.errors import DataError

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
Indices: TypeAlias = NDArray[np.int64]
Fetch: TypeAlias = Callable[[Indices], Any]


class Dataset(Generic[T_co]):
    """The base class of data sets with numbered items: define `__getitem__`, and `__len__`.

    A subclass may also define `fetch(indices)`, a whole batch from an array of int64: a tuple of tensors. It must give
    what stacking the items would. PyTorch's `__getitems__(indices)`, a list of items, works too.

    >>> class Squares(Dataset[int]):
    ...     def __len__(self) -> int:
    ...         return 5
    ...     def __getitem__(self, index: int) -> int:
    ...         return index**2
    >>> Squares()[3]
    9
    """

    def __getitem__(self, index: Any) -> T_co:
        message = f"expected {type(self).__name__} to define __getitem__; it does not"
        raise NotImplementedError(message)

    def __add__(self, other: Dataset[T_co]) -> Dataset[T_co]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """The base class of data sets that are read from front to back: define `__iter__`.

    In a worker process `get_worker_info()` tells which part to read. If it has `state_dict()` and `load_state_dict()`,
    a loader that is restored in the middle of an epoch goes on from there; otherwise it reads again what it skips.
    """

    def __iter__(self) -> Iterator[T_co]:
        message = f"expected {type(self).__name__} to define __iter__; it does not"
        raise NotImplementedError(message)

    def __add__(self, other: Dataset[T_co]) -> Dataset[T_co]:
        return ChainDataset([self, other])


def size_of(dataset: Any) -> int:
    """Return the number of items.

    Raises:
        TypeError: the data set does not say it; Python's own error, which `list` forgives when it only asks for a hint.
    """
    if not hasattr(dataset, "__len__"):
        message = f"expected a data set with a length; {type(dataset).__name__} does not define __len__"
        raise TypeError(message)
    return len(dataset)


def fetch_of(dataset: Any) -> Fetch | None:
    """Return the data set's `fetch`, or None if it has none, or if a subclass has since redefined what an item is."""
    for kind in type(dataset).__mro__:
        if "fetch" in vars(kind):
            found: Fetch | None = dataset.fetch
            return found
        if "__getitem__" in vars(kind):
            return None
    return None


def rows(x: Tensor, indices: Indices) -> Tensor:
    """Return a batch (B, …) of the rows of x (N, …), in the order of `indices` (B,), all at once.

    It is a copy in memory of its own. Where x requires a gradient the tensor's own indexing takes the rows, so that
    gradients find their way back; elsewhere it may, or `x.data.take(indices, 0)`, wrapped: the rows are the same.

    >>> rows(wrap(np.array([10, 11, 12])), np.array([2, 0, 2]))
    tensor([12, 10, 12])
    """
    return x[wrap(indices)] if x.requires_grad else wrap(x.data.take(indices, 0))


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors of one length; an item is a tuple of their slices.

    >>> import tt_core as tt
    >>> data = TensorDataset(tt.eye(3), tt.arange(3))
    >>> data[1]
    (tensor([0., 1., 0.]), tensor(1))
    >>> data.fetch(np.array([2, 0]))
    (tensor([[0., 0., 1.],
            [1., 0., 0.]]), tensor([2, 0]))
    """

    def __init__(self, *tensors: Tensor) -> None:
        lengths = [x.shape[0] if x.shape else None for x in tensors]
        if len(set(lengths)) != 1 or None in lengths:
            message = f"expected tensors of one length for TensorDataset; got shapes {[list(x.shape) for x in tensors]}"
            raise ShapeError(message)
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        """Return item `index`: a tuple of `x[index]` for each tensor x, always a tuple, even of one."""
        return tuple(x[index] for x in self.tensors)

    def fetch(self, indices: Indices) -> tuple[Tensor, ...]:
        """Gather a batch, one call of `rows` per tensor: a tuple with (B, …) of each (N, …)."""
        return tuple([rows(x, indices) for x in self.tensors])

    def __len__(self) -> int:
        """Return N, the size of the first dimension, which all tensors share."""
        return self.tensors[0].shape[0]


class Subset(Dataset[T_co]):
    """Some of the items of a data set, in the order of `indices`: nothing is copied.

    >>> Subset("abcdef", [4, 0, 2])[0]
    'e'
    """

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        """Return the item of the whole data set whose number stands at place `index` of `indices`.

        Of a list of places, return what the data set gives for the list of their numbers.
        """
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> Sequence[T_co]:
        """Return a list of items, all at once if the data set can."""
        found = [self.indices[i] for i in indices]
        several = getattr(self.dataset, "__getitems__", None)
        items: Sequence[T_co] = several(found) if several else [self.dataset[i] for i in found]
        return items

    @property
    def fetch(self) -> Fetch | None:
        """What gathers a batch, if the data set below can."""
        inner = fetch_of(self.dataset)
        if inner is None:
            return None
        numbers = np.asarray(self.indices, np.int64)
        return lambda indices: inner(numbers[indices])

    def __len__(self) -> int:
        """Return how many items there are in this part."""
        return len(self.indices)


class ConcatDataset(Dataset[T_co]):
    """Data sets one after the other; `cumulative_sizes[d]` is the number of the first item after data set d.

    >>> import tt_core as tt
    >>> both = TensorDataset(tt.zeros(3)) + TensorDataset(tt.ones(2))
    >>> len(both), both[3], both[-1]
    (5, (tensor(1.),), (tensor(1.),))
    """

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets or any(isinstance(d, IterableDataset) for d in self.datasets):
            kinds = [type(d).__name__ for d in self.datasets]
            message = (
                f"expected data sets with numbered items for ConcatDataset; got {kinds}: ChainDataset joins others"
            )
            raise DataError(message)
        self.cumulative_sizes = list(accumulate(map(size_of, self.datasets)))

    def __getitem__(self, index: Any) -> T_co:
        """Return item `index` of all of them; below 0 it counts from the end.

        With sizes 3 and 2, so that `cumulative_sizes` is [3, 5], item 3 is item 0 of the second data set, and item -1
        its item 1. A binary search finds the data set, which may be empty, in O(log of how many there are).

        Raises:
            IndexError: there is no such item; the message has the bounds and the index.
        """
        n = len(self)
        if not -n <= index < n:
            message = f"expected an index from {-n} to {n - 1} of ConcatDataset; got {index}"
            raise IndexError(message)
        index += n if index < 0 else 0
        place = bisect_right(self.cumulative_sizes, index)
        return self.datasets[place][index - (self.cumulative_sizes[place - 1] if place else 0)]

    @property
    def fetch(self) -> Fetch | None:
        """What gathers a batch, if every one of the data sets can."""
        fetches = [fetch for fetch in map(fetch_of, self.datasets) if fetch]
        if len(fetches) < len(self.datasets):
            return None
        starts = np.array([0, *self.cumulative_sizes])
        return lambda indices: _fetch_from_several(fetches, starts, indices)

    def __len__(self) -> int:
        """Return how many items all of them have together."""
        return self.cumulative_sizes[-1]


def _fetch_from_several(fetches: Sequence[Fetch], starts: Indices, indices: Indices) -> tuple[Tensor, ...]:
    """Gather from each data set what it has of the batch, and put the parts into the batch's order."""
    owner = np.searchsorted(starts, indices, side="right") - 1
    used = np.unique(owner).tolist()
    if len(used) == 1:
        found: tuple[Tensor, ...] = fetches[used[0]](indices - starts[used[0]])
        return found
    parts = [fetches[d](indices[owner == d] - starts[d]) for d in used]
    where = np.argsort(np.argsort(owner, kind="stable"), kind="stable")
    return tuple(rows(cat(list(column)), where) for column in zip(*parts, strict=True))


class ChainDataset(IterableDataset[T_co]):
    """Iterable data sets, read one after the other."""

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        self.datasets = list(datasets)
        for d in self.datasets:
            if not isinstance(d, IterableDataset):
                message = (
                    f"expected iterable data sets for ChainDataset; got {type(d).__name__}: ConcatDataset joins others"
                )
                raise DataError(message)

    def __iter__(self) -> Iterator[T_co]:
        for d in self.datasets:
            yield from d  # type: ignore[misc]  # `__init__` has seen that they are iterable

    def __len__(self) -> int:
        return sum(map(size_of, self.datasets))


class StackDataset(Dataset[Any]):
    """Data sets side by side: an item is the tuple of their items, or a dict of them if they are given by name.

    >>> StackDataset(image=TensorDataset(*[wrap(np.eye(2))]), name=Subset(["a", "b"], [1, 0]))[0]
    {'image': (tensor([1., 0.], dtype=float64),), 'name': 'b'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            message = (
                f"expected data sets either in order or by name for StackDataset; got {len(args)} and {len(kwargs)}"
            )
            raise DataError(message)
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        sizes = [size_of(d) for d in args or kwargs.values()]
        if len(set(sizes)) != 1:
            message = f"expected data sets of one length for StackDataset; got lengths {sizes}"
            raise DataError(message)
        self._length = sizes[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: d[index] for name, d in self.datasets.items()}
        return tuple(d[index] for d in self.datasets)

    def __len__(self) -> int:
        return self._length


def random_split(dataset: Dataset[T], lengths: Sequence[float], generator: Generator | None = None) -> list[Subset[T]]:
    """Split into random parts of these lengths, or of these fractions if their sum is 1.

    Fractions are rounded down; the items that remain go to the first parts, one each: `_sizes_of_fractions` does that.
    One permutation of all numbers, drawn from `stream(generator)`, which is a generator of NumPy's, is cut into
    consecutive stretches, and each becomes a `Subset`: every item is in exactly one part.

    Raises:
        DataError: the lengths are no whole numbers of at least 0 that add up to the number of items; the message has
            the number of items and the lengths.

    >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    n = size_of(dataset)
    sizes = _sizes_of_fractions(n, lengths) if math.isclose(sum(lengths), 1) and sum(lengths) <= 1 else lengths
    if sum(sizes) != n or any(size != int(size) or size < 0 for size in sizes):
        message = f"expected lengths that add up to the {n} items, or fractions that add up to 1; got {list(lengths)}"
        raise DataError(message)
    order = stream(generator).permutation(n).tolist()
    ends = list(accumulate(map(int, sizes), initial=0))
    return [Subset(dataset, order[start:end]) for start, end in pairwise(ends)]


def _sizes_of_fractions(n: int, fractions: Sequence[float]) -> list[int]:
    if any(not 0 <= fraction <= 1 for fraction in fractions):
        message = f"expected fractions from 0 to 1; got {list(fractions)}"
        raise DataError(message)
    sizes = [math.floor(n * fraction) for fraction in fractions]
    for i in range(n - sum(sizes)):
        sizes[i % len(sizes)] += 1
    for i, size in enumerate(sizes):
        if size == 0:
            warnings.warn(f"part {i} of the split is empty: {fractions[i]} of {n} items", stacklevel=3)
    return sizes
