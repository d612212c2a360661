"""Dropout of channels: what is dropped together, how often, and the mean that stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_train import functional as F


@pytest.mark.parametrize(
    "function, shape, groups",
    [(F.dropout1d, (40, 25, 6), 2), (F.dropout1d, (900, 6), 1), (F.dropout2d, (40, 25, 3, 2), 2)],
)
def test_channels_are_dropped_as_a_whole_and_the_mean_stays(function: Any, shape: Any, groups: int) -> None:
    out = function(tt.ones(*shape), 0.25, generator=tt.Generator(0)).numpy()
    inside = out.reshape(*shape[:groups], -1)
    assert (inside == inside[..., :1]).all()
    assert set(np.unique(out)) == {np.float32(0), np.float32(4 / 3)}
    assert abs((out == 0).mean() - 0.25) < 0.05


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    x = tt.randn(20_000, generator=tt.Generator(0), dtype=tt.float64)
    out = F.alpha_dropout(x, 0.3, training=True, generator=tt.Generator(1)).numpy()
    assert abs(out.mean()) < 0.05
    assert abs(out.var() - 1) < 0.05
    assert np.unique(out, return_counts=True)[1].max() / out.size == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("function", [F.dropout1d, F.dropout2d, F.alpha_dropout])
def test_the_same_seed_drops_the_same_and_p_may_be_0_or_1(function: Any) -> None:
    x = tt.ones(3, 4, 5)
    first, second = (function(x, 0.5, training=True, generator=tt.Generator(3)) for _ in range(2))
    assert tt.equal(first, second)
    assert function(x, 0.5, training=False) is x
    assert function(x, 0.0, training=True) is x
    assert function(x, 1.0, training=True).tolist() == (x * 0).tolist()


def test_the_gradient_goes_where_the_numbers_went() -> None:
    x = tt.ones(8, 4, 2, 2, requires_grad=True)
    out = F.dropout2d(x, generator=tt.Generator(0))
    (g,) = tt.grad(out.sum(), x)
    assert tt.equal(g, out.detach())


@pytest.mark.parametrize("function", [F.dropout1d, F.dropout2d, F.alpha_dropout])
def test_errors_say_what_was_expected(function: Any) -> None:
    x = tt.ones(2, 3, 4)
    with pytest.raises(ShapeError, match=rf"p from 0 to 1 in {function.__name__}; got 1.5"):
        function(x, 1.5)
    with pytest.raises(DTypeError, match=rf"{function.__name__}; got int64"):
        function(x.long())
    with pytest.raises(NotSupportedError, match=r"inplace=False"):
        function(x, inplace=True)


def test_dimensions_that_there_must_be() -> None:
    with pytest.raises(ShapeError, match=r"x of dropout1d with 2 or 3 dimensions; got shape \[2\]"):
        F.dropout1d(tt.ones(2))
    with pytest.raises(ShapeError, match=r"x of dropout2d with 3 or 4 dimensions; got shape \[2, 3\]"):
        F.dropout2d(tt.ones(2, 3))
