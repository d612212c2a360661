"""The samples of the spatial primitives, in the files of `primitives`; imported when they are first asked for."""

from __future__ import annotations

from tt_train.spatial.samples import convolution, folding, normalization, padding, pooling, resampling

__all__ = ["convolution", "folding", "normalization", "padding", "pooling", "resampling"]
