"""Modules of dropout: noise while training, nothing afterwards."""

from __future__ import annotations

from collections.abc import Callable

from tt_core import DTypeError, ShapeError, Tensor, nn
from tt_core.extend import located
from tt_train.spatial import dropout as F


class Dropout1d(nn.Dropout):
    """In training, set whole channels of signals to zero: `dropout1d`.

    Args:
        p: the probability.
        inplace: True is not supported.
        generator: where chance comes from; the default one unless given.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, L) or (C, L) with some channels zero, or x itself."""
        return _called(self, F.dropout1d, x)


class Dropout2d(nn.Dropout):
    """In training, set whole channels of images to zero: `dropout2d`.

    Args:
        p: the probability.
        inplace: True is not supported.
        generator: where chance comes from; the default one unless given.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, H, W) with some channels zero, or x itself."""
        return _called(self, F.dropout2d, x)


class AlphaDropout(nn.Dropout):
    """In training, dropout for networks with selu, which keeps mean and variance: `alpha_dropout`.

    Args:
        p: the probability.
        inplace: True is not supported.
        generator: where chance comes from; the default one unless given.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return x with noise, or x itself."""
        return _called(self, F.alpha_dropout, x)


def _called(layer: nn.Dropout, function: Callable[..., Tensor], x: Tensor) -> Tensor:
    try:
        return function(x, layer.p, layer.training, generator=layer.generator)
    except (ShapeError, DTypeError) as error:
        raise located(error, layer) from None
