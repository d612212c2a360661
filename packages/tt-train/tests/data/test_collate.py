"""From items to batches."""

from __future__ import annotations

import doctest
from collections import OrderedDict, UserList, namedtuple
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

import tt_core as tt
from tt_train.data import collate, default_collate, default_convert


class Point(NamedTuple):
    x: Any
    y: Any


def test_the_examples_hold() -> None:
    assert doctest.testmod(collate).failed == 0


@pytest.mark.parametrize(
    "items, dtype",
    [
        ([1, 2], tt.int64),
        ([1.5, 2.5], tt.float64),
        ([True, False], tt.bool),
        ([np.float32(1), np.float32(2)], tt.float32),
        ([np.float64(1), np.float64(2)], tt.float64),
        ([np.int32(1), np.int32(2)], tt.int32),
        ([np.bool_(1), np.bool_(0)], tt.bool),
        ([np.ones(3, np.uint8), np.zeros(3, np.uint8)], tt.uint8),
        ([tt.ones(2, 3), tt.zeros(2, 3)], tt.float32),
        ([tt.tensor(3), tt.tensor(4)], tt.int64),
    ],
)
def test_numbers_become_tensors(items: list[Any], dtype: Any) -> None:
    batch = default_collate(items)
    assert isinstance(batch, tt.Tensor)
    assert batch.dtype == dtype
    assert batch.tolist() == [x.tolist() if hasattr(x, "tolist") else x for x in items]


def test_text_stays() -> None:
    assert default_collate(["a", "b"]) == ["a", "b"]
    assert default_collate([b"a", b"b"]) == [b"a", b"b"]


def test_members_are_collated() -> None:
    batch = default_collate([{"p": Point(1, [1.0, "a"]), "q": (2, 3)}, {"p": Point(4, [2.0, "b"]), "q": (5, 6)}])
    assert batch["p"].x.tolist() == [1, 4]
    assert isinstance(batch["p"], Point)
    assert batch["p"].y[0].tolist() == [1.0, 2.0]
    assert batch["p"].y[1] == ("a", "b")
    assert isinstance(batch["q"], list)
    assert [x.tolist() for x in batch["q"]] == [[2, 5], [3, 6]]


def test_tuples_stay_tuples_in_a_loader() -> None:
    assert isinstance(collate.collate([(1, 2)], tuple), tuple)
    assert isinstance(collate.convert((1, 2), tuple), tuple)


def test_kinds_of_containers_stay() -> None:
    ordered = default_collate([OrderedDict(b=1, a=2)])
    assert type(ordered) is OrderedDict
    assert list(ordered) == ["b", "a"]
    assert default_collate([MappingProxyType({"a": 1})])["a"].tolist() == [1]
    assert type(default_collate([UserList([1, 2])])) is UserList
    assert [x.tolist() for x in default_collate([range(2), range(1, 3)])] == [[0, 1], [1, 2]]


def test_a_mapping_that_is_made_in_a_way_of_its_own_becomes_a_dict() -> None:
    class Fixed(dict[str, int]):
        pass

    class Odd:
        """Neither changes nor takes a dict."""

        def __init__(self, a: int, b: int) -> None:
            self.values = {"a": a, "b": b}

        def __getitem__(self, key: str) -> int:
            return self.values[key]

        def __iter__(self) -> Any:
            return iter(self.values)

        def __len__(self) -> int:
            return 2

    from collections.abc import Mapping

    Mapping.register(Odd)
    assert type(default_collate([Fixed(a=1)])) is Fixed
    assert {key: x.tolist() for key, x in default_collate([Odd(1, 2), Odd(3, 4)]).items()} == {"a": [1, 3], "b": [2, 4]}


def test_gradients_go_on() -> None:
    x = tt.ones(2, requires_grad=True)
    default_collate([x, x * 2]).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 3.0]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(tt.DTypeError, match=r"got object: give the loader a collate_fn$"):
        default_collate([object()])
    with pytest.raises(tt.DTypeError, match="got NoneType"):
        default_collate([(1, None)])
    with pytest.raises(tt.DTypeError, match="got ndarray"):
        default_collate([np.array(["a"])])
    with pytest.raises(tt.ShapeError, match=r"of one shape to make a batch of; got shapes \[\[2\], \[3\]\]$"):
        default_collate([np.ones(2), np.ones(3)])
    with pytest.raises(tt.ShapeError, match=r"of one length to make a batch of; got lengths \[1, 2\]$"):
        default_collate([[1], [1, 2]])


def test_items_are_converted() -> None:
    Named = namedtuple("Named", "a b")  # noqa: PYI024 - the older kind, too
    found = default_convert({"a": np.ones(2), "b": (1, [np.float32(2)]), "c": Named("x", np.array(["y"])), "d": 1.5})
    assert isinstance(found["a"], tt.Tensor)
    assert isinstance(found["b"], list)
    assert found["b"][1][0].dtype == tt.float32
    assert found["c"].a == "x"
    assert isinstance(found["c"].b, np.ndarray)
    assert found["d"] == 1.5
    x = tt.ones(1)
    assert default_convert(x) is x
