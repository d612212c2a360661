"""Modules of dropout: noise in training, nothing afterwards."""

from __future__ import annotations

from typing import Any

import pytest

import tt_core as tt
from tt_core.errors import ShapeError
from tt_train import functional as F
from tt_train import nn

KINDS = [(nn.Dropout1d, F.dropout1d), (nn.Dropout2d, F.dropout2d), (nn.AlphaDropout, F.alpha_dropout)]


@pytest.mark.parametrize("kind, function", KINDS, ids=lambda f: f.__name__)
def test_noise_in_training_and_nothing_afterwards(kind: Any, function: Any) -> None:
    x = tt.ones(6, 8, 3)
    layer = kind(0.25, generator=tt.Generator(5))
    assert tt.equal(layer(x), function(x, 0.25, training=True, generator=tt.Generator(5)))
    assert layer.eval()(x) is x
    assert repr(layer) == f"{kind.__name__}(p=0.25, inplace=False)"


def test_errors_name_the_layer() -> None:
    with pytest.raises(ShapeError, match=r"got shape \[3\], in Dropout2d\(p=0.5"):
        nn.Dropout2d()(tt.ones(3))
