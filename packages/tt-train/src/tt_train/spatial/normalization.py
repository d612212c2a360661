"""Normalisation of images: over the batch, over groups of channels, over each image, over neighbouring channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tt_core import no_grad, rsqrt
from tt_core.errors import ShapeError
from tt_core.extend import apply, need_floating, wrap
from tt_core.functional import layer_norm
from tt_core.typing import Float, Num, shaped
from tt_train.spatial.primitives import normalization as P
from tt_train.spatial.primitives import pooling
from tt_train.spatial.windows import Strided

if TYPE_CHECKING:
    from tt_core import Tensor


@shaped
def batch_norm(
    x: Float[Tensor, " batch *rest"],
    running_mean: Float[Tensor, " channels"] | None,
    running_var: Float[Tensor, " channels"] | None,
    weight: Float[Tensor, " channels"] | None = None,
    bias: Float[Tensor, " channels"] | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Float[Tensor, " batch *rest"]:
    """(x - mean) / √(variance + ε) · weight + bias, with mean and variance of each channel over the batch.

    Args:
        running_mean: in training, moved towards the mean of this batch, in place; otherwise, the mean to use.
        running_var: the same for the variance; it is the unbiased one that it moves towards.
        weight: 1 unless given.
        bias: 0 unless given.
        training: whether to take mean and variance from x.
        momentum: how far the running ones move, from 0 to 1.
        eps: ε.

    Raises:
        ShapeError: x is not (B, C, …), another argument is not (C), or training with one number per channel.
        DTypeError: x holds integers.

    Source: Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167
    """
    _check("batch_norm", x, 2, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if x.ndim < 2:
        return x.clone()
    if not training:
        return _with_running("batch_norm", x, running_mean, running_var, weight, bias, eps)
    pixels = x.numel() // max(x.shape[1], 1)
    if pixels == 1:
        raise ShapeError(f"expected more than one number per channel to train batch_norm with; got {list(x.shape)}")
    moments = apply(P.moments, x.detach())
    if pixels:
        mean, variance = moments.data[0], moments.data[2] * (pixels / (pixels - 1))
        _move(running_mean, mean, momentum)
        _move(running_var, variance, momentum)
    return apply(P.batch_norm, x, moments, weight, bias, eps=eps)


def _check(name: str, x: Tensor, least: int, **vectors: Tensor | None) -> None:
    """Hold the shapes against (B, C, …) and (C).

    Raises:
        ShapeError: they differ.
        DTypeError: x holds integers.
    """
    need_floating(x, name)
    if x.ndim < least and x.numel():
        wanted = "(B, C)" if least == 2 else "(B, C, L)"
        raise ShapeError(f"expected x of {name} as {wanted} or with more dimensions; got shape {list(x.shape)}")
    for argument, vector in vectors.items():
        if vector is not None and x.ndim > 1 and vector.shape != (x.shape[1],):
            message = f"expected {argument} of {name} with a number for each of {x.shape[1]} channels"
            raise ShapeError(f"{message}; got shape {list(vector.shape)}")


def _with_running(
    name: str,
    x: Tensor,
    mean: Tensor | None,
    variance: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> Tensor:
    """Normalise with a known mean and variance: one number per channel to multiply by, and one to add.

    (x - mean) / √(variance + ε) · weight + bias = x · scale + shift, which is one `scale_shift` of x.

    Raises:
        ShapeError: there is no mean or no variance.
    """
    if mean is None or variance is None:
        raise ShapeError(f"expected running_mean and running_var for {name} outside training; got None")
    scale = rsqrt(variance + eps) if weight is None else rsqrt(variance + eps) * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return apply(P.scale_shift, x, scale, shift)


def _move(running: Tensor | None, value: np.ndarray, momentum: float) -> None:
    """Move a running average towards a new value, in place: running · (1 - momentum) + value · momentum, unrecorded.

    In place are, say, `mul_` and `add_`, for which `wrap` makes a tensor of an array of the average's type. Without
    an average nothing happens.
    """
    if running is not None:
        with no_grad():
            running.mul_(1 - momentum).add_(wrap((value * momentum).astype(running.dtype)))


@shaped
def instance_norm(
    x: Float[Tensor, "batch channels *size"],
    running_mean: Float[Tensor, " channels"] | None = None,
    running_var: Float[Tensor, " channels"] | None = None,
    weight: Float[Tensor, " channels"] | None = None,
    bias: Float[Tensor, " channels"] | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Float[Tensor, "batch channels *size"]:
    """(x - mean) / √(variance + ε) · weight + bias, with mean and variance of each channel of each image by itself.

    Args:
        running_mean: moved, in place, towards the mean over the batch; what is used, unless `use_input_stats`.
        running_var: the same for the unbiased variance.
        weight: 1 unless given.
        bias: 0 unless given.
        use_input_stats: whether to take mean and variance from x.
        momentum: how far the running ones move, from 0 to 1.
        eps: ε.

    Raises:
        ShapeError: x is not (B, C, L) or (B, C, H, W), another argument is not (C), or images of a single pixel.
        DTypeError: x holds integers.

    Source: Ulyanov, Vedaldi & Lempitsky 2016, https://arxiv.org/abs/1607.08022
    """
    _check("instance_norm", x, 3, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        return _with_running("instance_norm", x, running_mean, running_var, weight, bias, eps)
    if not x.numel():
        return _per_channel(x, weight, bias)
    if x[0, 0].numel() == 1:
        raise ShapeError(f"expected images of more than one pixel to train instance_norm with; got {list(x.shape)}")
    dims = tuple(range(2, x.ndim))
    _move(running_mean, x.data.mean((0, *dims)), momentum)
    _move(running_var, x.data.var(dims, ddof=1).mean(0), momentum)
    return _per_channel(layer_norm(x, x.shape[2:], eps=eps), weight, bias)


def _per_channel(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """Return x · weight + bias."""
    if weight is None and bias is None:
        return x
    scale = wrap(np.ones(x.shape[1], x.dtype)) if weight is None else weight
    return apply(P.scale_shift, x, scale, bias)


@shaped
def group_norm(
    x: Float[Tensor, "batch channels *size"],
    num_groups: int,
    weight: Float[Tensor, " channels"] | None = None,
    bias: Float[Tensor, " channels"] | None = None,
    eps: float = 1e-5,
) -> Float[Tensor, "batch channels *size"]:
    """(x - mean) / √(variance + ε) · weight + bias, with mean and variance of each group of channels of each image.

    Args:
        num_groups: into how many groups to divide the channels.
        weight: 1 unless given.
        bias: 0 unless given.
        eps: ε.

    Raises:
        ShapeError: the groups do not divide the channels, x is not (B, C, …), or another argument is not (C).
        DTypeError: x holds integers.

    Source: Wu & He 2018, https://arxiv.org/abs/1803.08494
    """
    _check("group_norm", x, 2, weight=weight, bias=bias)
    if num_groups < 1 or x.shape[1] % num_groups:
        raise ShapeError(f"expected num_groups of group_norm that divides {x.shape[1]} channels; got {num_groups}")
    if not x.numel():
        return _per_channel(x, weight, bias)
    groups = x.reshape(x.shape[0], num_groups, -1)
    return _per_channel(layer_norm(groups, groups.shape[2:], eps=eps).reshape(x.shape), weight, bias)


@shaped
def local_response_norm(
    x: Num[Tensor, "batch channels *size"], size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Num[Tensor, "batch channels *size"]:
    """`x / (k + α · mean(x²))^β`, the mean over `size` neighbouring channels, with zeros beyond the first and the last.

    Raises:
        ShapeError: x is not (B, C, L) or with more dimensions, or `size` is less than 1.

    Source: Krizhevsky, Sutskever & Hinton 2012, https://doi.org/10.1145/3065386, without the division by `size`
    """
    if x.ndim < 3 or size < 1:
        message = f"expected a size from 1 on and x of local_response_norm as (B, C, L); got {size} and {list(x.shape)}"
        raise ShapeError(message)
    if not x.numel():
        return x
    channels = Strided(x.shape[1], x.shape[1], kernel=size, stride=1, padding=size // 2)
    squares = (x * x).flatten(2).transpose(1, 2)
    mean = apply(pooling.avg_pool, squares, windows=(channels,), include_pad=True, divisor=size)
    return x / (mean.transpose(1, 2).reshape(x.shape) * alpha + k) ** beta
