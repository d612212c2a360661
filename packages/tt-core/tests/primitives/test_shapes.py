"""Kernels that move numbers: what is shared, what is added, what is cut."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tt_core.dispatch import REGISTRY
from tt_core.primitives import shapes as P

X = np.arange(12.0).reshape(3, 4)


def test_views_are_marked_as_such() -> None:
    marked = {name for name, p in REGISTRY.primitives.items() if p.view}
    assert {"reshape", "permute", "expand", "flip", "diagonal", "getitem"} <= marked
    assert not marked & {"clone", "cat", "pad", "roll", "gather", "setitem", "unindex", "cast"}


def test_an_expanded_array_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        P.expand(X[:1], shape=(3, 4))[0, 0] = 1


def test_unindex_adds_up_what_meets() -> None:
    assert_array_equal(P.unindex(np.ones(3), key=np.array([1, 1, 0]), shape=(3,)), [1, 2, 0])
    assert_array_equal(P.unindex(np.ones(2), key=slice(1, None), shape=(3,)), [0, 1, 1])
    assert_array_equal(P.unindex(np.ones(1), key=np.array([False, True]), shape=(2,)), [0, 1])
    assert_array_equal(P.unindex(np.ones(3), key=(np.array([1, 1, 1]), 0), shape=(2, 1)), [[0], [3]])
    assert P.unindex(np.ones((), np.float32), key=(0,), shape=(1,)).dtype == np.float32


def test_nothing_writes_into_its_input() -> None:
    x, index = X.copy(), np.zeros((1, 4), np.int64)
    P.setitem(x, np.array(9.0), key=0)
    P.scatter(x, index, np.full((1, 4), 9.0), dim=0)
    P.scatter_add(x, index, np.full((1, 4), 9.0), dim=0)
    assert_array_equal(x, X)


def test_padding_and_cutting() -> None:
    found = P.pad(X, widths=((-1, 1), (2, -3)), value=7)
    assert_array_equal(found, [[7, 7, 4], [7, 7, 8], [7, 7, 7]])


def test_clone_is_in_row_major_order() -> None:
    assert P.clone(X.T).flags.c_contiguous
    assert not np.shares_memory(P.clone(X), X)
