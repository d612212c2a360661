import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tt_core.course.checks import Raised
from tt_core.course.checks.child import decode, encode
from tt_core.course.checks.comparing import difference, shown
from tt_core.course.checks.values import rows

SAME = [
    (1, 1),
    (1, 1.0),
    (2.0, 2),
    (0.3, 0.1 + 0.2),
    (math.nan, math.nan),
    (-math.inf, -math.inf),
    (True, True),
    ("a", "a"),
    (None, None),
    ([1, (2.0, "x")], (1, [2.0, "x"])),
    ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
    (np.zeros((0, 3)), np.zeros((0, 3))),
    (np.float32(0.5), 0.5),
    (np.asarray(2.0), 2),
    (2.0, np.asarray(2.0)),
    (np.asarray([1.0, math.nan]), np.asarray([1.0 + 1e-9, math.nan])),
    (np.asarray([1, 2]), np.asarray([1.0, 2.0])),
    (np.asarray(["a", "b"]), np.asarray(["a", "b"])),
]
DIFFERENT = [
    (3.0, 4.0, "expected 3.0, got 4.0"),
    (3, 3.0000001, "expected 3, got 3.0000001"),
    (0.5, 0.500001, "expected 0.5, got 0.500001"),
    (1, True, "expected 1, got True"),
    (True, 1, "expected True, got 1"),
    (1.0, None, "expected 1.0, got None"),
    (1.0, math.nan, "expected 1.0, got nan"),
    (math.inf, -math.inf, "expected inf, got -inf"),
    (1.0, 10**400, "expected 1.0, got 1000"),
    ("a", "b", "expected 'a', got 'b'"),
    ([1, 2], [1], "expected 2 values, [1, 2]; got 1: [1]"),
    ([1, 2], [1, 3], "element [1]: expected 2, got 3"),
    ([1, 2], 1, "expected [1, 2], got 1"),
    ({"a": [1.0]}, {"a": [2.0]}, 'element ["a"][0]: expected 1.0, got 2.0'),
    ({"a": 1}, {"b": 1}, "expected the names ['a'], got ['b']"),
    ({"a": 1}, 3, "expected {a: 1}, got 3"),
    (np.ones((2, 3)), np.ones((3, 2)), "expected shape (2, 3), got (3, 2)"),
    (np.ones(2), [1.0, 1.0], "expected an array, got [1.0, 1.0]"),
    (np.ones((2, 3)), np.ones((2, 3)) + np.eye(2, 3), "element [0, 0]: expected 1.0, got 2.0 (2 of 6 elements differ)"),
    ([np.ones(1)], [np.ones(2)], "at [0]: expected shape (1,), got (2,)"),
    (np.asarray(["a"]), np.asarray([1]), "element [0]: expected 'a', got 1"),
    (np.asarray(2.0), 3.0, "expected 2.0, got 3.0"),
    (np.asarray([1, 2]), np.asarray([1.0, 2.5]), "element [1]: expected 2, got 2.5 (1 of 2 elements differ)"),
]


@pytest.mark.parametrize("expected,actual", SAME, ids=range(len(SAME)))
def test_what_is_alike(expected: Any, actual: Any) -> None:
    assert difference(expected, actual, 1e-6, 1e-8) is None


@pytest.mark.parametrize("expected,actual,what", DIFFERENT, ids=range(len(DIFFERENT)))
def test_what_differs_is_said(expected: Any, actual: Any, what: str) -> None:
    found = difference(expected, actual, 1e-9, 1e-12)
    assert found is not None
    assert found.what.startswith(what)


ARRAYS = hnp.arrays(
    st.sampled_from(["f8", "f4", "i8", "u1", "?"]), hnp.array_shapes(min_dims=0, min_side=0, max_side=3)
)
NAMES = st.text(max_size=3).filter(lambda name: not name.startswith("__"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5) | ARRAYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3) | st.tuples(inner, inner),
)


@given(PLAIN)
def test_plain_data_comes_through_as_it_is(value: Any) -> None:
    again = decode(encode(value))
    assert difference(value, again, 0.0, 0.0) is None
    assert type(again) is type(value)


@given(PLAIN, PLAIN)
def test_any_two_values_can_be_compared_and_shown(expected: Any, actual: Any) -> None:
    found = difference(expected, actual, 1e-6, 1e-8)
    assert found is None or len(found.what) < 1000
    assert all(len(line) <= 60 for line in rows(actual, 60)) or isinstance(actual, list | tuple | dict)
    assert len(shown(expected)) <= 400


def test_small_arrays_are_shown_whole() -> None:
    assert rows(np.arange(6.0).reshape(2, 3)) == ["(2, 3) float64", "[[0. 1. 2.]", " [3. 4. 5.]]"]
    assert rows(np.arange(3)) == ["[0 1 2]  (3,) int64"]


def test_large_arrays_are_shown_by_their_corners() -> None:
    found = rows(np.zeros((100, 100, 3)))
    assert found[0] == "(100, 100, 3) float64"
    assert len(found) < 12
    assert any("…" in line for line in found)


def test_values_in_a_dictionary_stand_behind_their_names() -> None:
    found = rows({"y": np.eye(2), "dtype": "float64"})
    assert found == ["y      (2, 2) float64", "       [[1. 0.]", "        [0. 1.]]", "dtype  'float64'"]


def test_an_error_is_shown_in_words() -> None:
    assert rows(Raised("ValueError", ("2", "3"))) == ['ValueError that mentions "2" and "3"']
