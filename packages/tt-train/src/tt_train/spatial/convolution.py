"""Convolutions and transposed convolutions of sequences and images, with PyTorch's options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from tt_core import Tensor, pad
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.extend import Primitive, apply
from tt_core.typing import Num, shaped
from tt_train.spatial.geometry import Sizes, as_sizes, batched, span, steps
from tt_train.spatial.primitives import convolution as P

Padding: TypeAlias = Sizes | Literal["valid", "same"]


@shaped
def conv1d(
    x: Num[Tensor, "*batch channels length"],
    weight: Num[Tensor, "outputs inputs kernel"],
    bias: Num[Tensor, " outputs"] | None = None,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Num[Tensor, "*batch outputs steps"]:
    """`conv2d` of sequences: an image of height 1.

    >>> from tt_core import tensor
    >>> conv1d(tensor([[1.0, 2.0, 4.0, 8.0]]), tensor([[[-1.0, 1.0]]])).tolist()
    [[1.0, 2.0, 4.0]]
    """
    return _convolved("conv1d", x, weight, bias, padding, (stride, dilation, groups))


@shaped
def conv2d(
    x: Num[Tensor, "*batch channels height width"],
    weight: Num[Tensor, "outputs inputs kernel_height kernel_width"],
    bias: Num[Tensor, " outputs"] | None = None,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Num[Tensor, "*batch outputs rows columns"]:
    """Each output o at each place is a weighted sum of a window of x, with the same weights everywhere.

    y[o, i, j] = b[o] + Σ x[c, stride · i - padding + dilation · a, …] · w[o, c, a, …] over channels c and taps a.

    Args:
        x: (B, C, H, W), or (C, H, W) for one image.
        weight: (O, C / groups, kernel height, kernel width).
        bias: (O).
        stride: how far the window moves; one number, or one for height and one for width, as all that follow.
        padding: how many zeros are put around x; "same" as many as keep its size, "valid" none.
        dilation: how far the taps are apart.
        groups: in how many parts channels and outputs are divided; each output sees one part of the channels.

    Raises:
        ShapeError: channels, groups or sizes do not fit, or the window is larger than the padded image.
        DTypeError: x and weight are of different types.

    >>> from tt_core import ones
    >>> conv2d(ones(1, 3, 8, 8), ones(4, 3, 3, 3), padding=1).shape
    (1, 4, 8, 8)
    """
    return _convolved("conv2d", x, weight, bias, padding, (stride, dilation, groups))


@shaped
def conv_transpose1d(
    x: Num[Tensor, "*batch channels length"],
    weight: Num[Tensor, "channels outputs kernel"],
    bias: Num[Tensor, " _"] | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Num[Tensor, "*batch _ steps"]:
    """`conv_transpose2d` of sequences: an image of height 1."""
    return _transposed("conv_transpose1d", x, weight, bias, padding, output_padding, (stride, dilation, groups))


@shaped
def conv_transpose2d(
    x: Num[Tensor, "*batch channels height width"],
    weight: Num[Tensor, "channels outputs kernel_height kernel_width"],
    bias: Num[Tensor, " _"] | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Num[Tensor, "*batch _ rows columns"]:
    """Each pixel of x puts the weights, times itself, into a window of the result: `conv2d` seen from its input.

    The result has the size stride · (size - 1) + dilation · (kernel - 1) + 1 - 2 padding + output_padding.

    Args:
        x: (B, C, H, W), or (C, H, W) for one image.
        weight: (C, O / groups, kernel height, kernel width).
        bias: (O).
        stride, padding, dilation, groups: those of the convolution that leads from the result to x.
        output_padding: which of the sizes that `stride` makes alike is meant; less than stride or dilation.

    Raises:
        ShapeError: channels, groups or sizes do not fit.
        DTypeError: x and weight are of different types.

    >>> from tt_core import ones
    >>> conv_transpose2d(ones(1, 4, 8, 8), ones(4, 3, 2, 2), stride=2).shape
    (1, 3, 16, 16)
    """
    return _transposed("conv_transpose2d", x, weight, bias, padding, output_padding, (stride, dilation, groups))


class _Call(NamedTuple):
    """One call of a convolution: what it was called, over how many dimensions it slides, and its settings there."""

    name: str
    kernel: Sequence[int]
    stride: Sequence[int]
    dilation: Sequence[int]
    groups: int

    @property
    def spans(self) -> list[int]:
        """How many positions the window covers in each dimension."""
        return list(map(span, self.kernel, self.dilation))

    def __str__(self) -> str:
        return f"a kernel {list(self.kernel)}, stride {list(self.stride)} and dilation {list(self.dilation)}"

    def apply(self, primitive: Primitive[...], padding: Sequence[int], *tensors: Tensor | None, **more: Any) -> Tensor:
        """Apply the primitive to images; a sequence is an image of height 1."""
        flat = len(self.kernel) == 1
        images = [x.unsqueeze(2) if flat and x is not None and x.ndim > 1 else x for x in tensors]
        sides = {"stride": self.stride, "padding": padding, "dilation": self.dilation, **more}
        pairs = {key: (int(key != "padding"), *sizes) if flat else tuple(sizes) for key, sizes in sides.items()}
        out = apply(primitive, *images, groups=self.groups, **pairs)
        return out.squeeze(2) if flat else out


def _convolved(
    name: str, x: Tensor, weight: Tensor, bias: Tensor | None, padding: Padding, settings: tuple[Sizes, Sizes, int]
) -> Tensor:
    """Check and convolve x; what comes without a batch leaves without one."""
    call, x, single = _called(name, x, weight, settings)
    outputs, inputs = weight.shape[:2]
    if outputs % call.groups:
        raise ShapeError(f"expected outputs of {name} that {call.groups} groups can share; got {outputs}")
    if x.shape[1] != inputs * call.groups:
        wanted = f"{inputs * call.groups} channels, {inputs} for each of {call.groups} groups"
        raise ShapeError(
            f"expected x of {name} with {wanted}, since its weight is {list(weight.shape)}; got x {list(x.shape)}"
        )
    _need_bias(name, bias, outputs)
    x, sides = _padded(x, call, padding)
    if any(n + 2 * p < reach for n, p, reach in zip(x.shape[2:], sides, call.spans, strict=True)):
        found = f"x {list(x.shape)} with padding {list(sides)} for {call}"
        raise ShapeError(f"expected an image in {name} at least as large as a window, {call.spans}; got {found}")
    out = call.apply(P.conv2d, sides, x, weight, bias)
    return out.squeeze(0) if single else out


def _transposed(
    name: str,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    padding: Sizes,
    output_padding: Sizes,
    settings: tuple[Sizes, Sizes, int],
) -> Tensor:
    """Check and convolve x backwards; what comes without a batch leaves without one."""
    call, x, single = _called(name, x, weight, settings)
    channels, outputs = weight.shape[:2]
    if channels % call.groups:
        raise ShapeError(f"expected channels of {name} that {call.groups} groups can share; got {channels}")
    if x.shape[1] != channels:
        raise ShapeError(
            f"expected x of {name} with {channels} channels, since its weight is {list(weight.shape)}; "
            f"got x {list(x.shape)}"
        )
    _need_bias(name, bias, outputs * call.groups)
    sides = as_sizes(padding, len(call.kernel), "padding", least=0)
    size = _enlarged(x, call, sides, as_sizes(output_padding, len(call.kernel), "output_padding", least=0))
    x = _completed(x, call, sides, size)
    out = call.apply(P.conv2d_input, sides, x, weight, size=size)
    out = out if bias is None else out + bias.reshape(-1, *[1] * len(size))
    return out.squeeze(0) if single else out


def _called(name: str, x: Tensor, weight: Tensor, settings: tuple[Sizes, Sizes, int]) -> tuple[_Call, Tensor, bool]:
    """Return the settings in full, and x with a batch dimension, and whether it had none.

    Raises:
        ShapeError: weight or x has too many or too few dimensions, or there are no groups.
        DTypeError: they are not tensors of one type.
    """
    spatial = 1 if name.endswith("1d") else 2
    operands: tuple[Any, ...] = (x, weight)
    if wrong := [type(a).__name__ for a in operands if not isinstance(a, Tensor)]:
        raise DTypeError(f"expected tensors for {name}; got {wrong[0]}: make it one with tt_core.tensor()")
    if weight.ndim != spatial + 2:
        raise ShapeError(f"expected a weight of {name} with {spatial + 2} dimensions; got {list(weight.shape)}")
    if x.dtype != weight.dtype:
        raise DTypeError(f"expected x and weight of one type in {name}; got {x.dtype.name} and {weight.dtype.name}")
    stride, dilation, groups = settings
    strides, taps = as_sizes(stride, spatial, "stride"), as_sizes(dilation, spatial, "dilation")
    (whole,) = as_sizes(groups, 1, "groups")
    image, single = batched(x, spatial, name)
    return _Call(name, weight.shape[2:], strides, taps, whole), image, single


def _need_bias(name: str, bias: Tensor | None, outputs: int) -> None:
    """Refuse a bias that is not one number per output."""
    if bias is not None and bias.shape != (outputs,):
        raise ShapeError(f"expected a bias of {name} of shape [{outputs}]; got {list(bias.shape)}")


def _padded(x: Tensor, call: _Call, padding: Padding) -> tuple[Tensor, Sequence[int]]:
    """Return how many zeros belong on both sides of x, and x with a last one where "same" asks for an odd number."""
    if not isinstance(padding, str):
        return x, as_sizes(padding, len(call.kernel), "padding", least=0)
    if padding == "valid":
        return x, [0] * len(call.kernel)
    if padding != "same":
        raise NotSupportedError(f"expected padding as numbers, 'same' or 'valid' in {call.name}; got {padding!r}")
    if set(call.stride) != {1}:
        raise ShapeError(f"expected stride 1 for padding 'same' in {call.name}; got {list(call.stride)}")
    missing = [reach - 1 for reach in call.spans]
    last = [width for total in reversed(missing) for width in (0, total % 2)]
    return (pad(x, last) if any(last) else x), [total // 2 for total in missing]


def _enlarged(x: Tensor, call: _Call, padding: Sequence[int], more: Sequence[int]) -> tuple[int, ...]:
    """Return the size of the transposed convolution of x.

    Raises:
        ShapeError: `more` is not less than stride or dilation, or nothing is left of the result.
    """
    if any(extra >= max(s, d) for extra, s, d in zip(more, call.stride, call.dilation, strict=True)):
        raise ShapeError(
            f"expected output_padding of {call.name} below stride or dilation; got {list(more)} for {call}"
        )
    parts = zip(x.shape[2:], call.stride, call.spans, padding, more, strict=True)
    size = tuple(s * (n - 1) + reach - 2 * p + extra for n, s, reach, p, extra in parts)
    if min(size) < 1:
        found = f"{list(size)} from x {list(x.shape)} with padding {list(padding)} for {call}"
        raise ShapeError(f"expected a result of {call.name} with sizes of at least 1; got {found}")
    return size


def _completed(x: Tensor, call: _Call, padding: Sequence[int], size: Sequence[int]) -> Tensor:
    """Return x with zeros behind it where `output_padding` made room for more windows than it has."""
    fits = map(steps, size, call.kernel, call.stride, padding, call.dilation)
    last = [width for n, most in reversed(list(zip(x.shape[2:], fits, strict=True))) for width in (0, most - n)]
    return pad(x, last) if any(last) else x
