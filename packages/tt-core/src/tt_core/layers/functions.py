"""The functions behind the layers: linear, dropout and the normalisations. A layer's class only owns their weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tt_core.dtypes import result_type
from tt_core.errors import DTypeError, ShapeError
from tt_core.graph import wrap
from tt_core.operations.arguments import need_floating, not_a_tensor, refuse_inplace, to_dtype
from tt_core.operations.conversion import detach
from tt_core.operations.linalg import matmul
from tt_core.operations.pointwise import add, clamp, div, mul, sub
from tt_core.operations.reductions import sum, vector_norm
from tt_core.operations.shapes import broadcast_tensors
from tt_core.primitives import neural as P
from tt_core.random import Generator, stream
from tt_core.recording import apply
from tt_core.typing import Float, Shaped, shaped

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


@shaped
def linear(
    x: Shaped[Tensor, "*batch n"], weight: Shaped[Tensor, "*m n"], bias: Shaped[Tensor, "*m"] | None = None
) -> Shaped[Tensor, " ..."]:
    """`x Wᵀ + b`: every row of x times the matrix, one output for each row of `weight`.

    Args:
        weight: `[out, in]`, as PyTorch stores it; a vector `[in]` is a single output without a dimension.

    Raises:
        ShapeError: the sizes do not fit.
        DTypeError: x and `weight` are of different types.
    """
    try:
        a, w, same = x.data, weight.data, x.data.dtype == weight.data.dtype
    except AttributeError:
        raise not_a_tensor("linear", x, weight, bias) from None
    if a.ndim == 0 or w.ndim not in (1, 2) or a.shape[-1] != w.shape[-1]:
        wanted = ", ".join(map(str, ("...", *w.shape[-1:])))
        raise ShapeError(f"expected x [{wanted}] for a weight {list(w.shape)}; got x {list(a.shape)}")
    if not same:
        raise DTypeError(f"expected x and weight of one type in linear; got {a.dtype.name} and {w.dtype.name}")
    if w.ndim == 1:
        out = matmul(x, weight)
        return out if bias is None else add(out, bias)
    return apply(P.linear, x, weight, bias)


@shaped
def dropout(
    x: Float[Tensor, "*shape"],
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Float[Tensor, "*shape"]:
    """Set each number to zero with probability p, and scale the others by 1 / (1 - p) so that the mean stays.

    Every call draws anew, from `stream(generator)`, a NumPy generator. With p = 1 all is zero. `mul` multiplies x by
    the mask, so that a gradient finds its way back.

    Args:
        training: False returns x itself, as p = 0 does.
        inplace: True is not supported.
        generator: where chance comes from; the default one unless given.

    Raises:
        ShapeError: p is not between 0 and 1.
        DTypeError: x holds integers.

    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
    """
    refuse_inplace("dropout", inplace=inplace)
    if not 0 <= p <= 1:
        raise ShapeError(f"expected a probability p from 0 to 1 in dropout; got {p}")
    need_floating(x, "dropout")
    if not training or p == 0:
        return x
    kept = stream(generator).random(x.shape, np.float32) >= p
    scale = 0.0 if p == 1 else 1 / (1 - p)
    return mul(x, wrap(kept * x.dtype.type(scale)))


@shaped
def layer_norm(
    x: Float[Tensor, "*size"],
    normalized_shape: int | Sequence[int],
    weight: Float[Tensor, "*shape"] | None = None,
    bias: Float[Tensor, "*shape"] | None = None,
    eps: float = 1e-5,
) -> Float[Tensor, "*size"]:
    """(x - mean) / √(variance + ε) · weight + bias, over the last dimensions.

    The primitive `standardize` does what stands before the product; `_checked` counts the dimensions.

    Args:
        normalized_shape: the sizes of these dimensions.

    Raises:
        ShapeError: x does not end in them, or weight or bias is of another shape.

    Source: Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450
    """
    ndim = _checked("layer_norm", x, normalized_shape, weight, bias)
    out = apply(P.standardize, x, ndim=ndim, eps=eps)
    out = out if weight is None else mul(out, weight)
    return out if bias is None else add(out, bias)


@shaped
def rms_norm(
    x: Float[Tensor, "*size"],
    normalized_shape: int | Sequence[int],
    weight: Float[Tensor, "*shape"] | None = None,
    eps: float | None = None,
) -> Float[Tensor, "*size"]:
    """`x / √(mean(x²) + ε) · weight`, over the last dimensions.

    Args:
        normalized_shape: the sizes of these dimensions.
        eps: the distance from 1 to the next number of x's type unless given.

    Raises:
        ShapeError: x does not end in them, or weight is of another shape.

    Source: Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467
    """
    ndim = _checked("rms_norm", x, normalized_shape, weight)
    out = apply(P.unit_rms, x, ndim=ndim, eps=float(np.finfo(x.dtype).eps) if eps is None else eps)
    return out if weight is None else mul(out, weight)


def _checked(name: str, x: Tensor, normalized_shape: int | Sequence[int], *parameters: Tensor | None) -> int:
    """Return how many dimensions are normalised."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    need_floating(x, name)
    if not shape or x.shape[-len(shape) :] != shape:
        raise ShapeError(f"expected x of {name} to end in normalized_shape {list(shape)}; got shape {list(x.shape)}")
    for p in parameters:
        if p is not None and p.shape != shape:
            raise ShapeError(f"expected weight and bias of {name} of shape {list(shape)}; got {list(p.shape)}")
    return len(shape)


@shaped
def normalize(
    x: Float[Tensor, "*shape"], p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12
) -> Float[Tensor, "*shape"]:
    """`x / max(‖x‖ₚ, ε)` along `dim`: vectors of length 1."""
    return div(x, clamp(vector_norm(x, p, dim, keepdim=True), min=eps))


@shaped
def cosine_similarity(
    x1: Float[Tensor, " ..."], x2: Float[Tensor, " ..."], dim: int = 1, eps: float = 1e-8
) -> Float[Tensor, " ..."]:
    """`x1 · x2 / (max(‖x1‖, ε) max(‖x2‖, ε))` along `dim`; x1 and x2 broadcast."""
    dtype = result_type(need_floating(x1, "cosine_similarity"), need_floating(x2, "cosine_similarity"))
    a, b = broadcast_tensors(to_dtype(x1, dtype), to_dtype(x2, dtype))
    return sum(mul(_unit(a, dim, eps), _unit(b, dim, eps)), dim)


def _unit(x: Tensor, dim: int, eps: float) -> Tensor:
    """Return x / max(‖x‖, ε); its gradient is that of x / ‖x‖ below ε too, as PyTorch's is."""
    norm = vector_norm(x, 2, dim, keepdim=True)
    return div(x, add(norm, detach(sub(clamp(norm, min=eps), norm))))
