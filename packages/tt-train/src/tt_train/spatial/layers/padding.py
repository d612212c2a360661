"""Layers that put a border around images."""

from __future__ import annotations

from tt_core import Tensor
from tt_core.nn import Module
from tt_train.spatial.geometry import Sizes, as_sizes
from tt_train.spatial.padding import Mode, pad


class _Padding(Module):
    """A border of widths (left, right, top, bottom), or of one width on all sides; negative widths cut off."""

    mode: Mode = "constant"
    value: float | None = None

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = as_sizes(padding, 4, "padding", least=-(1 << 62))

    def forward(self, x: Tensor) -> Tensor:
        """Return x with the border."""
        return pad(x, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        """Return the widths."""
        return f"{self.padding}"


class ConstantPad2d(_Padding):
    """A border of `value`.

    >>> from tt_core import ones
    >>> ConstantPad2d((1, 0, 0, 0), 5.0)(ones(1, 1, 1, 2)).tolist()
    [[[[5.0, 1.0, 1.0]]]]
    """

    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        """Return the widths and the value."""
        return f"padding={self.padding}, value={self.value}"


class ZeroPad2d(_Padding):
    """A border of zeros."""

    value = 0.0


class ReflectionPad2d(_Padding):
    """A border in which the image is reflected; its outermost pixels are the mirror and come once."""

    mode = "reflect"


class ReplicationPad2d(_Padding):
    """A border that repeats the outermost pixels."""

    mode = "replicate"


class CircularPad2d(_Padding):
    """A border that goes on with the other end of the image."""

    mode = "circular"
