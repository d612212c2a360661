"""Derivatives of functions: products with the Jacobian matrix from both sides, the matrix itself, and the Hessian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tt_core.autograd import enable_grad, grad
from tt_core.errors import DTypeError, ShapeError
from tt_core.graph import Recorded, wrap
from tt_core.operations.joining import stack

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

Inputs = Any  # a tensor, or a tuple of them


def _fresh(inputs: Inputs, *, create_graph: bool) -> list[Tensor]:
    """Return the inputs as tensors to differentiate by: connected to the caller's graph only if that is wanted."""
    given = _tensors(inputs, "a tensor as inputs")
    return [x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in given]


def _tensors(given: Any, expected: str) -> list[Tensor]:
    """Return one or several tensors as a list.

    Raises:
        DTypeError: something among them is none.
    """
    found = list(given) if isinstance(given, (tuple, list)) else [given]
    for x in found:
        if not isinstance(x, Recorded):
            message = f"expected {expected}, or a tuple of them, to differentiate; got {type(x).__name__}"
            raise DTypeError(message)
    return found


def _like(values: Sequence[Any], inputs: Any) -> Any:
    return tuple(values) if isinstance(inputs, (tuple, list)) else values[0]


def _zeros_for_none(gradients: Sequence[Tensor | None], xs: Sequence[Tensor]) -> list[Tensor]:
    return [wrap(np.zeros(x.shape, x.dtype)) if g is None else g for g, x in zip(gradients, xs, strict=True)]


@overload
def vjp(
    func: Callable[[Tensor], Tensor], inputs: Tensor, v: Tensor | None = None, create_graph: bool = False
) -> tuple[Tensor, Tensor]: ...
@overload
def vjp(func: Callable[..., Any], inputs: Inputs, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]: ...
def vjp(func: Callable[..., Any], inputs: Inputs, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return func(inputs) and vᵀ J: one walk back, whatever the number of inputs is.

    Args:
        func: from tensors to a tensor or a tuple of them.
        inputs: a tensor or a tuple of them.
        v: of the output's shape; may be left out for a scalar.
        create_graph: let the result be differentiated again.
    """
    with enable_grad():
        xs = _fresh(inputs, create_graph=create_graph)
        outputs = func(*xs)
        result = grad(_tensors(outputs, "func to return a tensor"), xs, v, create_graph=create_graph, allow_unused=True)
    return _cut(outputs, create_graph=create_graph), _like(_zeros_for_none(result, xs), inputs)


def _cut(outputs: Any, *, create_graph: bool) -> Any:
    if create_graph:
        return outputs
    return tuple([x.detach() for x in outputs]) if isinstance(outputs, (tuple, list)) else outputs.detach()


@overload
def jvp(
    func: Callable[[Tensor], Tensor], inputs: Tensor, v: Tensor | None = None, create_graph: bool = False
) -> tuple[Tensor, Tensor]: ...
@overload
def jvp(func: Callable[..., Any], inputs: Inputs, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]: ...
def jvp(func: Callable[..., Any], inputs: Inputs, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Return func(inputs) and J v: the derivative of the output along the direction v.

    Computed by walking back twice: uᵀ J is linear in u, and its own derivative along v is J v (Townsend 2017).

    Args:
        func: from tensors to a tensor or a tuple of them.
        inputs: a tensor or a tuple of them.
        v: of the inputs' shapes; may be left out for a single number.
        create_graph: let the result be differentiated again.
    """
    with enable_grad():
        xs = _fresh(inputs, create_graph=create_graph)
        outputs = func(*xs)
        outs = _tensors(outputs, "func to return a tensor")
        us = [wrap(np.zeros(o.shape, o.dtype)).requires_grad_() for o in outs]
        pulled = _zeros_for_none(grad(outs, xs, us, create_graph=True, allow_unused=True), xs)
        result = _pushed(pulled, us, _directions(v, xs), create_graph=create_graph)
    return _cut(outputs, create_graph=create_graph), _like(result, outputs)


def _directions(v: Any, xs: list[Tensor]) -> list[Tensor]:
    if v is None and any(x.numel() != 1 for x in xs):
        message = (
            f"expected a direction v for inputs of shapes {[list(x.shape) for x in xs]}; it may be left out for single "
            "numbers only"
        )
        raise ShapeError(message)
    if v is None:
        return [wrap(np.ones(x.shape, x.dtype)) for x in xs]
    return list(v) if isinstance(v, (tuple, list)) else [v]


def _pushed(pulled: list[Tensor], us: list[Tensor], directions: list[Tensor], *, create_graph: bool) -> list[Tensor]:
    pairs = [(p, d) for p, d in zip(pulled, directions, strict=True) if p.requires_grad]
    if not pairs:
        return [wrap(np.zeros(u.shape, u.dtype)) for u in us]
    found = grad([p for p, _ in pairs], us, [d for _, d in pairs], create_graph=create_graph, allow_unused=True)
    return _zeros_for_none(found, us)


@overload
def jacobian(func: Callable[[Tensor], Tensor], inputs: Tensor, create_graph: bool = False) -> Tensor: ...
@overload
def jacobian(func: Callable[..., Any], inputs: Inputs, create_graph: bool = False) -> Any: ...
def jacobian(func: Callable[..., Any], inputs: Inputs, create_graph: bool = False) -> Any:
    """Return the Jacobian matrix, of shape (*output, *input); nested in tuples as outputs, then inputs, are.

    >>> from tt_core import Tensor
    >>> jacobian(lambda x: x * x, Tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    with enable_grad():
        xs = _fresh(inputs, create_graph=create_graph)
        outputs = func(*xs)
        outs = _tensors(outputs, "func to return a tensor")
        blocks = [_like(_rows(out, xs, create_graph=create_graph), inputs) for out in outs]
    return _like(blocks, outputs)


def _rows(out: Tensor, xs: list[Tensor], *, create_graph: bool) -> list[Tensor]:
    """Return, for each input, the gradients of all elements of one output."""
    rows = []
    for unit in np.eye(out.numel(), dtype=out.dtype):
        seed = wrap(unit.reshape(out.shape))
        found = (
            grad(out, xs, seed, retain_graph=True, create_graph=create_graph, allow_unused=True)
            if out.requires_grad
            else [None] * len(xs)
        )
        rows.append(_zeros_for_none(found, xs))
    if not rows:
        return [wrap(np.zeros((*out.shape, *x.shape), x.dtype)) for x in xs]
    return [stack([row[i] for row in rows]).reshape(*out.shape, *x.shape) for i, x in enumerate(xs)]


@overload
def hessian(func: Callable[[Tensor], Tensor], inputs: Tensor, create_graph: bool = False) -> Tensor: ...
@overload
def hessian(func: Callable[..., Any], inputs: Inputs, create_graph: bool = False) -> Any: ...
def hessian(func: Callable[..., Any], inputs: Inputs, create_graph: bool = False) -> Any:
    """Return the matrix of second derivatives of a scalar function, of shape (*input, *input).

    >>> from tt_core import Tensor
    >>> hessian(lambda x: (x ** 3).sum(), Tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*xs: Tensor) -> Any:
        outs = _tensors(func(*xs), "func to return a tensor")
        if len(outs) != 1 or outs[0].numel() != 1:
            found = ", ".join(str(list(out.shape)) for out in outs)
            message = f"expected a function with one number as its result for hessian; got shape {found}"
            raise ShapeError(message)
        return _like(_zeros_for_none(grad(outs, xs, create_graph=True, allow_unused=True), xs), inputs)

    return jacobian(gradient, inputs, create_graph)
