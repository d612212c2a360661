"""Several tensors put together into one, and one taken apart."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tt_core.errors import ShapeError
from tt_core.graph import Recorded
from tt_core.operations.arguments import alike, as_dim, not_a_tensor, sized
from tt_core.operations.shapes import narrow, reshape, select, unsqueeze
from tt_core.primitives import shapes as P
from tt_core.recording import apply

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after the other along `dim`."""
    if not tensors:
        message = "expected at least one tensor to cat; got none"
        raise ShapeError(message)
    try:
        some = [x for x in tensors if x.data.shape != (0,)] or list(tensors[:1])  # as PyTorch: no empty vectors
    except AttributeError:
        raise not_a_tensor("cat", *tensors) from None
    return apply(P.cat, *alike(*some), dim=as_dim(dim, some[0].data.ndim, "cat"))


concat = concatenate = cat  # PyTorch's second names


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape, along a new dimension."""
    if not all(isinstance(x, Recorded) for x in tensors):
        raise not_a_tensor("stack", *tensors)
    if len({x.shape for x in tensors}) != 1:
        message = f"expected tensors of one shape to stack; got {[list(x.shape) for x in tensors]}"
        raise ShapeError(message)
    return cat(
        [unsqueeze(x, as_dim(dim, x.data.ndim + 1, "stack")) for x in tensors],
        dim if dim >= 0 else dim + tensors[0].data.ndim + 1,
    )


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Side by side: vectors one after the other, others along the second dimension."""
    wide = [reshape(x, 1) if x.data.ndim == 0 else x for x in tensors]
    return cat(wide, 0 if not wide or wide[0].data.ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """One below the other: vectors become rows."""
    return cat([reshape(x, (1, -1)) if x.data.ndim < 2 else x for x in tensors], 0)


def split(x: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of one size (the last may be smaller), or of the given sizes, along `dim`."""
    d, n = sized(x, dim, "split")
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size < (n > 0):
            message = f"expected a size of at least 1 to split by; got {size}"
            raise ShapeError(message)
        sizes = [builtins.min(size, n - start) for start in range(0, n, size)] if n else [0]
    else:
        sizes = list(split_size_or_sections)
    if builtins.sum(sizes) != n:
        message = f"split expected sizes that add up to {n}; got {sizes}"
        raise ShapeError(message)
    starts = [builtins.sum(sizes[:i]) for i in range(len(sizes))]
    return tuple([narrow(x, d, start, size) for start, size in zip(starts, sizes, strict=True)])


def chunk(x: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many parts of equal size, the last one smaller, along `dim`; of nothing as many as asked for."""
    if chunks < 1:
        message = f"chunk expected at least 1 part; got {chunks}"
        raise ShapeError(message)
    n = sized(x, dim, "chunk")[1]
    return split(x, -(-n // chunks) if n else [0] * chunks, dim)


def unbind(x: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along `dim`, each without it."""
    d, n = sized(x, dim, "unbind")
    return tuple([select(x, d, i) for i in range(n)])
