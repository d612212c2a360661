"""Layers that slide windows with learned weights over sequences and images."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias

from numpy.typing import DTypeLike

from tt_core import Generator, Tensor, empty
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.extend import located
from tt_core.nn import Module, Parameter, init
from tt_train.spatial.convolution import Padding, conv1d, conv2d, conv_transpose1d, conv_transpose2d
from tt_train.spatial.geometry import Sizes, as_sizes, span
from tt_train.spatial.padding import pad

Mode: TypeAlias = Literal["zeros", "reflect", "replicate", "circular"]
MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(Module):
    """What convolutions share: settings, and parameters that start uniform between ±1 / √(inputs · taps)."""

    spatial: int
    transposed = False
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Padding = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: Mode = "zeros",
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        output_padding: Sizes = 0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        n = self.spatial
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = as_sizes(kernel_size, n, "kernel_size")
        self.stride, self.dilation = as_sizes(stride, n, "stride"), as_sizes(dilation, n, "dilation")
        self.padding = padding if isinstance(padding, str) else as_sizes(padding, n, "padding", least=0)
        self.output_padding = as_sizes(output_padding, n, "output_padding", least=0)
        self.padding_mode = padding_mode
        self._check()
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(empty(first, second // groups, *self.kernel_size, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, dtype=dtype)) if bias else None)
        self.reset_parameters(generator)

    def _check(self) -> None:
        """Refuse settings of which no convolution can be made.

        Raises:
            ShapeError: groups do not divide the channels, or padding "same" meets a stride.
            NotSupportedError: padding is an unknown word, or padding_mode is not one of PyTorch's.
        """
        name, groups = type(self).__name__, self.groups
        if groups < 1 or self.in_channels % groups or self.out_channels % groups:
            found = f"{self.in_channels}, {self.out_channels} and {groups}"
            raise ShapeError(f"expected in_channels and out_channels of {name} that groups divide; got {found}")
        known = MODES[:1] if self.transposed else MODES
        if self.padding_mode not in known:
            raise NotSupportedError(f"expected padding_mode of {name} out of {known}; got {self.padding_mode!r}")
        if isinstance(self.padding, str) and self.padding not in ("same", "valid"):
            raise NotSupportedError(f"expected padding of {name} as numbers, 'same' or 'valid'; got {self.padding!r}")
        if self.padding == "same" and set(self.stride) != {1}:
            raise ShapeError(f"expected stride 1 beside padding 'same' of {name}; got {self.stride}")

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the parameters anew."""
        if self.weight.numel():
            init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)
        if self.bias is not None:
            bound = 1 / math.sqrt(max(math.prod(self.weight.shape[1:]), 1))
            init.uniform_(self.bias, -bound, bound, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of x.

        Raises:
            ShapeError: channels or sizes do not fit.
            DTypeError: x is of another type than the weight.
        """
        try:
            return self._convolved(x)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None

    def _convolved(self, x: Tensor) -> Tensor:
        """Put the border around x that the mode asks for, and convolve."""
        convolve = conv1d if self.spatial == 1 else conv2d
        padding: Padding = self.padding
        if self.padding_mode != "zeros":
            x, padding = pad(x, self._border(), self.padding_mode), 0
        return convolve(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _border(self) -> list[int]:
        """Return how much goes before and behind, the last dimension first."""
        if self.padding == "valid":
            return [0, 0] * self.spatial
        if isinstance(self.padding, str):
            totals = [span(k, d) - 1 for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            return [width for total in reversed(totals) for width in (total // 2, total - total // 2)]
        return [width for width in reversed(self.padding) for _ in range(2)]

    def extra_repr(self) -> str:
        """Return the settings that are not the usual ones."""
        words = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        usual = {"padding": 0, "dilation": 1, "output_padding": 0}
        words += [f"{k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != (v,) * self.spatial]
        words += [f"groups={self.groups}"] if self.groups != 1 else []
        words += ["bias=False"] if self.bias is None else []
        words += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join(words)


class Conv1d(_Convolution):
    """`conv1d` with a learned `weight` (out_channels, in_channels / groups, kernel) and `bias` (out_channels).

    Args: those of `Conv2d`.

    >>> from tt_core import ones
    >>> from tt_train import nn
    >>> nn.Conv1d(2, 3, 5, padding=2)(ones(4, 2, 10)).shape
    (4, 3, 10)
    """

    spatial = 1


class Conv2d(_Convolution):
    """`conv2d` with a learned `weight` (out_channels, in_channels / groups, height, width) and `bias` (out_channels).

    Args:
        in_channels: of the images that come in.
        out_channels: of those that go out.
        kernel_size: of the window; one number, or one for height and one for width, as stride, padding and dilation.
        stride: how far the window moves.
        padding: how wide the border around the images is, or "same" or "valid".
        dilation: how far the taps are apart.
        groups: in how many parts the channels are divided.
        bias: whether there is one.
        padding_mode: what the border is made of: "zeros", "reflect", "replicate" or "circular".
        device: "cpu" or None.
        dtype: of the parameters; float32 unless given.
        generator: where their first values come from; the default one unless given.

    Source: LeCun et al. 1998, https://doi.org/10.1109/5.726791

    >>> from tt_core import ones
    >>> from tt_train import nn
    >>> nn.Conv2d(1, 6, 5, padding=2)(ones(2, 1, 28, 28)).shape
    (2, 6, 28, 28)
    """

    spatial = 2


class _Transposed(_Convolution):
    """What transposed convolutions share: PyTorch's order of arguments, and how to find the size of a result."""

    transposed = True
    padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: Mode = "zeros",
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
            output_padding=output_padding,
            generator=generator,
        )

    def forward(self, x: Tensor, output_size: Sizes | None = None) -> Tensor:
        """Return the transposed convolution of x.

        Args:
            output_size: its height and width, of those that the stride makes alike.

        Raises:
            ShapeError: channels or sizes do not fit.
            DTypeError: x is of another type than the weight.
        """
        convolve = conv_transpose1d if self.spatial == 1 else conv_transpose2d
        try:
            more = self.output_padding if output_size is None else self._missing(x, output_size)
            settings = (self.stride, self.padding, more, self.groups, self.dilation)
            return convolve(x, self.weight, self.bias, *settings)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None

    def _missing(self, x: Tensor, output_size: Sizes) -> tuple[int, ...]:
        """Return the output_padding that leads to this size."""
        n = self.spatial
        wanted = output_size[-n:] if isinstance(output_size, (tuple, list)) else output_size
        sizes = as_sizes(wanted, n, "output_size")
        parts = zip(x.shape[-n:], self.stride, self.kernel_size, self.padding, self.dilation, strict=True)
        least = [(size - 1) * s - 2 * p + span(k, d) for size, s, k, p, d in parts]
        if any(not low <= size < low + s for low, size, s in zip(least, sizes, self.stride, strict=True)):
            most = [low + s - 1 for low, s in zip(least, self.stride, strict=True)]
            raise ShapeError(f"expected output_size from {least} to {most}; got {list(sizes)}")
        return tuple(size - low for size, low in zip(sizes, least, strict=True))


class ConvTranspose1d(_Transposed):
    """`conv_transpose1d` with a learned `weight` (in_channels, out_channels / groups, kernel) and `bias`.

    Args: those of `ConvTranspose2d`.
    """

    spatial = 1


class ConvTranspose2d(_Transposed):
    """`conv_transpose2d` with a learned `weight` (in_channels, out_channels / groups, height, width) and `bias`.

    Args:
        output_padding: which of the sizes that the stride makes alike is meant.
        padding_mode: only "zeros".

    All others are those of `Conv2d`, in another order, which is PyTorch's.

    >>> from tt_core import ones
    >>> from tt_train import nn
    >>> nn.ConvTranspose2d(6, 1, 2, stride=2)(ones(2, 6, 14, 14)).shape
    (2, 1, 28, 28)
    """

    spatial = 2
