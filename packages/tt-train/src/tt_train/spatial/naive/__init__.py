"""Every spatial primitive as explicit loops: the definition of what each operation means (module 09)."""

from __future__ import annotations

from tt_train.spatial.naive import convolution, folding, normalization, padding, pooling, resampling

__all__ = ["convolution", "folding", "normalization", "padding", "pooling", "resampling"]
