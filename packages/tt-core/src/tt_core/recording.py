"""Computing an operation and, while recording, remembering what its gradient will need.

`apply` is the one way from tensors to kernels. If an input requires a gradient, it leaves a node behind the result.
Nothing here knows a gradient rule; `derivatives` adds them.
"""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

import numpy as np
from numpy import asarray, ndarray

from tt_core.dispatch import REGISTRY, Primitive, _active, active_backend
from tt_core.dtypes import Array
from tt_core.errors import DTypeError, GradientError, ShapeError
from tt_core.graph import WATCHERS, Edge, Kind, Operation, Plan, Recorded, clock, new, tell_watchers, version_of

if TYPE_CHECKING:
    from types import TracebackType

    from tt_core.tensor import Tensor

_NO_PARAMS: Final[dict[str, Any]] = {}
_RECORD, _SKIP, _INFERENCE = 1, 0, -1
_mode: ContextVar[int] = ContextVar("tt_recording", default=_RECORD)


def apply(primitive: Primitive[...], *inputs: Any, **params: Any) -> Tensor:
    """Compute `primitive` with the active backend, and remember it if an input requires a gradient.

    Args:
        primitive: what to compute.
        inputs: tensors; Python numbers and None pass through to the kernel.
        params: the kernel's keyword arguments.

    Raises:
        ShapeError: the kernel found that the shapes do not fit.
        DTypeError: the kernel is not defined for these element types.
    """
    backend = _active.get() or REGISTRY.default or active_backend()
    kernel = primitive.chosen.get(backend) or primitive.choose(backend)
    arrays, needed, bit = [], 0, 1
    for x in inputs:
        if isinstance(x, Recorded):
            arrays.append(x.data)
            if x.requires_grad:
                needed += bit
        else:
            arrays.append(x)
        bit += bit
    try:
        data = kernel(*arrays, **params)
    except (ValueError, TypeError) as error:
        raise _explain(primitive, arrays, error) from error
    out = _result(primitive, inputs, params, needed, data)
    if primitive.view:
        _share_version(inputs[0], out)
    return out


def apply_unary(primitive: Primitive[[Array]], x: Tensor) -> Tensor:
    """Do what `apply` does, for one tensor: frequent cases are spelled out, since every step pays for them."""
    backend = _active.get() or REGISTRY.default or active_backend()
    kernel = primitive.chosen.get(backend) or primitive.choose(backend)
    try:
        data = kernel(x.data)
    except (ValueError, TypeError) as error:
        raise _explain(primitive, [x.data], error) from error
    return _result(primitive, (x,), _NO_PARAMS, int(x.requires_grad), data)


def apply_binary(primitive: Primitive[[Array, Array]], x: Tensor, y: Tensor) -> Tensor:
    """Do what `apply` does, for two tensors."""
    backend = _active.get() or REGISTRY.default or active_backend()
    kernel = primitive.chosen.get(backend) or primitive.choose(backend)
    try:
        data = kernel(x.data, y.data)
    except (ValueError, TypeError) as error:
        raise _explain(primitive, [x.data, y.data], error) from error
    needed = (1 if x.requires_grad else 0) + (2 if y.requires_grad else 0)
    return _result(primitive, (x, y), _NO_PARAMS, needed, data)


def _result(
    primitive: Primitive[...], inputs: tuple[Any, ...], params: dict[str, Any], needed: int, data: Any
) -> Tensor:
    """Return what a kernel computed as a tensor; bit i of `needed` says that input i requires a gradient."""
    out: Tensor = new(Kind.result)
    if data.__class__ is not ndarray:  # NumPy gives a scalar for no dimensions
        data = asarray(data)
    out.data = data
    out.grad = out.hooks = out.version = None
    mode = _mode.get()
    if needed and mode > 0 and primitive.differentiable and data.dtype.kind == "f":
        out.node = _remember(primitive, inputs, params, needed, data)
        out.requires_grad = True
    else:
        out.node = None
        out.requires_grad = False
        if mode < 0 and not primitive.view:
            version_of(out).inference = True
    if WATCHERS:
        tell_watchers(data, primitive.name, inputs)
    return out


def _remember(
    primitive: Primitive[...], inputs: tuple[Any, ...], params: dict[str, Any], needed: int, data: Array
) -> Operation:
    """Return the node of an operation, with what its rules will ask for."""
    edges: list[Edge | None] = []
    for x in inputs:
        if isinstance(x, Recorded):
            if x.version is not None:
                _check_usable(x, primitive.name)
            edges.append((x.node or x) if x.requires_grad else None)  # type: ignore[arg-type]  # a Tensor, as all are
        else:
            edges.append(None)
    plan = primitive.plans.get((len(inputs), needed)) or Plan(primitive, len(inputs), needed)
    node = new(Operation)
    node.plan = plan
    node.params = params
    node.edges = edges
    node.shape = data.shape
    node.dtype = data.dtype
    node.hooks = None
    node.saved = [inputs[i] for i in plan.keep] if plan.keep else ()
    if plan.keep_out:
        node.result, node.version = data, None
    if plan.keep_shapes:
        node.shapes = [x.data.shape for x in inputs]
    node.order = clock()
    return node


def _share_version(x: Recorded, view: Recorded) -> None:
    base = view.data.base
    if base is not None and (base is x.data or base is x.data.base or np.may_share_memory(x.data, view.data)):
        view.version = version_of(x)
        if view.version.base is None or view.version.base() is None:  # nobody can see the old base any more
            view.version.base = ref(x)
        view.version.leaf |= x.requires_grad and x.node is None


def _check_usable(x: Recorded, name: str) -> None:
    """Refuse an input whose buffer its node no longer describes.

    Raises:
        GradientError: it was made in inference mode, or changed in place through a view.
    """
    version = x.version
    if version is None:
        return
    if version.inference:
        message = f"expected inputs of {name!r} made outside inference_mode(); clone() one made inside to use it"
        raise GradientError(message)
    if x.node is not None and version.recorded > x.node.order and (version.by is None or version.by() is not x):
        message = (
            f"expected an input of {name!r} that is as it was computed; a tensor that shares its memory was changed in "
            "place since: take the view again after the change, or clone() before it"
        )
        raise GradientError(message)


def _explain(primitive: Primitive[...], arrays: list[Any], error: Exception) -> Exception:
    operands = " and ".join(f"{a.dtype.name}{list(a.shape)}" if isinstance(a, np.ndarray) else repr(a) for a in arrays)
    kind = ShapeError if isinstance(error, ValueError) else DTypeError
    return kind(f"{primitive.name} expected operands that fit; got {operands}: {error}")


class _Mode(ContextDecorator):
    """A `with` block (or decorator) that sets whether operations are recorded, in this thread or task alone.

    One object may be entered again while it is entered: what `ContextVar.set` returned is kept on a stack.
    """

    mode: int

    def __init__(self) -> None:
        self._tokens: list[Token[int]] = []

    def __enter__(self) -> None:
        """Set the mode, and keep the token of how it was."""
        self._tokens.append(_mode.set(self.mode))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Set the mode back to how it was at the latest entry, whether there was an error or not."""
        _mode.reset(self._tokens.pop())


class no_grad(_Mode):  # noqa: N801 - PyTorch's name
    """Record nothing inside: results need no gradient and keep nothing alive."""

    mode = _SKIP


class enable_grad(_Mode):  # noqa: N801 - PyTorch's name
    """Record inside, even within `no_grad`."""

    mode = _RECORD


class inference_mode(no_grad):  # noqa: N801 - PyTorch's name
    """As `no_grad`, and what is made inside can never be saved for a gradient later: an error says so."""

    mode = _INFERENCE


class set_grad_enabled(_Mode):  # noqa: N801 - PyTorch's name
    """Record inside or not, as `mode` says."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = _RECORD if mode else _SKIP


def is_grad_enabled() -> bool:
    """Tell whether operations are being recorded."""
    return _mode.get() > 0
