"""Operations with a backward of their own: `Function` for the user's, `checkpoint` to recompute instead of storing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, cast

import numpy as np

from tt_core.autograd import walk
from tt_core.errors import GradientError
from tt_core.graph import Edge, Node, Recorded, clock, fit, version_of, wrap
from tt_core.random import default_generator
from tt_core.recording import enable_grad, is_grad_enabled, no_grad

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class Bundle(dict[int, Any]):
    """The gradients of an operation's outputs, by position."""

    def __add__(self, other: Bundle) -> Bundle:
        """Return the sum, position by position."""
        merged = Bundle(self)
        for i, g in other.items():
            merged[i] = merged[i] + g if i in merged else g
        return merged


class Hub(Node):
    """An operation with any number of outputs: each has a `Pick` that hands its gradient here.

    A subclass says in `inputs_gradients` what becomes of them.
    """

    __slots__ = ("specs",)

    def __init__(self, edges: Sequence[Edge | None], outputs: Sequence[Tensor]) -> None:
        self.edges = edges
        self.specs = [(x.shape, x.dtype) for x in outputs]
        self.shape, self.dtype = (), outputs[0].dtype
        self.order = clock()
        self.hooks = self.version = None

    def input_gradients(self, gradients: list[Tensor]) -> Sequence[Tensor | None]:
        """Return one gradient per edge, given one per output."""
        raise NotImplementedError

    def gradients(self, g: Any) -> list[tuple[Edge, Tensor]]:
        """Return what the operation's own backward gives; an output that nothing came back from counts as zeros."""
        complete = [g[i] if i in g else wrap(np.zeros(shape, dtype)) for i, (shape, dtype) in enumerate(self.specs)]
        pairs = zip(self.edges, self.input_gradients(complete), strict=True)
        return [
            (edge, fit(gradient, edge, self.name))
            for edge, gradient in pairs
            if edge is not None and gradient is not None
        ]

    def output(self, x: Tensor, position: int) -> Tensor:
        """Return an output of this operation, connected to it; a change of its memory is a change of x's."""
        out = wrap(x.data, self.name)
        out.node, out.requires_grad, out.version = Pick(self, position), True, version_of(x)
        return out


class Pick(Node):
    """One output of a hub."""

    __slots__ = ("position",)

    def __init__(self, hub: Hub, position: int) -> None:
        self.edges = (hub,)
        self.position = position
        self.shape, self.dtype = hub.specs[position]
        self.order = clock()
        self.hooks = self.version = None

    @property
    def name(self) -> str:
        """The hub's name."""
        return self.edges[0].name  # type: ignore[union-attr]  # always a hub

    def gradients(self, g: Tensor) -> list[tuple[Edge, Any]]:
        """Hand the gradient on to the hub, labelled with this output's position."""
        return [(self.edges[0], Bundle({self.position: g}))]  # type: ignore[list-item]  # always a hub


class FunctionContext:
    """What `forward` leaves for `backward`; any other attribute may be set on it as well.

    Attributes:
        needs_input_grad: for each argument of `forward`, whether it needs a gradient.
        saved_tensors: in `backward`, what was given to `save_for_backward`.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.saved_tensors: tuple[Any, ...] = ()
        self._saved: tuple[Any, ...] | None = ()
        self._constant: list[Any] = []

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`, which finds them in `saved_tensors`; changing them in place is noticed."""
        self._saved = tensors

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """Say that these outputs of `forward` never need a gradient."""
        self._constant.extend(outputs)


class FunctionHub(Hub):
    """A call of a user's `Function`."""

    __slots__ = ("arguments", "context", "function", "places")

    function: type[Function]
    context: FunctionContext
    arguments: int
    places: dict[int, int]

    @property
    def name(self) -> str:
        """The class's name."""
        return str(self.function.__name__)

    def input_gradients(self, gradients: list[Tensor]) -> Sequence[Tensor | None]:
        """Call the user's `backward`.

        Raises:
            GradientError: the graph is freed, a saved tensor was changed, or the count of gradients is wrong.
        """
        context = self.context
        context.saved_tensors = self._unpack(context)
        result = self.function.backward(context, *gradients)
        context.saved_tensors = ()
        given = list(result) if isinstance(result, (tuple, list)) else [result]
        if len(given) != self.arguments:
            message = (
                f"expected {self.arguments} gradients from {self.name}.backward, one per argument of forward; got "
                f"{len(given)}"
            )
            raise GradientError(message)
        return [None if x is None else x.clone() for x in given]  # the user may hold what `backward` returned

    def _unpack(self, context: FunctionContext) -> tuple[Any, ...]:
        if context._saved is None:  # noqa: SLF001 - its other half
            message = (
                f"expected the graph of {self.name} to be intact; backward() has freed it: pass retain_graph=True to "
                "the first call"
            )
            raise GradientError(message)
        for x in context._saved:  # noqa: SLF001
            if x is not None and x.version is not None and x.version.changed > self.order:
                message = (
                    f"expected what {self.name} saved unchanged until backward(); a tensor of shape {list(x.shape)} "
                    "was changed in place"
                )
                raise GradientError(message)
        return tuple([self.output(x, self.places[id(x)]) if id(x) in self.places else x for x in context._saved])  # noqa: SLF001

    def free(self) -> None:
        """Drop what the user saved."""
        if self.context._saved:  # noqa: SLF001
            self.context._saved = None  # noqa: SLF001


class Function:
    """An operation of your own: what it computes, and the gradient that you derived for it.

    >>> from tt_core import Tensor
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = Tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """Return a tensor or a tuple of them; nothing in here is recorded."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return one gradient (or None) per argument of `forward`, given one per output."""
        raise NotImplementedError

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Compute `forward` and remember `backward` for it.

        `forward` gets a new context that knows which arguments need a gradient, and runs within `no_grad`. If gradients
        are recorded at all and one of the arguments needs one, `_recorded` connects what came out; if not, it is
        returned as it is.
        """
        needs = tuple(isinstance(x, Recorded) and x.requires_grad for x in args)
        context = FunctionContext(needs)
        with no_grad():
            result = cls.forward(context, *args)
        return cls._recorded(context, args, result) if is_grad_enabled() and any(needs) else result

    @classmethod
    def _recorded(cls, context: FunctionContext, args: tuple[Any, ...], result: Any) -> Any:
        """Return the outputs connected to a new node, as a tuple if `forward` gave several.

        The node is a `FunctionHub` of the edges of `args` and of the outputs. It is told its `function` and `context`,
        the number of `arguments`, and the `places`: from the `id` of each output that is not one of `args` to its
        position, since only what was made here may be saved as an output. `hub.output` connects; what is not floating,
        or was named by `mark_non_differentiable` (it is in `context._constant`), is returned as it is.
        """
        outputs = _as_list(result)
        hub = FunctionHub(_edges(args), outputs)
        hub.function, hub.context, hub.arguments = cls, context, len(args)
        hub.places = {id(x): i for i, x in enumerate(outputs) if not any(x is a for a in args)}
        constant = {id(x) for x in context._constant}  # noqa: SLF001
        made = [x if id(x) in constant or x.dtype.kind != "f" else hub.output(x, i) for i, x in enumerate(outputs)]
        return tuple(made) if isinstance(result, (tuple, list)) else made[0]


def _edges(args: Sequence[Any]) -> list[Edge | None]:
    """Return, for each argument, where its gradient flows on to.

    To the node that made it, or to the tensor itself if none did; None for what is no tensor or needs no gradient.
    """
    return [(x.node or x) if isinstance(x, Recorded) and x.requires_grad else None for x in args]  # type: ignore[misc]


class CheckpointHub(Hub):
    """A part of the computation that is done again when its gradient is needed."""

    __slots__ = ("arguments", "recompute")

    arguments: Sequence[Any]
    recompute: Callable[[], tuple[list[Tensor], int]]

    @property
    def name(self) -> str:
        """What it is called in errors."""
        return "checkpoint"

    def input_gradients(self, gradients: list[Tensor]) -> Sequence[Tensor | None]:
        """Compute the part again, this time keeping what is needed, and walk back through it.

        Raises:
            GradientError: an argument was changed, so that another result would come out.
        """
        for x in (*self.arguments, *self.edges):
            if isinstance(x, Recorded) and x.version is not None and x.version.changed > self.order:
                message = (
                    f"expected the inputs of checkpoint unchanged until backward(); one of shape {list(x.shape)} was "
                    "changed in place"
                )
                raise GradientError(message)
        create_graph = is_grad_enabled()
        with enable_grad():
            outputs, start = self.recompute()
        pairs = [(x, g) for x, g in zip(outputs, gradients, strict=True) if x.requires_grad]
        found = walk(
            [x for x, _ in pairs],
            [g for _, g in pairs],
            retain_graph=create_graph,
            create_graph=create_graph,
            since=start,
        )
        return [found.get(edge) for edge in self.edges if edge is not None]


def checkpoint(function: Callable[[*Ts], R], *args: *Ts) -> R:
    """Return `function(*args)`, keeping only its inputs: what lies between is computed again for the gradient.

    Memory for time (Chen et al. 2016, "Training deep nets with sublinear memory cost"). The default generator's random
    numbers are the same both times, so dropout is.

    Args:
        function: from tensors to a tensor, or a tuple or list of them; parameters that it uses get their gradients too.
        args: its arguments.
    """
    state = default_generator.get_state()

    def recompute() -> tuple[list[Tensor], int]:
        now = default_generator.get_state()
        default_generator.set_state(state)
        start = clock()
        try:
            return _as_list(function(*args)), start
        finally:
            default_generator.set_state(now)

    start = clock()
    result = function(*args)
    outputs = _as_list(result)
    if not any(x.requires_grad for x in outputs):
        return result
    hub = CheckpointHub(_sources(outputs, start), outputs)
    hub.arguments, hub.recompute = args, recompute
    made = [hub.output(x, i) if x.requires_grad else x for i, x in enumerate(outputs)]
    return cast("R", made if isinstance(result, list) else tuple(made) if isinstance(result, tuple) else made[0])


def _as_list(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def _sources(outputs: list[Tensor], start: int) -> list[Edge]:
    """Return the leaves, and the nodes older than `start`, that the outputs were computed from."""
    found: dict[Edge, None] = {}
    todo: list[Edge] = [x.node or x for x in outputs if x.requires_grad]
    seen = set(todo)
    while todo:
        target = todo.pop()
        if not isinstance(target, Node) or target.order < start:
            found[target] = None
            continue
        fresh = [edge for edge in target.edges if edge is not None and edge not in seen]
        seen.update(fresh)
        todo.extend(fresh)
    return list(found)
