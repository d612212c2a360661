"""What recording leaves behind: tensors know the node that made them, and nodes know those they were made from.

A node keeps of its inputs and output exactly what the gradient rules name as their parameters. Nothing here computes:
`recording` makes the nodes, `rules` says what they keep, `autograd` walks them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import ref

from numpy import asarray, ndarray

from tt_core.dispatch import Primitive
from tt_core.dtypes import Array, DType
from tt_core.errors import GradientError

if TYPE_CHECKING:
    from tt_core.tensor import Tensor

Hook: TypeAlias = "Callable[[Tensor], Tensor | None]"
Edge: TypeAlias = "Node | Tensor"
Watcher: TypeAlias = Callable[[Array, str, Sequence[Any]], None]

new: Final = object.__new__
clock: Final = count(1).__next__
# called with each new array, what made it, and the inputs whose memory it may share
WATCHERS: Final[list[Watcher]] = []


class Version:
    """When a buffer was last changed in place, and by which tensor; it is shared by a tensor and its views.

    Attributes:
        changed: the time of the last change.
        recorded: the time of the last change that the graph knows of, and
        by: the tensor that was changed then: its own node tells of it, those of other views do not.
        base: the tensor that the first view was taken of, of those that are alive.
        leaf: whether the buffer is that of a leaf that requires a gradient.
        inference: whether it was made in `inference_mode`.
    """

    __slots__ = ("base", "by", "changed", "inference", "leaf", "recorded")

    def __init__(self) -> None:
        self.changed = self.recorded = 0
        self.by: ref[Recorded] | None = None
        self.base: ref[Recorded] | None = None
        self.leaf = False
        self.inference = False


class Recorded:
    """What recording needs of a tensor. `Tensor` is the subclass that adds the operations."""

    __slots__ = ("__weakref__", "data", "grad", "hooks", "node", "requires_grad", "version")

    data: Array
    grad: Tensor | None
    hooks: dict[int, Hook] | None
    node: Node | None
    requires_grad: bool
    version: Version | None

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each dimension."""
        return self.data.shape

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self.data.dtype

    def __init_subclass__(cls) -> None:
        if Kind.result is Recorded:
            Kind.result = cls


class Kind:
    """The class of all results: the first subclass of `Recorded`, which lies above this file."""

    result: type[Any] = Recorded


def wrap(data: Any, made_by: str = "tensor", inputs: Sequence[Any] = ()) -> Tensor:
    """Return a tensor around `data` as it is: no copy, no gradient."""
    out: Tensor = new(Kind.result)
    out.data = data if data.__class__ is ndarray else asarray(data)
    out.requires_grad = False
    out.grad = out.node = out.hooks = out.version = None
    if WATCHERS:
        tell_watchers(out.data, made_by, inputs)
    return out


def tell_watchers(data: Array, made_by: str, inputs: Sequence[Any]) -> None:
    """Tell every watcher of a new array."""
    for watch in WATCHERS:
        watch(data, made_by, inputs)


def version_of(x: Recorded) -> Version:
    """Return the version of x's buffer, made on first use and known to x's node from then on."""
    if x.version is None:
        x.version = Version()
    if x.node is not None:
        x.node.version = x.version
    return x.version


def touch(x: Recorded, *, recorded: bool = False) -> int:
    """Note that x's buffer has just been changed in place, and return when."""
    version = version_of(x)
    version.changed = clock()
    if recorded:
        version.recorded, version.by = version.changed, ref(x)
    return version.changed


class Plan:
    """Which inputs and outputs to keep, for one primitive and one choice of the inputs that need a gradient."""

    __slots__ = ("keep", "keep_out", "keep_shapes", "place", "primitive", "rules")

    def __init__(self, primitive: Primitive[...], count: int, needed: int) -> None:
        last = len(primitive.arguments) - 1
        names = [primitive.arguments[min(i, last)] for i in range(count)]
        self.primitive = primitive
        rules = [
            (i, primitive.rules.get(name) or _Missing(primitive, name))
            for i, name in enumerate(names)
            if needed >> i & 1
        ]
        wanted = {name for _, rule in rules for name in rule.names}
        self.rules = [(i, rule.call) for i, rule in rules]
        self.keep = tuple(i for i, name in enumerate(names) if name in wanted)
        self.place = {i: place for place, i in enumerate(self.keep)}
        self.keep_out = "out" in wanted
        self.keep_shapes = "shapes" in wanted
        primitive.plans[count, needed] = self


class _Missing:
    """What is called in the place of a gradient rule that nobody registered."""

    names: tuple[str, ...] = ()

    def __init__(self, primitive: Primitive[...], argument: str) -> None:
        self.message = (
            f"expected a gradient rule for {argument!r} of {primitive.name!r}; none is registered: "
            "see tt_core.extend.derivative"
        )

    def call(self, *_: object) -> Tensor:
        """Say which rule is missing."""
        raise GradientError(self.message)


class Node:
    """Something that was recorded: where gradients of a result flow on to.

    Attributes:
        edges: per input, the node that made it, or the leaf tensor itself, or None where no gradient is needed.
        shape, dtype: of the result, and so of its gradient.
        order: a number that grows with time: a node comes after all that it depends on.
        version: of the result's buffer, once it has one.
    """

    __slots__ = ("dtype", "edges", "hooks", "order", "shape", "version")

    edges: Sequence[Edge | None]
    shape: tuple[int, ...]
    dtype: DType
    order: int
    hooks: dict[int, Hook] | None
    version: Version | None

    @property
    def name(self) -> str:
        """What was computed."""
        raise NotImplementedError

    def gradients(self, g: Tensor) -> Iterable[tuple[Edge, Tensor]]:
        """Return, for each input that needs one, where its gradient goes and the gradient itself."""
        raise NotImplementedError

    def free(self) -> None:
        """Drop what was saved for the gradient."""

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Operation(Node):
    """A primitive that was applied.

    Attributes:
        saved: the inputs that the rules name, None once they are freed.
        result: the output's array, if a rule names it.
        shapes: of all inputs, if a rule names them.
    """

    __slots__ = ("params", "plan", "result", "saved", "shapes")

    params: dict[str, Any]
    plan: Plan
    saved: Sequence[Any] | None
    result: Array | None
    shapes: list[tuple[int, ...]] | None

    @property
    def name(self) -> str:
        """The primitive's name."""
        return self.plan.primitive.name

    def gradients(self, g: Tensor) -> list[tuple[Edge, Tensor]]:
        """Return what the rule of each argument gives, fitted to the argument's shape and type.

        `plan.rules` are pairs: the place i of an argument that needs a gradient, and its rule, which is called with
        (this node, g, i). None from it is a gradient of zero, and is left out; `fit` brings every other
        into the form of `edges[i]`.

        Raises:
            GradientError: the graph is freed (`saved` is None), a saved array was changed, or a rule is missing.
        """
        if self.saved is None:
            message = (
                f"expected the graph of {self.name!r} to be intact; backward() has freed it: "
                "pass retain_graph=True to the first call if you need a second one"
            )
            raise GradientError(message)
        found = []
        for i, call in self.plan.rules:
            edge: Edge = self.edges[i]  # type: ignore[assignment]  # a rule is planned only where there is an edge
            gradient = call(self, g, i)
            if gradient is not None:
                if gradient.data.shape != edge.shape or gradient.data.dtype is not edge.dtype:
                    gradient = fit(gradient, edge, self.name)
                found.append((edge, gradient))
        return found

    def argument(self, i: int) -> Any:
        """Return input `i` as it was when it was recorded.

        Raises:
            GradientError: its buffer has been changed in place since then.
        """
        x = self.saved[self.plan.place[i]]  # type: ignore[index]  # `gradients` has seen that it is not freed
        if isinstance(x, Recorded) and x.version is not None:
            self._check(x.version, f"input {i}")
        return x

    def arguments(self, start: int) -> list[Any]:
        """Return all inputs from `start` on, as they were when they were recorded."""
        return [self.argument(i) for i in range(start, len(self.edges))]

    def output(self) -> Tensor:
        """Return the result as it was when it was recorded, connected to this node."""
        if self.version is not None:
            self._check(self.version, "output")
        out = wrap(self.result, "output", (self.result,))
        out.node, out.requires_grad, out.version = self, True, self.version
        return out

    def _check(self, version: Version, what: str) -> None:
        if version.changed > self.order:
            message = (
                f"expected the {what} of {self.name!r} (shape {list(self.shape)}) unchanged until backward(); it was "
                "changed in place: use an operation without a trailing underscore, or clone() first"
            )
            raise GradientError(message)

    def free(self) -> None:
        """Drop what was saved; an operation that saved nothing stays usable."""
        if self.plan.keep or self.plan.keep_out:
            self.saved = self.result = None


def fit(g: Tensor, target: Edge, name: str) -> Tensor:
    """Undo broadcasting and promotion: sum `g` to the target's shape and cast it to its type, `g.to(dtype)`.

    Args:
        g: the gradient that a rule gave.
        target: what it is the gradient of: its `shape` and `dtype` count.
        name: the operation's, for the error.

    Raises:
        GradientError: the shapes still differ; the rule is wrong.
    """
    shape = target.shape
    if g.data.shape != shape:
        g = _unbroadcast(g, shape, name)
    return g if g.data.dtype is target.dtype or g.data.dtype == target.dtype else g.to(target.dtype)


def _unbroadcast(g: Tensor, shape: tuple[int, ...], name: str) -> Tensor:
    """Sum over the dimensions that broadcasting added in front, and over those that it stretched from 1.

    Raises:
        GradientError: that does not lead to the shape; the message has the operation's name and both shapes.
    """
    extra = max(g.data.ndim - len(shape), 0)
    stretched = [extra + d for d, n in enumerate(shape) if n == 1 and extra + d < g.data.ndim]
    if extra and not stretched and g.data.shape[extra:] == shape:
        return g.sum(tuple(range(extra)))
    summed = g.sum((*range(extra), *stretched), keepdim=True) if extra or stretched else g
    if summed.data.shape[extra:] != shape:
        message = f"expected a gradient of shape {list(shape)} from the rule of {name!r}; got {list(g.data.shape)}"
        raise GradientError(message)
    return summed.reshape(shape)
