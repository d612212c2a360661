"""The module that resizes."""

from __future__ import annotations

import pytest

import tt_core as tt
from tt_core.errors import ShapeError
from tt_train import functional as F
from tt_train import nn


def test_it_is_its_function() -> None:
    x = tt.randn(2, 3, 4, 5)
    assert tt.equal(nn.Upsample(7)(x), F.interpolate(x, 7))
    layer = nn.Upsample(scale_factor=(2, 1.5), mode="bilinear", align_corners=True)
    assert tt.equal(layer(x), F.interpolate(x, None, (2, 1.5), "bilinear", True))
    assert repr(layer) == "Upsample(scale_factor=(2.0, 1.5), mode='bilinear')"
    assert repr(nn.Upsample((7, 3))) == "Upsample(size=(7, 3), mode='nearest')"


def test_errors_name_it() -> None:
    with pytest.raises(ShapeError, match=r"one number or 1.*in Upsample\(scale_factor=\(2.0, 2.0\), mode='nearest'"):
        nn.Upsample(scale_factor=(2, 2))(tt.ones(1, 1, 3))
