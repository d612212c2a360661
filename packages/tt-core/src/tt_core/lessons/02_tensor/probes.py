"""What the checks of module 02 do with your code. They only call it and show what came; look and try for yourself."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

import tt_core
from tt_core import Tensor
from tt_core.dispatch import NUMPY, Backend, primitive
from tt_core.memory import track
from tt_core.naive import linalg, loops, reductions, scalars
from tt_core.operations import creation, indexing, inplace, shapes

Parts = list[list[Any]]


def described(x: Any) -> dict[str, Any]:
    """Show an array with its shape and the type of its elements."""
    return {"values": x, "dtype": str(x.dtype)}


# 02.1 and 02.2: broadcasting


def together(shapes: list[list[int]]) -> list[int]:
    """Broadcast shapes."""
    return list(loops.common_shape(*map(tuple, shapes)))


def read_at(index: list[int], shape: list[int]) -> list[int]:
    """Ask where one element of a result reads its operand."""
    return list(loops.at(tuple(index), tuple(shape)))


def all_read(x: Any, shape: list[int]) -> Any:
    """Show, for each element of a result of this shape, the number that is read of x."""
    out = np.zeros(shape, x.dtype)
    for i in np.ndindex(*shape):
        out[i] = x[loops.at(i, x.shape)]
    return out


# 02.3: every element by itself

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "==": operator.eq,
    "a if c else b": lambda c, a, b: a if c else b,
}


def elementwise(function: str, operands: list[Any], dtype: str | None = None) -> dict[str, Any]:
    """Apply a function of numbers at each position."""
    return described(loops.each(FUNCTIONS[function], *operands, dtype=dtype and np.dtype(dtype)))


def handed_over(x: Any) -> list[str]:
    """List the types of the numbers that reach the function."""
    seen: list[str] = []

    def looked_at(a: Any) -> Any:
        seen.append(type(a).__name__)
        return a

    loops.each(looked_at, x)
    return seen


def untouched(x: Any, y: Any) -> list[Any]:
    """Add two arrays, and show them as they are afterwards."""
    loops.each(operator.add, x, y)
    return [x, y]


# 02.4 and 02.5: many numbers to one


def folded(function: str, numbers: list[float]) -> float:
    """Fold a list into one number."""
    return {"total": reductions.total, "product": reductions.product}[function](numbers)


def best(better: str, numbers: list[float]) -> float:
    """Ask for the largest or smallest of a list."""
    return reductions.extreme(numbers, {"larger": scalars.larger, "smaller": scalars.smaller}[better])


FOLDS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": math.fsum,
    "largest": max,
    "how many": len,
    "2 · the second - the last": lambda numbers: 2 * numbers[1] - numbers[-1],
    "first": lambda numbers: numbers[0],
}


def reduced(function: str, x: Any, dim: Sequence[int] | None, keepdim: bool, dtype: str | None = None) -> Any:
    """Reduce an array over some of its dimensions."""
    dims = None if dim is None else tuple(dim)
    return described(loops.reduced(FOLDS[function], x, dims, keepdim, dtype and np.dtype(dtype)))


# 02.6: products of matrices


def product(x: Any, y: Any) -> dict[str, Any]:
    """Multiply two arrays of matrices."""
    return described(linalg.matmul(x, y))


class Watched(np.ndarray[Any, Any]):
    """An array that notes which of NumPy's functions are called with it."""

    called: ClassVar[list[str]] = []

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Note `x @ y` and other operators."""
        self.called.append(ufunc.__name__)
        return getattr(ufunc, method)(*[np.asarray(x) for x in inputs], **options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Note functions such as `np.dot`."""
        self.called.append(function.__name__)
        return super().__array_function__(function, types, args, kwargs)


def products_of_numpy(x: Any, y: Any) -> list[str]:
    """Multiply two matrices, and list the products that were left to NumPy."""
    Watched.called.clear()
    linalg.matmul(x.view(Watched), y.view(Watched))
    products = ("matmul", "dot", "vdot", "inner", "tensordot", "einsum")
    return [name for name in Watched.called if name in products]


# 02.7: operators × backends


@primitive
def spoken(x: Any) -> Any:
    """A row of the table, of this lesson's own; its kernels say which column they are of."""
    return x


def backends() -> list[Backend]:
    """Make three columns, each the parent of the next: NumPy's, "middle" and "top"."""
    middle = Backend("middle", parent=NUMPY)
    return [NUMPY, middle, Backend("top", parent=middle)]


def saying(name: str) -> Any:
    """Make a kernel that says whose it is."""
    return lambda x: name


def found(asked: str, kernels: list[str]) -> str:
    """Register kernels with some of three backends; ask one of them for its kernel, and tell whose it is."""
    spoken.kernels.clear()
    by_name = {backend.name: backend for backend in backends()}
    for name in kernels:
        spoken.kernel(by_name[name])(saying(name))
    return str(by_name[asked].find(spoken)(np.zeros(())))


def imported_first(module: str) -> dict[str, bool]:
    """Ask a backend that needs a module for a kernel, and tell whether the module is there."""
    sys.modules.pop(module, None)
    spoken.kernels.clear()
    spoken.kernel(NUMPY)(lambda x: x)
    Backend("lazy", parent=NUMPY, modules=(module,)).find(spoken)
    return {f"{module} is imported": module in sys.modules}


# 02.8: the tensor


def made(data: Any, dtype: str | None = None) -> dict[str, Any]:
    """Make a tensor."""
    x = Tensor(data, dtype=dtype)
    return {**described(x.data), "shape": list(x.shape)}


def made_of_numpy_numbers(numbers: list[float]) -> dict[str, Any]:
    """Make a tensor of a list of NumPy's float64 numbers."""
    return described(Tensor([np.float64(a) for a in numbers]).data)


def made_of_tensor(x: Any) -> dict[str, Any]:
    """Make a tensor of a tensor, write into the first, and show the second."""
    first = Tensor(x)
    second = Tensor(first)
    first.data[...] = -1
    return described(second.data)


def array_of(data: Any, copy: bool) -> dict[str, Any]:
    """Make an array."""
    return described(creation.to_array(data, copy=copy))


def own_memory(x: Any, copy: bool) -> Any:
    """Make an array of an array, write into the old one, and show the new one."""
    new = creation.to_array(x, copy=copy)
    x[...] = -1
    return new


def past(data: Any, requires_grad: bool) -> dict[str, Any]:
    """Make a tensor and show what it knows besides its numbers."""
    x = Tensor(data, requires_grad)
    known = [x.grad is None, x.node is None, x.hooks is None, x.version is None]
    return {"requires_grad": x.requires_grad, "grad, node, hooks and version are None": known}


def bytes_counted(x: Any) -> int:
    """Make a tensor while memory is counted."""
    with track() as memory:
        tensor = Tensor(x)
    live = memory.live
    del tensor  # not before the bytes were counted
    return live


# 02.9 and 02.10: views


def reshaped(x: Any, shape: list[int]) -> Any:
    """Give a tensor another shape."""
    return Tensor(x).reshape(shape)


def reshaped_list(numbers: list[float], shape: list[int]) -> Any:
    """Give a list, which is no tensor, another shape."""
    return shapes.reshape(numbers, *shape)  # type: ignore[arg-type]  # on purpose


def reshaped_then_written(x: Any, shape: list[int]) -> Any:
    """Give a tensor another shape, write into the result, and show the first tensor."""
    first = Tensor(x)
    first.reshape(shape).data[...] = -1
    return first


def permuted(x: Any, order: list[int]) -> Any:
    """Put a tensor's dimensions into another order."""
    return shapes.permute(Tensor(x), *order)


def permuted_by_name(x: Any, dims: list[int]) -> Any:
    """Name the order as `dims`."""
    return shapes.permute(Tensor(x), dims=dims)


def transposed(x: Any, dim0: int, dim1: int) -> Any:
    """Exchange two dimensions."""
    return shapes.transpose(Tensor(x), dim0, dim1)


def transposed_then_written(x: Any, row: int, column: int) -> Any:
    """Exchange the dimensions of a matrix, write one element of the result, and show the first matrix."""
    first = Tensor(x)
    first.transpose(0, 1).data[row, column] = -1
    return first


# 02.11: strides


def cut(x: Any, slices: Parts, order: list[int] | None = None) -> Any:
    """Take a view: a slice (or an index) of each dimension, then the dimensions in another order."""
    view = x[tuple(part[0] if len(part) == 1 else slice(*part) for part in slices)]
    return view if order is None else view.transpose(order)


def located(x: Any, slices: Parts, order: list[int] | None = None) -> Any:
    """Show where the elements of a view lie in x's memory."""
    return inplace.positions(cut(x, slices, order), x)


def located_repeated(x: Any, shape: list[int]) -> Any:
    """Show where the elements of x lie when it is broadcast to a larger shape."""
    return inplace.positions(np.broadcast_to(x, shape), x)


# 02.12: keys


def part(kind: str, *values: Any) -> Any:
    """Make one part of a key."""
    made: dict[str, Callable[..., Any]] = {
        "tensor": lambda data: tt_core.as_tensor(np.asarray(data)),
        "array": np.asarray,
        "list": list,
        "slice": slice,
        "integer": int,
        "None": lambda: None,
        "...": lambda: ...,
    }
    return made[kind](*values)


def read(x: Any, key: Parts) -> Any:
    """Turn a key of several parts into one that NumPy reads, and read x with it."""
    return x[indexing.as_key(tuple(part(*each) for each in key))]


def read_one(x: Any, key: list[Any]) -> Any:
    """Turn a key of one part into one that NumPy reads, and read x with it."""
    return x[indexing.as_key(part(*key))]


def kind_of_key(key: list[Any]) -> str:
    """Name the class of what a key of one part becomes."""
    return type(indexing.as_key(part(*key))).__name__


def key_after_change(kind: str, positions: Any) -> Any:
    """Turn positions into a key, change what they were taken from, and show the key."""
    given = tt_core.from_numpy(positions) if kind == "tensor" else positions
    key = indexing.as_key((given,))
    positions[...] = 0
    return key[0]


def picked(x: Any, index: Any) -> Any:
    """Index a tensor with a tensor."""
    return Tensor(x)[Tensor(index)]
