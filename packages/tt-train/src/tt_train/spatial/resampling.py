"""Resizing images and signals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from tt_core.errors import NotSupportedError, ShapeError
from tt_core.extend import apply, need_floating
from tt_core.typing import Num, shaped
from tt_train.spatial.geometry import Sizes, as_sizes
from tt_train.spatial.grids import Grid, Kind
from tt_train.spatial.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d
from tt_train.spatial.primitives import resampling as P

if TYPE_CHECKING:
    from tt_core import Tensor

Mode: TypeAlias = Literal["nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic", "area"]
Scales: TypeAlias = float | Sequence[float]

ANY = (1, 2, 3)
KINDS: dict[str, tuple[tuple[int, ...], Kind]] = {  # how many dimensions there may be, and how to go along each
    "nearest": (ANY, "nearest"),
    "nearest-exact": (ANY, "nearest-exact"),
    "linear": ((1,), "linear"),
    "bilinear": ((2,), "linear"),
    "trilinear": ((3,), "linear"),
    "bicubic": ((2,), "cubic"),
}


@shaped
def interpolate(
    x: Num[Tensor, "batch channels *size"],
    size: Sizes | None = None,
    scale_factor: Scales | None = None,
    mode: Mode = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Num[Tensor, "batch channels *resized"]:
    """Return x resized, each pixel a mean of those around the place in x that it comes from.

    >>> import tt_core as tt
    >>> interpolate(tt.tensor([[[0.0, 4.0]]]), size=4, mode="linear")
    tensor([[[0., 1., 3., 4.]]])

    Args:
        x: (B, C, L), (B, C, H, W) or (B, C, D, H, W).
        size: the new size, or
        scale_factor: how many times larger it is, rounded down; each one number, or one for each dimension.
        mode: "nearest", "nearest-exact", "area", which is adaptive_avg_pool, or "linear", "bilinear", "trilinear" or
            "bicubic" for the dimensions that there are.
        align_corners: whether the outermost pixels' centers stay where they are, or else (None, False) their borders.
        recompute_scale_factor: whether to use the factor that the rounded size gives.
        antialias: True is not supported.

    Raises:
        ShapeError: the arguments do not fit x or each other.
        DTypeError: x holds integers; "nearest" takes uint8, too.
        NotSupportedError: an option that is not supported.
    """
    spatial = x.ndim - 2
    kind = _kind(mode, spatial, align_corners)
    if antialias:
        raise NotSupportedError("expected antialias=False for interpolate; got True")
    if not (x.dtype == np.uint8 and mode.startswith("nearest")):
        _refuse(x, mode)
    sizes, scales = _target(x.shape[2:], size, scale_factor, recompute=bool(recompute_scale_factor) or mode == "area")
    if kind is None:
        if spatial == 1:
            return adaptive_avg_pool1d(x, sizes)
        return adaptive_avg_pool2d(x, sizes)
    each = zip(x.shape[2:], sizes, scales, strict=True)
    grids = tuple([Grid(n, count, kind, bool(align_corners), scale) for n, count, scale in each])
    return apply(P.resize, x, grids=grids)


def _kind(mode: str, spatial: int, align_corners: bool | None) -> Kind | None:
    """Return how to go along one dimension; None stands for means of areas."""
    if mode not in get_args(Mode):
        if mode == "lanczos":
            raise NotSupportedError("expected another mode of interpolate; 'lanczos' is not supported")
        raise ShapeError(f"expected a mode of interpolate out of {', '.join(get_args(Mode))}; got {mode!r}")
    mixing = mode in KINDS and not mode.startswith("nearest")
    if align_corners is not None and not mixing:
        raise ShapeError(f"expected align_corners of interpolate only for modes that mix pixels; got it for {mode!r}")
    if mode == "area" and spatial == 3:
        raise NotSupportedError("expected x as (B, C, L) or (B, C, H, W) for mode 'area' of interpolate; got 5-D")
    wanted = (1, 2) if mode == "area" else KINDS[mode][0]
    if spatial not in wanted:
        counts = " or ".join(str(n + 2) for n in wanted)
        raise ShapeError(f"expected x with {counts} dimensions for mode {mode!r} of interpolate; got {spatial + 2}")
    return None if mode == "area" else KINDS[mode][1]


def _refuse(x: Tensor, mode: str) -> None:
    """Let pass what has a mean.

    Raises:
        NotSupportedError: bytes, which PyTorch would round.
        DTypeError: other integers.
    """
    if x.dtype == np.uint8:
        raise NotSupportedError(f"expected floating numbers for mode {mode!r} of interpolate; got uint8: use .float()")
    need_floating(x, "interpolate")


def _target(
    lengths: tuple[int, ...], size: Sizes | None, scale_factor: Scales | None, *, recompute: bool
) -> tuple[tuple[int, ...], Sequence[float | None]]:
    """Return the new size, and by how much each dimension is larger if that does not follow from it.

    Raises:
        ShapeError: neither or both are given, or there is nothing to resize.
    """
    spatial = len(lengths)
    if (size is None) == (scale_factor is None):
        raise ShapeError(f"expected either size or scale_factor for interpolate; got {size} and {scale_factor}")
    scales: Sequence[float | None] = (None,) * spatial
    if size is not None:
        sizes = as_sizes(size, spatial, "size")
    else:
        factors = scale_factor if isinstance(scale_factor, Sequence) else (scale_factor,) * spatial
        if len(factors) != spatial:
            raise ShapeError(f"expected scale_factor of interpolate as one number or {spatial}; got {scale_factor}")
        sizes = tuple([math.floor(n * float(f or 0)) for n, f in zip(lengths, factors, strict=True)])
        scales = scales if recompute else [float(f or 0) for f in factors]
    if min(*lengths, *sizes) < 1:
        raise ShapeError(f"expected sizes of at least 1 before and after interpolate; got {lengths} and {sizes}")
    return sizes, scales
