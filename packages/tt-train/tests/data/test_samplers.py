"""The order in which data are read."""

from __future__ import annotations

import doctest
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_train.data import (
    BatchSampler,
    DataError,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    samplers,
)
from tt_train.data.samplers import OrderSampler, batches, by_waiting, has_order, on_ladder


def test_the_examples_hold() -> None:
    assert doctest.testmod(samplers).failed == 0


def test_a_sampler_must_say_its_order() -> None:
    with pytest.raises(NotImplementedError, match=r"^expected Sampler to define __iter__"):
        iter(Sampler[int]())
    with pytest.raises(NotImplementedError, match=r"^expected OrderSampler to define order"):
        iter(OrderSampler())


def test_each_item_once() -> None:
    sampler = RandomSampler(range(50))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert len(sampler) == 50
    assert all(type(i) is int for i in first)


@pytest.mark.parametrize("num_samples", [3, 10, 25])
def test_as_many_as_wanted(num_samples: int) -> None:
    drawn = list(RandomSampler(range(10), num_samples=num_samples))
    assert len(drawn) == num_samples
    for start in range(0, num_samples, 10):
        assert len(set(drawn[start : start + 10])) == len(drawn[start : start + 10])


def test_with_replacement_anything_may_come_again() -> None:
    drawn = list(RandomSampler(range(10), replacement=True, num_samples=200, generator=tt.Generator(0)))
    assert len(drawn) == 200
    assert set(drawn) == set(range(10))


@pytest.mark.parametrize(
    "make",
    [
        lambda g: RandomSampler(range(20), generator=g),
        lambda g: RandomSampler(range(20), True, 30, g),
        lambda g: SubsetRandomSampler([3, 1, 4, 15, 9, 2, 6], g),
        lambda g: WeightedRandomSampler([1.0, 2.0, 3.0], 12, generator=g),
        lambda g: WeightedRandomSampler([1.0, 2.0, 3.0, 4.0], 4, replacement=False, generator=g),
    ],
)
def test_the_generator_decides(make: Any) -> None:
    assert list(make(tt.Generator(1))) == list(make(tt.Generator(1)))
    tt.manual_seed(1)
    assert list(make(None)) == list(make(tt.Generator(1)))
    generator = tt.Generator(1)
    assert list(make(generator)) != list(make(generator))


def test_subsets_are_permuted() -> None:
    sampler = SubsetRandomSampler([7, 5, 9])
    assert sorted(sampler) == [5, 7, 9]
    assert len(sampler) == 3


def test_weights_are_proportions() -> None:
    sampler = WeightedRandomSampler([0.0, 1.0, 0.0, 3.0, 0.0], 4000, generator=tt.Generator(0))
    counts = np.bincount(list(sampler), minlength=5)
    assert counts[[0, 2, 4]].tolist() == [0, 0, 0]
    assert 0.2 < counts[1] / 4000 < 0.3
    assert len(sampler) == 4000


@given(st.lists(st.floats(0, 1e3), min_size=1).filter(any), st.lists(st.floats(0, 1, exclude_max=True)))
def test_a_draw_falls_on_a_rung_that_has_a_width(weights: list[float], draws: list[float]) -> None:
    found = on_ladder(np.array(weights), np.array(draws))

    assert all(weights[i] > 0 for i in found)


def test_a_height_that_is_rounded_up_to_the_top_belongs_to_the_last_weight() -> None:
    assert on_ladder(np.array([0.0, 5e-324, 0.0]), np.array([0.0, 0.9])).tolist() == [1, 1]


def test_a_wait_is_shorter_the_greater_the_weight() -> None:
    assert by_waiting(np.array([1.0, 0.0, 4.0]), np.array([1.0, 0.1, 2.0])).tolist() == [2, 0, 1]


def test_without_replacement_heavy_ones_come_first() -> None:
    firsts = [
        next(iter(WeightedRandomSampler([1.0, 9.0, 0.0], 2, replacement=False, generator=tt.Generator(i))))
        for i in range(300)
    ]
    assert 0.85 < firsts.count(1) / 300 < 0.95
    assert 2 not in firsts


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([1.0], 0), "whole number of at least 1 as num_samples; got 0"),
        (([1.0], True), "as num_samples; got True"),
        (([1.0], 1, 0), "True or False as replacement; got 0"),
        (([[1.0]], 1), r"a list of finite weights of at least 0; got \[\[1\.\]\]"),
        (([1.0, -1.0], 1), "finite weights of at least 0"),
        (([float("nan")], 1), "finite weights"),
        (([0.0], 1), "enough positive weights to draw 1 samples; got 0"),
        (([0.0, 1.0], 2, False), "enough positive weights to draw 2 samples; got 1"),
    ],
)
def test_weights_that_do_not_work_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        WeightedRandomSampler(*arguments)


def test_sizes_that_do_not_work_are_refused() -> None:
    with pytest.raises(DataError, match="as num_samples; got 0"):
        RandomSampler([])
    with pytest.raises(DataError, match="True or False as replacement; got 1"):
        RandomSampler([1], 1)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="at least 1 as batch_size; got 0"):
        BatchSampler([1], 0, drop_last=False)
    with pytest.raises(DataError, match=r"at least 1 as batch_size; got 2\.0"):
        BatchSampler([1], 2.0, drop_last=False)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="as drop_last; got None"):
        BatchSampler([1], 2, drop_last=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="generator does not define __len__"):
        len(BatchSampler((i for i in range(3)), 2, drop_last=False))


@given(st.integers(0, 20), st.integers(1, 6), st.booleans(), st.integers(0, 5))
def test_batches_from_the_middle(n: int, size: int, drop_last: bool, start: int) -> None:
    sampler = BatchSampler(SequentialSampler(range(n)), size, drop_last)
    wanted = list(sampler)
    assert len(wanted) == len(sampler)
    assert [b.tolist() for b in batches(sampler, tt.Generator(0), start)] == wanted[start:]
    assert list(batches(BatchSampler(range(n), size, drop_last), tt.Generator(0), start)) == wanted[start:]
    assert list(batches(SequentialSampler(range(n)), tt.Generator(0), start)) == list(range(n))[start:]


def test_who_redefines_the_order_is_not_bypassed() -> None:
    class Backwards(SequentialSampler):
        def __iter__(self) -> Iterator[int]:
            return reversed(range(len(self)))

    class Pairs(BatchSampler):
        def __iter__(self) -> Iterator[list[int]]:
            return iter([[0, 0], [1, 1]])

    class Plain:
        generator = 3

        def __iter__(self) -> Iterator[int]:
            return iter([2, 0])

    assert has_order(SequentialSampler([1]))
    assert not has_order(Backwards([1]))
    assert not has_order(Plain())
    assert not has_order([1])
    assert list(batches(Backwards(range(3)), tt.Generator(0))) == [2, 1, 0]
    assert list(batches(Pairs(SequentialSampler(range(3)), 2, drop_last=False), tt.Generator(0))) == [[0, 0], [1, 1]]
    assert list(batches(BatchSampler(Plain(), 1, drop_last=False), tt.Generator(0))) == [[2], [0]]


@given(st.integers(1, 30), st.integers(1, 5), st.booleans(), st.booleans())
def test_ranks_share_the_data(n: int, ranks: int, shuffle: bool, drop_last: bool) -> None:
    shares = [DistributedSampler(range(n), ranks, rank, shuffle, 3, drop_last) for rank in range(ranks)]
    found = [list(share) for share in shares]
    assert {len(part) for part in found} == {len(shares[0])}
    every = [i for part in found for i in part]
    assert len(every) == shares[0].total_size
    if drop_last:
        assert len(set(every)) == len(every) == n - n % ranks
    else:
        assert set(every) == set(range(n))


def test_epochs_differ_and_come_back() -> None:
    sampler = DistributedSampler(range(40), 2, 1)
    first = list(sampler)
    assert list(sampler) == first
    sampler.set_epoch(1)
    second = list(sampler)
    assert second != first
    state = json.loads(json.dumps(sampler.state_dict()))
    other = DistributedSampler(range(40), 2, 1)
    other.load_state_dict(state)
    assert list(other) == second


@pytest.mark.parametrize("arguments", [(), (2,), (2, 2), (2, -1), (None, 0)])
def test_ranks_must_be_known(arguments: Any) -> None:
    with pytest.raises(DataError, match="expected num_replicas and a rank from 0 to num_replicas - 1"):
        DistributedSampler(range(4), *arguments)
