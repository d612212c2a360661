"""Layers that bring the numbers of each example to one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import DTypeLike

from tt_core.errors import DTypeError, ShapeError
from tt_core.layers.functions import layer_norm, rms_norm
from tt_core.layers.linear import located
from tt_core.layers.module import Module
from tt_core.layers.parameter import Parameter
from tt_core.operations.creation import ones, zeros
from tt_core.tensor import Tensor
from tt_core.typing import Float, shaped


class Normalization(Module):
    """What both layers own: the shape, and a weight that starts at 1."""

    weight: Parameter | None

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None, affine: bool, device: Any, dtype: Any
    ) -> None:
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps = eps
        self.elementwise_affine = affine
        weight = Parameter(ones(self.normalized_shape, device=device, dtype=dtype)) if affine else None
        self.register_parameter("weight", weight)

    def extra_repr(self) -> str:
        """Return the shape and the settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LayerNorm(Normalization):
    """(x - mean) / √(variance + ε) · weight + bias, each mean and variance over the last dimensions of one example.

    Args:
        normalized_shape: the sizes of these dimensions.
        eps: ε.
        elementwise_affine: whether there are a weight and a bias, of this shape.
        bias: whether there is a bias.
        device: "cpu" or None.
        dtype: of the parameters; float32 unless given.

    Source: Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450
    """

    eps: float
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(normalized_shape, eps, elementwise_affine, device, dtype)
        shift = Parameter(zeros(self.normalized_shape, dtype=dtype)) if elementwise_affine and bias else None
        self.register_parameter("bias", shift)

    @shaped
    def forward(self, x: Float[Tensor, "*size"]) -> Float[Tensor, "*size"]:
        """Return x normalised.

        Raises:
            ShapeError: x does not end in normalized_shape.
            DTypeError: x holds integers.
        """
        try:
            return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None

    def extra_repr(self) -> str:
        """Return the shape and the settings."""
        return f"{super().extra_repr()}, bias={self.bias is not None}"


class RMSNorm(Normalization):
    """`x / √(mean(x²) + ε) · weight`, each mean over the last dimensions of one example.

    Args:
        normalized_shape: the sizes of these dimensions.
        eps: ε; the distance from 1 to the next number of x's type unless given.
        elementwise_affine: whether there is a weight, of this shape.
        device: "cpu" or None.
        dtype: of the weight; float32 unless given.

    Source: Zhang & Sennrich 2019, https://arxiv.org/abs/1910.07467
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(normalized_shape, eps, elementwise_affine, device, dtype)

    @shaped
    def forward(self, x: Float[Tensor, "*size"]) -> Float[Tensor, "*size"]:
        """Return x normalised.

        Raises:
            ShapeError: x does not end in normalized_shape.
            DTypeError: x holds integers.
        """
        try:
            return rms_norm(x, self.normalized_shape, self.weight, self.eps)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None
