"""The same numbers in another arrangement; where it can be, the result is a view that shares its memory."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tt_core.errors import NotSupportedError, ShapeError
from tt_core.graph import Recorded
from tt_core.operations.arguments import Number, as_dim, as_dims, as_shape, not_a_tensor, sized
from tt_core.primitives import shapes as P
from tt_core.recording import apply

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


def reshape(x: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The numbers in their order, in another shape; one size may be -1, to be found from the others.

    Raises:
        ShapeError: the sizes do not multiply to the number of elements.
    """
    return _reshaped(x, as_shape(sizes, shape), "reshape")


def _reshaped(x: Tensor, shape: tuple[int, ...], name: str) -> Tensor:
    """Return x in another shape, of which one size may be -1, by the primitive `P.reshape`.

    A size of -1 stands for what makes the product right, if there is just one such number.

    Raises:
        ShapeError: the product of the sizes is not the number of elements, or a size is negative: the operation's
            `name`, the shape of x and the new sizes are named.
        DTypeError: x is no tensor (`not_a_tensor(name, x)` makes the error).
    """
    try:
        size = x.data.size
    except AttributeError:
        raise not_a_tensor(name, x) from None
    if -1 in shape:
        known = -math.prod(shape)
        if known > 0 and size % known == 0:
            shape = tuple([size // known if n == -1 else n for n in shape])
    if math.prod(shape) != size or builtins.min(shape, default=0) < 0:
        message = f"{name} expected sizes whose product is {size}, of shape {list(x.shape)}; got {list(shape)}"
        raise ShapeError(message)
    return apply(P.reshape, x, shape=shape)


def view(x: Tensor, *shape: Any) -> Tensor:
    """As `reshape`, but never a copy; a dtype instead of sizes reads the same bytes as that type.

    Raises:
        ShapeError: the memory's order does not allow it; use `reshape`.
    """
    if len(shape) == 1 and isinstance(shape[0], np.dtype):
        return _reinterpret(x, shape[0])
    out = _reshaped(x, as_shape(shape), "view")
    if x.data.size and not np.may_share_memory(x.data, out.data):
        message = (
            f"expected memory that can be seen as {list(out.shape)} without a copy; it is not in order: "
            "use reshape() instead of view()"
        )
        raise ShapeError(message)
    return out


def _reinterpret(x: Tensor, dtype: Any) -> Tensor:
    if x.requires_grad:
        message = "view(dtype) is not supported for tensors that require a gradient: use to(dtype) to convert"
        raise NotSupportedError(message)
    return type(x)(x.data.view(dtype))


def view_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` in the shape of another tensor, without a copy."""
    return view(x, *other.shape)


def reshape_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` in the shape of another tensor."""
    return reshape(x, *other.shape)


def transpose(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged, as a view: `out[…, i, …, j, …] = x[…, j, …, i, …]`.

    Negative dimensions count from the end (`as_dim`). For 0 and -1 a tensor without dimensions has itself for a view.

    Raises:
        ShapeError: there is no such dimension.
    """
    ndim = x.data.ndim
    a, b = as_dim(dim0, ndim, "transpose"), as_dim(dim1, ndim, "transpose")
    if ndim == 0:
        return permute(x)
    dims = list(range(ndim))
    dims[a], dims[b] = b, a
    return apply(P.permute, x, dims=tuple(dims))


def permute(x: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """The dimensions in another order, as a view: dimension i of the result is dimension `order[i]` of x.

    The order is given as numbers one by one, as one sequence, or as `dims` (`as_shape` reads all three); negative
    dimensions count from the end (`as_dim`).

    Raises:
        ShapeError: there is no such dimension, or not each of them once; the order is named.
    """
    order = tuple([as_dim(d, x.data.ndim, "permute") for d in as_shape(order, dims)])
    if sorted(order) != list(range(x.data.ndim)):
        message = f"expected each of the {x.data.ndim} dimensions once; got {order}"
        raise ShapeError(message)
    return apply(P.permute, x, dims=order)


def t(x: Tensor) -> Tensor:
    """A matrix transposed; vectors and single numbers stay as they are."""
    if x.data.ndim > 2:
        message = f"expected at most 2 dimensions for t(); got shape {list(x.shape)}: use transpose() or .mT"
        raise ShapeError(message)
    return apply(P.permute, x, dims=tuple(range(x.data.ndim))[::-1])


def movedim(x: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Dimensions moved to other places; the rest keep their order."""
    sources = [as_dim(d, x.data.ndim, "movedim") for d in ([source] if isinstance(source, int) else source)]
    places = [destination] if isinstance(destination, int) else destination
    targets = [as_dim(d, x.data.ndim, "movedim") for d in places]
    order = [d for d in range(x.data.ndim) if d not in sources]
    if len(sources) != len(targets) or len(set(targets)) != len(targets):
        message = f"expected a destination for each of the dimensions {sources}; got {targets}"
        raise ShapeError(message)
    for target, source_dim in sorted(zip(targets, sources, strict=True)):
        order.insert(target, source_dim)
    return permute(x, order)


def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from `start_dim` to `end_dim` as one."""
    if x.data.ndim == 0:
        return reshape(x, 1)
    a, b = as_dim(start_dim, x.data.ndim, "flatten"), as_dim(end_dim, x.data.ndim, "flatten")
    if a > b:
        message = f"flatten expected start_dim not after end_dim; got {start_dim} and {end_dim}"
        raise ShapeError(message)
    return reshape(x, (*x.shape[:a], math.prod(x.shape[a : b + 1]), *x.shape[b + 1 :]))


def ravel(x: Tensor) -> Tensor:
    """All elements in one dimension."""
    return reshape(x, x.data.size)


def unflatten(x: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension as several."""
    d = as_dim(dim, x.data.ndim, "unflatten")
    sizes = list(sizes)
    if -1 in sizes:
        sizes[sizes.index(-1)] = x.shape[d] // -(math.prod(sizes) or -1)
    return _reshaped(x, as_shape((*x.shape[:d], *sizes, *x.shape[d + 1 :])), "unflatten")


def squeeze(x: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Without dimensions of size 1: all of them, or the given ones where their size is 1."""
    dims = range(x.data.ndim) if dim is None else as_dims(dim, x.data.ndim, "squeeze") or ()
    return reshape(x, tuple([n for d, n in enumerate(x.shape) if n != 1 or d not in dims]))


def unsqueeze(x: Tensor, dim: int) -> Tensor:
    """With a dimension of size 1 put in before `dim`."""
    d = as_dim(dim, x.data.ndim + 1, "unsqueeze")
    return reshape(x, (*x.shape[:d], 1, *x.shape[d:]))


def expand(x: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """Dimensions of size 1 repeated, and new ones in front, without a copy; -1 keeps a size."""
    shape = as_shape(sizes, size)
    extra = len(shape) - x.data.ndim
    shape = tuple([x.shape[d - extra] if n == -1 and d >= extra else n for d, n in enumerate(shape)])
    try:
        return apply(P.expand, x, shape=shape)
    except ShapeError:
        message = f"expand expected sizes that repeat only dimensions of size 1 of {list(x.shape)}; got {list(shape)}"
        raise ShapeError(message) from None


def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` expanded to the shape of another tensor."""
    return expand(x, other.shape)


def broadcast_to(x: Tensor, size: Sequence[int]) -> Tensor:
    """`x` expanded to this shape."""
    return expand(x, tuple(size))


def repeat(x: Tensor, *counts: Any, repeats: Any = None) -> Tensor:
    """The whole tensor so many times along each dimension; new dimensions come in front."""
    counts = as_shape(counts, repeats)
    if len(counts) < x.data.ndim:
        message = f"expected a count for each of the {x.data.ndim} dimensions; got {list(counts)}"
        raise ShapeError(message)
    shape = (1,) * (len(counts) - x.data.ndim) + x.shape
    pairs = list(zip(counts, shape, strict=True))
    spread = expand(reshape(x, [m for _, n in pairs for m in (1, n)]), [m for pair in pairs for m in pair])
    out = reshape(spread, [c * n for c, n in pairs])
    return clone(out) if np.may_share_memory(out.data, x.data) else out


def tile(x: Tensor, *counts: Any, dims: Any = None) -> Tensor:
    """As `repeat`, with counts of 1 put in front where there are too few."""
    counts = as_shape(counts, dims)
    return repeat(x, (1,) * (x.data.ndim - len(counts)) + counts)


def narrow(x: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`length` positions of `dim`, from `start` on."""
    d, n = sized(x, dim, "narrow")
    begin = start + n if start < 0 else start
    if not 0 <= begin <= begin + length <= n:
        message = f"expected start and length within dimension {dim} of size {n}; got {start} and {length}"
        raise ShapeError(message)
    return apply(P.getitem, x, key=(*[slice(None)] * d, slice(begin, begin + length)))


def select(x: Tensor, dim: int, index: int) -> Tensor:
    """One position of `dim`, which is gone from the result."""
    d, n = sized(x, dim, "select")
    if not -n <= index < n:
        message = f"expected an index within dimension {dim} of size {n}; got {index}"
        raise ShapeError(message)
    return apply(P.getitem, x, key=(*[slice(None)] * d, int(index)))


def diagonal(x: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The elements whose indices in two dimensions differ by `offset`, as a last dimension."""
    a, b = as_dim(dim1, x.data.ndim, "diagonal"), as_dim(dim2, x.data.ndim, "diagonal")
    return apply(P.diagonal, x, offset=offset, dim1=a, dim2=b)


def diag(x: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix; of a vector, the matrix that has it as its diagonal."""
    if x.data.ndim == 2:
        return apply(P.diagonal, x, offset=diagonal, dim1=0, dim2=1)
    if x.data.ndim != 1:
        message = f"expected a vector or a matrix for diag; got shape {list(x.shape)}"
        raise ShapeError(message)
    n = x.shape[0] + builtins.abs(diagonal)
    rows = np.arange(x.shape[0]) + builtins.max(-diagonal, 0)
    return apply(P.unindex, x, key=(rows, rows + diagonal), shape=(n, n))


def flip(x: Tensor, *along: Any, dims: Any = None) -> Tensor:
    """The given dimensions backwards."""
    found = as_dims(as_shape(along, dims), x.data.ndim, "flip") if along or dims else ()
    return apply(P.flip, x, dims=found or ())


def roll(x: Tensor, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """Elements shifted along `dims` (without, all in their order); what falls off one end comes back at the other."""
    by = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if not by:
        message = "expected a shift for roll; got none"
        raise ShapeError(message)
    if dims is None or (not isinstance(dims, int) and not dims):
        return reshape(apply(P.roll, ravel(x), shifts=(builtins.sum(by),), dims=(0,)), x.shape)
    along = (dims,) if isinstance(dims, int) else tuple(dims)
    if len(by) != len(along):
        message = f"expected a shift for each of the dimensions {along}; got {by}"
        raise ShapeError(message)
    if x.data.ndim == 0:
        return clone(x)
    return apply(P.roll, x, shifts=by, dims=tuple([as_dim(d, x.data.ndim, "roll") for d in along]))


def tril(x: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of the last two dimensions, up to a diagonal, with zeros above."""
    return apply(P.tril, _matrices(x), diagonal=diagonal)


def triu(x: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of the last two dimensions, from a diagonal on, with zeros below."""
    return apply(P.triu, _matrices(x), diagonal=diagonal)


def _matrices(x: Tensor) -> Tensor:
    if x.data.ndim < 2:
        message = f"expected at least 2 dimensions to have a triangle; got shape {list(x.shape)}"
        raise ShapeError(message)
    return x


def pad(x: Tensor, pad: Sequence[int], mode: str = "constant", value: Number | None = None) -> Tensor:
    """`x` framed by `value`; `pad` holds (before, after) of the last dimension first, negative numbers cut off.

    Raises:
        NotSupportedError: another mode than "constant"; tt-train's `pad` has the others.
    """
    if mode != "constant":
        message = f"pad in tt-core supports mode 'constant'; got {mode!r}"
        raise NotSupportedError(message)
    if len(pad) % 2 or len(pad) > 2 * x.data.ndim:
        message = f"expected at most {x.data.ndim} pairs of widths; got {list(pad)}"
        raise ShapeError(message)
    widths = list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    full = ((0, 0),) * (x.data.ndim - len(widths)) + tuple(widths)
    return apply(P.pad, x, widths=full, value=0 if value is None else value)


def contiguous(x: Tensor) -> Tensor:
    """`x` with its elements in row-major order in memory; itself if they are."""
    return x if x.data.flags.c_contiguous else clone(x)


def clone(x: Tensor) -> Tensor:
    """A copy with memory of its own; gradients flow through."""
    return apply(P.clone, x)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors expanded to their common shape."""
    try:
        shape = np.broadcast_shapes(*(x.shape for x in tensors))
    except ValueError as error:
        message = f"expected shapes that broadcast; got {[list(x.shape) for x in tensors]}"
        raise ShapeError(message) from error
    return tuple([expand(x, shape) for x in tensors])


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Grids of coordinates from vectors: the i-th varies along dimension i ("xy" exchanges the first two)."""
    vectors = [reshape(x, -1) for x in (tensors if isinstance(tensors[0], Recorded) else tensors[0])]
    if indexing not in ("ij", "xy"):
        message = f"expected indexing 'ij' or 'xy'; got {indexing!r}"
        raise NotSupportedError(message)
    swap = indexing == "xy" and len(vectors) > 1
    if swap:
        vectors[:2] = vectors[1::-1]
    shape = [x.shape[0] for x in vectors]
    grids = [expand(reshape(x, [-1 if d == i else 1 for d in range(len(shape))]), shape) for i, x in enumerate(vectors)]
    if swap:
        grids[:2] = grids[1::-1]
    return tuple(grids)
