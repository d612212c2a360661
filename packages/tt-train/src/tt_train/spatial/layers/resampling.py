"""A module that resizes."""

from __future__ import annotations

from collections.abc import Sequence

from tt_core import DTypeError, ShapeError, Tensor, nn
from tt_core.extend import located
from tt_train.spatial.geometry import Sizes
from tt_train.spatial.resampling import Mode, Scales, interpolate


class Upsample(nn.Module):
    """Images or signals in another size: `interpolate` with settings of its own.

    >>> import tt_core as tt
    >>> Upsample(scale_factor=2, mode="bilinear")(tt.ones(1, 3, 4, 4)).shape
    (1, 3, 8, 8)
    """

    def __init__(
        self,
        size: Sizes | None = None,
        scale_factor: Scales | None = None,
        mode: Mode = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = _as_floats(scale_factor)
        self.mode: Mode = mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, …) with the new size.

        Raises:
            ShapeError: the settings do not fit x.
            DTypeError: x holds integers.
        """
        how = self.mode, self.align_corners, self.recompute_scale_factor
        try:
            return interpolate(x, self.size, self.scale_factor, *how)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None

    def extra_repr(self) -> str:
        """Return the size or the factor, and the mode."""
        given = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{given}, mode={self.mode!r}"


def _as_floats(scales: Scales | None) -> Scales | None:
    if scales is None:
        return None
    return tuple(map(float, scales)) if isinstance(scales, Sequence) else float(scales)
