"""All the calculus of spatial operations on one page, in the order of `primitives`.

How to read a line stands in `tt_core.rules`: a rule's parameters are what the operation saves.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from tt_core.extend import apply, derivative
from tt_train.spatial.geometry import Pair
from tt_train.spatial.primitives import convolution, folding, normalization, padding, pooling, resampling

if TYPE_CHECKING:
    from tt_core import Tensor

# convolution: y = x * w is linear in both, so that each of the three is the gradient of the other two


def conv2d_x(
    g: Tensor, weight: Tensor, shape: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    """What g and the weights give back to x."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return apply(convolution.conv2d_input, g, weight, size=shape[2:], **settings)


def conv2d_w(
    g: Tensor, x: Tensor, shape: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    """What g and x give back to the weights."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return apply(convolution.conv2d_weight, x, g, size=shape[2:], **settings)


def conv2d_input_y(g: Tensor, weight: Tensor, stride: Pair, padding: Pair, dilation: Pair, groups: int) -> Tensor:
    """The convolution of g: the way back of the way back."""
    return apply(convolution.conv2d, g, weight, None, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv2d_input_w(
    g: Tensor, y: Tensor, shape: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    """What y and g, in the place of x, give back to the weights."""
    return conv2d_w(y, g, shape, stride, padding, dilation, groups)


def conv2d_weight_x(
    g: Tensor, y: Tensor, shape: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    """What y and g, in the place of the weights, give back to x."""
    return conv2d_x(y, g, shape, stride, padding, dilation, groups)


def conv2d_weight_y(g: Tensor, x: Tensor, stride: Pair, padding: Pair, dilation: Pair, groups: int) -> Tensor:
    """The convolution of x with g in the place of the weights."""
    return conv2d_input_y(x, g, stride, padding, dilation, groups)


derivative(convolution.conv2d, x=conv2d_x, weight=conv2d_w, bias=lambda g: apply(convolution.channel_sum, g))
derivative(convolution.conv2d_input, y=conv2d_input_y, weight=conv2d_input_w)
derivative(convolution.conv2d_weight, x=conv2d_weight_x, y=conv2d_weight_y)
derivative(convolution.channel_sum, x=lambda g, shape: g.reshape(1, -1, 1, 1).expand(shape))

# pooling

derivative(pooling.max_pool, x=lambda g, x, out, windows: apply(pooling.max_pool_input, g, x, out, windows=windows))
derivative(
    pooling.max_pool_input,
    y=lambda g, x, top, windows: apply(pooling.max_pool_picked, g, x, top, windows=windows),
    x=lambda: None,
    top=lambda: None,
)
derivative(
    pooling.max_pool_picked,
    y=lambda g, x, top, windows: apply(pooling.max_pool_input, g, x, top, windows=windows),
    x=lambda: None,
    top=lambda: None,
)
derivative(
    pooling.avg_pool,
    x=lambda g, windows, include_pad, divisor: apply(
        pooling.avg_pool_input, g, windows=windows, include_pad=include_pad, divisor=divisor
    ),
)
derivative(
    pooling.avg_pool_input,
    y=lambda g, windows, include_pad, divisor: apply(
        pooling.avg_pool, g, windows=windows, include_pad=include_pad, divisor=divisor
    ),
)

# windows as columns

derivative(
    folding.unfold,
    x=lambda g, shape, kernel, stride, padding, dilation: apply(
        folding.fold, g, size=shape[2:], kernel=kernel, stride=stride, padding=padding, dilation=dilation
    ),
)
derivative(
    folding.fold,
    x=lambda g, kernel, stride, padding, dilation: apply(
        folding.unfold, g, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    ),
)

# borders

derivative(
    padding.border,
    x=lambda g, shape, widths, mode: apply(padding.unborder, g, shape=shape, widths=widths, mode=mode),
)
derivative(padding.unborder, x=lambda g, widths, mode: apply(padding.border, g, widths=widths, mode=mode))

# normalisation: what is known of x and y already, their moments and sums, changes with them, in the rules of x and y


_SUMS: ContextVar[tuple[Tensor, Tensor] | None] = ContextVar("tt_batch_norm_sums", default=None)


def projected(g: Tensor, x: Tensor, moments: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    """Weight / √(variance + ε) · (g - mean(g) - x̂ mean(g x̂)): linear in g, and its own transpose."""
    sums = apply(normalization.batch_norm_sums, g, x, moments, eps=eps)
    return apply(normalization.batch_norm_input, g, x, moments, weight, sums, eps=eps)


def batch_norm_x(g: Tensor, x: Tensor, moments: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    """The projection of g. Its sums are left for the rules of weight and bias, which are asked next."""
    sums = apply(normalization.batch_norm_sums, g, x, moments, eps=eps)
    _SUMS.set(None if sums.requires_grad else (moments, sums))  # what is recorded would keep its graph alive
    return apply(normalization.batch_norm_input, g, x, moments, weight, sums, eps=eps)


def batch_norm_sums(g: Tensor, x: Tensor, moments: Tensor, eps: float) -> Tensor:
    """The sums that the rule of x has just made, if it was asked; every call of `batch_norm` has moments of its own."""
    known = _SUMS.get()
    if known is not None and known[0] is moments:
        return known[1]
    return apply(normalization.batch_norm_sums, g, x, moments, eps=eps)


def batch_norm_input_x(g: Tensor, y: Tensor, x: Tensor, moments: Tensor, weight: Tensor | None, eps: float) -> Tensor:
    """-(x̂ mean(g y') + g' mean(y x̂) + y' mean(g x̂)) / √(variance + ε), with g' and y' the projections of g and y."""
    others = (0, *range(2, x.ndim))
    deviation = (x.var(others, correction=0) + eps).sqrt()
    pixels = x.numel() // max(x.shape[1], 1)
    sides = [projected(side, x, moments, weight, eps) for side in (g, y)]
    along = [apply(normalization.batch_norm_sums, side, x, moments, eps=eps)[0] for side in (g, y)]
    both = (g * sides[1]).sum(others)
    total = apply(normalization.batch_norm, x, moments, both / deviation, None, eps=eps)
    for side, other in zip(sides, reversed(along), strict=True):
        total = total + apply(normalization.scale_shift, side, other / deviation, None)
    return total / -pixels


derivative(
    normalization.batch_norm,
    x=batch_norm_x,
    weight=lambda g, x, moments, eps: batch_norm_sums(g, x, moments, eps)[0],
    bias=lambda g, x, moments, eps: batch_norm_sums(g, x, moments, eps)[1],
    moments=lambda: None,
)
derivative(
    normalization.batch_norm_sums,
    y=lambda g, x, moments, eps: apply(normalization.batch_norm, x, moments, g[0], g[1], eps=eps),
    x=lambda g, y, x, moments, eps: projected(y, x, moments, g[0], eps),
    moments=lambda: None,
)
derivative(
    normalization.batch_norm_input,
    y=projected,
    x=batch_norm_input_x,
    weight=lambda g, y, x, moments, eps: (g * projected(y, x, moments, None, eps)).sum((0, *range(2, g.ndim))),
    moments=lambda: None,
    sums=lambda: None,
)
derivative(
    normalization.scale_shift,
    x=lambda g, scale: apply(normalization.scale_shift, g, scale, None),
    scale=lambda g, x: apply(normalization.channel_dots, g, x)[0],
    shift=lambda g: g.sum((0, *range(2, g.ndim))),
)
derivative(
    normalization.channel_dots,
    x=lambda g, y: apply(normalization.scale_shift, y, g[0], g[1]),
    y=lambda g, x: apply(normalization.scale_shift, x, g[0], None),
)

# resizing

derivative(resampling.resize, x=lambda g, grids: apply(resampling.resize_input, g, grids=grids))
derivative(resampling.resize_input, y=lambda g, grids: apply(resampling.resize, g, grids=grids))
