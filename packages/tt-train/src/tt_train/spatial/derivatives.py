"""All the calculus of spatial operations on one page, in the order of `primitives`.

How to read a line stands in `tt_core.rules`: a rule's parameters are what the operation saves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tt_core.extend import apply, derivative
from tt_train.spatial.geometry import Pair
from tt_train.spatial.primitives import convolution, folding, padding, pooling

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


derivative(convolution.conv2d, x=conv2d_x, weight=conv2d_w, bias=lambda g: g.sum((0, 2, 3)))
derivative(convolution.conv2d_input, y=conv2d_input_y, weight=conv2d_input_w)
derivative(convolution.conv2d_weight, x=conv2d_weight_x, y=conv2d_weight_y)

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
