"""Modules of pooling. They own nothing but their settings, under the names of the functions' arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tt_core import DTypeError, ShapeError, Tensor, nn
from tt_core.extend import located
from tt_train.spatial import pooling as F
from tt_train.spatial.geometry import Sizes, as_sizes
from tt_train.spatial.pooling import OutputSizes


class _Pool(nn.Module):
    """What they share.

    Attributes:
        shown: the settings that `repr` tells.
    """

    shown: tuple[str, ...]

    def _call(self, function: Callable[..., Any], x: Tensor, *settings: Any) -> Any:
        try:
            return function(x, *settings)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None

    def extra_repr(self) -> str:
        """Return the settings."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class _MaxPool(_Pool):
    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def _pooled(self, function: Callable[..., Any], x: Tensor) -> Any:
        windows = self.kernel_size, self.stride, self.padding, self.dilation
        return self._call(function, x, *windows, self.ceil_mode, self.return_indices)


class MaxPool1d(_MaxPool):
    """The largest number of each window of a signal. The settings are those of `max_pool1d`."""

    def forward(self, x: Tensor) -> Any:
        """Return (B, C, L) or (C, L) with another L; and where each number was found, if `return_indices`."""
        return self._pooled(F.max_pool1d, x)


class MaxPool2d(_MaxPool):
    """The largest number of each window of an image. The settings are those of `max_pool2d`.

    >>> import tt_core as tt
    >>> MaxPool2d(2)(tt.ones(8, 3, 32, 32)).shape
    (8, 3, 16, 16)
    """

    def forward(self, x: Tensor) -> Any:
        """Return (B, C, H, W) or (C, H, W) with other H and W; and where each number was found, if `return_indices`."""
        return self._pooled(F.max_pool2d, x)


class MaxUnpool2d(_Pool):
    """The way back from a `MaxPool2d` with `return_indices`: zeros where nothing was taken."""

    shown = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0) -> None:
        super().__init__()
        self.kernel_size = as_sizes(kernel_size, 2, "kernel_size")
        self.stride = self.kernel_size if stride is None else as_sizes(stride, 2, "stride")
        self.padding = as_sizes(padding, 2, "padding", least=0)

    def forward(self, x: Tensor, indices: Tensor, output_size: tuple[int, ...] | None = None) -> Tensor:
        """Return the image; of several sizes that would have given the same result, the smallest unless told."""
        result: Tensor = self._call(
            F.max_unpool2d, x, indices, self.kernel_size, self.stride, self.padding, output_size
        )
        return result


class AvgPool1d(_Pool):
    """The mean of each window of a signal. The settings are those of `avg_pool1d`."""

    shown = ("kernel_size", "stride", "padding")

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = as_sizes(kernel_size, 1, "kernel_size")
        self.stride = self.kernel_size if stride is None else as_sizes(stride, 1, "stride")
        self.padding = as_sizes(padding, 1, "padding", least=0)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, L) or (C, L) with another L."""
        windows = self.kernel_size, self.stride, self.padding
        result: Tensor = self._call(F.avg_pool1d, x, *windows, self.ceil_mode, self.count_include_pad)
        return result


class AvgPool2d(_Pool):
    """The mean of each window of an image. The settings are those of `avg_pool2d`."""

    shown = ("kernel_size", "stride", "padding")

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, H, W) or (C, H, W) with other H and W."""
        windows = self.kernel_size, self.stride, self.padding
        how = self.ceil_mode, self.count_include_pad, self.divisor_override
        result: Tensor = self._call(F.avg_pool2d, x, *windows, *how)
        return result


class _AdaptivePool(_Pool):
    shown = ("output_size",)

    def __init__(self, output_size: OutputSizes) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptivePool):
    """The means of `output_size` windows over a signal of any length: `adaptive_avg_pool1d`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, output_size) or (C, output_size)."""
        result: Tensor = self._call(F.adaptive_avg_pool1d, x, self.output_size)
        return result


class AdaptiveAvgPool2d(_AdaptivePool):
    """The means of `output_size` windows over an image of any size: `adaptive_avg_pool2d`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, *output_size) or (C, *output_size)."""
        result: Tensor = self._call(F.adaptive_avg_pool2d, x, self.output_size)
        return result


class _AdaptiveMaxPool(_AdaptivePool):
    def __init__(self, output_size: OutputSizes, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest numbers of `output_size` windows over a signal of any length: `adaptive_max_pool1d`."""

    def forward(self, x: Tensor) -> Any:
        """Return (B, C, output_size) or (C, output_size); and where each was found, if `return_indices`."""
        return self._call(F.adaptive_max_pool1d, x, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest numbers of `output_size` windows over an image of any size: `adaptive_max_pool2d`."""

    def forward(self, x: Tensor) -> Any:
        """Return (B, C, *output_size) or (C, *output_size); and where each was found, if `return_indices`."""
        return self._call(F.adaptive_max_pool2d, x, self.output_size, self.return_indices)
