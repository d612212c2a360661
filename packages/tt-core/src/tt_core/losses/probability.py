"""Losses for probabilities: of yes or no, and of whole distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tt_core.activations import logsigmoid
from tt_core.dtypes import result_type
from tt_core.errors import ShapeError
from tt_core.losses.reduction import Loss, reduce, reduce_weighted, same_shape
from tt_core.operations.arguments import to_dtype
from tt_core.operations.pointwise import add, div, eq, exp, log, masked_fill, mul, neg, sub
from tt_core.primitives import neural as P
from tt_core.recording import apply
from tt_core.typing import Float, shaped

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


@shaped
def binary_cross_entropy(
    input: Float[Tensor, "*shape"],
    target: Float[Tensor, "*shape"],
    weight: Float[Tensor, " ..."] | None = None,
    *,
    reduction: str = "mean",
) -> Float[Tensor, " ..."]:
    """-(t log p + (1 - t) log(1 - p)) for probabilities p = input of a yes and t = target; no logarithm below -100.

    Where p comes from a sigmoid, `binary_cross_entropy_with_logits` on what went into it is exact and faster.

    Args:
        weight: of each element, or of what broadcasts to them.

    Raises:
        ShapeError: the shapes differ, or an input is not between 0 and 1.
    """
    same_shape("binary_cross_entropy", input, target)
    p = input.data
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ShapeError(
            f"expected probabilities from 0 to 1 in binary_cross_entropy; got some from {p.min()} to {p.max()}: "
            "pass scores to binary_cross_entropy_with_logits"
        )
    dtype = result_type(input, target)
    losses = apply(P.binary_cross_entropy, to_dtype(input, dtype), to_dtype(target, dtype))
    return reduce_weighted(losses, weight, reduction)


@shaped
def binary_cross_entropy_with_logits(
    input: Float[Tensor, "*shape"],
    target: Float[Tensor, "*shape"],
    weight: Float[Tensor, " ..."] | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Float[Tensor, " ..."] | None = None,
) -> Float[Tensor, " ..."]:
    """-(t log σ(x) + (1 - t) log σ(-x)) for scores x = input and probabilities t = target of a yes.

    The logarithms come from `logsigmoid`: a score of 200 has a loss of 200 if the answer is no, and not of infinity.

    Args:
        weight: of each element, or of what broadcasts to them.
        pos_weight: how much more a missed yes costs, a factor of the first term alone; broadcasts.

    Raises:
        ShapeError: the shapes differ, or the weights would broadcast them; a `pos_weight` that would is named.

    >>> from tt_core import tensor
    >>> binary_cross_entropy_with_logits(tensor([0.0, 200.0]), tensor([1.0, 0.0]), reduction="none")
    tensor([  0.6931, 200.    ])
    """
    same_shape("binary_cross_entropy_with_logits", input, target)
    yes = mul(target, logsigmoid(input))
    no = mul(sub(1, target), logsigmoid(neg(input)))
    losses = neg(add(yes if pos_weight is None else mul(pos_weight, yes), no))
    if pos_weight is not None and losses.shape != input.shape:
        a, b = list(input.shape), list(pos_weight.shape)
        raise ShapeError(f"expected pos_weight that fits inputs of shape {a}; got {b}")
    return reduce_weighted(losses, weight, reduction)


@shaped
def kl_div(
    input: Float[Tensor, "*shape"],
    target: Float[Tensor, "*shape"],
    *,
    reduction: str = "mean",
    log_target: bool = False,
) -> Float[Tensor, " ..."]:
    """`t (log t - input)` for log-probabilities `input` and probabilities t: how far the two are apart.

    Args:
        reduction: "batchmean", the sum over the size of the first dimension (over 1 if there is none), is the
            divergence of Kullback and Leibler; "mean" divides by the number of all elements, as in PyTorch.
        log_target: the target too is given as log-probabilities.

    Where t is 0, t log t counts as 0, and so does its derivative (nan in PyTorch). t · input is still multiplied: an
    input of -∞ there gives nan, and so does, with `log_target`, a target of -∞; both as in PyTorch.

    Raises:
        ShapeError: the shapes differ.
    """
    same_shape("kl_div", input, target)
    losses = mul(exp(target), sub(target, input)) if log_target else sub(_entropy(target), mul(target, input))
    if reduction == "batchmean":
        return div(reduce(losses, "sum"), float(losses.shape[0]) if losses.ndim else 1.0)
    return reduce(losses, reduction)


def _entropy(t: Tensor) -> Tensor:
    """Return t log t, and 0 where t is 0, where 0 · log 0 would be nan."""
    return mul(t, log(masked_fill(t, eq(t, 0), 1)))


class BCELoss(Loss):
    """`binary_cross_entropy` as a module."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    """`binary_cross_entropy_with_logits` as a module."""

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class KLDivLoss(Loss):
    """`kl_div` as a module."""

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
