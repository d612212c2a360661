"""Dropout of whole channels, since neighbouring pixels tell what was dropped; and dropout that keeps the mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tt_core import Generator
from tt_core.errors import ShapeError
from tt_core.extend import need_floating, refuse_inplace, stream, wrap
from tt_core.typing import Float, shaped

if TYPE_CHECKING:
    from tt_core import Tensor

FLOOR = -1.7580993408473766  # what selu tends to for large negative numbers


@shaped
def dropout1d(
    x: Float[Tensor, "*batch channels length"],
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Float[Tensor, "*batch channels length"]:
    """Set whole channels of signals, (B, C, L) or (C, L), to zero. See `dropout2d`."""
    _check("dropout1d", x, p, (2, 3), inplace=inplace)
    return _dropped(x, p, x.shape[:-1], generator) if training and p else x


@shaped
def dropout2d(
    x: Float[Tensor, "batch channels *size"],
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Float[Tensor, "batch channels *size"]:
    """Set whole channels of images to zero, each with probability p, and scale the others by 1 / (1 - p).

    Args:
        x: (B, C, H, W); as in PyTorch, three dimensions are (B, C, L), not an image without a batch.
        p: the probability.
        training: False returns x itself.
        inplace: True is not supported.
        generator: where chance comes from; the default one unless given.

    Raises:
        ShapeError: x has other dimensions, or p is not between 0 and 1.
        DTypeError: x holds integers.

    Source: Tompson et al. 2015, https://arxiv.org/abs/1411.4280
    """
    _check("dropout2d", x, p, (3, 4), inplace=inplace)
    return _dropped(x, p, x.shape[:2], generator) if training and p else x


def _check(name: str, x: Tensor, p: float, dimensions: tuple[int, ...], *, inplace: bool) -> None:
    """Hold the arguments against what they may be.

    Raises:
        ShapeError, DTypeError, NotSupportedError: one does not fit.
    """
    refuse_inplace(name, inplace=inplace)
    need_floating(x, name)
    if not 0 <= p <= 1:
        raise ShapeError(f"expected a probability p from 0 to 1 in {name}; got {p}")
    if dimensions and x.ndim not in dimensions:
        wanted = " or ".join(map(str, dimensions))
        raise ShapeError(f"expected x of {name} with {wanted} dimensions; got shape {list(x.shape)}")


def _dropped(x: Tensor, p: float, shape: tuple[int, ...], generator: Generator | None) -> Tensor:
    """Return x with a random part of what `shape` counts set to zero."""
    kept = stream(generator).random(shape, np.float32) >= p
    scale = kept * x.dtype.type(0 if p == 1 else 1 / (1 - p))
    return x * wrap(scale.reshape(*shape, *(1,) * (x.ndim - len(shape))))


@shaped
def alpha_dropout(
    x: Float[Tensor, "*shape"],
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Float[Tensor, "*shape"]:
    """Set each number to the lowest that selu gives, with probability p, then restore mean 0 and variance 1.

    Args:
        p: the probability.
        training: False returns x itself.
        inplace: True is not supported.
        generator: where chance comes from; the default one unless given.

    Raises:
        ShapeError: p is not between 0 and 1.
        DTypeError: x holds integers.

    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
    """
    _check("alpha_dropout", x, p, (), inplace=inplace)
    if not training or p == 0:
        return x
    kept = stream(generator).random(x.shape, np.float32) >= p
    scale = 0.0 if p == 1 else 1 / math.sqrt((1 - p) * (1 + p * FLOOR * FLOOR))
    constant = scale * (FLOOR * ~kept - FLOOR * p)
    return x * wrap((scale * kept).astype(x.dtype)) + wrap(constant.astype(x.dtype))
