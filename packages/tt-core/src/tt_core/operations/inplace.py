"""Operations that change a tensor in place: named with a trailing underscore, and `x[key] = values`.

A change is computed as a new value and written into the old memory, so that gradients stay right: the tensor goes on
from the new value's node. What was saved of the old value is noticed at `backward()` and an error says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tt_core.dtypes import Array
from tt_core.errors import DTypeError, GradientError, ShapeError
from tt_core.graph import Operation, touch, wrap
from tt_core.operations import pointwise
from tt_core.operations.arguments import Number, Operand, converted
from tt_core.operations.indexing import as_key, in_steps
from tt_core.primitives import shapes as P
from tt_core.random import rand, randn
from tt_core.recording import apply, is_grad_enabled

if TYPE_CHECKING:
    from tt_core.random import Generator
    from tt_core.tensor import Tensor

T = TypeVar("T", bound="Tensor")  # a parameter stays one


def overwrite(x: T, value: Tensor) -> T:
    """Write `value` into x's memory and let x take its place in the graph; return x.

    Raises:
        GradientError: x is a leaf that requires a gradient, or a view of one, while recording.
        ShapeError: the value has another shape.
        DTypeError: the value's type is of a higher category (float into int).
    """
    _check(x, value)
    node = value.node
    if isinstance(node, Operation) and any(saved is x for saved in node.saved or ()):
        old = wrap(x.data.copy())
        old.node, old.requires_grad = x.node, x.requires_grad
        node.saved = [old if saved is x else saved for saved in node.saved or ()]
    if value.data is not x.data:
        x.data[...] = value.data
    recorded = is_grad_enabled() and (x.requires_grad or value.requires_grad)
    changed = touch(x, recorded=recorded)
    if node is not None:
        x.node, x.requires_grad, node.order = node, True, changed  # nothing depends on the new node yet
    elif recorded:
        x.node, x.requires_grad = None, False
    if recorded:
        _write_through(x)
    return x


def _write_through(x: Tensor) -> None:
    """Let the tensor that x is a view of take the change into its own place in the graph.

    Raises:
        GradientError: its memory is not in row-major order, so that x's elements cannot be found in it.
    """
    base = _base(x)
    if base is x or not (base.requires_grad or x.requires_grad):
        return
    if not base.data.flags.c_contiguous:
        message = (
            "expected a view of memory in row-major order to change in place while gradients are recorded; "
            "call contiguous() on the tensor that it is a view of"
        )
        raise GradientError(message)
    places = _places(x.data, base.data)
    if places is not None:
        old = wrap(base.data)
        old.node, old.requires_grad = base.node, base.requires_grad
        base.node, base.requires_grad = apply(P.setitem, old, x, key=places).node, True


def _base(x: Tensor) -> Tensor:
    """Return the tensor that x is a view of, or x if it is none or the other is gone."""
    base: Any = x.version.base() if x.version is not None and x.version.base is not None else None
    return x if base is None else base


def positions(view: Array, base: Array) -> Array:
    """Return where each element of a view lies in the base's memory, counted in elements from the base's first.

    Element i of a view lies at start + Σ i_d · stride_d. `address` tells where a first element is and `view.strides`
    how far apart neighbours along each dimension are, both in bytes.

    >>> x = np.arange(12.0).reshape(3, 4)
    >>> positions(x[1:, ::-2], x)
    array([[ 7,  5],
           [11,  9]])
    """
    found = np.full(view.shape, (address(view) - address(base)) // base.itemsize)
    for dim, stride in enumerate(view.strides):
        along = np.arange(view.shape[dim]) * (stride // base.itemsize)
        found += along.reshape([-1 if d == dim else 1 for d in range(view.ndim)])
    return found


def address(x: Array) -> int:
    """Return where in the computer's memory an array's first element lies, in bytes."""
    place: int = x.__array_interface__["data"][0]
    return place


def _places(view: Array, base: Array) -> tuple[Any, ...] | None:
    """Return the key that picks from the base, in row-major order, each element of a view; None if one is not there."""
    found = positions(view, base)
    if found.size and not 0 <= found.min() <= found.max() < base.size:
        return None
    return tuple(np.unravel_index(found, base.shape)) if base.ndim else (...,)


def _check_writeable(x: Tensor) -> None:
    if not x.data.flags.writeable:
        message = (
            "expected memory of its own to change in place; several elements of this tensor are one in memory: "
            "clone() it first"
        )
        raise ShapeError(message)


def _check(x: Tensor, value: Tensor) -> None:
    _check_writeable(x)
    if value.shape != x.shape:
        message = f"expected a value of shape {list(x.shape)} to write in place; got {list(value.shape)}"
        raise ShapeError(message)
    if not np.can_cast(value.dtype, x.dtype, "same_kind"):
        message = f"expected a value that fits into {x.dtype.name} in place; got {value.dtype.name}"
        raise DTypeError(message)
    if is_grad_enabled() and (x.requires_grad or value.requires_grad):
        if x.requires_grad and x.node is None:
            message = (
                "expected a result to change in place; got a leaf that requires a gradient: "
                "use no_grad(), or clone() it first"
            )
            raise GradientError(message)
        if x.version is not None and x.version.leaf:
            message = (
                "expected a result to change in place; got a view of a leaf that requires a gradient: "
                "use no_grad(), or clone() it first"
            )
            raise GradientError(message)


def add_(x: T, other: Operand, *, alpha: Number = 1) -> T:
    """Add `alpha · other` to x."""
    return overwrite(x, pointwise.add(x, other, alpha=alpha))


def sub_(x: T, other: Operand, *, alpha: Number = 1) -> T:
    """Subtract `alpha · other` from x."""
    return overwrite(x, pointwise.sub(x, other, alpha=alpha))


def mul_(x: T, other: Operand) -> T:
    """Multiply x by `other`."""
    return overwrite(x, pointwise.mul(x, other))


def div_(x: T, other: Operand) -> T:
    """Divide x by `other`."""
    return overwrite(x, pointwise.div(x, other))


def pow_(x: T, exponent: Operand) -> T:
    """Raise x to a power."""
    return overwrite(x, pointwise.pow(x, exponent))


def clamp_(x: T, min: Operand | None = None, max: Operand | None = None) -> T:
    """Bound x from below and above."""
    return overwrite(x, pointwise.clamp(x, min, max))


def lerp_(x: T, end: Tensor, weight: Operand) -> T:
    """Move x towards `end` by a part `weight` of the way."""
    return overwrite(x, pointwise.lerp(x, end, weight))


def copy_(x: T, src: Operand) -> T:
    """Take over the values of `src`, broadcast and converted to x's type."""
    source = converted(src, x.dtype)
    same = source.shape == x.shape and not source.requires_grad
    return overwrite(x, source if same else source.expand(x.shape))  # the source keeps its node for itself


def zero_(x: T) -> T:
    """Set every element to 0."""
    return fill_(x, 0)


def fill_(x: T, value: Operand) -> T:
    """Set every element to one value."""
    return copy_(x, value)


def uniform_(x: T, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None) -> T:
    """Fill with uniform numbers from a to b."""
    return copy_(x, rand(x.shape, generator=generator, dtype=x.dtype) * (b - a) + a)


def normal_(x: T, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> T:
    """Fill with normally distributed numbers."""
    return copy_(x, randn(x.shape, generator=generator, dtype=x.dtype) * std + mean)


def setitem(x: Tensor, key: Any, values: Operand) -> None:
    """x[key] = values, with broadcasting; gradients flow to both."""
    integers, where = in_steps(as_key(key))
    source = converted(values, x.dtype)
    if is_grad_enabled() and (x.requires_grad or source.requires_grad):
        if _is_item(source, x, integers, where):  # the second half of x[key] += y: the change has been made
            _see_again(x)
            return
        overwrite(x, _with_item(x, source, integers, where))
        return
    _check_writeable(x)
    place = x.data if integers is None else x.data[integers]
    try:
        place[where] = P.trimmed(source.data)
    except ValueError as error:
        message = f"expected values that fit x[key] of shape {list(place[where].shape)}; got shape {list(source.shape)}"
        raise ShapeError(message) from error
    touch(x)


def _is_item(source: Tensor, x: Tensor, integers: Any, where: Any) -> bool:
    """Tell whether the source is x[key] itself, a view that was the last to change x's memory."""
    if integers is not None or source.version is None or source.version is not x.version or source.version.by is None:
        return False
    item = x.data[where]
    layouts = [(a.__array_interface__["data"], a.shape, a.strides) for a in (item, source.data)]
    return layouts[0] == layouts[1] and source.version.by() is source


def _see_again(x: Tensor) -> None:
    """Let a view go on from the tensor that it is a view of, which knows of the last change."""
    base = _base(x)
    places = None if base is x else _places(x.data, base.data)
    if places is not None:
        picked = apply(P.getitem, base, key=places).reshape(x.shape)
        x.node, x.requires_grad = picked.node, picked.requires_grad


def _with_item(x: Tensor, source: Tensor, integers: Any, where: Any) -> Tensor:
    """Return x with [integers][where] overwritten."""
    if integers is None:
        return apply(P.setitem, x, source, key=where)
    return apply(P.setitem, x, _with_item(apply(P.getitem, x, key=integers), source, None, where), key=integers)
