"""Windows of images as columns: what a convolution multiplies, its reverse, and the convolution that is made of it."""

from __future__ import annotations

import math

from tt_core import Tensor
from tt_core.errors import ShapeError
from tt_core.extend import apply
from tt_core.typing import Float, Shaped, shaped
from tt_train.spatial.geometry import Pair, Sizes, as_pair, batched, steps
from tt_train.spatial.primitives import folding as P


@shaped
def unfold(
    x: Shaped[Tensor, "*batch channels height width"],
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Shaped[Tensor, "*batch taps windows"]:
    """The numbers of each window of x as a column, (B, C · taps, windows); a convolution is a product with it.

    Raises:
        ShapeError: x is no image, or no window fits.

    >>> from tt_core import arange
    >>> unfold(arange(9).reshape(1, 1, 3, 3), 2).tolist()
    [[[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]]
    """
    x, single = batched(x, 2, "unfold")
    settings = _settings(kernel_size, dilation, padding, stride)
    _fits("unfold", (x.shape[2], x.shape[3]), settings)
    out = apply(P.unfold, x, **settings)
    return out.squeeze(0) if single else out


@shaped
def fold(
    x: Shaped[Tensor, "*batch taps windows"],
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Shaped[Tensor, "*batch channels height width"]:
    """The columns of `unfold` added to where they came from, (B, C, *output_size): where windows overlap, sums.

    Raises:
        ShapeError: x has other rows or columns than `unfold` would give for this size.

    >>> from tt_core import ones
    >>> fold(ones(1, 4, 4), (3, 3), 2).tolist()
    [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]
    """
    if x.ndim not in (2, 3):
        raise ShapeError(f"expected x of fold as (B, C · taps, windows) or (C · taps, windows); got {list(x.shape)}")
    single, size, settings = (
        x.ndim == 2,
        as_pair(output_size, "output_size"),
        _settings(kernel_size, dilation, padding, stride),
    )
    x = x.unsqueeze(0) if single else x
    taps, windows = math.prod(settings["kernel"]), math.prod(_fits("fold", size, settings))
    if x.shape[1] % taps or x.shape[2] != windows:
        wanted = f"a multiple of {taps} rows and {windows} columns, as unfold gives for images {list(size)}"
        raise ShapeError(f"expected x of fold with {wanted}; got {list(x.shape)}")
    out = apply(P.fold, x, size=size, **settings)
    return out.squeeze(0) if single else out


@shaped
def conv2d_unfolded(
    x: Float[Tensor, "batch channels height width"],
    weight: Float[Tensor, "outputs channels kernel_height kernel_width"],
    bias: Float[Tensor, " outputs"] | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    dilation: Sizes = 1,
) -> Float[Tensor, "batch outputs rows columns"]:
    """`conv2d` as one product of matrices, of weights (O, C · taps) and windows (B, C · taps, rows · columns).

    The textbooks' form: what it costs to have all windows in memory at once can be measured with it, and `conv2d`
    be held against it, gradients included, since it needs none of the primitives of convolution.

    Args:
        x: (B, C, H, W).
        weight: (O, C, kernel height, kernel width).
        bias: (O).
        stride, padding, dilation: as of `conv2d`.

    Raises:
        ShapeError: x has not four dimensions, or the weight is for another number of channels (the message says for
            how many, and x's shape as a list), or no window fits.

    Source: Chellapilla, Puri & Simard 2006, https://inria.hal.science/inria-00112631

    >>> from tt_core import ones
    >>> conv2d_unfolded(ones(1, 2, 3, 3), ones(1, 2, 2, 2)).tolist()
    [[[[8.0, 8.0], [8.0, 8.0]]]]
    """
    outputs, channels, height, width = weight.shape
    if x.ndim != 4 or x.shape[1] != channels:
        raise ShapeError(f"expected x of conv2d_unfolded as (B, {channels}, H, W); got {list(x.shape)}")
    columns = unfold(x, (height, width), dilation, padding, stride)  # (B, C · taps, windows)
    out = weight.reshape(outputs, -1) @ columns  # (B, O, windows)
    if bias is not None:
        out = out + bias.reshape(-1, 1)
    windows = _settings((height, width), dilation, padding, stride)
    return out.reshape(len(x), outputs, *_fits("conv2d_unfolded", (x.shape[2], x.shape[3]), windows))


def _settings(kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes) -> dict[str, Pair]:
    return {
        "kernel": as_pair(kernel_size, "kernel_size"),
        "dilation": as_pair(dilation, "dilation"),
        "padding": as_pair(padding, "padding", least=0),
        "stride": as_pair(stride, "stride"),
    }


def _fits(name: str, size: Pair, settings: dict[str, Pair]) -> list[int]:
    """Return how many rows and columns of windows an image has.

    Raises:
        ShapeError: there is none.
    """
    order = [settings[key] for key in ("kernel", "stride", "padding", "dilation")]
    fits = list(map(steps, size, *order))
    if min(fits) < 1:
        raise ShapeError(f"expected an image for {name} at least as large as a window; got {list(size)} for {settings}")
    return fits
