"""Picking elements by position, and putting them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from tt_core.dtypes import int64
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.graph import Recorded, wrap
from tt_core.operations.arguments import Operand, as_dim, converted, to_dtype
from tt_core.operations.shapes import broadcast_tensors, broadcast_to, reshape
from tt_core.primitives import reductions as R
from tt_core.primitives import shapes as P
from tt_core.recording import apply

if TYPE_CHECKING:
    from tt_core.operations.reductions import ValuesAndIndices
    from tt_core.tensor import Tensor


def as_key(key: Any) -> Any:
    """Return an index with NumPy arrays in the place of tensors and lists, copied, since a graph may keep it.

    A tuple is an index of several parts, one for each dimension; of each part (or of the only one) `_as_part` decides.

    >>> as_key((slice(None), [2, 0]))
    (slice(None, None, None), array([2, 0]))
    """
    return tuple([_as_part(part) for part in key]) if isinstance(key, tuple) else _as_part(key)


def _as_part(part: Any) -> Any:
    """Return one part of an index as NumPy reads it.

    Tensors, arrays and lists become arrays, copies; an empty list one of integers, which picks nothing. One whole
    number without dimensions, of any integer type, becomes a Python integer; any other array of uint8 is an old mask
    and becomes one of bool. All else (integers, slices, None, `...`) stays as it is.
    """
    if isinstance(part, Recorded):
        part = part.data
    if isinstance(part, (list, np.ndarray)):
        array = np.array(part, None if np.size(part) or isinstance(part, np.ndarray) else np.int64)  # [] picks nothing
        if array.ndim == 0 and array.dtype.kind in "iu":
            return int(array)
        return array.astype(bool) if array.dtype == np.uint8 else array
    return part


def getitem(x: Tensor, key: Any) -> Tensor:
    """x[key], with integers, slices, None, `...`, lists, index tensors and masks, as in NumPy.

    The gradient of an element picked twice is counted twice.
    """
    integers, rest = in_steps(as_key(key))
    return apply(P.getitem, x if integers is None else apply(P.getitem, x, key=integers), key=rest)


def in_steps(key: Any) -> tuple[Any, Any]:
    """Return None and the key, or a key of the integers and one of the rest, to be taken one after the other.

    With `x[0, :, [1, 2]]` NumPy puts the dimension of the list first, since an integer counts as an array too. PyTorch
    takes integers by themselves, and the dimension stays where it was.
    """
    if not isinstance(key, tuple):
        return None, key
    arrays = [i for i, part in enumerate(key) if isinstance(part, (np.ndarray, bool))]
    whole = [i for i, part in enumerate(key) if isinstance(part, (int, np.integer)) and not isinstance(part, bool)]
    places = sorted(arrays + whole)
    if not arrays or not whole or places[-1] - places[0] < len(places):
        return None, key
    integers = [step for i, part in enumerate(key) for step in ([part] if i in whole else _kept(part))]
    return tuple(integers), tuple([part for i, part in enumerate(key) if i not in whole])


def _kept(part: Any) -> list[Any]:
    """Return what keeps the dimensions that a part of a key is for."""
    if part is None or isinstance(part, bool):
        return []
    if isinstance(part, np.ndarray) and part.dtype.kind == "b":
        return [slice(None)] * part.ndim
    return [part if part is ... else slice(None)]


def index_select(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """The positions of `dim` that a vector of indices names."""
    d = as_dim(dim, x.data.ndim, "index_select")
    if index.data.ndim > 1:
        message = f"index_select expected a vector of indices; got shape {list(index.shape)}"
        raise ShapeError(message)
    if x.data.ndim == 0:
        return reshape(getitem(reshape(x, 1), index), ())
    return apply(P.getitem, x, key=(*[slice(None)] * d, np.array(index.data.reshape(-1))))


def gather(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """out[i, j] = x[index[i, j], j] for dim 0: along `dim`, the elements that `index` names.

    Args:
        index: int64, as many dimensions as x, nowhere larger but along `dim`.
    """
    d = as_dim(dim, x.data.ndim, "gather")
    if index.data.size == 0:  # of any shape, as in PyTorch
        return reshape(getitem(reshape(x, -1), slice(0)), index.shape)
    if x.data.ndim == 0 or index.data.ndim == 0:
        return reshape(gather(reshape(x, -1), 0, reshape(index, -1)), index.shape)
    return apply(P.gather, x, _checked("gather", x, d, index), dim=d)


def _checked(name: str, x: Tensor, dim: int, index: Tensor, src: Tensor | None = None) -> Tensor:
    """Return `index`.

    Raises:
        ShapeError: it does not fit into x but along `dim`, or not into `src`, or names a position that x does not have.
        DTypeError: it does not hold integers.
    """
    room = [n if d != dim else max(index.shape, default=0) for d, n in enumerate(x.shape)]
    for limits in (room, room if src is None else src.shape):
        if index.data.ndim != len(limits) or any(n > m for n, m in zip(index.shape, limits, strict=True)):
            message = f"{name} expected an index that fits into shape {list(limits)}; got shape {list(index.shape)}"
            raise ShapeError(message)
    if index.data.dtype.kind not in "iu":
        message = f"{name} expected an index of integers; got {index.data.dtype.name}"
        raise DTypeError(message)
    if index.data.size and not 0 <= index.data.min() <= index.data.max() < x.shape[dim]:
        low, high = index.data.min(), index.data.max()
        message = f"{name} expected indices from 0 to {x.shape[dim] - 1}; got some from {low} to {high}"
        raise ShapeError(message)
    return index


def scatter(
    x: Tensor,
    dim: int,
    index: Tensor,
    src: Operand | None = None,
    *,
    value: Operand | None = None,
    reduce: str | None = None,
) -> Tensor:
    """X with out[index[i, j], j] = src[i, j] for dim 0; where an index comes twice, one of the two is kept.

    Args:
        src: a tensor at least as large as `index`, or a number; PyTorch's `value=` is the same.
        reduce: None overwrites, "add" adds.
    """
    d = as_dim(dim, x.data.ndim, "scatter")
    _same_type("scatter", x, src)
    source = converted(value if src is None else src, x.data.dtype)  # type: ignore[arg-type]
    if source.data.ndim == 0 and index.data.ndim:
        source = broadcast_to(source, index.shape)
    if reduce == "add":
        return scatter_add(x, d, index, source)
    if reduce is not None:
        message = f"scatter supports reduce None or 'add'; got {reduce!r}"
        raise NotSupportedError(message)
    if x.data.ndim == 0:
        return reshape(scatter(reshape(x, 1), 0, reshape(index, -1), reshape(source, -1)), ())
    return apply(P.scatter, x, _checked("scatter", x, d, index, source), source, dim=d)


def scatter_add(x: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """X with src[i, j] added at [index[i, j], j] for dim 0; where an index comes twice, both are added."""
    d = as_dim(dim, x.data.ndim, "scatter_add")
    _same_type("scatter_add", x, src)
    if x.data.ndim == 0:
        return reshape(scatter_add(reshape(x, 1), 0, reshape(index, -1), reshape(src, -1)), ())
    return apply(P.scatter_add, x, _checked("scatter_add", x, d, index, src), src, dim=d)


def index_add(x: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """X with slice i of `source` added at position index[i] of `dim`."""
    d = as_dim(dim, x.data.ndim, "index_add")
    _same_type("index_add", x, source)
    if x.data.ndim and source.shape != (*x.shape[:d], index.data.size, *x.shape[d + 1 :]):
        message = (
            f"expected {index.data.size} slices along dimension {dim} of {list(x.shape)}; got {list(source.shape)}"
        )
        raise ShapeError(message)
    scaled = source if alpha == 1 else source * alpha
    if x.data.ndim == 0:
        return reshape(index_add(reshape(x, 1), 0, reshape(index, -1), reshape(scaled, -1)), ())
    key = (*[slice(None)] * d, np.array(index.data.reshape(-1)))
    return x + apply(P.unindex, to_dtype(scaled, x.data.dtype), key=key, shape=x.shape)


def index_put(x: Tensor, indices: Sequence[Any], values: Operand, accumulate: bool = False) -> Tensor:
    """X with [indices] overwritten by `values`, or with them added."""
    key = as_key(tuple(slice(None) if i is None else i for i in indices))
    _same_type("index_put", x, values)
    source = converted(values, x.data.dtype)
    if not accumulate:
        return apply(P.setitem, x, source, key=key)
    spread = broadcast_to(source, x.data[key].shape)
    return x + apply(P.unindex, spread, key=key, shape=x.shape)


def _same_type(name: str, x: Tensor, source: Any) -> None:
    """Refuse a source of another type than x, which would be cut off or rounded in silence."""
    if isinstance(source, Recorded) and source.data.dtype != x.data.dtype:
        message = (
            f"expected a source of type {x.dtype.name} for {name}; got {source.dtype.name}: convert with .to(dtype)"
        )
        raise DTypeError(message)


def take_along_dim(x: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements that `indices` names along `dim`, both broadcast in the other dimensions."""
    if dim is None:
        return gather(reshape(x, -1), 0, reshape(indices, -1))
    d = as_dim(dim, x.data.ndim, "take_along_dim")
    both = np.broadcast_shapes(_without(x.shape, d), _without(indices.shape, d))
    wrapped = wrap(np.where(indices.data < 0, indices.data + x.shape[d], indices.data))
    index = broadcast_to(wrapped, (*both[:d], indices.shape[d], *both[d + 1 :]))
    return gather(broadcast_to(x, (*both[:d], x.shape[d], *both[d + 1 :])), d, index)


def _without(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return (*shape[:dim], 1, *shape[dim + 1 :])


def take(x: Tensor, index: Tensor) -> Tensor:
    """The elements at positions of the flattened tensor, in the index's shape."""
    return getitem(reshape(x, -1), index)


def masked_select(x: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask holds, as a vector."""
    wide, where = broadcast_tensors(x, mask)
    return getitem(wide, where)


@overload
def nonzero(x: Tensor, *, as_tuple: Literal[False] = False) -> Tensor: ...
@overload
def nonzero(x: Tensor, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
def nonzero(x: Tensor, *, as_tuple: bool = False) -> Tensor | tuple[Tensor, ...]:
    """The positions of all elements that are not zero, one row each; as a tuple, one vector for each dimension."""
    found = np.nonzero(x.data.reshape(-1) if x.data.ndim == 0 else x.data)
    if as_tuple:
        return tuple([wrap(index) for index in found])
    return wrap(np.stack(found, 1)[:, : x.data.ndim])


def argsort(x: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Tensor:  # noqa: ARG001 - always stable
    """The positions in sorted order; equal elements keep theirs."""
    if x.data.ndim == 0:
        as_dim(dim, 0, "argsort")
        return wrap(np.zeros((), np.int64))
    return apply(R.argsort, x, dim=as_dim(dim, x.data.ndim, "argsort"), descending=descending)


def sort(x: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> ValuesAndIndices:
    """The elements in order along `dim`, and where they were; equal elements keep their places."""
    indices = argsort(x, dim, descending, stable=stable)
    return _picked(x, dim, indices)


def topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices:  # noqa: ARG001 - always sorted
    """The k largest (or smallest) along `dim` in order, and where they are."""
    d = as_dim(dim, x.data.ndim, "topk")
    if not 0 <= k <= (x.shape[d] if x.data.ndim else 1):
        message = f"topk expected k from 0 to the size of dimension {dim} of shape {list(x.shape)}; got {k}"
        raise ShapeError(message)
    if x.data.ndim == 0:
        return sort(x, dim)
    return _picked(x, dim, apply(R.topk, x, k=k, dim=d, largest=largest))


def _picked(x: Tensor, dim: int, indices: Tensor) -> ValuesAndIndices:
    from tt_core.operations.reductions import ValuesAndIndices  # noqa: PLC0415 - reductions are built on gather

    return ValuesAndIndices(gather(x, dim, indices), indices)


def repeat_interleave(
    x: Tensor, repeats: int | Tensor | None = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element (or each slice of `dim`) so many times in a row; all elements in one dimension if `dim` is None.

    Args:
        repeats: how often, for all or for each; if left out, x holds the counts and the result the positions.
        output_size: the size of the result, which must be right if it is given.
    """
    if repeats is None:
        return wrap(np.repeat(np.arange(x.data.size), x.data))
    flat = reshape(x, -1) if dim is None or x.data.ndim == 0 else x
    d = 0 if dim is None else as_dim(dim, flat.data.ndim, "repeat_interleave")
    counts = repeats.data if isinstance(repeats, Recorded) else repeats
    if np.size(counts) not in (1, flat.shape[d]):
        message = f"expected one count or {flat.shape[d]}, one for each position; got {np.size(counts)}"
        raise ShapeError(message)
    index = np.repeat(np.arange(flat.shape[d]), counts)
    if output_size not in (None, index.size):
        message = f"expected an output_size of {index.size}, the sum of the repeats; got {output_size}"
        raise ShapeError(message)
    return index_select(flat, d, wrap(index))


def one_hot(x: Tensor, num_classes: int = -1) -> Tensor:
    """For each class index a vector of zeros with a one at that place, int64.

    Raises:
        ShapeError: an index is negative or not below `num_classes`.
        DTypeError: they are not integers.
    """
    if x.data.dtype.kind not in "iu":
        message = f"expected class indices of integers; got {x.data.dtype.name}"
        raise DTypeError(message)
    size = int(x.data.max(initial=-1)) + 1 if num_classes == -1 else num_classes
    if x.data.size and not 0 <= x.data.min() <= x.data.max() < size:
        message = f"expected class indices from 0 to {size - 1}; got some from {x.data.min()} to {x.data.max()}"
        raise ShapeError(message)
    return wrap((x.data[..., None] == np.arange(size)).astype(int64))
