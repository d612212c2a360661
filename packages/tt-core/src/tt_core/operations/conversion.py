"""A tensor with another element type, or cut off from its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tt_core import dtypes
from tt_core.dtypes import as_dtype, float16, float32, float64, int8, int16, int32, int64, uint8
from tt_core.errors import GradientError
from tt_core.operations.arguments import need_cpu, to_dtype
from tt_core.recording import version_of, wrap

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

T = TypeVar("T", bound="Tensor")  # a parameter stays one


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
