"""Data sets, and how they are put together."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_train.data import (
    ChainDataset,
    ConcatDataset,
    DataError,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    dataset,
    random_split,
)


class Letters(Dataset[str]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: Any) -> str:
        return "abcd"[index]


class Stream(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        return iter((1, 2))


def numbers(n: int, start: int = 0) -> TensorDataset:
    x = tt.arange(start, start + n)
    return TensorDataset(x, tt.stack([x, -x], 1).double())


def test_the_examples_hold() -> None:
    assert doctest.testmod(dataset).failed == 0


def test_a_data_set_must_define_its_items() -> None:
    with pytest.raises(NotImplementedError, match=r"^expected Dataset to define __getitem__; it does not$"):
        Dataset[int]()[0]
    with pytest.raises(NotImplementedError, match=r"^expected IterableDataset to define __iter__; it does not$"):
        iter(IterableDataset[int]())


def test_tensors_of_different_lengths_are_refused() -> None:
    with pytest.raises(tt.ShapeError, match=r"one length for TensorDataset; got shapes \[\[2\], \[3\]\]"):
        TensorDataset(tt.zeros(2), tt.zeros(3))
    with pytest.raises(tt.ShapeError, match=r"got shapes \[\[\]\]"):
        TensorDataset(tt.tensor(1.0))
    with pytest.raises(tt.ShapeError, match=r"got shapes \[\]"):
        TensorDataset()


def test_a_batch_has_memory_of_its_own() -> None:
    data = numbers(3)
    data.fetch(np.array([0, 1, 2]))[0].zero_()
    assert data.tensors[0].tolist() == [0, 1, 2]


def test_a_batch_of_tensors_with_gradients_has_gradients() -> None:
    x = tt.ones(3, 2, requires_grad=True)
    (batch,) = TensorDataset(x).fetch(np.array([2, 2, 0]))
    batch.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1, 1], [0, 0], [2, 2]]


def test_an_index_out_of_bounds_is_an_error() -> None:
    with pytest.raises(IndexError):
        numbers(3).fetch(np.array([3]))


@given(st.lists(st.integers(-6, 5), max_size=8), st.data())
def test_a_batch_is_its_items(indices: list[int], data: st.DataObject) -> None:
    whole = numbers(6)
    below: Any = data.draw(
        st.sampled_from(
            [
                whole,
                numbers(2) + numbers(4, 2),
                ConcatDataset([numbers(2), Subset(whole, [2, 3]), numbers(2, 4)]),
                Subset(Subset(whole, [5, 4, 3, 2, 1, 0]), np.array([5, 4, 3, 2, 1, 0])),  # type: ignore[arg-type]
            ]
        )
    )
    wanted = [below[i] for i in indices if i >= 0]
    found = dataset.fetch_of(below)(np.array([i for i in indices if i >= 0], np.int64)) if wanted else ()  # type: ignore[misc]
    for column, items in zip(found, zip(*wanted, strict=True), strict=True):
        assert column.tolist() == [item.tolist() for item in items]
        assert column.dtype == items[0].dtype


def test_who_redefines_items_is_not_bypassed() -> None:
    class Doubled(TensorDataset):
        def __getitem__(self, index: Any) -> tuple[tt.Tensor, ...]:
            return tuple(x * 2 for x in super().__getitem__(index))

    class Both(Doubled):
        def fetch(self, indices: Any) -> tuple[tt.Tensor, ...]:
            return tuple(x * 2 for x in super().fetch(indices))

    assert dataset.fetch_of(Doubled(tt.ones(2))) is None
    assert dataset.fetch_of(Subset(Doubled(tt.ones(2)), [1])) is None
    assert dataset.fetch_of(Both(tt.ones(2))) is not None
    assert dataset.fetch_of([1, 2]) is None
    assert dataset.fetch_of(ConcatDataset([Letters(), Letters()])) is None


def test_subsets_take_lists_and_pass_them_on() -> None:
    class Several(Letters):
        def __getitems__(self, indices: list[int]) -> list[str]:
            return ["abcd"[i].upper() for i in indices]

    assert Subset(Letters(), [3, 1]).__getitems__([1, 0]) == ["b", "d"]
    assert Subset(Several(), [3, 1]).__getitems__([1, 0]) == ["B", "D"]
    assert Subset(Letters(), [3, 1])[-1] == "b"
    x = Subset(TensorDataset(tt.arange(5)), [4, 2, 0])[[0, 2]]
    assert x[0].tolist() == [4, 0]


def test_data_sets_in_a_row() -> None:
    both = Letters() + Letters()
    assert isinstance(both, ConcatDataset)
    assert [both[i] for i in range(-8, 8)] == list("abcdabcd" * 2)
    with pytest.raises(IndexError, match=r"from -8 to 7 of ConcatDataset; got 8$"):
        both[8]
    with pytest.raises(IndexError, match=r"got -9$"):
        both[-9]
    with pytest.raises(DataError, match=r"got \['Stream'\]: ChainDataset"):
        ConcatDataset([Stream()])
    with pytest.raises(DataError, match=r"got \[\]"):
        ConcatDataset([])


def test_streams_in_a_row() -> None:
    chain: Any = Stream() + Stream()
    assert isinstance(chain, ChainDataset)
    assert list(chain) == [1, 2, 1, 2]
    with pytest.raises(TypeError, match="Stream does not define __len__"):
        len(chain)
    with pytest.raises(DataError, match=r"got Letters: ConcatDataset"):
        ChainDataset([Letters()])


def test_data_sets_side_by_side() -> None:
    assert StackDataset(Letters(), range(4))[2] == ("c", 2)
    named = StackDataset(letter=Letters(), number=range(4))
    assert named[1] == {"letter": "b", "number": 1}
    assert len(named) == 4
    with pytest.raises(DataError, match=r"of one length for StackDataset; got lengths \[4, 3\]"):
        StackDataset(Letters(), range(3))
    with pytest.raises(DataError, match=r"in order or by name for StackDataset; got 1 and 1$"):
        StackDataset(Letters(), b=Letters())
    with pytest.raises(DataError, match=r"got 0 and 0$"):
        StackDataset()


@pytest.mark.parametrize(
    "lengths, sizes",
    [([7, 3], [7, 3]), ([0.5, 0.5], [5, 5]), ([0.35, 0.35, 0.3], [4, 3, 3]), ([10], [10]), ([1.0], [10])],
)
def test_splits(lengths: list[float], sizes: list[int]) -> None:
    parts = random_split(range(10), lengths)  # type: ignore[arg-type]
    assert [len(part) for part in parts] == sizes
    assert sorted(i for part in parts for i in part.indices) == list(range(10))


def test_a_split_is_a_matter_of_its_generator() -> None:
    a, b = (random_split(Letters(), [2, 2], generator=tt.Generator(5)) for _ in range(2))
    assert a[0].indices == b[0].indices
    tt.manual_seed(5)
    assert random_split(Letters(), [2, 2])[0].indices == a[0].indices


@pytest.mark.parametrize("lengths", [[3, 3], [5, -1], [0.5, 0.4], [1.5, 2.5], []])
def test_splits_that_do_not_add_up_are_refused(lengths: list[float]) -> None:
    with pytest.raises(DataError, match="add up to the 4 items, or fractions that add up to 1"):
        random_split(Letters(), lengths)


def test_fractions_beyond_the_whole_are_refused() -> None:
    with pytest.raises(DataError, match=r"fractions from 0 to 1; got \[1\.5, -0\.5\]"):
        random_split(Letters(), [1.5, -0.5])


def test_an_empty_part_is_worth_a_warning() -> None:
    with pytest.warns(UserWarning, match=r"^part 1 of the split is empty: 0\.0 of 4 items$"):
        random_split(Letters(), [1.0, 0.0])
