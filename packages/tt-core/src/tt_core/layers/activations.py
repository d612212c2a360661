"""The activations as modules, for `Sequential`; what they compute is said at the functions of `tt_core.activations`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from numpy.typing import DTypeLike

from tt_core import activations as F
from tt_core.layers.module import Module
from tt_core.layers.parameter import Parameter
from tt_core.operations.arguments import refuse_inplace
from tt_core.operations.creation import full
from tt_core.tensor import Tensor


class Activation(Module):
    """What all activations share.

    Args:
        inplace: stands in PyTorch's signatures; True is not supported.

    Attributes:
        settings: the names of the attributes that `repr` shows.
    """

    settings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        refuse_inplace(type(self).__name__, inplace=inplace)

    def extra_repr(self) -> str:
        """Return the settings."""
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self.settings)


class ReLU(Activation):
    """max(x, 0)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x where it is positive, 0 elsewhere."""
        return F.relu(x)


class LeakyReLU(Activation):
    """`x` above 0, `negative_slope · x` below."""

    settings = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        """Return x, flattened below 0."""
        return F.leaky_relu(x, self.negative_slope)


class PReLU(Activation):
    """`x` above 0, `weight · x` below, with slopes that are learned.

    Args:
        num_parameters: one slope for all, or one for each channel (dimension 1).
        init: what they start from.
        device: "cpu" or None.
        dtype: of the slopes; float32 unless given.
    """

    settings = ("num_parameters",)

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: DTypeLike | None = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(full((num_parameters,), float(init), device=device, dtype=dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Return x, flattened below 0 by as much as was learned."""
        return F.prelu(x, self.weight)


class ELU(Activation):
    """`x` above 0, α (e^x - 1) below."""

    settings = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        """Return x, bent towards -α below 0."""
        return F.elu(x, self.alpha)


class SELU(Activation):
    """An ELU that keeps mean 0 and variance 1 from layer to layer."""

    def forward(self, x: Tensor) -> Tensor:
        """Return λ · elu(x, α)."""
        return F.selu(x)


class CELU(Activation):
    """`x` above 0, α (e^(x/α) - 1) below."""

    settings = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        """Return x, bent towards -α below 0."""
        return F.celu(x, self.alpha)


class Softplus(Activation):
    """log(1 + e^(βx)) / β."""

    settings = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Tensor) -> Tensor:
        """Return x with a round corner at 0."""
        return F.softplus(x, self.beta, self.threshold)


class GELU(Activation):
    """`x Φ(x)`, with Φ of the normal distribution; or its approximation by tanh."""

    settings = ("approximate",)

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        """Return x times the probability of a normal number below it."""
        return F.gelu(x, approximate=self.approximate)


class SiLU(Activation):
    """`x σ(x)`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its sigmoid."""
        return F.silu(x)


class Mish(Activation):
    """`x tanh(softplus(x))`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x times the tanh of its softplus."""
        return F.mish(x)


class Hardtanh(Activation):
    """`x`, but not below `min_val` and not above `max_val`."""

    settings = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x: Tensor) -> Tensor:
        """Return x within its bounds."""
        return F.hardtanh(x, self.min_val, self.max_val)


class ReLU6(Activation):
    """min(max(x, 0), 6)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x between 0 and 6."""
        return F.relu6(x)


class Hardsigmoid(Activation):
    """min(max(x + 3, 0), 6) / 6."""

    def forward(self, x: Tensor) -> Tensor:
        """Return a sigmoid of three straight lines."""
        return F.hardsigmoid(x)


class Hardswish(Activation):
    """`x · hardsigmoid(x)`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x times its hard sigmoid."""
        return F.hardswish(x)


class Sigmoid(Activation):
    """1 / (1 + e^-x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return numbers between 0 and 1."""
        return F.sigmoid(x)


class LogSigmoid(Activation):
    """log σ(x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logarithm of the sigmoid."""
        return F.logsigmoid(x)


class Tanh(Activation):
    """(e^x - e^-x) / (e^x + e^-x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return numbers between -1 and 1."""
        return F.tanh(x)


class Softsign(Activation):
    """`x / (1 + |x|)`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return numbers between -1 and 1."""
        return F.softsign(x)


class GLU(Activation):
    """`a σ(b)` of the two halves of x along `dim`."""

    settings = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Return one half, as far as the other lets it pass."""
        return F.glu(x, self.dim)


class Softmax(Activation):
    """e^x / Σ e^x along `dim`."""

    settings = ("dim",)

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Return positive numbers with the sum 1."""
        return F.softmax(x, self.dim)


class LogSoftmax(Activation):
    """`x - log Σ e^x` along `dim`."""

    settings = ("dim",)

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Return the logarithm of the softmax."""
        return F.log_softmax(x, self.dim)
