"""The loops that several operations share, and how a number is read and stored.

`x.item(i)` reads the element of x at the indices i as a Python number; `put(out, i, number)` stores one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from tt_core.dtypes import Array, DType
from tt_core.naive.scalars import Number
from tt_core.primitives.elementwise import quiet
from tt_core.primitives.reductions import Dims

Index: TypeAlias = tuple[int, ...]
Shape: TypeAlias = tuple[int, ...]


def put(out: Array, i: Index, number: Number) -> None:
    """Store a number as the array's type can: integers wrap around, floats are rounded and too large ones infinite."""
    out[i] = wrapped(number, out.dtype) if out.dtype.kind in "iu" else number


def wrapped(number: Number, dtype: DType) -> int:
    """Return the integer of this type that is equal to `number`, its fraction cut off, modulo 2^bits.

    >>> wrapped(200, np.dtype("int8")), wrapped(-1, np.dtype("uint8"))
    (-56, 255)
    """
    lowest = int(np.iinfo(dtype).min)
    if not math.isfinite(number):
        return lowest
    span = int(2 ** (8 * dtype.itemsize))
    return (int(number) - lowest) % span + lowest


def common_shape(*shapes: Shape) -> Shape:
    """Return the shape that these broadcast to.

    The shapes, one or more, are aligned at their ends, as if the shorter ones had sizes of 1 in front. At each place
    the sizes that are not 1 must be equal, and the result has that size; where all are 1 it has 1. A size of 0 counts
    as any other: 0 and 1 give 0.

    >>> common_shape((2, 1, 3), (4, 1)), common_shape((0, 1), (1, 5)), common_shape(())
    ((2, 4, 3), (0, 5), ())

    Raises:
        ValueError: they do not fit; all shapes are named.
    """
    ndim = max(map(len, shapes))
    aligned = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    out = []
    for sizes in zip(*aligned, strict=True):
        different = {n for n in sizes if n != 1}
        if len(different) > 1:
            message = f"shapes {' and '.join(str(list(shape)) for shape in shapes)} do not broadcast"
            raise ValueError(message)
        out.append(different.pop() if different else 1)
    return tuple(out)


def at(i: Index, shape: Shape) -> Index:
    """Return where broadcasting reads an operand of this shape for the result's element i: at 0 where the size is 1.

    Index and shape are aligned at their ends: what i has more in front is dropped, what shape has more is read at 0.

    >>> at((1, 3, 2), (4, 1)), at((5,), (1, 6)), at((1, 2), ())
    ((3, 0), (0, 5), ())
    """
    own = ((0,) * len(shape) + i)[len(i) :]
    return tuple([0 if n == 1 else k for k, n in zip(own, shape, strict=True)])


@quiet
def each(function: Callable[..., Number], *operands: Any, dtype: Any = None) -> Array:
    """Return function(a, b, …) of the numbers at each position of the operands, which broadcast.

    Args:
        function: takes a Python number of each operand (`x.item(index)` reads it), returns one (`put` stores it).
        operands: arrays, or Python numbers, of which `as_array(x, operands)` makes arrays.
        dtype: the result's type; NumPy's `result_type` of the operands unless given.

    >>> each(lambda a, b: a * b, np.asarray([[1], [2]]), np.asarray([10, 20, 30]))
    array([[10, 20, 30],
           [20, 40, 60]])

    Raises:
        ValueError: the operands do not broadcast.
    """
    out_type = np.result_type(*operands) if dtype is None else dtype
    xs = [as_array(x, operands) for x in operands]
    out = np.empty(common_shape(*[x.shape for x in xs]), out_type)
    for i in np.ndindex(out.shape):
        put(out, i, function(*[x.item(at(i, x.shape)) for x in xs]))
    return out


def as_array(x: Any, operands: Sequence[Any]) -> Array:
    """Return a Python float as the arrays beside it would hold it; all else as it is."""
    return np.asarray(x, np.result_type(*operands) if isinstance(x, float) else None)


def copied(x: Array) -> Array:
    """Return the same numbers in memory of their own."""
    return each(lambda a: a, x)


@quiet
def reduced(function: Callable[[list[Any]], Number], x: Array, dim: Dims, keepdim: bool, dtype: Any = None) -> Array:
    """Return function(numbers) of all the numbers that share their position outside the dimensions `dim`.

    Args:
        function: takes a list of Python numbers, in row-major order, and returns one number (`put` stores it).
        x: an array; `x[…].ravel().tolist()` lists the numbers of a part of it.
        dim: the dimensions to reduce, none negative; None for all of them.
        keepdim: whether the result keeps these dimensions with size 1, or lacks them.
        dtype: the result's type; that of x unless given.

    >>> reduced(max, np.asarray([[1, 5], [7, 3]]), dim=(1,), keepdim=False)
    array([5, 7])
    >>> reduced(max, np.asarray([[1, 5], [7, 3]]), dim=(0,), keepdim=True)
    array([[7, 5]])
    """
    dims = range(x.ndim) if dim is None else dim
    kept = tuple([1 if d in dims else n for d, n in enumerate(x.shape)])
    out = np.empty(kept, dtype or x.dtype)
    for i in np.ndindex(kept):
        block = x[tuple([slice(None) if d in dims else k for d, k in enumerate(i)])]
        put(out, i, function(block.ravel().tolist()))
    return out if keepdim else out.reshape([n for d, n in enumerate(x.shape) if d not in dims])


@quiet
def along(function: Callable[[list[Any]], Sequence[Number]], x: Array, dim: int, dtype: Any = None) -> Array:
    """Return function(numbers), as many as they are, of each line of numbers along `dim`."""
    if x.ndim == 0:
        return along(function, x.reshape(1), 0, dtype).reshape(())
    out = np.empty(x.shape, dtype or x.dtype)
    for i in np.ndindex(x.shape[:dim]):
        for j in np.ndindex(x.shape[dim + 1 :]):
            for k, number in enumerate(function(x[(*i, slice(None), *j)].tolist())):
                put(out, (*i, k, *j), number)
    return out
