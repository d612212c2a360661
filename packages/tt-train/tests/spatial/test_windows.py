"""Windows: what their spans hold, and that taps say the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tt_train.spatial.windows import Adaptive, Strided, Windows, adaptive, spans, strided, taps


@st.composite
def windows(draw: st.DrawFn) -> Windows:
    """Draw windows of either kind."""
    if draw(st.booleans()):
        return Adaptive(draw(st.integers(0, 9)), draw(st.integers(0, 9)))
    kernel, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    padding = draw(st.integers(0, (dilation * (kernel - 1) + 1) // 2))
    made = strided(
        draw(st.integers(1, 9)), kernel, draw(st.integers(1, 4)), padding, dilation, ceil=draw(st.booleans())
    )
    assume(made.count > 0)
    return made


@given(axis=windows())
def test_taps_hold_what_spans_do_in_the_same_order(axis: Windows) -> None:
    found: list[list[int]] = [[] for _ in range(axis.count)]
    everything, numbers = np.arange(axis.count), np.arange(axis.size)
    for outputs, inputs in axis.taps():
        for i, place in zip(everything[outputs], numbers[inputs], strict=True):
            found[i].append(int(place))
    assert found == [list(axis.span(i)) for i in range(axis.count)]


@given(axis=windows())
def test_what_is_said_of_windows_holds(axis: Windows) -> None:
    held = [place for i in range(axis.count) for place in axis.span(i)]
    lengths = axis.lengths(include_pad=False)
    assert lengths.tolist() == [len(axis.span(i)) for i in range(axis.count)]
    assert not axis.tiling or sorted(held) == list(range(axis.size))
    assert not axis.apart or len(set(held)) == len(held)
    assert not axis.whole or len(set(lengths.tolist())) <= 1


@given(axes=st.lists(windows(), min_size=1, max_size=2))
def test_several_dimensions_are_the_product(axes: list[Windows]) -> None:
    assume(all(axis.count and axis.size for axis in axes))
    shape, out = [axis.size for axis in axes], np.zeros([axis.count for axis in axes])
    numbers = np.arange(np.prod(shape)).reshape(shape)
    for outputs, inputs in taps(axes):
        np.add.at(out, outputs, numbers[inputs])
    expected: Any = {i: sum(int(numbers[place]) for place in places) for i, places in spans(axes)}
    assert {i: out[i] for i in np.ndindex(out.shape)} == expected


@pytest.mark.parametrize(
    "settings, ceil, count",
    [((5, 2, 2, 0, 1), False, 2), ((5, 2, 2, 0, 1), True, 3), ((4, 2, 2, 1, 1), True, 3), ((3, 1, 3, 0, 1), True, 1)],
)
def test_a_window_that_would_begin_in_the_padding_is_left_out(settings: Any, ceil: bool, count: int) -> None:
    assert strided(*settings, ceil=ceil).count == count


def test_padding_counts_where_it_is_there() -> None:
    axis = strided(5, 3, 2, 1, 1, ceil=True)
    assert axis.lengths(include_pad=True).tolist() == [3, 3, 3]
    assert axis.lengths(include_pad=False).tolist() == [2, 3, 2]
    assert strided(6, 3, 3, 1, 1, ceil=True).lengths(include_pad=True).tolist() == [3, 3, 2]


def test_windows_of_one_size_are_told_from_others() -> None:
    assert adaptive(6, 3) == Strided(6, 3, kernel=2, stride=2)
    assert adaptive(6, 4) == Adaptive(6, 4)
    assert adaptive(2, 4) == Adaptive(2, 4)
    assert adaptive(3, 0) == Adaptive(3, 0)
