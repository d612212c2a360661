"""Clipping: gradients that are too large, made smaller before the step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np

from tt_core import Tensor, linalg, no_grad
from tt_core.dtypes import float32, float64
from tt_core.errors import GradientError
from tt_core.extend import Array, wrap
from tt_core.graph import touch

Tensors: TypeAlias = Tensor | Iterable[Tensor]
_TINY = 1e-6  # keeps PyTorch's quotient finite when all gradients are 0
_SAFE = (1e-30, 1e30)  # squares of float32 whose sum is neither lost nor infinite


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients together so that their norm, as one vector, is at most `max_norm`; return what it was.

    Args:
        parameters: those whose gradients to clip, in place; what has none is left out.
        max_norm: c; gradients are multiplied by min(1, c / (norm + 10⁻⁶)).
        norm_type: which norm, p of (Σ |g|ᵖ)^(1/p); may be infinity.
        error_if_nonfinite: refuse a norm that is infinite or nan.
        foreach: accepted, without effect.

    Raises:
        GradientError: the norm is not finite, and that was to be refused.

    Source: Pascanu, Mikolov & Bengio 2013, https://arxiv.org/abs/1211.5063

    >>> from tt_core import nn, tensor
    >>> w = nn.Parameter([0.0, 0.0])
    >>> w.grad = tensor([3.0, 4.0])
    >>> clip_grad_norm_([w], max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6, 0.8])
    """
    params = _listed(parameters)
    total = get_total_norm(_gradients(params), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(params, max_norm, total, foreach)
    return total


def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,  # noqa: ARG001 - PyTorch's
) -> Tensor:
    """Return the norm of all tensors as one vector, a tensor of one number of their common type; 0 if there are none.

    It is the norm of their norms, each from `norm` in float64: √(Σ nᵢ²) for the ordinary one, the largest for infinity.
    Nothing has the norm 0 in float32. There may be a single tensor, or any iterable of them: `_listed` makes a list.

    Raises:
        GradientError: it is not finite, and that was to be refused; the message has the norm, as in "it is inf".
    """
    given = _listed(tensors)
    dtype = np.result_type(*(x.dtype for x in given)) if given else float32
    norms = np.array([norm(x, float(norm_type)) for x in given], np.float64)
    total = float(linalg.vector_norm(wrap(norms), float(norm_type))) if given else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        message = (
            f"expected gradients with a finite norm of order {norm_type}; it is {total}: look for a division by 0 or a "
            "learning rate that is too large, or pass error_if_nonfinite=False"
        )
        raise GradientError(message)
    with np.errstate(over="ignore"):
        return wrap(np.array(total).astype(dtype))


def clip_grads_with_norm_(
    parameters: Tensors,
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,  # noqa: ARG001 - PyTorch's
) -> None:
    """Scale all gradients as `clip_grad_norm_` does, with a norm that is known already.

    All are multiplied, in the memory that they have, by the same c / (norm + 10⁻⁶); by nothing at all if that is 1 or
    more. Each gradient that was written to is told so by `touch(g)`: whoever saved it for backward notices. There may
    be a single parameter (`_listed`), and some have no gradient (`_gradients`).
    """
    factor = float(max_norm) / (float(total_norm) + _TINY)
    if factor >= 1:
        return
    for g in _gradients(_listed(parameters)):
        with np.errstate(all="ignore"):
            np.multiply(g.data, factor, out=g.data)
        touch(g)


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:  # noqa: ARG001 - PyTorch's
    """Bound every number of the gradients by ±clip_value, in the memory that they have, and `touch` each gradient.

    Args:
        parameters: those whose gradients to clip, or a single one.
        clip_value: the largest size that is left.
        foreach: accepted, without effect.
    """
    bound = float(clip_value)
    for g in _gradients(_listed(parameters)):
        np.clip(g.data, -bound, bound, out=g.data)
        touch(g)


def norm(x: Tensor, order: float) -> float:
    """Return the norm of one tensor; the ordinary one by BLAS, which sums squares in many lanes."""
    if order != 2 or x.dtype.kind != "f" or x.data.itemsize < 4:
        with no_grad():
            return float(linalg.vector_norm(x.detach().to(float64), order))
    flat: Array = x.data.ravel(order="K")
    with np.errstate(over="ignore"):
        squares = float(np.dot(flat, flat))
    if squares and not _SAFE[0] < squares < _SAFE[1] and x.dtype == float32:
        flat = flat.astype(np.float64)
        squares = float(np.dot(flat, flat))
    return math.sqrt(squares)


def _listed(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(params: list[Tensor]) -> list[Tensor]:
    return [p.grad for p in params if p.grad is not None]
