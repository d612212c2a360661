"""Modules of pooling: they are their functions, and errors name them."""

from __future__ import annotations

from typing import Any

import pytest

import tt_core as tt
from tt_core.errors import ShapeError
from tt_train import functional as F
from tt_train import nn

SIGNAL, IMAGE = tt.randn(2, 3, 9), tt.randn(2, 3, 9, 7)
LAYERS: list[tuple[nn.Module, Any, Any]] = [
    (nn.MaxPool1d(3, 2, 1, ceil_mode=True), SIGNAL, lambda x: F.max_pool1d(x, 3, 2, 1, ceil_mode=True)),
    (nn.MaxPool2d((3, 2), dilation=2), IMAGE, lambda x: F.max_pool2d(x, (3, 2), dilation=2)),
    (nn.AvgPool1d(3, padding=1), SIGNAL, lambda x: F.avg_pool1d(x, 3, padding=1)),
    (nn.AvgPool2d(3, 2, 1, True, False), IMAGE, lambda x: F.avg_pool2d(x, 3, 2, 1, True, False)),
    (nn.AvgPool2d(2, divisor_override=3), IMAGE, lambda x: F.avg_pool2d(x, 2, divisor_override=3)),
    (nn.AdaptiveAvgPool1d(2), SIGNAL, lambda x: F.adaptive_avg_pool1d(x, 2)),
    (nn.AdaptiveAvgPool2d((None, 2)), IMAGE, lambda x: F.adaptive_avg_pool2d(x, (None, 2))),
    (nn.AdaptiveMaxPool1d(2), SIGNAL, lambda x: F.adaptive_max_pool1d(x, 2)),
    (nn.AdaptiveMaxPool2d(4), IMAGE, lambda x: F.adaptive_max_pool2d(x, 4)),
]


@pytest.mark.parametrize("layer, x, function", LAYERS, ids=lambda a: repr(a) if isinstance(a, nn.Module) else "")
def test_layers_are_their_functions(layer: Any, x: Any, function: Any) -> None:
    assert tt.equal(layer(x), function(x))
    assert tt.equal(layer(x[0]), function(x[0]))
    assert not list(layer.parameters())


@pytest.mark.parametrize("layer", [layer for layer, _, _ in LAYERS], ids=repr)
def test_errors_name_the_layer(layer: Any) -> None:
    with pytest.raises(ShapeError, match=rf"got \[5\].*in {type(layer).__name__}\("):
        layer(tt.ones(5))


def test_indices_lead_back() -> None:
    pool, back = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
    out, places = pool(IMAGE)
    image = back(out, places, output_size=IMAGE.shape)
    assert image.shape == IMAGE.shape
    assert tt.equal(pool(image)[0], out.clamp(min=0))
    assert nn.AdaptiveMaxPool1d(2, return_indices=True)(SIGNAL)[1].dtype == tt.int64
    with pytest.raises(ShapeError, match=r"in MaxUnpool2d\(kernel_size=\(2, 2\)"):
        back(out, places[:1])
