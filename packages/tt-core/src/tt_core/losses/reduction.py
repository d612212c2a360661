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
    """Return the losses, their mean (nan of none) or their sum.

    Raises:
        NotSupportedError: `reduction` is neither "none", "mean" nor "sum".
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

    Raises:
        ShapeError: the weights would broadcast the losses to another shape.
    """
    if weight is None:
        return reduce(losses, reduction)
    weighted = mul(losses, weight)
    if weighted.shape != losses.shape:
        raise ShapeError(f"expected weights that fit losses of shape {list(losses.shape)}; got {list(weight.shape)}")
    return reduce(weighted, reduction)


def same_shape(name: str, input: Tensor, target: Tensor) -> Tensor:
    """Return `input`.

    Raises:
        ShapeError: the target is of another shape, even if the two broadcast.
        DTypeError: the input holds integers.
    """
    if input.data.shape != target.data.shape:
        a, b = list(input.shape), list(target.shape)
        raise ShapeError(
            f"expected input and target of one shape in {name}; got {a} and {b}: "
            "reshape one of them with squeeze, unsqueeze or expand, or every element would meet every other"
        )
    return need_floating(input, name)
