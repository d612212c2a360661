"""Data sets, samplers, collation and loaders beside PyTorch's: the same arguments, the same batches or refusals."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_train import data as ours

torch = pytest.importorskip("torch")
theirs = torch.utils.data

DTYPES = {
    torch.int64: "int64",
    torch.float64: "float64",
    torch.float32: "float32",
    torch.bool: "bool",
    torch.uint8: "uint8",
}


class Point(NamedTuple):
    x: Any
    y: Any


def same(a: Any, b: Any) -> None:
    """Hold our batch against PyTorch's, member by member."""
    if isinstance(b, torch.Tensor):
        assert isinstance(a, tt.Tensor)
        assert a.dtype.name == DTYPES[b.dtype]
        np.testing.assert_array_equal(a.data, b.numpy())
    elif isinstance(b, Mapping):
        assert type(a) is type(b)
        assert list(a) == list(b)
        for key in b:
            same(a[key], b[key])
    elif isinstance(b, (list, tuple)) and not isinstance(b, str):
        assert type(a) is type(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert a == b


ITEMS: dict[str, list[Any]] = {
    "int": [1, 2],
    "float": [1.0, 2.5],
    "bool": [True, False],
    "str": ["a", "bc"],
    "bytes": [b"a", b"bc"],
    "array": [np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)],
    "scalar": [np.float32(1), np.float32(2)],
    "tuple": [(1, 2.0), (3, 4.0)],
    "list": [[1, "a"], [2, "b"]],
    "range": [range(3), range(3, 6)],
    "dict": [{"a": 1, "b": [np.ones(2), "x"]}, {"a": 2, "b": [np.zeros(2), "y"]}],
    "ordered": [OrderedDict(b=1, a=2.0), OrderedDict(b=3, a=4.0)],
    "namedtuple": [Point(1, {"z": 2.0}), Point(3, {"z": 4.0})],
    "uint8": [np.arange(3, dtype=np.uint8), np.arange(3, dtype=np.uint8)],
}


@pytest.mark.parametrize("kind", ITEMS)
def test_collation(kind: str) -> None:
    same(ours.default_collate(ITEMS[kind]), theirs.default_collate(ITEMS[kind]))
    for item in ITEMS[kind]:
        same(ours.default_convert(item), theirs.default_convert(item))


@pytest.mark.parametrize(
    "items, error",
    [([None], TypeError), ([object()], TypeError), ([np.array(["a"])], TypeError), ([[1], [1, 2]], Exception)],
)
def test_collation_refuses_the_same(items: Any, error: Any) -> None:
    for side in (ours, theirs):
        with pytest.raises(error):
            side.default_collate(items)


class Items:
    """Items i ↦ (i, 2i) of either side."""

    def __len__(self) -> int:
        return 11

    def __getitem__(self, index: int) -> Any:
        return index, 2.0 * index


def both(make: Any) -> tuple[Any, Any]:
    return make(ours), make(theirs)


def batches(loader: Any) -> Any:
    return [[x.tolist() if hasattr(x, "tolist") else x for x in batch] for batch in loader]


@given(st.integers(1, 5), st.booleans(), st.sampled_from(["order", "list", "batches", "nothing"]), st.integers(0, 2))
def test_loaders(size: int, drop_last: bool, kind: str, ahead: int) -> None:
    def make(side: Any) -> Any:
        extra = {"prefetch": ahead} if side is ours else {}
        if kind == "batches":
            return side.DataLoader(Items(), batch_sampler=[[3, 1], [4]], **extra)
        if kind == "nothing":
            return side.DataLoader(Items(), batch_size=None, **extra)
        sampler = [4, 1, 1, 0] if kind == "list" else None
        return side.DataLoader(Items(), size, sampler=sampler, drop_last=drop_last, **extra)

    a, b = both(make)
    assert batches(a) == batches(b)
    assert len(a) == len(b)
    assert a.batch_size == b.batch_size
    assert a.drop_last == b.drop_last


@given(st.integers(0, 12), st.integers(1, 5), st.booleans())
def test_streams(n: int, size: int, drop_last: bool) -> None:
    def make(side: Any) -> Any:
        class Stream(side.IterableDataset):  # type: ignore[misc, name-defined]
            def __iter__(self) -> Iterator[int]:
                return iter(range(n))

            def __len__(self) -> int:
                return n

        return side.DataLoader(Stream(), size, drop_last=drop_last)

    a, b = both(make)
    assert [x.tolist() for x in a] == [x.tolist() for x in b]
    assert len(a) == len(b)


@given(st.integers(1, 20), st.integers(1, 4), st.booleans(), st.booleans(), st.data())
def test_ranks(n: int, ranks: int, shuffle: bool, drop_last: bool, data: st.DataObject) -> None:
    rank = data.draw(st.integers(0, ranks - 1))
    a, b = both(lambda side: side.DistributedSampler(range(n), ranks, rank, shuffle, 0, drop_last))
    assert len(a) == len(b) == len(list(a))
    assert a.total_size == b.total_size
    if not shuffle:
        assert list(a) == list(b)


@pytest.mark.parametrize("lengths", [[5, 6], [0.5, 0.5], [0.3, 0.3, 0.4], [1 / 3, 1 / 3, 1 / 3], [11], [0.99, 0.01]])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_splits(lengths: Any) -> None:
    a, b = both(lambda side: side.random_split(Items(), lengths))
    assert [len(part) for part in a] == [len(part) for part in b]


@pytest.mark.parametrize("lengths", [[5, 5], [0.5, 0.6], [1.2, -0.2]])
def test_splits_refused(lengths: Any) -> None:
    for side in (ours, theirs):
        with pytest.raises(ValueError):  # noqa: PT011 - the messages are each side's own
            side.random_split(Items(), lengths)


REFUSED: list[dict[str, Any]] = [
    {"sampler": [1], "shuffle": True},
    {"batch_sampler": [[1]], "batch_size": 2},
    {"batch_sampler": [[1]], "shuffle": True},
    {"batch_sampler": [[1]], "sampler": [1]},
    {"batch_sampler": [[1]], "drop_last": True},
    {"batch_size": None, "drop_last": True},
    {"batch_size": 0},
    {"batch_size": 2.5},
    {"num_workers": -1},
    {"timeout": -1},
    {"prefetch_factor": 2},
    {"persistent_workers": True},
    {"multiprocessing_context": "spawn"},
]


@pytest.mark.parametrize("options", REFUSED, ids=str)
def test_what_excludes_what(options: dict[str, Any]) -> None:
    for side in (ours, theirs):
        with pytest.raises(ValueError):  # noqa: PT011 - the messages are each side's own
            side.DataLoader(Items(), **options)


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}], ids=str)
def test_what_streams_exclude(options: dict[str, Any]) -> None:
    for side in (ours, theirs):
        stream = type("Stream", (side.IterableDataset,), {"__iter__": lambda _: iter(())})()
        with pytest.raises(ValueError, match="IterableDataset"):
            side.DataLoader(stream, **options)


@pytest.mark.parametrize("arguments", [([0.5], 0), ([0.5], 2, 0), ([0.5], True), ([[0.5]], 1)], ids=str)
def test_weighted_samplers_refuse_the_same(arguments: Any) -> None:
    for side in (ours, theirs):
        with pytest.raises(ValueError):  # noqa: PT011 - the messages are each side's own
            side.WeightedRandomSampler(*arguments)


@pytest.mark.parametrize(
    "name",
    [
        "BatchSampler",
        "ConcatDataset",
        "DataLoader",
        "DistributedSampler",
        "RandomSampler",
        "SequentialSampler",
        "Subset",
        "SubsetRandomSampler",
        "TensorDataset",
        "WeightedRandomSampler",
        "random_split",
    ],
)
def test_arguments_are_pytorchs(name: str) -> None:
    def arguments(side: Any) -> list[tuple[str, Any]]:
        target = (
            side.distributed.DistributedSampler
            if name == "DistributedSampler" and side is theirs
            else getattr(side, name)
        )
        return [(p.name, p.kind) for p in inspect.signature(target).parameters.values()]

    a, b = both(arguments)
    assert a[: len(b)] == b


def test_tensor_data_sets() -> None:
    x, y = np.arange(12.0).reshape(6, 2), np.arange(6)
    a = ours.TensorDataset(tt.tensor(x), tt.tensor(y))
    b = theirs.TensorDataset(torch.tensor(x), torch.tensor(y))
    assert len(a) == len(b)
    for i in (0, 3, -1):
        same(a[i], b[i])
    same(a[1:3], b[1:3])
    same((a + a)[8], (b + b)[8])
    same(ours.Subset(a, [5, 2])[1], theirs.Subset(b, [5, 2])[1])
    same(ours.StackDataset(a, a)[2], theirs.StackDataset(b, b)[2])
    for found, wanted in zip(ours.DataLoader(a, 4), theirs.DataLoader(b, 4), strict=True):
        same(list(found), wanted)


def test_workers_are_told_the_same() -> None:
    told = theirs._utils.worker.WorkerInfo.__annotations__
    assert {"id", "num_workers", "seed", "dataset"} <= set(told) & set(ours.WorkerInfo.__dataclass_fields__)
