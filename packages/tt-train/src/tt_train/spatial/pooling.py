"""Pooling: of each window of an image, the largest number or the mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

import numpy as np

from tt_core import zeros
from tt_core.errors import DTypeError, ShapeError
from tt_core.extend import apply, need_floating, wrap
from tt_core.typing import Float, Int, Num, shaped
from tt_train.spatial.geometry import Sizes, as_sizes, span
from tt_train.spatial.primitives import pooling as P
from tt_train.spatial.windows import Strided, Windows, adaptive, sizes, strided

if TYPE_CHECKING:
    from tt_core import Tensor

OutputSizes: TypeAlias = int | Sequence[int | None] | None


@overload
def max_pool1d(
    x: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = ...,
    padding: Sizes = ...,
    dilation: Sizes = ...,
    ceil_mode: bool = ...,
    return_indices: Literal[False] = ...,
) -> Tensor: ...
@overload
def max_pool1d(
    x: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = ...,
    padding: Sizes = ...,
    dilation: Sizes = ...,
    ceil_mode: bool = ...,
    *,
    return_indices: bool,
) -> Tensor | tuple[Tensor, Tensor]: ...
@shaped
def max_pool1d(
    x: Float[Tensor, "*batch channels length"],
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Float[Tensor, "*batch channels steps"] | tuple[Float[Tensor, "*batch channels steps"], Int[Tensor, " ..."]]:
    """Return the largest number of each window; see `max_pool2d`."""
    need_floating(x, "max_pool1d")
    windows = _windows("max_pool1d", x, 1, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    return _max_pool(x, windows, with_indices=return_indices)


@overload
def max_pool2d(
    x: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = ...,
    padding: Sizes = ...,
    dilation: Sizes = ...,
    ceil_mode: bool = ...,
    return_indices: Literal[False] = ...,
) -> Tensor: ...
@overload
def max_pool2d(
    x: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = ...,
    padding: Sizes = ...,
    dilation: Sizes = ...,
    ceil_mode: bool = ...,
    *,
    return_indices: bool,
) -> Tensor | tuple[Tensor, Tensor]: ...
@shaped
def max_pool2d(
    x: Num[Tensor, "*batch channels height width"],
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Num[Tensor, "*batch channels h w"] | tuple[Num[Tensor, "*batch channels h w"], Int[Tensor, " ..."]]:
    """Return the largest number of each window: y[i] = max over a < kernel of x[stride · i - padding + dilation · a].

    Padding never wins. Of equal numbers the first one, row by row, has the gradient.

    >>> import tt_core as tt
    >>> max_pool2d(tt.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])

    Args:
        kernel_size: of a window: one number, or two for height and width, as with all that follow.
        stride: from one window to the next; the kernel's size unless given.
        padding: how far the first window begins before the image; at most half of a window.
        dilation: from one number of a window to the next.
        ceil_mode: True adds a window at the end that is cut off, if it begins before the padding does.
        return_indices: True also returns where each number was found, counted row by row in its plane.

    Raises:
        ShapeError: x is not (B, C, H, W) or (C, H, W), or no window fits.
        DTypeError: x holds truth values.

    Source: Riesenhuber & Poggio 1999, https://doi.org/10.1038/14819
    """
    if _kind(x) == "b":
        raise DTypeError("expected numbers for max_pool2d; got bool: convert with .float() first")
    windows = _windows("max_pool2d", x, 2, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    return _max_pool(x, windows, with_indices=return_indices)


def _kind(x: Tensor) -> str:
    return x.dtype.kind


def _max_pool(x: Tensor, windows: tuple[Windows, ...], *, with_indices: bool) -> Tensor | tuple[Tensor, Tensor]:
    """Return the largest numbers, and where they are if asked."""
    out = apply(P.max_pool, x, windows=windows)
    if not with_indices:
        return out
    numbers = np.arange(math.prod(sizes(windows))).reshape(sizes(windows))
    places = wrap(np.broadcast_to(numbers, x.shape))
    return out, apply(P.max_pool_picked, places, x.detach(), out.detach(), windows=windows)


def _windows(
    name: str,
    x: Tensor,
    spatial: int,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes = 1,
    *,
    ceil_mode: bool,
) -> tuple[Strided, ...]:
    """Return the windows over the last dimensions of x.

    Raises:
        ShapeError: x has another number of dimensions, or no window fits.
    """
    kernels = as_sizes(kernel_size, spatial, "kernel_size")
    strides = as_sizes(stride, spatial, "stride") if stride or stride == 0 else kernels
    paddings = as_sizes(padding, spatial, "padding", least=0)
    dilations = as_sizes(dilation, spatial, "dilation")
    for k, p, d in zip(kernels, paddings, dilations, strict=True):
        if p > span(k, d) // 2:
            raise ShapeError(f"expected a padding of {name} of at most half a window, {span(k, d) // 2}; got {p}")
    lengths = _lengths(name, x, spatial)
    each = zip(lengths, kernels, strides, paddings, dilations, strict=True)
    windows = tuple([strided(*numbers, ceil=ceil_mode) for numbers in each])
    if any(w.count < 1 for w in windows):
        message = f"expected windows of {name} that fit into x; got kernel_size {kernel_size} for shape {list(x.shape)}"
        raise ShapeError(message)
    return windows


def _lengths(name: str, x: Tensor, spatial: int) -> tuple[int, ...]:
    """Return the last sizes of x.

    Raises:
        ShapeError: there are more or fewer dimensions, or a size other than the batch's is 0.
    """
    if x.ndim not in (spatial + 1, spatial + 2) or 0 in x.shape[-spatial - 1 :]:
        letters = "L" if spatial == 1 else "H, W"
        message = f"expected x of {name} as (B, C, {letters}) or (C, {letters}), only B may be 0; got {list(x.shape)}"
        raise ShapeError(message)
    return x.shape[-spatial:]


@shaped
def avg_pool1d(
    x: Num[Tensor, "*batch channels length"],
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Num[Tensor, "*batch channels steps"]:
    """Return the mean of each window; see `avg_pool2d`."""
    windows = _windows("avg_pool1d", _averaged(x, "avg_pool1d"), 1, kernel_size, stride, padding, ceil_mode=ceil_mode)
    return apply(P.avg_pool, x, windows=windows, include_pad=count_include_pad, divisor=None)


@shaped
def avg_pool2d(
    x: Num[Tensor, "*batch channels height width"],
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Num[Tensor, "*batch channels h w"]:
    """Return the mean of each window. Arguments not named here are those of `max_pool2d`.

    >>> import tt_core as tt
    >>> avg_pool2d(tt.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5,  4.5],
             [10.5, 12.5]]])

    Args:
        count_include_pad: whether padding counts, as zeros.
        divisor_override: what to divide the sum by instead of how many numbers there are.

    Raises:
        ShapeError: x is not (B, C, H, W) or (C, H, W), no window fits, or the divisor is 0.
        DTypeError: x holds integers other than int64, whose means are cut off, or truth values.

    Source: LeCun et al. 1998, http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf
    """
    windows = _windows("avg_pool2d", _averaged(x, "avg_pool2d"), 2, kernel_size, stride, padding, ceil_mode=ceil_mode)
    if divisor_override == 0:
        raise ShapeError("expected a divisor_override of avg_pool2d other than 0; got 0")
    return apply(P.avg_pool, x, windows=windows, include_pad=count_include_pad, divisor=divisor_override)


def _averaged(x: Tensor, name: str) -> Tensor:
    return x if x.dtype == np.int64 else need_floating(x, name)


@shaped
def adaptive_avg_pool1d(
    x: Float[Tensor, "*batch channels length"], output_size: OutputSizes
) -> Float[Tensor, "*batch channels steps"]:
    """Return the means of as many windows as are asked for; see `adaptive_avg_pool2d`."""
    return _adaptive_avg_pool("adaptive_avg_pool1d", x, 1, output_size)


@shaped
def adaptive_avg_pool2d(
    x: Float[Tensor, "*batch channels height width"], output_size: OutputSizes
) -> Float[Tensor, "*batch channels h w"]:
    """Return the means of as many windows as are asked for: window i of n goes from ⌊i H / n⌋ to ⌈(i + 1) H / n⌉.

    Args:
        output_size: how many windows: one number, or two for height and width; None keeps a size as it is.

    Raises:
        ShapeError: x is not (B, C, H, W) or (C, H, W).
        DTypeError: x holds integers.
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", x, 2, output_size)


def _adaptive_avg_pool(name: str, x: Tensor, spatial: int, output_size: OutputSizes) -> Tensor:
    windows = _adaptive(name, need_floating(x, name), spatial, output_size)
    return apply(P.avg_pool, x, windows=windows, include_pad=False, divisor=None)


def _adaptive(name: str, x: Tensor, spatial: int, output_size: OutputSizes) -> tuple[Windows, ...]:
    """Return as many windows over the last dimensions of x as are asked for."""
    lengths = _lengths(name, x, spatial)
    wanted = output_size if isinstance(output_size, Sequence) else (output_size,) * spatial
    if len(wanted) not in (1, spatial):
        raise ShapeError(f"expected output_size of {name} as one number or {spatial}; got {output_size}")
    wanted = wanted if len(wanted) == spatial else tuple(wanted) * spatial
    known = [n if want is None else want for n, want in zip(lengths, wanted, strict=True)]
    counts = as_sizes(known, spatial, f"output_size of {name}", least=0)
    return tuple(map(adaptive, lengths, counts))


@shaped
def adaptive_max_pool1d(
    x: Float[Tensor, "*batch channels length"], output_size: OutputSizes, return_indices: bool = False
) -> Float[Tensor, "*batch channels steps"] | tuple[Float[Tensor, "*batch channels steps"], Int[Tensor, " ..."]]:
    """Return the largest numbers of as many windows as are asked for; see `adaptive_max_pool2d`."""
    windows = _adaptive("adaptive_max_pool1d", need_floating(x, "adaptive_max_pool1d"), 1, output_size)
    return _max_pool(x, windows, with_indices=return_indices)


@shaped
def adaptive_max_pool2d(
    x: Float[Tensor, "*batch channels height width"], output_size: OutputSizes, return_indices: bool = False
) -> Float[Tensor, "*batch channels h w"] | tuple[Float[Tensor, "*batch channels h w"], Int[Tensor, " ..."]]:
    """Return the largest numbers of as many windows as are asked for; the windows are those of `adaptive_avg_pool2d`.

    Args:
        output_size: how many windows: one number, or two for height and width; None keeps a size as it is.
        return_indices: True also returns where each number was found, counted row by row in its plane.

    Raises:
        ShapeError: x is not (B, C, H, W) or (C, H, W).
        DTypeError: x holds integers.
    """
    windows = _adaptive("adaptive_max_pool2d", need_floating(x, "adaptive_max_pool2d"), 2, output_size)
    return _max_pool(x, windows, with_indices=return_indices)


@shaped
def max_unpool2d(
    x: Float[Tensor, "*batch channels h w"],
    indices: Int[Tensor, "*batch channels h w"],
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Float[Tensor, "*batch channels height width"]:
    """Return zeros with each number of x where `max_pool2d` found it: `indices` are those that it returned.

    Args:
        kernel_size: as `stride` and `padding`, what the pooling was done with.
        output_size: the size of its input, where several sizes give the same result; only the last two count.

    Raises:
        ShapeError: the shapes of x and `indices` differ, or an index lies outside.

    Source: Zeiler & Fergus 2014, https://arxiv.org/abs/1311.2901
    """
    kernels = as_sizes(kernel_size, 2, "kernel_size")
    strides = as_sizes(stride, 2, "stride") if stride else kernels
    paddings = as_sizes(padding, 2, "padding", least=0)
    lengths = _lengths("max_unpool2d", x, 2)
    each = zip(lengths, strides, paddings, kernels, strict=True)
    height, width = output_size[-2:] if output_size else [(n - 1) * s - 2 * p + k for n, s, p, k in each]
    if x.shape != indices.shape or (x.numel() and not 0 <= indices.data.min() <= indices.data.max() < height * width):
        message = (
            f"expected indices of max_unpool2d of shape {list(x.shape)} and below {height * width}, the size of the "
            f"result; got shape {list(indices.shape)}, up to {indices.data.max(initial=0)}"
        )
        raise ShapeError(message)
    flat = zeros(*x.shape[:-2], height * width, dtype=x.dtype)
    return flat.scatter(-1, indices.flatten(-2), x.flatten(-2)).reshape(*x.shape[:-2], height, width)
