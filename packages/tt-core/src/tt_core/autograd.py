"""From a result back to everything it was computed from: gradients by reverse accumulation (module 06).

`walk` visits each recorded node once, newest first: since a node is always younger than what it depends on, a heap of
ages is a topological order, and no recursion is needed. A gradient is handed on when it is complete and dropped when it
is spent.

Source: Linnainmaa 1970; Baydin et al. 2018, "Automatic differentiation in machine learning: a survey".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, overload
from weakref import ref

import numpy as np

from tt_core.errors import GradientError, ShapeError
from tt_core.graph import Edge, Hook, Node, Recorded, wrap
from tt_core.recording import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

__all__ = [
    "RemovableHandle",
    "backward",
    "enable_grad",
    "grad",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
    "walk",
]

_keys = count()


def walk(
    outputs: Sequence[Tensor], seeds: Sequence[Tensor], *, retain_graph: bool, create_graph: bool, since: int = 0
) -> dict[Edge, Tensor]:
    """Return the gradient of every leaf, and of every node at which the walk stops.

    What arrives at a node or a leaf is added to what is there already. Then the youngest node that something has
    arrived at is opened: nothing can arrive at it any more, so its total is complete and is let go of; hooks see it,
    `gradients` says what arrives at older nodes, and the node is freed. Until no node is left. Each node is opened
    once. Rules compute in `set_grad_enabled(create_graph)`, and in `np.errstate(all="ignore")`, since they sort nan and
    infinity out themselves.

    Args:
        outputs: where to start.
        seeds: the gradient of each output.
        retain_graph: keep what was saved, for another walk: call no node's `free`.
        create_graph: record the walk itself, so that gradients have gradients.
        since: nodes of a lower order are reported, not opened.
    """
    totals: dict[Edge, Tensor] = {}
    heap: list[tuple[int, Node]] = []
    arriving: Iterable[tuple[Edge, Tensor]] = [(x.node or x, seed) for x, seed in zip(outputs, seeds, strict=True)]
    with set_grad_enabled(create_graph), np.errstate(all="ignore"):
        while True:
            for target, g in arriving:
                known = totals.get(target)
                if known is not None:
                    totals[target] = known + g
                    continue
                totals[target] = g
                if isinstance(target, Node):
                    heappush(heap, (-target.order, target))
            if not heap or -heap[0][0] < since:
                return totals
            node = heappop(heap)[1]
            total = totals.pop(node)
            arriving = node.gradients(_call_hooks(node.hooks, total) if node.hooks else total)
            if not retain_graph:
                node.free()


def _call_hooks(hooks: dict[int, Hook], g: Tensor) -> Tensor:
    """Return the gradient that the hooks leave, copied: they may keep the one that they were shown."""
    for hook in list(hooks.values()):
        replaced = hook(g)
        g = g if replaced is None else replaced
    return g.clone()


def backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add to `grad` of every leaf the gradient of this tensor.

    Args:
        gradient: that of the final loss with respect to this tensor, of its shape, cast to its type; may be left out
            for a scalar.
        retain_graph: keep the graph for another call; as `create_graph` unless given.
        create_graph: record the computation of the gradients themselves.

    Raises:
        GradientError: nothing was recorded, the graph is freed, or an array was changed in place.
        ShapeError: this is not a scalar and no gradient was given, or one of another shape.
    """
    if not self.requires_grad:
        message = (
            "expected a tensor that requires a gradient; nothing that this one was computed from has requires_grad=True"
        )
        raise GradientError(message)
    seed = _seed(self, gradient)
    retain = create_graph if retain_graph is None else retain_graph
    totals = walk([self], [seed], retain_graph=retain, create_graph=create_graph)
    _accumulate(totals, {id(seed.data)}, create_graph=create_graph)


def _seed(output: Tensor, gradient: Any) -> Tensor:
    """Return the gradient to start with: the one given, or 1 in the shape and type of an output that is one number.

    Given may be a tensor (`Recorded`) or what `np.asarray` understands; it is brought into the output's type, as in
    PyTorch.

    Raises:
        ShapeError: none is given though there is not a single number, or one of another shape; the shapes are named.
    """
    if gradient is None:
        if output.data.size != 1:
            message = (
                f"expected a scalar or a gradient for it; got a tensor of shape {list(output.shape)} and none: sum it, "
                "or pass gradient="
            )
            raise ShapeError(message)
        return wrap(np.ones(output.shape, output.dtype))
    seed: Tensor = gradient if isinstance(gradient, Recorded) else wrap(np.asarray(gradient, output.dtype))  # type: ignore[assignment]  # a Tensor, as all are
    if seed.shape != output.shape:
        message = f"expected a gradient of the tensor's shape {list(output.shape)}; got {list(seed.shape)}"
        raise ShapeError(message)
    return seed if seed.dtype == output.dtype else seed.to(output.dtype)


def _accumulate(totals: dict[Edge, Tensor], taken: set[int], *, create_graph: bool) -> None:
    """Add each total, after the leaf's hooks have seen it, to its `grad`, a buffer that nobody else holds.

    Args:
        totals: what `walk` returns; nodes among the keys are passed over.
        taken: the `id` of each array (`x.data`) that somebody holds: the seed's, and, added here, those that leaves
            were given. Such a total, or one whose array is a view (has a `base`), is cloned where there is no `grad`
            yet; any other is handed over as it is.
        create_graph: make a new sum, which is recorded; without it, add in place, within `no_grad`.
    """
    for leaf, total in totals.items():
        if isinstance(leaf, Node):
            continue
        g = _call_hooks(leaf.hooks, total) if leaf.hooks else total
        if leaf.grad is not None and create_graph:
            leaf.grad = leaf.grad + g
        elif leaf.grad is not None:
            with no_grad():
                leaf.grad.add_(g)
        else:
            owned = g.data.base is None and id(g.data) not in taken
            leaf.grad = g if owned else g.clone()
        taken.add(id(g.data))


@overload
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: Literal[False] = False,
) -> tuple[Tensor, ...]: ...
@overload
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]: ...
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of the outputs' sum with respect to each input; no `grad` attribute is touched.

    Args:
        outputs: one tensor or several.
        inputs: leaves, or results along the way.
        grad_outputs: the gradient of each output; may be left out for scalars.
        retain_graph: keep the graph for another call; as `create_graph` unless given.
        create_graph: record the computation, so that the gradients can be differentiated again.
        allow_unused: give None for an input that the outputs do not depend on, instead of an error.

    Raises:
        GradientError: an input does not require a gradient, or the outputs do not depend on it.
    """
    outs, ins = _as_list(outputs), _as_list(inputs)
    given = [None] * len(outs) if grad_outputs is None else _as_list(grad_outputs)
    seeds = [_seed(output, g) for output, g in zip(outs, given, strict=True)]
    found: dict[int, Tensor] = {}
    handles = [_capture(x, found, i) for i, x in enumerate(ins)]
    retain = create_graph if retain_graph is None else retain_graph
    try:
        pairs = [(o, s) for o, s in zip(outs, seeds, strict=True) if o.requires_grad]
        totals = walk([o for o, _ in pairs], [s for _, s in pairs], retain_graph=retain, create_graph=create_graph)
    finally:
        for handle in handles:
            handle.remove()
    for i, x in enumerate(ins):
        if x.node is None and x in totals:
            found[i] = _call_hooks(x.hooks, totals[x]) if x.hooks else totals[x]
        if i not in found and not allow_unused:
            message = (
                f"expected outputs that depend on input {i}; they do not: pass allow_unused=True to get None for it"
            )
            raise GradientError(message)
    return tuple(found.get(i) for i in range(len(ins)))


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (tuple, list)) else [x]


def _capture(x: Tensor, found: dict[int, Tensor], i: int) -> RemovableHandle:
    """Have the gradient of an input along the way written down as it passes; a leaf's is in the totals."""
    if not x.requires_grad:
        message = f"expected input {i} to require a gradient; set requires_grad=True before it is used"
        raise GradientError(message)
    if x.node is None:
        return RemovableHandle({})
    return register_hook(x, lambda g: found.__setitem__(i, g))


class RemovableHandle:
    """What `register_hook` returns: `remove()` takes the hook away again."""

    def __init__(self, hooks: dict[int, Any]) -> None:
        self._hooks = hooks
        self._key = next(_keys)

    def add(self, hook: Any) -> RemovableHandle:
        """Put the hook in; hooks are called in the order in which they were added."""
        self._hooks[self._key] = hook
        return self

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self._key, None)


def register_hook(self: Tensor, hook: Hook) -> RemovableHandle:
    """Call `hook(gradient)` whenever this tensor's gradient is complete; what it returns, if anything, takes its place.

    Raises:
        GradientError: this tensor does not require a gradient.
    """
    if not self.requires_grad:
        message = (
            "expected a tensor that requires a gradient; this one never gets one, so the hook would never be called"
        )
        raise GradientError(message)
    owner: Any = self.node or self
    if owner.hooks is None:
        owner.hooks = {}
    return RemovableHandle(owner.hooks).add(hook)


def retain_grad(self: Tensor) -> None:
    """Have `grad` filled for a result along the way too, not only for leaves."""
    if self.node is not None:
        me: Callable[[], Tensor | None] = ref(self)
        register_hook(self, lambda g: _keep(me(), g))


def _keep(x: Tensor | None, g: Tensor) -> None:
    if x is not None:
        x.grad = g.clone() if x.grad is None else x.grad + g
