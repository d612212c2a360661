"""What all losses share: the shapes that must agree, and what is made of many losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from tt_core.errors import NotSupportedError, ShapeError
from tt_core.layers.module import Module
from tt_core.operations.arguments import need_floating
from tt_core.operations.pointwise import mul
from tt_core.operations.reductions import mean, sum

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

Reduction: TypeAlias = Literal["none", "mean", "sum"]


class Loss(Module):
    """A loss that remembers how it reduces."""

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction


def reduce(losses: Tensor, reduction: str) -> Tensor:
    """Return what is made of many losses: their "mean" (nan of none), their "sum", or "none": all as they are.

    Raises:
        NotSupportedError: `reduction` is none of the three; it is named.

    >>> from tt_core import tensor
    >>> reduce(tensor([1.0, 2.0, 6.0]), "mean").item()
    3.0
    """
    if reduction == "mean":
        return mean(losses)
    if reduction == "sum":
        return sum(losses)
    if reduction == "none":
        return losses
    raise NotSupportedError(f"expected reduction 'none', 'mean' or 'sum'; got {reduction!r}")


def reduce_weighted(losses: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """Return the losses times their weights, reduced; the mean is that of all losses, whatever they weigh.

    Args:
        losses: of any shape.
        weight: broadcasts to the losses' shape; None for 1 each.
        reduction: as of `reduce`.

    Raises:
        ShapeError: the weights would broadcast the losses to another shape; both shapes are named.

    >>> from tt_core import tensor
    >>> reduce_weighted(tensor([1.0, 3.0]), tensor([3.0, 1.0]), "mean").item()
    3.0
    """
    if weight is None:
        return reduce(losses, reduction)
    weighted = mul(losses, weight)
    if weighted.shape != losses.shape:
        raise ShapeError(f"expected weights that fit losses of shape {list(losses.shape)}; got {list(weight.shape)}")
    return reduce(weighted, reduction)


def same_shape(name: str, input: Tensor, target: Tensor) -> Tensor:
    """Return `input`, after a look at both.

    Args:
        name: of the loss, for the errors.
        input: what a model said.
        target: what would have been right.

    Raises:
        ShapeError: the target is of another shape, even if the two broadcast; name and both shapes are in the message.
        DTypeError: the input holds integers: `need_floating` says so.
    """
    if input.data.shape != target.data.shape:
        a, b = list(input.shape), list(target.shape)
        raise ShapeError(
            f"expected input and target of one shape in {name}; got {a} and {b}: "
            "reshape one of them with squeeze, unsqueeze or expand, or every element would meet every other"
        )
    return need_floating(input, name)
