import json
import math
import random
import struct
from collections import Counter
from enum import IntEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_train.checkpoint import CheckpointError
from tt_train.checkpoint.codec import DEEPEST, Packer, Unpacker
from tt_train.checkpoint.safetensors import TYPES

NAN = struct.unpack(">d", bytes.fromhex("fff8000000000123"))[0]  # a nan with a sign and a payload


def there_and_back(state: Any) -> Any:
    """Return a state after a stay in JSON and arrays."""
    packer = Packer()
    text = json.dumps(packer.pack(state, "part"), allow_nan=False)
    return Unpacker(lambda name: packer.arrays[name].copy(), packer.arrays).unpack(json.loads(text), "part")


def same(a: Any, b: Any) -> bool:
    """Tell whether two states agree in types, order and bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack(">d", a) == struct.pack(">d", b)
    if isinstance(a, (dict, list, tuple)):
        ours, theirs = (list(x.items()) if isinstance(x, dict) else x for x in (a, b))
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(a, tt.Tensor):
        return same(a.data, b.data)
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return bool(a == b)


DTYPES = [
    "float64",
    "float32",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint64",
    "uint32",
    "uint16",
    "uint8",
    "bool",
]
numbers = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just(NAN))
arrays = st.builds(
    lambda dtype, shape, seed: np.random.default_rng(seed).integers(0, 2, shape).astype(dtype),
    st.sampled_from([*TYPES.values()]),
    st.lists(st.integers(0, 3), max_size=3),
    st.integers(0, 9),
)
leaves = st.one_of(numbers, arrays, arrays.filter(lambda x: x.dtype in tt.dtypes.SUPPORTED).map(tt.as_tensor))
keys = st.one_of(
    st.text(max_size=3), st.sampled_from(["!tuple", "a.b", "a", "b", ""]), st.integers(), st.tuples(st.integers())
)
states = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=3),
    ),
    max_leaves=12,
)


@given(states)
def test_every_state_comes_back_as_it_was(state: Any) -> None:
    assert same(there_and_back(state), state)


@pytest.mark.parametrize(
    "state",
    [
        NAN,
        math.inf,
        -math.inf,
        -0.0,
        5e-324,
        0.1 + 0.2,
        2**127 + 12345,
        -(2**64),
        "\ud800 ü \x00",
        {1: {2: 3}, "1": 4, None: 5, False: 6, 0.5: 7, (1, (2,)): 8},
        {"!tuple": [1]},
        {"order": [0], "x": 1},
        (),
        [],
        {},
        np.float32(1.5),
        np.bool_(True),
        random.Random(3).getstate(),
        np.random.PCG64(5).state,
        np.random.MT19937(5).state,
    ],
    ids=repr,
)
def test_the_corners_come_back_as_they_were(state: Any) -> None:
    assert same(there_and_back(state), state)


def test_a_generators_numbers_go_on() -> None:
    generator = tt.Generator(3)
    tt.randn(5, generator=generator)
    state = there_and_back(generator.get_state())
    expected = tt.randn(5, generator=generator)
    assert (tt.randn(5, generator=tt.Generator().set_state(state)) == expected).all()


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 2, 3)])
def test_arrays_keep_their_order_in_memory(order: tuple[int, ...]) -> None:
    x = np.arange(24.0).reshape([(2, 3, 1, 4)[i] for i in order]).transpose(np.argsort(order))
    back = there_and_back(x)
    assert np.array_equal(back, x)
    assert [s for s, n in zip(back.strides, x.shape, strict=True) if n > 1] == [
        s for s, n in zip(x.strides, x.shape, strict=True) if n > 1
    ]


def test_views_become_arrays_of_their_own() -> None:
    x = np.arange(12.0).reshape(3, 4)
    for view in (x[::2, 1:], x[::-1], np.broadcast_to(x[0], (2, 4)), x.T[1]):
        assert np.array_equal(there_and_back(view), view)


def test_other_byte_orders_come_back_as_our_own() -> None:
    back = there_and_back(np.array([1, 2], ">i4"))
    assert back.tolist() == [1, 2]
    assert back.dtype == np.int32


def test_shared_memory_is_stored_once_and_comes_back_apart() -> None:
    weight = tt.nn.Parameter([1.0, 2.0])
    packer = Packer()
    packed = packer.pack({"a": weight, "b": weight.detach(), "c": weight.detach()[:1]}, "model")
    assert sorted(packer.arrays) == ["model.a", "model.c"]
    back = Unpacker(lambda name: packer.arrays[name].copy(), packer.arrays).unpack(packed, "model")
    back["a"].data[0] = 5
    assert back["b"].tolist() == [1.0, 2.0]


def test_arrays_that_live_only_while_they_are_packed_are_told_apart() -> None:
    packer = Packer()
    for i in range(20):  # each may get the memory of the one before it
        packer.pack(np.full((2, 3), i).T[::-1], f"x{i}")
    assert [packer.arrays[f"x{i}"][0, 0] for i in range(20)] == list(range(20))


def test_paths_that_read_alike_get_different_names() -> None:
    state = {"a": {"b": np.zeros(1)}, "a.b": np.ones(1), 1: np.full(1, 2.0), "1": np.full(1, 3.0)}
    assert same(there_and_back(state), state)


class Color(IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "value,got",
    [
        (object(), "object"),
        ({1}, "set"),
        (b"x", "bytes"),
        (1j, "complex"),
        (Color.RED, "Color"),
        (Counter("aab"), "Counter"),
        (lambda: 0, "function"),
        (np.array(["x"]), "<U1"),
        (np.array([object()]), "object"),
        (np.array([1j]), "complex128"),
        (np.array(1, "datetime64[s]"), "datetime64"),
        (np.ma.masked_array([1.0]), "MaskedArray"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_path(value: Any, got: str) -> None:
    with pytest.raises(CheckpointError, match=rf"optimizer\.state\.0\.foo: expected .*got {got}"):
        Packer().pack({"state": {0: {"foo": value}}}, "optimizer")


def test_a_state_that_contains_itself_is_refused() -> None:
    state: list[Any] = []
    state.append(state)
    with pytest.raises(CheckpointError, match=f"nested at most {DEEPEST} deep"):
        Packer().pack(state, "part")


def nested(depth: int) -> Any:
    state: Any = 1
    for _ in range(depth):
        state = {0: (state,)}
    return state


def test_as_deep_as_is_allowed_comes_back() -> None:
    assert same(there_and_back(nested(DEEPEST // 2)), nested(DEEPEST // 2))
    with pytest.raises(CheckpointError, match="nested at most"):
        there_and_back(nested(DEEPEST // 2 + 1))


@pytest.mark.parametrize(
    "packed",
    [
        {"!tensor": "absent"},
        {"!array": ["x"]},
        {"!scalar": None},
        {"!array": "x", "order": [0, 0]},
        {"!array": "x", "order": [1]},
        {"!array": "x", "order": "ab"},
        {"!tensor": "odd"},
        {"!pickle": "gASVDQAAAAAAAACMAW+UjAFulJOULg=="},
        {"!float": "12"},
        {"!float": 1},
        {"!float": "zz"},
        {"!tuple": 3},
        {"!dict": [[1]]},
        {"!dict": [[[1], 2]]},
        {"!dict": 7},
    ],
    ids=repr,
)
def test_what_was_never_packed_is_refused_by_its_path(packed: Any) -> None:
    arrays = {"x": np.zeros(2), "odd": np.zeros(2, np.uint16)}
    with pytest.raises(CheckpointError, match=r"part\.a: expected !"):
        Unpacker(arrays.__getitem__, arrays).unpack({"a": packed}, "part")


def test_deep_json_is_refused() -> None:
    packed: Any = 1
    for _ in range(DEEPEST + 1):
        packed = [packed]
    with pytest.raises(CheckpointError, match="nested at most"):
        Unpacker({}.__getitem__, {}).unpack(packed, "part")
