"""`Dropout`: noise while training, nothing afterwards."""

from __future__ import annotations

from tt_core.errors import ShapeError
from tt_core.layers.functions import dropout
from tt_core.layers.module import Module
from tt_core.operations.arguments import refuse_inplace
from tt_core.random import Generator
from tt_core.tensor import Tensor
from tt_core.typing import Float, shaped


class Dropout(Module):
    """In training, set each number to zero with probability p and scale the others by 1 / (1 - p); then do nothing.

    Args:
        p: the probability.
        inplace: True is not supported.
        generator: where chance comes from; the default one unless given.

    Raises:
        ShapeError: p is not between 0 and 1.

    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: Generator | None = None) -> None:
        super().__init__()
        refuse_inplace("Dropout", inplace=inplace)
        if not 0 <= p <= 1:
            message = f"expected a probability p from 0 to 1 for Dropout; got {p}"
            raise ShapeError(message)
        self.p, self.inplace, self.generator = p, inplace, generator

    @shaped
    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return x with some numbers zero, or x itself."""
        return dropout(x, self.p, self.training, generator=self.generator)

    def extra_repr(self) -> str:
        """Return the probability."""
        return f"p={self.p}, inplace={self.inplace}"
