"""The samples: each primitive is tried on what it allows."""

from typing import Any

import numpy as np
import pytest

from tt_core.dispatch import REGISTRY
from tt_core.testing import samples_of
from tt_core.testing.samples import draw, layouts

PRIMITIVES = list(REGISTRY.primitives.values())


def arrays(primitive: Any) -> None:
    return [x for sample in samples_of(primitive) for x in sample.inputs if isinstance(x, np.ndarray)]


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda p: p.name)
def test_every_primitive_is_tried_on_no_elements_and_several_types(primitive: Any) -> None:
    given = arrays(primitive)
    assert any(x.size > 1 for x in given)
    assert len({x.dtype for x in given}) > 1
    assert any(x.size == 0 for x in given)


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda p: p.name)
def test_every_primitive_is_tried_on_memory_out_of_order(primitive: Any) -> None:
    given = arrays(primitive)
    assert any(not x.flags.c_contiguous for x in given)
    assert any(not x.flags.writeable for x in given)
    assert any(min(x.strides, default=0) < 0 for x in given)


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda p: p.name)
def test_every_differentiable_primitive_has_samples_where_it_is_smooth(primitive: Any) -> None:
    smooth = [s for s in samples_of(primitive) if s.smooth and s.inputs[0] is not None]
    assert len(smooth) > 3


def test_layouts_hold_the_same_numbers() -> None:
    x = draw(np.random.default_rng(0), (3, 2, 4), "float32")
    *same, repeated = layouts(x)
    assert all((y == x).all() and y.dtype == x.dtype for y in same)
    assert (repeated == x[:1]).all()
    assert not repeated.flags.writeable
    assert repeated.strides[0] == 0
    assert [y.item() for y in layouts(np.array(2.0))] == [2.0] * 5


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8", "int64", "bool"])
def test_numbers_are_drawn_between_the_bounds(dtype: Any) -> None:
    x = draw(np.random.default_rng(0), (50,), dtype, -3, 3)
    assert x.dtype == dtype
    assert x.max() <= 3
    assert x.min() >= (0 if dtype in ("uint8", "bool") else -3)
    assert len(set(x.tolist())) > 1
