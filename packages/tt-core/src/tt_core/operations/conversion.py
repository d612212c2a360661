"""What a tensor tells of itself, and the same numbers as Python's, as NumPy's, as text or as another type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tt_core import dtypes
from tt_core.dtypes import Array, as_dtype, float16, float32, float64, int8, int16, int32, int64, uint8
from tt_core.errors import GradientError, ShapeError
from tt_core.graph import Recorded, version_of, wrap
from tt_core.operations.arguments import need_cpu, to_dtype

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


def size(x: Tensor, dim: int | None = None) -> Any:
    """Return the shape, or the size of one dimension."""
    return x.shape if dim is None else x.shape[dim]


def dim(x: Tensor) -> int:
    """Return the number of dimensions."""
    return x.data.ndim


def numel(x: Tensor) -> int:
    """Return the number of elements."""
    return x.data.size


def element_size(x: Tensor) -> int:
    """Return the bytes of one element."""
    return x.data.itemsize


def is_tensor(x: object) -> bool:
    """Tell whether x is a tensor."""
    return isinstance(x, Recorded)


def is_floating_point(x: Tensor) -> bool:
    """Tell whether the elements are floating-point numbers."""
    return x.data.dtype.kind == "f"


def is_contiguous(x: Tensor) -> bool:
    """Tell whether the elements lie in memory in row-major order without gaps."""
    return x.data.flags.c_contiguous


def item(x: Tensor) -> Any:
    """Return the only element as a Python number.

    Raises:
        ShapeError: there are more or none.
    """
    if x.data.size != 1:
        message = f"expected a tensor with one element for item(); got shape {list(x.shape)}"
        raise ShapeError(message)
    return x.data.item()


def tolist(x: Tensor) -> Any:
    """Return the elements as nested lists of Python numbers."""
    return x.data.tolist()


def numpy(x: Tensor, *, force: bool = False) -> Array:
    """Return the NumPy array that holds the data, sharing memory.

    Raises:
        GradientError: the tensor requires a gradient, which NumPy would lose; `detach()` first, or pass
        `force=True`.
    """
    if x.requires_grad and not force:
        message = "expected a tensor without gradient for numpy(); this one requires one: call detach().numpy()"
        raise GradientError(message)
    return x.data


def as_arrays(x: Any) -> Any:
    """Return what was passed to a NumPy function with an array in the place of each tensor."""
    if isinstance(x, Recorded):
        return numpy(x)  # type: ignore[arg-type]  # Tensor is the only subclass
    if isinstance(x, (tuple, list)):
        return type(x)([as_arrays(item) for item in x])
    return {key: as_arrays(value) for key, value in x.items()} if isinstance(x, dict) else x


def to_text(x: Tensor) -> str:
    """Return the numbers and what cannot be seen from them: an unusual type, and where gradients come from."""
    numbers = np.array2string(x.data, separator=", ", prefix="tensor(", precision=4, threshold=1000)
    notes = [numbers]
    if x.data.size == 0 and x.data.ndim != 1:
        notes.append(f"size={x.shape}")
    usual = (float32,) if x.data.size == 0 else (float32, int64, dtypes.bool_)
    if x.data.dtype not in usual:
        notes.append(f"dtype={x.data.dtype.name}")
    if x.node is not None:
        notes.append(f"grad_fn={x.node!r}")
    elif x.requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join(notes)})"


T = TypeVar("T", bound="Tensor")  # a parameter stays one


def rebuild(kind: type[T], data: Array, requires_grad: bool) -> T:
    """Return a leaf of this class on this memory."""
    out = wrap(data).requires_grad_(requires_grad)
    return out if type(out) is kind else kind(out, requires_grad)


def reduce(x: Tensor) -> tuple[Any, ...]:
    """Return what `multiprocessing` sends to another process, and `copy.copy` makes of it: numbers, not the gradient.

    TinyTorch itself never unpickles anything: who opens somebody else's pickle runs their code.

    Raises:
        GradientError: this is a result, and the graph behind it cannot be sent.
    """
    if x.node is not None:
        message = "expected a leaf to pickle or copy; got a result of recorded operations: detach() it first"
        raise GradientError(message)
    return rebuild, (type(x), x.data, x.requires_grad)


def detach(x: Tensor) -> Tensor:
    """Return a tensor on the same memory, through which no gradient flows."""
    out = wrap(x.data, "detach", (x,))
    out.version = version_of(x)
    return out


def requires_grad_(x: T, requires_grad: bool = True) -> T:
    """Say whether a gradient shall be computed; return the tensor.

    Raises:
        GradientError: it holds integers, or it is a result and gradients flow through it anyway.
    """
    if requires_grad and x.data.dtype.kind != "f":
        message = f"expected a floating type to require a gradient; got {x.data.dtype.name}"
        raise GradientError(message)
    if not requires_grad and x.node is not None:
        message = "expected a leaf; a result's gradient cannot be switched off: use detach()"
        raise GradientError(message)
    x.requires_grad = requires_grad
    return x


def to(
    x: Tensor,
    *places: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,  # noqa: ARG001 - there is nothing to wait for
    copy: bool = False,
) -> Tensor:
    """Return the tensor with another element type, or that of another tensor; "cpu" changes nothing.

    Raises:
        NotSupportedError: a device other than "cpu".
    """
    for place in (*places, device):
        if str(place).partition(":")[0] in ("cpu", "cuda", "mps", "xpu"):
            need_cpu(place)
        elif place is not None:
            dtype = place
    wanted = x.dtype if dtype is None else as_dtype(getattr(dtype, "dtype", dtype))
    out = to_dtype(x, wanted)
    return out.clone() if copy and out is x else out


def cpu(x: T) -> T:
    """Return x itself: the CPU is where all tensors are."""
    return x


def type_as(x: Tensor, other: Tensor) -> Tensor:
    """Return the tensor with the type of another."""
    return to_dtype(x, other.dtype)


def float_(x: Tensor) -> Tensor:
    """Return the tensor as float32."""
    return to_dtype(x, float32)


def double(x: Tensor) -> Tensor:
    """Return the tensor as float64."""
    return to_dtype(x, float64)


def half(x: Tensor) -> Tensor:
    """Return the tensor as float16."""
    return to_dtype(x, float16)


def long(x: Tensor) -> Tensor:
    """Return the tensor as int64."""
    return to_dtype(x, int64)


def int_(x: Tensor) -> Tensor:
    """Return the tensor as int32."""
    return to_dtype(x, int32)


def short(x: Tensor) -> Tensor:
    """Return the tensor as int16."""
    return to_dtype(x, int16)


def byte(x: Tensor) -> Tensor:
    """Return the tensor as uint8."""
    return to_dtype(x, uint8)


def char(x: Tensor) -> Tensor:
    """Return the tensor as int8."""
    return to_dtype(x, int8)


def bool_(x: Tensor) -> Tensor:
    """Return whether each element is not zero."""
    return to_dtype(x, dtypes.bool_)
