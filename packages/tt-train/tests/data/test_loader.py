"""The loader in this process: batches, seeds, rules."""

from __future__ import annotations

import doctest
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_train.data import (
    BatchSampler,
    DataError,
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    WeightedRandomSampler,
    loader,
)


class Letters(Dataset[str]):
    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: Any) -> str:
        return "abcde"[index] if isinstance(index, int) else "".join("abcde"[i] for i in index)


class Stream(IterableDataset[int]):
    def __init__(self, n: int = 5) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.n))


def numbers(n: int) -> TensorDataset:
    return TensorDataset(tt.arange(n), tt.arange(n).float().reshape(n, 1))


def firsts(batches: Any) -> list[Any]:
    return [batch[0].tolist() for batch in batches]


def test_the_example_holds() -> None:
    assert doctest.testmod(loader).failed == 0


@pytest.mark.parametrize("ahead", [0, 2])
def test_batches(ahead: int) -> None:
    found = DataLoader(numbers(5), 2, prefetch=ahead)
    assert firsts(found) == [[0, 1], [2, 3], [4]]
    assert len(found) == 3
    assert firsts(DataLoader(numbers(5), 2, drop_last=True, prefetch=ahead)) == [[0, 1], [2, 3]]
    assert list(DataLoader(Letters(), 3, prefetch=ahead)) == [["a", "b", "c"], ["d", "e"]]
    assert [x.tolist() for x in DataLoader(Stream(), 2, prefetch=ahead)] == [[0, 1], [2, 3], [4]]
    assert [x.tolist() for x in DataLoader(Stream(), 2, drop_last=True, prefetch=ahead)] == [[0, 1], [2, 3]]


def test_single_items() -> None:
    assert list(DataLoader(Letters(), batch_size=None)) == list("abcde")
    assert list(DataLoader(Letters(), None, sampler=[[0, 1], [4]])) == ["ab", "e"]
    assert list(DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]
    arrays: Any = [np.ones(2)]
    assert isinstance(next(iter(DataLoader(arrays, batch_size=None))), tt.Tensor)
    x, y = next(iter(DataLoader(numbers(3), batch_size=None, shuffle=True)))
    assert x.shape == ()
    assert y.shape == (1,)


def test_a_batch_of_tuples_is_a_tuple_however_it_was_gathered() -> None:
    class Plain(TensorDataset):
        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(index)

    for data in (numbers(4), Plain(*numbers(4).tensors)):
        for batch in DataLoader(data, 2):
            assert type(batch) is tuple
            assert [x.shape for x in batch] == [(2,), (2, 1)]


def test_ways_to_gather() -> None:
    calls: list[Any] = []

    class Fetching(Letters):
        def fetch(self, indices: Any) -> Any:
            calls.append(indices)
            return "fetched"

    class Several(Letters):
        def __getitems__(self, indices: list[int]) -> list[str]:
            calls.append(indices)
            return [self[i].upper() for i in indices]

    assert list(DataLoader(Fetching(), 3)) == ["fetched", "fetched"]
    assert [(c.dtype.name, c.tolist()) for c in calls] == [("int64", [0, 1, 2]), ("int64", [3, 4])]
    calls.clear()
    assert list(DataLoader(Fetching(), batch_sampler=[[1, 2]])) == ["fetched"]
    assert calls[0].dtype == np.int64
    calls.clear()
    assert list(DataLoader(Fetching(), 3, collate_fn="".join)) == ["abc", "de"]
    assert list(DataLoader(Several(), 3)) == [["A", "B", "C"], ["D", "E"]]
    assert calls == [[0, 1, 2], [3, 4]]
    assert all(type(i) is int for c in calls for i in c)


def test_an_error_says_at_which_item() -> None:
    found = DataLoader(Letters(), batch_sampler=[[0], [1, 9]])
    with pytest.raises(IndexError) as caught:
        list(found)
    assert caught.value.__notes__ == ["while reading item 9 of Letters"]


def test_samplers() -> None:
    weighted = WeightedRandomSampler([0, 0, 1, 0, 0], 4)
    assert list(DataLoader(Letters(), 4, sampler=weighted)) == [list("cccc")]
    assert list(DataLoader(Letters(), 2, sampler=[4, 3, 0])) == [["e", "d"], ["a"]]
    assert list(DataLoader(Letters(), batch_sampler=[[4], [3, 0]])) == [["e"], ["d", "a"]]
    assert list(DataLoader(Letters(), batch_sampler=BatchSampler([1, 2, 3], 2, drop_last=True))) == [["b", "c"]]
    shares = [firsts(DataLoader(numbers(5), 2, sampler=DistributedSampler(range(5), 2, r, False))) for r in range(2)]
    assert shares == [[[0, 2], [4]], [[1, 3], [0]]]
    assert [len(DataLoader(Letters(), 2, sampler=s)) for s in (weighted, [1, 2, 3], SequentialSampler(Letters()))] == [
        2,
        2,
        3,
    ]
    assert len(DataLoader(Letters(), batch_sampler=[[1], [2]])) == 2


def test_the_generator_decides_the_order_of_each_pass() -> None:
    def passes(**options: Any) -> list[Any]:
        found = DataLoader(numbers(20), 7, shuffle=True, **options)
        return [firsts(found) for _ in range(3)]

    one = passes(generator=tt.Generator(4))
    assert one == passes(generator=tt.Generator(4))
    assert one[0] != one[1] != one[2]
    assert all(sorted(i for batch in p for i in batch) == list(range(20)) for p in one)
    tt.manual_seed(9)
    two = passes()
    tt.manual_seed(9)
    assert passes() == two


def test_reseeding_a_given_generator_begins_anew() -> None:
    generator = tt.Generator(4)
    found = DataLoader(numbers(20), 7, shuffle=True, generator=generator)
    first = firsts(found)
    generator.manual_seed(4)
    assert firsts(found) == first


def test_a_loader_draws_from_the_default_generator_once() -> None:
    tt.manual_seed(1)
    found = DataLoader(numbers(20), 7, shuffle=True)
    before = tt.random.default_generator.get_state()
    found.state_dict()
    assert tt.random.default_generator.get_state() == before
    list(found)
    after = tt.random.default_generator.get_state()
    list(found)
    assert tt.random.default_generator.get_state() == after


def test_a_samplers_own_generator_counts_first() -> None:
    sampler = RandomSampler(range(9), generator=tt.Generator(5))
    wanted = list(RandomSampler(range(9), generator=tt.Generator(5)))
    found = DataLoader(numbers(9), 4, sampler=sampler, generator=tt.Generator(6))
    assert [i for batch in firsts(found) for i in batch] == wanted


def test_transforms_draw_from_generators_of_their_own() -> None:
    def noise(batch: Any, generator: tt.Generator | None = None) -> Any:
        return tt.rand(2, generator=generator).tolist()

    def passes(**options: Any) -> Any:
        found = DataLoader(numbers(6), 2, transform=noise, generator=tt.Generator(3), **options)
        return [list(found), list(found)]

    one = passes()
    assert len({tuple(x) for p in one for x in p}) == 6
    tt.manual_seed(77)
    assert passes(prefetch=3) == one
    assert passes(shuffle=True) == one


def test_transforms_without_a_generator() -> None:
    assert list(DataLoader(Letters(), 2, transform=len)) == [2, 2, 1]
    assert list(DataLoader(Letters(), 2, transform=lambda batch: batch[0])) == ["a", "c", "e"]
    assert list(DataLoader(Letters(), 5, transform=max)) == ["e"]


def test_iterators_are_independent() -> None:
    found = DataLoader(numbers(6), 2, prefetch=1)
    pairs = [(a[0].tolist(), b[0].tolist()) for a in found for b in found]
    assert len(pairs) == 9
    first, second = iter(found), iter(found)
    assert [next(first)[0].tolist(), next(second)[0].tolist(), next(first)[0].tolist()] == [[0, 1], [0, 1], [2, 3]]


def test_the_thread_ends_when_the_consumer_fails() -> None:
    found = DataLoader(numbers(60), 2, prefetch=2)
    with pytest.raises(RuntimeError, match="enough"):
        _consume(found)
    assert "tt-prefetch" not in [thread.name for thread in threading.enumerate()]


def _consume(found: Any) -> None:
    for _ in found:
        message = "enough"
        raise RuntimeError(message)


def test_how_it_looks() -> None:
    assert repr(DataLoader(numbers(3), 2, shuffle=True)) == (
        "DataLoader(TensorDataset, batch_size=2, sampler=RandomSampler)"
    )
    assert repr(DataLoader(Letters(), None, prefetch=3)) == "DataLoader(Letters, prefetch=3, sampler=SequentialSampler)"
    assert repr(DataLoader(Stream(), 2, drop_last=True)) == "DataLoader(Stream, batch_size=2, drop_last=True)"


def test_attributes_are_pytorchs() -> None:
    data = numbers(3)
    found = DataLoader(data, 2, generator=tt.Generator(1))
    assert found.dataset is data
    assert found.batch_size == 2
    assert isinstance(found.sampler, SequentialSampler)
    assert isinstance(found.batch_sampler, BatchSampler)
    assert (found.num_workers, found.drop_last, found.timeout, found.prefetch_factor) == (0, False, 0, None)
    assert DataLoader(data, batch_sampler=[[0]]).batch_size is None


@pytest.mark.parametrize("name", loader.FIXED)
def test_what_is_fixed_stays(name: str) -> None:
    found = DataLoader(numbers(3))
    with pytest.raises(DataError, match=rf"^expected {name} to be given to DataLoader\(…\); it cannot be changed"):
        setattr(found, name, None)


def test_lengths() -> None:
    assert len(DataLoader(Stream(5), 2)) == 3
    assert len(DataLoader(Stream(5), 2, drop_last=True)) == 2
    assert len(DataLoader(Stream(5), None)) == 5
    assert len(DataLoader(Subset(numbers(5), [0, 1]), 2)) == 1
    nameless = DataLoader(numbers(2), sampler=(i for i in range(2)))
    assert firsts(nameless) == [[0], [1]]
    with pytest.raises(TypeError, match="generator does not define __len__"):
        len(nameless)


def test_streams_without_a_length_can_be_listed() -> None:
    class Bare(IterableDataset[int]):
        def __iter__(self) -> Iterator[int]:
            return iter((1, 2, 3))

    assert [x.tolist() for x in list(DataLoader(Bare(), 2))] == [[1, 2], [3]]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"sampler": [1], "shuffle": True}, "shuffle to be left out beside a sampler"),
        (
            {"batch_sampler": [[1]], "batch_size": 2},
            "batch_size, shuffle, sampler or drop_last .* beside a batch_sampler",
        ),
        ({"batch_sampler": [[1]], "shuffle": True}, "beside a batch_sampler"),
        ({"batch_sampler": [[1]], "sampler": [1]}, "beside a batch_sampler"),
        ({"batch_sampler": [[1]], "drop_last": True}, "beside a batch_sampler"),
        ({"batch_size": None, "drop_last": True}, "drop_last .* beside batch_size=None"),
        ({"batch_size": 0}, "at least 1 as batch_size; got 0"),
        ({"batch_size": 1.5}, "at least 1 as batch_size; got 1.5"),
        ({"num_workers": -1}, "num_workers of at least 0; got -1"),
        ({"timeout": -1}, "timeout of at least 0; got -1"),
        ({"prefetch": -1}, "prefetch of at least 0; got -1"),
        ({"prefetch_factor": 2}, "prefetch_factor to be left out beside num_workers=0"),
        ({"num_workers": 1, "prefetch_factor": 0}, "prefetch_factor of at least 1; got 0"),
        ({"persistent_workers": True}, "persistent_workers to be left out beside num_workers=0"),
        ({"timeout": 1}, "timeout to be left out beside num_workers=0"),
        ({"multiprocessing_context": "spawn"}, "multiprocessing_context to be left out beside num_workers=0"),
    ],
)
def test_what_excludes_what(options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        DataLoader(numbers(3), **options)


@pytest.mark.parametrize("option", [{"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}])
def test_streams_have_an_order_of_their_own(option: Any) -> None:
    with pytest.raises(DataError, match="beside an IterableDataset, which has an order of its own"):
        DataLoader(Stream(), **option)


@pytest.mark.parametrize("option", [{"pin_memory": True}, {"pin_memory_device": "cuda"}, {"in_order": False}])
def test_what_is_not_supported_says_so(option: Any) -> None:
    (name,) = option
    with pytest.raises(tt.NotSupportedError, match=rf"^expected {name} of DataLoader to be left out"):
        DataLoader(numbers(3), **option)


def test_an_empty_data_set_has_no_batches() -> None:
    assert list(DataLoader(numbers(0), 2)) == []
    with pytest.raises(DataError, match="num_samples; got 0"):
        DataLoader(numbers(0), 2, shuffle=True)
