"""A loader's place in the data, saved and restored in mid-epoch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_train.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    IterableDataset,
    RandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

N, SIZE = 10, 3


def data() -> TensorDataset:
    return TensorDataset(tt.arange(N), tt.zeros(N))


def noise(batch: Any, generator: tt.Generator | None = None) -> Any:
    return batch[0], batch[1] + tt.rand(batch[1].shape, generator=generator)


class Stream(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(N))


class Knowing(Stream):
    """A stream that knows where it is, and what it had to read."""

    def __init__(self) -> None:
        self.place = 0
        self.reads: list[int] = []

    def __iter__(self) -> Iterator[int]:
        while self.place < N:
            self.place += 1
            self.reads.append(self.place - 1)
            yield self.place - 1
        self.place = 0

    def state_dict(self) -> dict[str, int]:
        return {"place": self.place}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.place = state["place"]


class Moody:
    """A sampler of somebody else's, with a state."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(8)

    def __iter__(self) -> Iterator[int]:
        return iter(self.random.permutation(N).tolist())

    def __len__(self) -> int:
        return N

    def state_dict(self) -> Any:
        return self.random.bit_generator.state

    def load_state_dict(self, state: Any) -> None:
        self.random.bit_generator.state = state


MAKERS: dict[str, Any] = {
    "in order": lambda: DataLoader(data(), SIZE, transform=noise),
    "shuffled": lambda: DataLoader(data(), SIZE, shuffle=True, transform=noise),
    "drop_last": lambda: DataLoader(data(), SIZE, shuffle=True, drop_last=True),
    "generator": lambda: DataLoader(data(), SIZE, shuffle=True, generator=tt.Generator(5), transform=noise),
    "ahead": lambda: DataLoader(data(), SIZE, shuffle=True, transform=noise, prefetch=2),
    "items": lambda: DataLoader(data(), None, shuffle=True),
    "sampler": lambda: DataLoader(data(), SIZE, sampler=RandomSampler(range(N), generator=tt.Generator(6))),
    "no generator": lambda: DataLoader(data(), SIZE, sampler=RandomSampler(range(N))),
    "weighted": lambda: DataLoader(data(), SIZE, sampler=WeightedRandomSampler([1.0] * N, N)),
    "batch_sampler": lambda: DataLoader(data(), batch_sampler=BatchSampler(RandomSampler(range(N)), 4, False)),
    "lists": lambda: DataLoader(data(), batch_sampler=[[1, 2], [3], [4, 5, 6], [7]]),
    "rank": lambda: DataLoader(data(), SIZE, sampler=DistributedSampler(range(N), 2, 1)),
    "moody": lambda: DataLoader(data(), SIZE, sampler=Moody()),
    "moody batches": lambda: DataLoader(data(), batch_sampler=BatchSampler(Moody(), 4, False)),
    "stream": lambda: DataLoader(Stream(), SIZE),
    "stream of items": lambda: DataLoader(Stream(), None),
    "knowing": lambda: DataLoader(Knowing(), SIZE),
    "knowing, ahead": lambda: DataLoader(Knowing(), SIZE, prefetch=3),
}


def plain(batch: Any) -> Any:
    return [x.tolist() for x in batch] if isinstance(batch, tuple) else tt.as_tensor(batch).tolist()


def through_json(state: Any) -> Any:
    return json.loads(json.dumps(state))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("used", [0, 1, 2, 3, 4])
def test_what_would_have_come_comes(name: str, used: int) -> None:
    original = MAKERS[name]()
    list(original)
    batches = iter(original)
    for _ in range(min(used, len(list(MAKERS[name]())))):
        next(batches)
    state = through_json(original.state_dict())
    wanted = [plain(batch) for batch in batches]
    later = [[plain(batch) for batch in original] for _ in range(2)]
    tt.manual_seed(123456)
    restored = MAKERS[name]()
    restored.load_state_dict(state)
    assert through_json(restored.state_dict()) == state
    assert [plain(batch) for batch in restored] == wanted
    assert [[plain(batch) for batch in restored] for _ in range(2)] == later


@pytest.mark.parametrize("name", MAKERS)
def test_between_epochs(name: str) -> None:
    original = MAKERS[name]()
    list(original)
    state = through_json(original.state_dict())
    assert (state["epoch"], state["batch"], state["seed"]) == (1, 0, None)
    wanted = [plain(batch) for batch in original]
    restored = MAKERS[name]()
    restored.load_state_dict(state)
    assert [plain(batch) for batch in restored] == wanted
    assert restored.state_dict()["epoch"] == 2


def test_it_counts_what_was_used_not_what_was_made() -> None:
    found = DataLoader(data(), SIZE, prefetch=4)
    assert found.state_dict()["batch"] == 0
    for i, _ in enumerate(found):
        assert found.state_dict()["batch"] == i + 1


def test_breaking_off_keeps_the_place_until_the_next_pass() -> None:
    found = DataLoader(data(), SIZE, shuffle=True)
    for _ in found:
        break
    state = found.state_dict()
    assert (state["epoch"], state["batch"]) == (0, 1)
    next(iter(found))
    assert (found.state_dict()["epoch"], found.state_dict()["batch"]) == (1, 1)


def test_a_restored_loader_may_be_saved_before_it_is_used() -> None:
    found = DataLoader(data(), SIZE, shuffle=True, generator=tt.Generator(2))
    next(iter(found))
    second = DataLoader(data(), SIZE, shuffle=True, generator=tt.Generator(3))
    second.load_state_dict(found.state_dict())
    third = DataLoader(data(), SIZE, shuffle=True, generator=tt.Generator(4))
    third.load_state_dict(second.state_dict())
    assert [plain(x) for x in third] == [plain(x) for x in second]


def test_a_stream_that_knows_its_place_reads_nothing_twice() -> None:
    found = DataLoader(Knowing(), SIZE)
    batches = iter(found)
    next(batches)
    knowing = Knowing()
    restored = DataLoader(knowing, SIZE)
    restored.load_state_dict(found.state_dict())
    list(restored)
    assert knowing.reads == list(range(SIZE, N))


def test_a_fresh_state_draws_nothing() -> None:
    state = DataLoader(data(), SIZE, shuffle=True).state_dict()
    assert state["generator"] is None
    tt.manual_seed(3)
    wanted = [plain(x) for x in DataLoader(data(), SIZE, shuffle=True)]
    restored = DataLoader(data(), SIZE, shuffle=True)
    restored.load_state_dict(state)
    tt.manual_seed(3)
    assert [plain(x) for x in restored] == wanted


def test_states_that_do_not_fit_are_refused() -> None:
    found = DataLoader(data(), SIZE)
    with pytest.raises(
        tt.StateError, match=r"expected the state of a DataLoader; batch, epoch, sampler, .* is missing"
    ):
        found.load_state_dict({"param_groups": []})
    batches = iter(found)
    next(batches)
    with pytest.raises(tt.StateError, match="expected batch_size=3, as when the state was saved; got 4"):
        DataLoader(data(), 4).load_state_dict(found.state_dict())
    with pytest.raises(tt.StateError, match="expected 0 processes to read an iterable data set"):
        DataLoader(Stream(), SIZE).load_state_dict(found.state_dict())
    list(batches)
    DataLoader(data(), 4).load_state_dict(found.state_dict())  # at the border of two epochs, it does not matter
