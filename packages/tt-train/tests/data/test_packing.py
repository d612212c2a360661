"""Batches as bytes, and back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tt_core as tt
from tt_train.data.packing import ALIGNMENT, Packed, Place, unpack


class Point(NamedTuple):
    x: Any
    y: Any


def there_and_back(batch: Any) -> Any:
    packed = Packed(batch)
    buffer = bytearray(packed.size)
    packed.write(buffer)
    found = unpack(packed.rest, memoryview(buffer))
    buffer[:] = b"\xff" * len(buffer)  # the result must have memory of its own
    return found


@given(
    hnp.arrays(
        st.sampled_from(["float32", "uint8", "int64", "bool", "complex64", "<U3", "S2"]),
        hnp.array_shapes(min_dims=0, min_side=0),
    ),
    st.data(),
)
def test_any_array_in_any_order_of_memory(array: Any, data: st.DataObject) -> None:
    axes = data.draw(st.permutations(range(array.ndim)))
    turned = np.asarray(array, order=data.draw(st.sampled_from("CF"))).transpose(axes)
    found = there_and_back(turned)
    assert found.dtype == turned.dtype
    np.testing.assert_array_equal(found, turned)
    if turned.size > 1 and all(n > 1 for n in turned.shape):
        assert found.strides == turned.strides
    assert found.flags.writeable


def test_slices_become_dense() -> None:
    array = np.arange(24).reshape(4, 6)[::-2, ::3]
    found = there_and_back(array)
    np.testing.assert_array_equal(found, array)
    assert found.nbytes == array.nbytes


def test_containers_are_looked_into() -> None:
    batch = {"a": [tt.ones(2), np.zeros(3)], "b": (Point(tt.tensor(1), "x"), None), 3: 4.5, "empty": tt.zeros(0, 2)}
    packed = Packed(batch)
    assert isinstance(packed.rest["a"][0], Place)
    assert len(packed.arrays) == 4
    found = there_and_back(batch)
    assert isinstance(found["a"][0], tt.Tensor)
    assert isinstance(found["a"][1], np.ndarray)
    assert isinstance(found["b"][0], Point)
    assert found["b"][0].x.item() == 1
    assert found["b"][1] is None
    assert found[3] == 4.5
    assert found["empty"].shape == (0, 2)


def test_what_has_no_bytes_of_its_own_stays() -> None:
    objects = np.array([None, "a"], dtype=object)
    masked = np.ma.masked_array([1, 2], [0, 1])
    wanted = tt.ones(2, requires_grad=True)
    packed = Packed([objects, masked, wanted])
    assert packed.size == 0
    assert packed.rest[0] is objects
    assert packed.rest[1] is masked
    assert packed.rest[2] is wanted


def test_places_are_aligned() -> None:
    packed = Packed([np.ones(n, np.uint8) for n in (1, 65, 3)])
    assert [place.offset for place, _ in packed.arrays] == [0, ALIGNMENT, 3 * ALIGNMENT]
    with pytest.raises((TypeError, ValueError)):
        packed.write(bytearray(10))
