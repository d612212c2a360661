"""Convolution and its two gradients. Each is linear in both of its arrays, so their gradients are one another.

    conv2d          y[n, o, i] = Σ x[n, c, stride · i - padding + dilation · a] w[o, c, a]
    conv2d_input    the same sum seen from x: what y and w give back to each x; a transposed convolution
    conv2d_weight   the same sum seen from w
    channel_sum     what a bias receives

Windows become rows of a matrix (`blocks`), and BLAS multiplies them with the weights. A result is (B, C, H, W) and lies
in memory as (B, H, W, C), so that the channels of a pixel, which are multiplied together, lie together.

Source: Chellapilla, Puri & Simard 2006, https://inria.hal.science/inria-00112631
"""

from __future__ import annotations

import math

import numpy as np

from tt_core.extend import Array, primitive, quiet
from tt_train.spatial.geometry import Pair
from tt_train.spatial.primitives import channelwise
from tt_train.spatial.primitives.blocks import Window, blocks, channel_memory, portions, sizes, wide, windows
from tt_train.threads import share


@primitive
@quiet
def conv2d(
    x: Array, weight: Array, bias: Array | None, *, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """Σ over channels c and taps a of x[n, c, stride · i - padding + dilation · a] · w[o, c, a], plus b[o]."""
    window = Window(sizes(weight), stride, padding, dilation)
    if weight.shape[1] == 1 < groups:
        out = channelwise.correlated(repeated(x, len(weight) // groups), weight, bias, window)
    else:
        out = correlated(x, matrices(weight, groups), bias, window)
    return out.astype(x.dtype, copy=False)


@primitive
@quiet
def conv2d_input(
    y: Array, weight: Array, *, size: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """Σ over outputs o and all i, a with stride · i - padding + dilation · a = j of y[n, o, i] · w[o, c, a]."""
    window, apart = Window(sizes(weight), stride, padding, dilation), weight.shape[1] == 1 < groups
    if stride == (1, 1):  # then it is a convolution too, with the kernel turned around
        up, left = (d * (k - 1) - p for k, _, p, d in zip(*window, strict=True))
        window, weight = window._replace(padding=(up, left)), weight[:, :, ::-1, ::-1]
        if apart:
            out = channelwise.correlated(y, weight, None, window)
        else:
            out = correlated(y, matrices(weight, groups, swapped=True), None, window)
    elif apart:
        out = channelwise.scattered(y, weight, window, size)
    else:
        out = scattered(y, matrices(weight, groups), window, size)
    return (gathered(out, groups) if apart else out).astype(y.dtype, copy=False)


@primitive
@quiet
def conv2d_weight(x: Array, y: Array, *, size: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int) -> Array:
    """Σ over images n and places i of x[n, c, stride · i - padding + dilation · a] · y[n, o, i]."""
    window, ys = Window(size, stride, padding, dilation), by_pixel(y, groups)
    channels, outputs = x.shape[1] // groups, y.shape[1] // groups
    if channels == 1 < groups:
        return channelwise.weights(repeated(x, outputs), y, window).astype(x.dtype, order="C")
    length = math.prod(size) * channels

    def part(images: range) -> Array:
        total = np.zeros((groups, length, outputs), wide(x))
        product = np.empty_like(total)
        for block in blocks(x, window, groups, images):
            rows = by_group(ys[block.images, block.lines].astype(total.dtype, copy=False))
            total += np.matmul(block.rows.swapaxes(1, 2), rows, out=product)
        return total

    first, *others = share(part, len(x), y.size * length, products=True)
    total = sum(others, start=first).reshape(groups, *size, channels, outputs)
    weight = total.transpose(0, 4, 3, 1, 2).reshape(groups * outputs, channels, *size)
    return weight.astype(x.dtype, order="C")


@primitive
@quiet
def channel_sum(x: Array) -> Array:
    """Σ over images and pixels of x[n, c, i]: what a bias receives."""
    last = x.transpose(0, 2, 3, 1)
    pixels, channels = math.prod(last.shape[:3]), x.shape[1]
    together = math.gcd(pixels, 64) or 1  # NumPy adds long rows fast, and few channels make short ones
    if last.flags.c_contiguous:
        some: Array = np.add.reduce(last.reshape(pixels // together, together, channels), 0, wide(x))
    else:
        some = np.add.reduce(x, (2, 3), wide(x))
    return np.add.reduce(some, 0).astype(x.dtype, copy=False)  # type: ignore[no-any-return]


def correlated(x: Array, matrix: Array, bias: Array | None, window: Window) -> Array:
    """Return the products of all windows of x with a matrix per group, plus the bias."""
    groups, length, outputs = matrix.shape
    out = np.empty((len(x), *window.steps(sizes(x)), groups, outputs), wide(x))
    offset = None if bias is None else bias.astype(out.dtype, copy=False).reshape(groups, outputs)

    def part(images: range) -> None:
        for block in blocks(x, window, groups, images):
            product = out[block.images, block.lines]
            np.matmul(block.rows, matrix, out=by_group(product))
            if offset is not None:
                product += offset

    share(part, len(x), out.size * length, products=True)
    return out.reshape(*out.shape[:3], groups * outputs).transpose(0, 3, 1, 2)


def scattered(y: Array, matrix: Array, window: Window, size: Pair) -> Array:
    """Return what each pixel of an image of this size receives from the windows that cover it."""
    groups, length, _ = matrix.shape
    taps = math.prod(window.kernel)
    out = channel_memory((len(y), groups * length // taps, *size), wide(y))
    ys, turned = by_pixel(y, groups), matrix.swapaxes(1, 2)
    (above, left), (height, width) = window.padding, size

    def part(images: range) -> None:
        for some, parts in portions(images, sizes(y), groups * length):
            framed = (some.stop - some.start, out.shape[1], height + 2 * above, width + 2 * left)
            frame = channel_memory(framed, out.dtype)
            places = windows(frame, window, sizes(y), groups)
            for lines in parts:
                rows = ys[some, lines].astype(out.dtype, copy=False)
                shape = (groups, *rows.shape[:3], *window.kernel, length // taps)
                given = np.matmul(by_group(rows), turned).reshape(shape).transpose(1, 2, 3, 4, 5, 0, 6)
                for a, b in np.ndindex(window.kernel):
                    places[:, lines, :, a, b] += given[:, :, :, a, b]
            out[some] = frame[:, :, above : above + height, left : left + width]

    share(part, len(y), y.size * length, products=True)
    return out


def by_pixel(y: Array, groups: int) -> Array:
    """Return (B, C, H, W) as (B, H, W, groups, C / groups)."""
    batch, channels, height, width = y.shape
    return y.transpose(0, 2, 3, 1).reshape(batch, height, width, groups, channels // groups)


def by_group(y: Array) -> Array:
    """Return (B, H, W, groups, C / groups) as a matrix per group, a view where the memory is in this order."""
    batch, height, width, groups, channels = y.shape
    return y.reshape(batch * height * width, groups, channels).transpose(1, 0, 2)


def repeated(x: Array, times: int) -> Array:
    """Return x with each channel so many times, one after the other."""
    return x if times == 1 else np.repeat(x, times, 1)


def gathered(x: Array, groups: int) -> Array:
    """Return the sums of the channels in each group: the reverse of `repeated`."""
    return x if x.shape[1] == groups else by_pixel(x, groups).sum(-1).transpose(0, 3, 1, 2)


def matrices(weight: Array, groups: int, *, swapped: bool = False) -> Array:
    """Return the weights as (groups, taps · inputs, outputs), or if `swapped` with inputs for outputs."""
    outputs, channels, height, width = weight.shape
    split = weight.reshape(groups, outputs // groups, channels, height, width)
    last = split.transpose((0, 3, 4, 1, 2) if swapped else (0, 3, 4, 2, 1))
    return last.astype(wide(weight), order="C").reshape(groups, height * width * last.shape[3], last.shape[4])
