"""Activations: what makes a network more than one matrix (module 03).

All are finite, with their gradients, for inputs of ±10⁴. At a kink the derivative is PyTorch's, and stated. `inplace`
stands in the signatures so that the order of arguments is PyTorch's; True is not supported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from numpy.typing import DTypeLike

from tt_core.dtypes import as_dtype
from tt_core.errors import NotSupportedError, ShapeError
from tt_core.operations.arguments import as_dim, need_floating, refuse_inplace, to_dtype
from tt_core.operations.joining import chunk
from tt_core.operations.pointwise import add, clamp, div, expm1, mul, sigmoid, tanh
from tt_core.operations.shapes import reshape
from tt_core.primitives import neural as P
from tt_core.recording import apply
from tt_core.typing import Float, Shaped, shaped

if TYPE_CHECKING:
    from tt_core.dispatch import Primitive
    from tt_core.tensor import Tensor

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
]

# chosen so that mean 0 and variance 1 pass through a layer unchanged (Klambauer et al. 2017, appendix A)
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


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


# Bent once: two straight or nearly straight halves


@shaped
def leaky_relu(
    x: Float[Tensor, "*shape"], negative_slope: float = 0.01, inplace: bool = False
) -> Float[Tensor, "*shape"]:
    """`x` above 0, `negative_slope · x` below; the derivative at 0 is the slope.

    Computed as relu(x) + negative_slope · min(x, 0): each of the two is 0 where the other is not.

    Raises:
        DTypeError: x holds integers.
        NotSupportedError: `inplace` is True.

    >>> from tt_core import tensor
    >>> leaky_relu(tensor([-2.0, 0.0, 2.0]), 0.1)
    tensor([-0.2,  0. ,  2. ])

    Source: Maas, Hannun & Ng 2013.
    """
    refuse_inplace("leaky_relu", inplace=inplace)
    return add(apply(P.relu, need_floating(x, "leaky_relu")), mul(_below_zero(x), negative_slope))


@shaped
def prelu(x: Float[Tensor, "*shape"], weight: Float[Tensor, " ..."]) -> Float[Tensor, "*shape"]:
    """`x` above 0, `weight · x` below, with a slope that is learned: one, or one for each channel (dimension 1).

    Raises:
        ShapeError: there are several slopes, and not one for each channel.

    Source: He et al. 2015, https://arxiv.org/abs/1502.01852
    """
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels):
        raise ShapeError(f"expected 1 slope in prelu or {channels}, one per channel; got shape {list(weight.shape)}")
    slope = reshape(weight, (-1, *[1] * (x.ndim - 2))) if x.ndim > 1 else reshape(weight, [1] * x.ndim)
    return add(apply(P.relu, need_floating(x, "prelu")), mul(slope, _below_zero(x)))


@shaped
def elu(x: Float[Tensor, "*shape"], alpha: float = 1.0, inplace: bool = False) -> Float[Tensor, "*shape"]:
    """`x` above 0, α (e^x - 1) below; the derivative at 0 is α.

    Computed as relu(x) + α expm1(min(x, 0)): no large e^x is formed, not even where it is not used.

    Raises:
        DTypeError: x holds integers.
        NotSupportedError: `inplace` is True.

    >>> from tt_core import tensor
    >>> elu(tensor([-1000.0, 0.0, 1000.0]), alpha=0.5).tolist()
    [-0.5, 0.0, 1000.0]

    Source: Clevert, Unterthiner & Hochreiter 2015, https://arxiv.org/abs/1511.07289
    """
    refuse_inplace("elu", inplace=inplace)
    return add(apply(P.relu, need_floating(x, "elu")), mul(expm1(_below_zero(x)), alpha))


@shaped
def selu(x: Float[Tensor, "*shape"], inplace: bool = False) -> Float[Tensor, "*shape"]:
    """λ · elu(x, α) with the λ and α that keep mean 0 and variance 1 from layer to layer.

    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
    """
    refuse_inplace("selu", inplace=inplace)
    return mul(elu(x, _SELU_ALPHA), _SELU_SCALE)


@shaped
def celu(x: Float[Tensor, "*shape"], alpha: float = 1.0, inplace: bool = False) -> Float[Tensor, "*shape"]:
    """`x` above 0, α (e^(x/α) - 1) below: an elu without a kink, whatever α.

    Source: Barron 2017, https://arxiv.org/abs/1704.07483
    """
    refuse_inplace("celu", inplace=inplace)
    below = mul(expm1(div(_below_zero(x), alpha)), alpha)
    return add(apply(P.relu, need_floating(x, "celu")), below)


def _below_zero(x: Tensor) -> Tensor:
    """Return min(x, 0), whose derivative at 0 is 1: beside a relu, the left side of a kink decides."""
    return clamp(x, max=0)


@shaped
def softplus(x: Float[Tensor, "*shape"], beta: float = 1.0, threshold: float = 20.0) -> Float[Tensor, "*shape"]:
    """log(1 + e^(βx)) / β, a relu with a round corner; x itself where βx is above the threshold."""
    return apply(P.softplus, need_floating(x, "softplus"), beta=beta, threshold=threshold)


@shaped
def gelu(x: Float[Tensor, "*shape"], *, approximate: Literal["none", "tanh"] = "none") -> Float[Tensor, "*shape"]:
    """`x Φ(x)`: x times the probability that a normally distributed number is below it.

    Args:
        approximate: "tanh" computes 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), as GPT-2 does.

    Source: Hendrycks & Gimpel 2016, https://arxiv.org/abs/1606.08415
    """
    if approximate not in ("none", "tanh"):
        raise NotSupportedError(f"expected approximate 'none' or 'tanh' in gelu; got {approximate!r}")
    return apply(P.gelu, need_floating(x, "gelu"), approximate=approximate)


@shaped
def silu(x: Float[Tensor, "*shape"], inplace: bool = False) -> Float[Tensor, "*shape"]:
    """`x σ(x)`, also called swish: each number decides itself how much of it passes.

    Raises:
        DTypeError: x holds integers.
        NotSupportedError: `inplace` is True.

    >>> from tt_core import tensor
    >>> silu(tensor([-1000.0, 0.0, 1000.0]))
    tensor([  -0.,    0., 1000.])

    Source: Elfwing, Uchibe & Doya 2017, https://arxiv.org/abs/1702.03118
    """
    refuse_inplace("silu", inplace=inplace)
    return mul(need_floating(x, "silu"), sigmoid(x))


@shaped
def mish(x: Float[Tensor, "*shape"], inplace: bool = False) -> Float[Tensor, "*shape"]:
    """`x tanh(softplus(x))`.

    Source: Misra 2019, https://arxiv.org/abs/1908.08681
    """
    refuse_inplace("mish", inplace=inplace)
    return mul(x, tanh(softplus(x)))


# Bent twice: bounded on both sides, and what is made of these


@shaped
def hardtanh(
    x: Float[Tensor, "*shape"], min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Float[Tensor, "*shape"]:
    """`x`, but not below `min_val` and not above `max_val`; the derivative at both is 0 (that of `clamp` is 1).

    Raises:
        ShapeError: the bounds are in the wrong order.
    """
    refuse_inplace("hardtanh", inplace=inplace)
    if min_val > max_val:
        raise ShapeError(f"expected min_val ≤ max_val in hardtanh; got {min_val} and {max_val}")
    return apply(P.hardtanh, need_floating(x, "hardtanh"), low=min_val, high=max_val)


@shaped
def relu6(x: Float[Tensor, "*shape"], inplace: bool = False) -> Float[Tensor, "*shape"]:
    """min(max(x, 0), 6); the derivative at 0 and 6 is 0."""
    refuse_inplace("relu6", inplace=inplace)
    return hardtanh(x, 0.0, 6.0)


@shaped
def hardsigmoid(x: Float[Tensor, "*shape"], inplace: bool = False) -> Float[Tensor, "*shape"]:
    """min(max(x + 3, 0), 6) / 6; the derivative at ±3 is 0."""
    refuse_inplace("hardsigmoid", inplace=inplace)
    return apply(P.hardsigmoid, need_floating(x, "hardsigmoid"))


@shaped
def hardswish(x: Float[Tensor, "*shape"], inplace: bool = False) -> Float[Tensor, "*shape"]:
    """`x · hardsigmoid(x)`; the derivative at -3 is 0, at 3 it is 1.

    Source: Howard et al. 2019, https://arxiv.org/abs/1905.02244
    """
    refuse_inplace("hardswish", inplace=inplace)
    return mul(x, div(hardtanh(add(x, 3), 0.0, 6.0), 6))


@shaped
def softsign(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """`x / (1 + |x|)`."""
    return apply(P.softsign, need_floating(x, "softsign"))


@shaped
def logsigmoid(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The logarithm of σ(x), also where σ(x) itself would be 0."""
    return apply(P.logsigmoid, need_floating(x, "logsigmoid"))


@shaped
def glu(x: Float[Tensor, " ..."], dim: int = -1) -> Float[Tensor, " ..."]:
    """`a σ(b)` of the two halves a, b of x along `dim`: b says how much of a passes. Half as large along `dim`.

    Raises:
        ShapeError: the size along `dim` is odd (that of a tensor without dimensions counts as 1), or there is no `dim`
            (`as_dim` looks).
        DTypeError: x holds integers.

    >>> from tt_core import tensor
    >>> glu(tensor([[3.0, 5.0, 0.0, -1000.0]]))
    tensor([[1.5, 0. ]])

    Source: Dauphin et al. 2016, https://arxiv.org/abs/1612.08083
    """
    size = x.shape[as_dim(dim, x.ndim, "glu")] if x.ndim else 1
    if size % 2:
        raise ShapeError(f"expected an even size along dim {dim} in glu; got {size} in shape {list(x.shape)}")
    a, b = chunk(need_floating(x, "glu"), 2, dim)
    return mul(a, sigmoid(b))
