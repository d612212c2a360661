"""Batches of images for the tests of transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

import tt_core as tt


def images(n: int = 4, shape: tuple[int, ...] = (3, 8, 8), seed: int = 0) -> Any:
    """Return random images of uint8."""
    return tt.as_tensor(np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8))


def channels_last(x: Any) -> Any:
    """Return the same with the channels next to each other in memory."""
    return tt.as_tensor(np.ascontiguousarray(x.data.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2))


def strided(x: Any) -> Any:
    """Return the same with gaps and mirrored in memory."""
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.data.dtype)
    wide[..., ::-2] = x.data
    return tt.as_tensor(wide[..., ::-2])


LAYOUTS = {"channels last": channels_last, "strided": strided}
