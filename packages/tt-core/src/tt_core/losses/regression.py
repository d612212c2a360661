"""Losses for numbers: how far a prediction is from what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tt_core.errors import ShapeError
from tt_core.losses.reduction import Loss, reduce, reduce_weighted, same_shape
from tt_core.operations.pointwise import abs, clamp, div, mul, square, sub
from tt_core.operations.reductions import sum
from tt_core.typing import Float, Shaped, shaped

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


@shaped
def mse_loss(
    input: Float[Tensor, "*shape"],
    target: Shaped[Tensor, "*shape"],
    *,
    reduction: str = "mean",
    weight: Float[Tensor, "*shape"] | None = None,
) -> Float[Tensor, " ..."]:
    """(input - target)²: the mean squared error.

    Args:
        weight: of each element; the mean is then Σ weighted / Σ weight.

    Raises:
        ShapeError: the shapes differ.

    >>> from tt_core import tensor
    >>> mse_loss(tensor([1.0, 2.0]), tensor([1.0, 4.0])).item()
    2.0
    """
    return _weighted(square(sub(same_shape("mse_loss", input, target), target)), weight, reduction)


@shaped
def l1_loss(
    input: Float[Tensor, "*shape"],
    target: Shaped[Tensor, "*shape"],
    *,
    reduction: str = "mean",
    weight: Float[Tensor, "*shape"] | None = None,
) -> Float[Tensor, " ..."]:
    """|input - target|: the mean absolute error; its derivative is 0 where the two are equal.

    Args:
        weight: of each element; the mean is then Σ weighted / Σ weight.

    Raises:
        ShapeError: the shapes differ.

    >>> from tt_core import tensor
    >>> l1_loss(tensor([1.0, 2.0]), tensor([1.0, 4.0])).item()
    1.0
    """
    return _weighted(abs(sub(same_shape("l1_loss", input, target), target)), weight, reduction)


def _weighted(losses: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """Return the losses times their weights, if there are any, reduced; "mean" is then Σ weighted / Σ weight.

    Raises:
        ShapeError: the weights are not of the losses' shape: `same_shape("a loss with weights", …)` says so.
    """
    if weight is None:
        return reduce(losses, reduction)
    weighted = mul(same_shape("a loss with weights", losses, weight), weight)
    return div(sum(weighted), sum(weight)) if reduction == "mean" else reduce(weighted, reduction)


@shaped
def huber_loss(
    input: Float[Tensor, "*shape"],
    target: Shaped[Tensor, "*shape"],
    *,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Float[Tensor, "*shape"] | None = None,
) -> Float[Tensor, " ..."]:
    """½ d² up to |d| = δ, and from there the straight line δ (|d| - ½ δ), for d = input - target.

    Args:
        weight: of each element; the mean divides by their number (`reduce_weighted`), not by Σ weight as in `mse_loss`.

    Raises:
        ShapeError: the shapes differ, or δ is not positive.

    >>> from tt_core import tensor
    >>> huber_loss(tensor([0.5, 4.0]), tensor([0.0, 0.0]), reduction="none")
    tensor([0.125, 3.5  ])

    Source: Huber 1964, https://doi.org/10.1214/aoms/1177703732
    """
    if delta <= 0:
        raise ShapeError(f"expected delta above 0 in huber_loss; got {delta}")
    difference = sub(same_shape("huber_loss", input, target), target)
    return reduce_weighted(_rounded(difference, delta), weight, reduction)


@shaped
def smooth_l1_loss(
    input: Float[Tensor, "*shape"], target: Shaped[Tensor, "*shape"], *, reduction: str = "mean", beta: float = 1.0
) -> Float[Tensor, " ..."]:
    """`huber_loss` over β: |d| less a constant, with its corner rounded where |d| < β; `l1_loss` for β = 0.

    Raises:
        ShapeError: the shapes differ, or β is negative.

    Source: Girshick 2015, https://arxiv.org/abs/1504.08083
    """
    if beta < 0:
        raise ShapeError(f"expected beta of at least 0 in smooth_l1_loss; got {beta}")
    difference = sub(same_shape("smooth_l1_loss", input, target), target)
    return reduce(div(_rounded(difference, beta), beta) if beta else abs(difference), reduction)


def _rounded(difference: Tensor, bound: float) -> Tensor:
    """Return c (|d| - ½ c) with c = min(|d|, bound): a parabola, then its tangent."""
    distance = abs(difference)
    near = clamp(distance, max=bound)
    return mul(near, sub(distance, mul(near, 0.5)))


class MSELoss(Loss):
    """`mse_loss` as a module."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """`l1_loss` as a module."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """`smooth_l1_loss` as a module."""

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """`huber_loss` as a module."""

    def __init__(self, *, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return huber_loss(input, target, reduction=self.reduction, delta=self.delta)
