"""Functions of vectors and matrices that PyTorch keeps under `torch.linalg`."""

from __future__ import annotations

from tt_core.operations.linalg import matmul, norm
from tt_core.operations.reductions import vector_norm

__all__ = ["matmul", "norm", "vector_norm"]
