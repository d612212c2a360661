"""Operations that make one number of many. `dim` is one dimension, several, or None for all."""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, NamedTuple, overload

from numpy.typing import DTypeLike

from tt_core.dispatch import Primitive
from tt_core.dtypes import as_dtype, int64, uint8
from tt_core.errors import NotSupportedError, ShapeError
from tt_core.graph import Recorded
from tt_core.operations.arguments import Dim, Number, as_dim, as_dims, floating, need_floating, not_a_tensor, to_dtype
from tt_core.operations.indexing import gather
from tt_core.operations.pointwise import div, eq, masked_fill, maximum, minimum, sqrt, square, sub
from tt_core.operations.shapes import reshape, squeeze, unsqueeze
from tt_core.primitives import reductions as P
from tt_core.recording import apply

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


class ValuesAndIndices(NamedTuple):
    """The result of `max`, `min`, `sort`, `topk` and others along a dimension."""

    values: Tensor
    indices: Tensor


def _added_up(x: Tensor, dtype: DTypeLike | None) -> Tensor:
    """Return x in the type that it is added up in: integers and truth values in int64."""
    if dtype is not None:
        return to_dtype(x, as_dtype(dtype))
    try:
        kind = x.data.dtype.kind
    except AttributeError:
        raise not_a_tensor("a sum or product", x) from None
    return x if kind == "f" else to_dtype(x, int64)


def sum(x: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Σ x over the given dimensions; integers give int64."""
    return apply(P.sum, _added_up(x, dtype), dim=as_dims(dim, x.data.ndim, "sum"), keepdim=keepdim)


def mean(x: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """The arithmetic mean; nan of nothing.

    Raises:
        DTypeError: x holds integers and no `dtype` is given.
    """
    x = need_floating(x if dtype is None else to_dtype(x, as_dtype(dtype)), "mean")
    return apply(P.mean, x, dim=as_dims(dim, x.data.ndim, "mean"), keepdim=keepdim)


def prod(x: Tensor, dim: Dim = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Π x over the given dimensions; integers give int64."""
    return apply(P.prod, _added_up(x, dtype), dim=as_dims(dim, x.data.ndim, "prod"), keepdim=keepdim)


def var(
    x: Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: Number | None = None,
) -> Tensor:
    """Σ (x - mean)² / (n - correction): the variance; `unbiased` is a correction of 1."""
    return var_mean(x, dim, unbiased, keepdim, correction=correction)[0]


def var_mean(
    x: Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: Number | None = None,
) -> tuple[Tensor, Tensor]:
    """The variance and the mean."""
    if isinstance(dim, bool):  # PyTorch's var(x, unbiased)
        return var_mean(x, None, dim, keepdim, correction=correction)
    dims = as_dims(dim, x.data.ndim, "var")
    center = mean(need_floating(x, "var"), dims, keepdim=True)
    n = math.prod(x.shape if dims is None else [x.shape[d] for d in dims])
    freedom = builtins.max(0, n - (float(unbiased) if correction is None else correction))
    squares = sum(square(sub(x, center)), dims, keepdim=True)
    variance = div(squares, float(freedom))
    return (variance, center) if keepdim else (_drop(variance, dims), _drop(center, dims))


def _drop(x: Tensor, dims: tuple[int, ...] | None) -> Tensor:
    """Return x without the dimensions of size 1 that a reduction kept."""
    kept = () if dims is None else tuple([n for d, n in enumerate(x.shape) if d not in dims])
    return reshape(x, kept)


def std(
    x: Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: Number | None = None,
) -> Tensor:
    """√variance: the standard deviation; the gradient of a deviation of 0 is 0."""
    return _root(var(x, dim, unbiased, keepdim, correction=correction))


def _root(variance: Tensor) -> Tensor:
    """Return √variance, with a gradient of 0 and not 0 · ∞ where it is 0."""
    zero = eq(variance, 0)
    return masked_fill(sqrt(masked_fill(variance, zero, 1)), zero, 0) if variance.requires_grad else sqrt(variance)


def std_mean(
    x: Tensor,
    dim: Dim = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: Number | None = None,
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean."""
    variance, center = var_mean(x, dim, unbiased, keepdim, correction=correction)
    return _root(variance), center


def amax(x: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The largest; ties share the gradient."""
    return apply(P.amax, _not_empty(x, dim, "amax"), dim=as_dims(dim, x.data.ndim, "amax"), keepdim=keepdim)


def amin(x: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """The smallest; ties share the gradient."""
    return apply(P.amin, _not_empty(x, dim, "amin"), dim=as_dims(dim, x.data.ndim, "amin"), keepdim=keepdim)


def _not_empty(x: Tensor, dim: Dim, name: str) -> Tensor:
    dims = as_dims(dim, x.data.ndim, name)
    if 0 in (x.shape if dims is None else [x.shape[d] for d in dims]):
        message = f"expected at least one element for {name}; got shape {list(x.shape)}, dim {dim}"
        raise ShapeError(message)
    return x


def argmax(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The position of the first of the largest; in the flattened tensor if `dim` is None."""
    return _position(P.argmax, x, dim, keepdim)


def argmin(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The position of the first of the smallest; in the flattened tensor if `dim` is None."""
    return _position(P.argmin, x, dim, keepdim)


def _position(primitive: Primitive[...], x: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    found = None if dim is None else as_dim(dim, x.data.ndim, primitive.name)
    found = found if x.data.ndim else None
    return apply(primitive, _not_empty(x, found, primitive.name), dim=found, keepdim=keepdim)


@overload
def max(x: Tensor, dim: Tensor | None = None) -> Tensor: ...
@overload
def max(x: Tensor, dim: int, keepdim: bool = False) -> ValuesAndIndices: ...
def max(
    x: Tensor, dim: int | Tensor | None = None, keepdim: bool = False, *, other: Tensor | None = None
) -> Tensor | ValuesAndIndices:
    """The largest of all; along `dim` the largest and where it is; with a second tensor, `maximum`."""
    if other is not None or isinstance(dim, Recorded):
        return maximum(x, dim if other is None else other)  # type: ignore[arg-type]  # Tensor is the only subclass
    return amax(x) if dim is None else _extreme(argmax(x, dim, keepdim=True), x, dim, keepdim)


@overload
def min(x: Tensor, dim: Tensor | None = None) -> Tensor: ...
@overload
def min(x: Tensor, dim: int, keepdim: bool = False) -> ValuesAndIndices: ...
def min(
    x: Tensor, dim: int | Tensor | None = None, keepdim: bool = False, *, other: Tensor | None = None
) -> Tensor | ValuesAndIndices:
    """The smallest of all; along `dim` the smallest and where it is; with a second tensor, `minimum`."""
    if other is not None or isinstance(dim, Recorded):
        return minimum(x, dim if other is None else other)  # type: ignore[arg-type]  # Tensor is the only subclass
    return amin(x) if dim is None else _extreme(argmin(x, dim, keepdim=True), x, dim, keepdim)


def _extreme(indices: Tensor, x: Tensor, dim: int, keepdim: bool) -> ValuesAndIndices:
    values = gather(x, dim, indices)
    if keepdim or x.data.ndim == 0:
        return ValuesAndIndices(values, indices)
    return ValuesAndIndices(squeeze(values, dim), squeeze(indices, dim))


def logsumexp(x: Tensor, dim: Dim, keepdim: bool = False) -> Tensor:
    """Log Σ e^x, without overflow."""
    return apply(P.logsumexp, floating(x), dim=as_dims(dim, x.data.ndim, "logsumexp"), keepdim=keepdim)


def cumsum(x: Tensor, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """The sum of all elements up to each one, along `dim`."""
    return _cumulate(P.cumsum, x, dim, dtype)


def cumprod(x: Tensor, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """The product of all elements up to each one, along `dim`."""
    return _cumulate(P.cumprod, x, dim, dtype)


def _cumulate(primitive: Primitive[...], x: Tensor, dim: int, dtype: DTypeLike | None) -> Tensor:
    found = as_dim(dim, x.data.ndim, primitive.name)
    x = _added_up(x, dtype)
    if x.data.ndim:
        return apply(primitive, x, dim=found)
    return reshape(apply(primitive, unsqueeze(x, 0), dim=0), ())


def all(x: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether no element is zero."""
    return _truth(x, apply(P.all, x, dim=as_dims(dim, x.data.ndim, "all"), keepdim=keepdim))


def any(x: Tensor, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether an element is not zero."""
    return _truth(x, apply(P.any, x, dim=as_dims(dim, x.data.ndim, "any"), keepdim=keepdim))


def _truth(x: Tensor, answer: Tensor) -> Tensor:
    """Return a truth value as PyTorch does: uint8 for uint8, which were its truth values once, bool for all others."""
    return to_dtype(answer, uint8) if x.data.dtype == uint8 else answer


def count_nonzero(x: Tensor, dim: Dim = None) -> Tensor:
    """How many elements are not zero."""
    return sum(x != 0, dim)


def vector_norm(
    x: Tensor,
    ord: Number = 2,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """(Σ |x|^p)^(1/p) with p = `ord`; ±∞ and 0 as their limits."""
    x = need_floating(x, "vector_norm") if dtype is None else to_dtype(x, as_dtype(dtype))
    if builtins.abs(ord) == math.inf:
        _not_empty(x, dim, "vector_norm")
    return apply(P.vector_norm, x, ord=float(ord), dim=as_dims(dim, x.data.ndim, "vector_norm"), keepdim=keepdim)


def norm(
    x: Tensor,
    p: Number | str = "fro",
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """The p-norm of the elements; "fro" is p = 2."""
    if isinstance(p, str) and p != "fro":
        message = f"norm supports p as a number or 'fro'; got {p!r}"
        raise NotSupportedError(message)
    return vector_norm(x, 2 if isinstance(p, str) else p, dim, keepdim, dtype=dtype)
