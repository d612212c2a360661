"""Resizing: values that can be seen, gradients, and errors that name what was expected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.testing import check_backend, check_gradients
from tt_train import functional as F
from tt_train.spatial.grids import Grid

LINE = tt.tensor([[[0.0, 4.0]]])
IMAGE = tt.arange(4.0).reshape(1, 1, 2, 2)


@pytest.mark.parametrize("name", ["resize", "resize_input"])
def test_kernels_agree_with_loops(name: str) -> None:
    check_backend("numpy", primitives=[name])


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
def test_gradients(mode: Any) -> None:
    x = np.random.default_rng(0).standard_normal((2, 2, 3, 4))
    check_gradients(lambda x: F.interpolate(x, (5, 3), mode=mode), x, second=True)


def test_values() -> None:
    assert F.interpolate(LINE, 4).tolist() == [[[0, 0, 4, 4]]]
    assert F.interpolate(LINE, 3, mode="nearest-exact").tolist() == [[[0, 4, 4]]]
    assert F.interpolate(LINE, 4, mode="linear").tolist() == [[[0, 1, 3, 4]]]
    assert F.interpolate(LINE, 5, mode="linear", align_corners=True).tolist() == [[[0, 1, 2, 3, 4]]]
    assert F.interpolate(LINE, 1, mode="linear", align_corners=True).tolist() == [[[0]]]
    assert F.interpolate(LINE, scale_factor=1.5).shape == (1, 1, 3)
    assert F.interpolate(IMAGE, scale_factor=(1, 2)).tolist() == [[[[0, 0, 1, 1], [2, 2, 3, 3]]]]
    assert F.interpolate(IMAGE, 1, mode="area").tolist() == [[[[1.5]]]]
    assert F.interpolate(LINE, 1, mode="area").tolist() == [[[2]]]
    assert F.interpolate(tt.ones(1, 1, 2, 2, 2), 3, mode="trilinear").tolist() == [[[[[1] * 3] * 3] * 3]]


def test_the_factor_may_follow_from_the_rounded_size() -> None:
    x = tt.arange(5.0).reshape(1, 1, 5)
    given = F.interpolate(x, scale_factor=1.5, mode="linear")
    follows = F.interpolate(x, scale_factor=1.5, mode="linear", recompute_scale_factor=True)
    assert tt.equal(follows, F.interpolate(x, 7, mode="linear"))
    assert not tt.equal(given, follows)


@pytest.mark.parametrize("kind", ["nearest", "nearest-exact", "linear", "cubic"])
@pytest.mark.parametrize("size, count", [(1, 1), (1, 4), (5, 5), (5, 2), (3, 8)])
def test_weights_add_up_to_1_and_sources_never_go_back(kind: Any, size: int, count: int) -> None:
    sources = Grid(size, count, kind).sources(np.dtype(np.float64))
    np.testing.assert_allclose(sum(weight for _, weight in sources), 1)
    for source, _ in sources:
        assert source.shape == (count,)
        assert (np.diff(source) >= 0).all()
        assert 0 <= source.min() <= source.max() < size


def test_a_constant_stays_one_and_channels_stay_side_by_side() -> None:
    x = tt.full((2, 3, 4, 5), 2.5)
    for mode in ("nearest", "bilinear", "bicubic"):
        out = F.interpolate(x, (7, 3), mode=mode)  # type: ignore[arg-type]
        np.testing.assert_allclose(out.numpy(), 2.5, 1e-6)
        assert np.moveaxis(out.data, 1, -1).flags.c_contiguous


def test_bytes_are_taken_where_nothing_is_mixed() -> None:
    x = tt.tensor([[[1, 2]]], dtype=tt.uint8)
    assert F.interpolate(x, 4).dtype == tt.uint8
    with pytest.raises(NotSupportedError, match=r"mode 'linear' of interpolate; got uint8"):
        F.interpolate(x, 4, mode="linear")
    with pytest.raises(DTypeError, match=r"interpolate; got int64"):
        F.interpolate(x.long(), 4)


@pytest.mark.parametrize(
    "kind, call, message",
    [
        (NotSupportedError, lambda: F.interpolate(IMAGE, 3, mode="bilinear", antialias=True), r"antialias=False"),
        (NotSupportedError, lambda: F.interpolate(IMAGE, 3, mode="lanczos"), r"'lanczos' is not supported"),  # type: ignore[arg-type]
        (NotSupportedError, lambda: F.interpolate(tt.ones(1, 1, 2, 2, 2), 3, mode="area"), r"got 5-D"),
        (ShapeError, lambda: F.interpolate(IMAGE, 3, mode="best"), r"a mode of interpolate out of.*'best'"),  # type: ignore[arg-type]
        (ShapeError, lambda: F.interpolate(IMAGE, 3, align_corners=True), r"align_corners.*got it for 'nearest'"),
        (ShapeError, lambda: F.interpolate(IMAGE, 3, mode="linear"), r"3 dimensions for mode 'linear'.*got 4"),
        (ShapeError, lambda: F.interpolate(IMAGE), r"either size or scale_factor.*None and None"),
        (ShapeError, lambda: F.interpolate(IMAGE, 3, 2), r"either size or scale_factor.*3 and 2"),
        (ShapeError, lambda: F.interpolate(IMAGE, scale_factor=(1, 2, 3)), r"scale_factor.*one number or 2"),
        (ShapeError, lambda: F.interpolate(IMAGE, scale_factor=0.1), r"sizes of at least 1 before and after"),
    ],
)
def test_errors_say_what_was_expected(kind: Any, call: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
