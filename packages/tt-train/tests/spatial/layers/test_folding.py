"""`unfold` and `fold` as layers."""

from __future__ import annotations

import tt_core as tt
from tt_train import functional as F
from tt_train import nn


def test_layers_do_what_the_functions_do() -> None:
    x = tt.randn(2, 3, 6, 7)
    columns = nn.Unfold((2, 3), dilation=2, padding=1, stride=2)(x)
    assert tt.equal(columns, F.unfold(x, (2, 3), 2, 1, 2))
    assert tt.equal(nn.Fold((6, 7), (2, 3), 2, 1, 2)(columns), F.fold(columns, (6, 7), (2, 3), 2, 1, 2))


def test_reprs_say_the_settings() -> None:
    words = "kernel_size=2, dilation=1, padding=0, stride=1"
    assert repr(nn.Unfold(2)) == f"Unfold({words})"
    assert repr(nn.Fold(5, 2)) == f"Fold(output_size=5, {words})"
