"""Networks that see: convolution, pooling, normalisation over channels, resampling (module 09).

Shapes are PyTorch's, (B, C, H, W); results lie in memory as (B, H, W, C), which every kernel here takes fastest.

geometry      sizes, strides and paddings: what all windows share
primitives/   the rows of the table of operators × backends, with their NumPy kernels
naive/        the same rows as loops: the definition of what each one means
derivatives   their calculus on one page
samples/      what the kernels are tried on
convolution, folding, padding, …    the public functions
layers/       the modules
"""

from __future__ import annotations

from tt_core.extend import NAIVE, samples_in
from tt_train.spatial import derivatives

__all__ = ["derivatives"]

NAIVE.add_modules("tt_train.spatial.naive")
samples_in("tt_train.spatial.samples")
