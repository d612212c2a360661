"""What networks are made of and tensors have as methods: relu and the two softmaxes. `activations` has the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import DTypeLike

from tt_core.dtypes import as_dtype
from tt_core.operations.arguments import as_dim, need_floating, refuse_inplace, to_dtype
from tt_core.operations.shapes import reshape
from tt_core.primitives import neural as P
from tt_core.recording import apply
from tt_core.typing import Float, Shaped, shaped

if TYPE_CHECKING:
    from tt_core.dispatch import Primitive
    from tt_core.tensor import Tensor


@shaped
def relu(x: Shaped[Tensor, "*shape"], inplace: bool = False) -> Shaped[Tensor, "*shape"]:
    """max(x, 0); the derivative at 0 is 0.

    >>> from tt_core import tensor
    >>> relu(tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """
    if inplace:
        refuse_inplace("relu", inplace=inplace)
    return apply(P.relu, x)


@shaped
def softmax(x: Shaped[Tensor, "*shape"], dim: int, dtype: DTypeLike | None = None) -> Float[Tensor, "*shape"]:
    """e^x / Σ e^x along `dim`: positive numbers with the sum 1.

    Args:
        dtype: converts x first; needed for integers.

    >>> from tt_core import tensor
    >>> softmax(tensor([0.0, 0.0]), dim=0)
    tensor([0.5, 0.5])
    """
    return _along(P.softmax, x, dim, dtype)


@shaped
def log_softmax(x: Shaped[Tensor, "*shape"], dim: int, dtype: DTypeLike | None = None) -> Float[Tensor, "*shape"]:
    """`x - log Σ e^x` along `dim`: the logarithm of `softmax`, also where that would be 0.

    Args:
        dtype: converts x first; needed for integers.
    """
    return _along(P.log_softmax, x, dim, dtype)


def _along(primitive: Primitive[...], x: Tensor, dim: int, dtype: DTypeLike | None) -> Tensor:
    x = need_floating(x if dtype is None else to_dtype(x, as_dtype(dtype)), primitive.name)
    found = as_dim(dim, x.ndim, primitive.name)
    return apply(primitive, x, dim=found) if x.ndim else reshape(apply(primitive, reshape(x, 1), dim=0), ())
