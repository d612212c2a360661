"""Layers that map vectors to vectors, or only change the shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import DTypeLike

from tt_core import initializers
from tt_core.errors import DTypeError, ShapeError
from tt_core.layers.functions import linear
from tt_core.layers.module import Module
from tt_core.layers.parameter import Parameter
from tt_core.operations.creation import empty
from tt_core.random import Generator
from tt_core.tensor import Tensor
from tt_core.typing import Shaped, shaped


class Linear(Module):
    """y = x Wᵀ + b, with `weight` W of shape (out_features, in_features) and `bias` b of shape (out_features).

    Both start uniform between ±1 / √in_features, as in PyTorch. Without a bias, `bias` is registered as None.

    Args:
        in_features: the size of x's last dimension.
        out_features: the size of y's.
        bias: whether there is a b.
        device: "cpu" or None.
        dtype: of the parameters; float32 unless given.
        generator: where their first values come from; the default one unless given.

    >>> from tt_core import nn, ones
    >>> nn.Linear(4, 3)(ones(2, 4)).shape
    (2, 3)
    """

    in_features: int
    out_features: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, dtype=dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the parameters anew, uniform between ±1 / √in_features.

        For the weight this is `kaiming_uniform_` with the slope a = √5, for the bias `uniform_`. A layer without inputs
        has a bias between ±1.
        """
        initializers.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)
        if self.bias is not None:
            bound = 1 / math.sqrt(max(self.in_features, 1))
            initializers.uniform_(self.bias, -bound, bound, generator)

    @shaped
    def forward(self, x: Shaped[Tensor, "*batch {self.in_features}"]) -> Shaped[Tensor, "*batch {self.out_features}"]:
        """Return x Wᵀ + b.

        Raises:
            ShapeError: x's last dimension is not in_features.
            DTypeError: x is of another type than the weight.
        """
        try:
            return linear(x, self.weight, self.bias)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def located(error: ShapeError | DTypeError, module: Module) -> ShapeError | DTypeError:
    """Return the error with the name of the layer in which it came up."""
    return type(error)(f"{error}, in {module!r}")


class Identity(Module):
    """What comes in goes out; takes any arguments, so that it can stand for any layer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        """Return x."""
        return x


class Flatten(Module):
    """Dimensions `start_dim` to `end_dim` as one; from the second on, so that each example becomes one vector.

    >>> from tt_core import nn, ones
    >>> nn.Flatten()(ones(2, 3, 4)).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        """Return x with fewer dimensions."""
        return x.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Dimension `dim` as several; one of their sizes may be -1."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, x: Tensor) -> Tensor:
        """Return x with more dimensions."""
        return x.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """Return the dimension and its sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
