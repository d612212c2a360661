"""Layers that put a border around images."""

from __future__ import annotations

from typing import Any

import pytest

import tt_core as tt
from tt_core.errors import ShapeError
from tt_train import functional as F
from tt_train import nn

LAYERS: list[tuple[Any, str, float | None]] = [
    (nn.ZeroPad2d, "constant", 0.0),
    (nn.ReflectionPad2d, "reflect", None),
    (nn.ReplicationPad2d, "replicate", None),
    (nn.CircularPad2d, "circular", None),
]


@pytest.mark.parametrize("kind, mode, value", LAYERS)
def test_a_layer_is_pad_with_its_mode(kind: Any, mode: Any, value: float | None) -> None:
    x = tt.randn(2, 3, 4, 5)
    assert tt.equal(kind((1, 2, 3, 0))(x), F.pad(x, (1, 2, 3, 0), mode, value))
    assert tt.equal(kind(2)(x), F.pad(x, (2, 2, 2, 2), mode, value))
    assert repr(kind(2)) == f"{kind.__name__}((2, 2, 2, 2))"


def test_a_constant_border_has_its_value() -> None:
    layer = nn.ConstantPad2d((1, 0, 0, -1), 2.5)
    assert layer(tt.zeros(1, 1, 2, 1)).tolist() == [[[[2.5, 0.0]]]]
    assert repr(layer) == "ConstantPad2d(padding=(1, 0, 0, -1), value=2.5)"


def test_four_widths_are_needed() -> None:
    with pytest.raises(ShapeError, match="padding as one number or 4"):
        nn.ZeroPad2d((1, 2))
