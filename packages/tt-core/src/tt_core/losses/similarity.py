"""Losses for pairs: alike (target 1) or not alike (target -1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tt_core.errors import ShapeError
from tt_core.losses.reduction import Loss, reduce, same_shape
from tt_core.operations.arguments import need_floating
from tt_core.operations.pointwise import add, clamp, div, eq, masked_fill, mul, ne, sqrt, square, sub
from tt_core.operations.reductions import sum
from tt_core.typing import Float, Shaped, shaped

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

_EPSILON = 1e-12  # keeps the cosine of a zero vector finite: PyTorch's value


@shaped
def hinge_embedding_loss(
    input: Float[Tensor, "*shape"], target: Shaped[Tensor, "*shape"], *, margin: float = 1.0, reduction: str = "mean"
) -> Float[Tensor, " ..."]:
    """`x` where the target is 1, max(0, margin - x) where it is -1, for distances x = input.

    Raises:
        ShapeError: the shapes differ.
    """
    same_shape("hinge_embedding_loss", input, target)
    alike = masked_fill(input, eq(target, -1), 0)
    apart = masked_fill(clamp(sub(margin, input), min=0), eq(target, 1), 0)
    return reduce(add(alike, apart), reduction)


@shaped
def cosine_embedding_loss(
    input1: Float[Tensor, "*batch n"],
    input2: Float[Tensor, "*batch n"],
    target: Shaped[Tensor, "*batch"],
    *,
    margin: float = 0.0,
    reduction: str = "mean",
) -> Float[Tensor, " ..."]:
    """`1 - cos` where the target is 1, max(0, cos - margin) where it is -1, for the cosine between two vectors.

    Args:
        input1, input2: vectors `[N, D]`, or one vector `[D]` each.
        target: `[N]`, or without dimensions.

    Raises:
        ShapeError: the shapes differ.
    """
    same_shape("cosine_embedding_loss", input1, input2)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ShapeError(
            f"expected vectors [N, D] and a target [N] in cosine_embedding_loss, or [D] and []; "
            f"got {list(input1.shape)} and {list(target.shape)}"
        )
    cosine = _cosine(input1, need_floating(input2, "cosine_embedding_loss"))
    alike = masked_fill(sub(1, cosine), ne(target, 1), 0)
    apart = masked_fill(clamp(sub(cosine, margin), min=0), ne(target, -1), 0)
    return reduce(add(alike, apart), reduction)


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    lengths = mul(add(sum(square(a), -1), _EPSILON), add(sum(square(b), -1), _EPSILON))
    return div(sum(mul(a, b), -1), sqrt(lengths))


class HingeEmbeddingLoss(Loss):
    """`hinge_embedding_loss` as a module."""

    def __init__(self, *, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """`cosine_embedding_loss` as a module."""

    def __init__(self, *, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)
