"""First values for parameters, written in place: `nn.init`.

A layer keeps the scale of what flows through it if the variance of its weights is about 1 / fan. The fan is the number
of inputs that each output sums up (fan_in, for the way forward) or of outputs that each input reaches (fan_out, for the
way back), and a gain makes up for what the activation takes away. Every function returns the tensor; `generator` says
where random numbers come from, the default one otherwise.
"""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

from tt_core.dtypes import Array
from tt_core.errors import NotSupportedError, ShapeError
from tt_core.graph import wrap
from tt_core.random import Generator, rand, randn, stream
from tt_core.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

T = TypeVar("T", bound=Tensor)
Mode: TypeAlias = Literal["fan_in", "fan_out"]

_GAINS = {"sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4, "linear": 1.0} | {
    f"conv{kind}{n}d": 1.0 for kind in ("", "_transpose") for n in (1, 2, 3)
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor on the standard deviation that suits an activation.

    1 for linear maps and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + a²)) for leaky_relu with slope a, 3/4 for selu.

    Args:
        nonlinearity: the name of its function.
        param: the slope of leaky_relu, 0.01 if it is not given.

    Raises:
        NotSupportedError: there is no such activation in the list.

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        message = f"expected a nonlinearity out of {', '.join(sorted([*_GAINS, 'leaky_relu']))}; got {nonlinearity!r}"
        raise NotSupportedError(message)
    return _GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight (out, in, *kernel): the products that make an output, the uses of an input.

    Each of the `in` channels gives as many as the kernel has places; the same holds for `out`.

    >>> from tt_core import zeros
    >>> fans(zeros(10, 4)), fans(zeros(16, 3, 5, 5))
    ((4, 10), (75, 400))

    Raises:
        ShapeError: it has fewer than two dimensions.
    """
    if tensor.ndim < 2:
        message = f"expected a weight of shape [out, in, ...] to count its inputs and outputs; got {list(tensor.shape)}"
        raise ShapeError(message)
    receptive = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive, tensor.shape[0] * receptive


def _write(tensor: T, values: Any) -> T:
    tensor.detach().copy_(values)
    return tensor


def constant_(tensor: T, val: float) -> T:
    """Fill with one value."""
    return _write(tensor, val)


def zeros_(tensor: T) -> T:
    """Fill with 0."""
    return _write(tensor, 0)


def ones_(tensor: T) -> T:
    """Fill with 1."""
    return _write(tensor, 1)


def eye_(tensor: T) -> T:
    """Fill a matrix with the identity: 1 on the diagonal, 0 elsewhere.

    Raises:
        ShapeError: it is not a matrix.
    """
    if tensor.ndim != 2:
        message = f"expected a matrix for eye_; got shape {list(tensor.shape)}"
        raise ShapeError(message)
    return _write(tensor, np.eye(*tensor.shape, dtype=tensor.dtype))


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with uniform numbers from a to b."""
    return _write(tensor, rand(tensor.shape, generator=generator, dtype=tensor.dtype) * (b - a) + a)


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with normally distributed numbers."""
    return _write(tensor, randn(tensor.shape, generator=generator, dtype=tensor.dtype) * std + mean)


def trunc_normal_(
    tensor: T,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> T:
    """Fill with numbers from the part of a normal distribution that lies between a and b.

    Raises:
        ShapeError: the bounds are not in order, or the deviation is not positive.
    """
    if not (a < b and std > 0):
        message = f"expected a < b and a positive std for trunc_normal_; got a={a}, b={b}, std={std}"
        raise ShapeError(message)
    random = stream(generator)
    standard = _truncated(tensor.numel(), (a - mean) / std, (b - mean) / std, random)
    return _write(tensor, np.clip(standard.reshape(tensor.shape) * std + mean, a, b).astype(tensor.dtype))


def _truncated(n: int, low: float, high: float, random: np.random.Generator) -> Array:
    """Return n standard normal numbers between low and high: uniform ones, kept with the density's probability.

    The density is taken relative to its largest value in between, at `top`; where it is below 1e-16 of that, nothing is
    proposed, so that far bounds cost no more than near ones (Robert 1995).
    """
    top = min(max(0.0, low), high)
    reach = math.sqrt(top * top + 2 * math.log(1e16))
    low, high = max(low, -reach), min(high, reach)
    kept = np.empty(0)
    while kept.size < n:
        x = random.uniform(low, high, n - kept.size)
        kept = np.concatenate([kept, x[random.random(x.size) < np.exp((top * top - x * x) / 2)]])
    return kept


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with uniform numbers from -a to a, a = gain · √(6 / (fan_in + fan_out)).

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with normal numbers of deviation gain · √(2 / (fan_in + fan_out)).

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: Mode, nonlinearity: str) -> float:
    """Return gain / √fan, the gain being that of the nonlinearity with slope a; 0 for a weight without inputs.

    Raises:
        NotSupportedError: the mode is neither "fan_in" nor "fan_out".
    """
    if mode not in ("fan_in", "fan_out"):
        message = f"expected mode 'fan_in' or 'fan_out'; got {mode!r}"
        raise NotSupportedError(message)
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan) if fan else 0.0


def kaiming_uniform_(
    tensor: T,
    a: float = 0,
    mode: Mode = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Fill with uniform numbers from -b to b, b = gain · √(3 / fan).

    Args:
        a: the slope of leaky_relu below zero; 0 is relu.
        mode: "fan_in" keeps the variance on the way forward, "fan_out" on the way back.
        nonlinearity: what follows; see `calculate_gain`.

    A uniform number between ±b has the deviation b / √3, so b = √3 times that of `_kaiming_std`.

    Source: He et al. 2015, "Delving deep into rectifiers".
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0,
    mode: Mode = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Fill with normal numbers of deviation gain / √fan; the arguments are those of `kaiming_uniform_`.

    Source: He et al. 2015, "Delving deep into rectifiers".
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: T, gain: float = 1, generator: Generator | None = None) -> T:
    """Fill with gain · Q, where Q is drawn evenly from all matrices with orthonormal rows (or columns, if fewer).

    All dimensions after the first count as one. Q is that of the QR decomposition of normal numbers, with signs such
    that R's diagonal is positive; without that it would not be evenly drawn (Mezzadri 2007).

    Raises:
        ShapeError: there are fewer than two dimensions.

    Source: Saxe et al. 2013, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks".
    """
    if tensor.ndim < 2:
        message = f"expected at least two dimensions for orthogonal_; got shape {list(tensor.shape)}"
        raise ShapeError(message)
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    random = stream(generator)
    q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
    square = q.T if rows < columns else q
    return _write(tensor, wrap(gain * square.reshape(tensor.shape)))
