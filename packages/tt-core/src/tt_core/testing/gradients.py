"""Gradients held against differences: what a derivative is before any rule for it is known."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from tt_core.autograd import enable_grad, grad
from tt_core.dtypes import Array
from tt_core.errors import GradientError
from tt_core.graph import Recorded, wrap

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

Function: TypeAlias = Callable[..., Any]


class _Precision(NamedTuple):
    eps: float
    atol: float
    rtol: float

    def accepts(self, got: float, expected: float) -> bool:
        """Tell whether |got - expected| ≤ atol + rtol · |expected|; nothing is close to nan or to infinity."""
        return math.isfinite(expected) and abs(got - expected) <= self.atol + self.rtol * abs(expected)


def check_gradients(
    f: Function,
    *inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    second: bool = False,
) -> bool:
    """Compare the gradients of `f` with (f(x + ε) - f(x - ε)) / 2ε, element by element, in float64; return True.

    All outputs are added up with fixed random weights, so that one walk back gives what each input's difference is
    held against.

    Args:
        f: from tensors to a tensor or a tuple of them; the same inputs must give the same outputs.
        inputs: floating-point tensors or arrays, which are varied; all else is passed on as it is.
        eps: the step ε.
        atol, rtol: a gradient g passes if |g - expected| ≤ atol + rtol · |expected|.
        second: check the gradient of the gradient too.

    Raises:
        GradientError: one differs; with the function's name, the argument, the element, and both values.

    >>> from tt_core import tensor
    >>> check_gradients(lambda x, y: x * y, tensor([1.0, 2.0]), tensor(3.0), second=True)
    True
    """
    given = [_as_array(x) for x in inputs]
    precision = _Precision(eps, atol, rtol)
    labels = [f"argument {i}" for i in range(len(given))]
    name, weights = _check(f, "", given, labels, precision)
    if second:
        labels += [f"the incoming gradient of output {i}" for i in range(len(weights))]
        _check(_pullback(f, len(given)), f"the gradient of {name}", [*given, *weights], labels, precision)
    return True


def _as_array(x: Any) -> Any:
    """Return a tensor's array, in float64 if it is varied; all else as it is."""
    found = x.data if isinstance(x, Recorded) else x
    return found.astype(np.float64) if _is_varied(found) else found


def _is_varied(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _check(
    f: Function, name: str, given: Sequence[Any], labels: Sequence[str], precision: _Precision
) -> tuple[str, list[Array]]:
    """Compare the gradient by every varied input; return the function's name and the weights of its outputs."""
    xs = [wrap(x).requires_grad_(_is_varied(x)) if isinstance(x, np.ndarray) else x for x in given]
    places = [i for i, x in enumerate(given) if _is_varied(x)]
    with enable_grad():
        outs = _outputs(f, xs)
    name = name or _name(f, outs)
    if not places or not outs:
        message = f"expected floating-point inputs and outputs to check the gradients of {name}; got none"
        raise GradientError(message)
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.5, 1.5, out.shape) * rng.choice([-1.0, 1.0], out.shape) for out in outs]
    found = _pulled(outs, [xs[i] for i in places], [wrap(w) for w in weights])
    for i, g in zip(places, found, strict=True):
        for index, expected in _slopes(f, given, i, weights, precision.eps):
            got = 0.0 if g is None else g.data[index]
            if not precision.accepts(got, expected):
                shown = "none" if g is None else f"{got:.9g}"
                message = (
                    f"expected the gradient of {name} by {labels[i]} at {list(index)} to be {expected:.9g}, "
                    f"by central differences; got {shown}"
                )
                raise GradientError(message)
    return name, weights


def _outputs(f: Function, xs: Sequence[Any]) -> list[Tensor]:
    """Return the outputs that can have gradients."""
    out = f(*xs)
    return [o for o in (out if isinstance(out, (tuple, list)) else (out,)) if o.is_floating_point()]


def _name(f: Function, outs: Sequence[Tensor]) -> str:
    """Return what to call the function; of one without a name, the operation that it ends with."""
    called = f.func if isinstance(f, functools.partial) else f
    owner = getattr(called, "__self__", None)  # of the `apply` of a Function, whose own name says nothing
    name = getattr(owner if isinstance(owner, type) else called, "__name__", type(f).__name__)
    node = outs[0].node if outs else None
    return node.name if name == "<lambda>" and node is not None else str(name)


def _pulled(
    outs: Sequence[Tensor], xs: Sequence[Tensor], weights: Sequence[Tensor], *, create_graph: bool = False
) -> list[Tensor | None]:
    """Return the gradient of the weighted sum of the outputs, None where an input has none."""
    pairs = [(out, w) for out, w in zip(outs, weights, strict=True) if out.requires_grad]
    if not pairs:
        return [None for _ in xs]
    recorded, seeds = zip(*pairs, strict=True)
    return list(grad(recorded, xs, seeds, create_graph=create_graph, allow_unused=True))


def _slopes(
    f: Function, given: Sequence[Any], i: int, weights: Sequence[Array], eps: float
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield for each element of input i its index, and how the weighted sum of the outputs changes with it.

    That is Σ w · (f(x + ε) - f(x - ε)) / 2ε, over all elements of all outputs, where only this element of x is moved.

    Args:
        f: as of `check_gradients`.
        given: all its inputs; numbers to vary are arrays.
        i: which of them is varied.
        weights: of each output's elements.
        eps: ε.
    """
    for index in np.ndindex(given[i].shape):
        above, below = (_shifted(f, given, i, index, step) for step in (eps, -eps))
        change = sum(float((w * (a - b)).sum()) for w, a, b in zip(weights, above, below, strict=True))
        yield index, change / (2 * eps)


def _shifted(f: Function, given: Sequence[Any], i: int, index: tuple[int, ...], step: float) -> list[Array]:
    """Return the outputs' arrays for inputs of which one element is moved by a step; `given` stays as it is.

    `_outputs` calls f, for which arrays become tensors (`wrap`).
    """
    moved = np.array(given[i])
    moved[index] += step
    arrays = [*given[:i], moved, *given[i + 1 :]]
    return [out.data for out in _outputs(f, [wrap(x) if isinstance(x, np.ndarray) else x for x in arrays])]


def _pullback(f: Function, count: int) -> Function:
    """Return the function from inputs and incoming gradients to the gradients of the inputs."""

    def gradients(*arguments: Any) -> tuple[Tensor, ...]:
        xs = [x.requires_grad_() if _can_vary(x) and not x.requires_grad else x for x in arguments[:count]]
        varied = [x for x in xs if _can_vary(x)]
        with enable_grad():
            found = _pulled(_outputs(f, xs), varied, arguments[count:], create_graph=True)
        return tuple([wrap(np.zeros(x.shape)) if g is None else g for g, x in zip(found, varied, strict=True)])

    return gradients


def _can_vary(x: Any) -> bool:
    return isinstance(x, Recorded) and x.dtype.kind == "f"
