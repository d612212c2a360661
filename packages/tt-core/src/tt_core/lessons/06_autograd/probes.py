"""What is done with your autograd. No expected values stand here: they are computed elsewhere, from the same inputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from threading import Thread
from typing import Any

import numpy as np

import tt_core as tt
from tt_core import autograd, derivatives
from tt_core.graph import Node, fit
from tt_core.primitives import elementwise as E
from tt_core.primitives import neural as P
from tt_core.recording import apply
from tt_core.testing import gradients as checker


def tensor(x: Any) -> Any:
    """Return a tensor around an array; all else as it is."""
    return tt.from_numpy(x) if isinstance(x, np.ndarray) else x


# central differences

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "product": lambda x, y: x * y,
    "cube": lambda x: x * x * x,
    "two": lambda x: (x * x, x.sum()),
    "scaled": lambda x, factor: x * factor,
}


def slopes(function: str, given: list[Any], i: int, weights: list[Any], eps: float) -> dict[str, Any]:
    """Return what the differences say of one input, and what the inputs hold afterwards."""
    found = list(checker._slopes(FUNCTIONS[function], given, i, weights, eps))
    return {"places": [list(index) for index, _ in found], "slopes": [float(s) for _, s in found], "given": given}


def shifted(function: str, given: list[Any], i: int, index: tuple[int, ...], step: float) -> list[Any]:
    """Return the outputs where one element is moved."""
    return list(checker._shifted(FUNCTIONS[function], given, i, index, step))


def accepts(pairs: list[tuple[float, float]], atol: float, rtol: float) -> list[bool]:
    """Tell of each pair, got and expected, whether it passes."""
    precision = checker._Precision(1e-6, atol, rtol)
    return [bool(precision.accepts(got, expected)) for got, expected in pairs]


# rules


def rule(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a rule of derivatives.py, and return what its g holds afterwards too."""
    given = {key: tensor(x) for key, x in arguments.items()}
    return {"gradient": getattr(derivatives, name)(**given), "g": given["g"]}


def fitted(g: Any, shape: tuple[int, ...], dtype: str) -> dict[str, Any]:
    """Fit a gradient to a tensor of another shape and type."""
    found = fit(tensor(g), tt.from_numpy(np.zeros(shape, dtype)), "my_operation")
    return {"type": str(found.dtype), "numbers": found}


# nodes


def opened(x: Any, y: Any, g: Any, needs: tuple[bool, bool] = (True, True)) -> dict[str, Any]:
    """Ask the node of x · y what arrives where."""
    leaves = [tensor(a).requires_grad_(need) for a, need in zip((x, y), needs, strict=True)]
    product: Any = apply(E.mul, *leaves)
    pairs = product.node.gradients(tensor(g))
    return {
        "to": ["xy"[[edge is leaf for leaf in leaves].index(True)] for edge, _ in pairs],
        "types": [str(found.dtype) for _, found in pairs],
        "gradients": [found for _, found in pairs],
    }


def opened_after_another(x: Any, g: Any) -> list[str]:
    """Ask the node of exp(sin(x)) where its gradient flows on to."""
    pairs = tensor(x).requires_grad_().sin().exp().node.gradients(tensor(g))
    return [edge.name for edge, _ in pairs]


def opened_where_a_rule_is_none(x: Any, y: Any, g: Any) -> int:
    """Count what a node hands on of which one rule gives None."""
    gated: Any = apply(P.gate, tensor(x).requires_grad_(), tensor(y).requires_grad_())
    return len(gated.node.gradients(tensor(g)))


def opened_twice(x: Any, g: Any, *, freed: bool) -> list[Any]:
    """Ask a node twice, freed in between or not."""
    node = tensor(x).requires_grad_().exp().node
    node.gradients(tensor(g))
    if freed:
        node.free()
    return [found for _, found in node.gradients(tensor(g))]


# the walk


class Step(Node):
    """A node that multiplies what passes by a factor for each edge, and keeps a diary."""

    def __init__(self, label: str, order: int, ways: list[tuple[Any, float]], diary: dict[str, Any]) -> None:
        self.label, self.order, self.ways, self.diary = label, order, ways, diary
        self.edges = [edge for edge, _ in ways]
        self.shape, self.dtype = (), np.dtype("float64")
        self.hooks = self.version = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.label

    def gradients(self, g: Any) -> list[tuple[Any, Any]]:
        """Return what arrives at each edge."""
        self.diary["opened"].append(self.label)
        self.diary["recorded"] = tt.is_grad_enabled()
        return [(edge, g * factor) for edge, factor in self.ways]

    def free(self) -> None:
        """Note it."""
        self.diary["freed"] += 1


def graph(nodes: dict[str, Any], diary: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the nodes and leaves of a plan: for each node, in the order of time, pairs of a target and a factor."""
    made: dict[str, Any] = {}
    leaves: dict[str, Any] = {}

    def found(target: str) -> Any:
        if target not in made and target not in leaves:
            leaves[target] = tt.zeros((), dtype=np.float64, requires_grad=True)
        return made.get(target, leaves.get(target))

    for order, (label, ways) in enumerate(nodes.items(), start=1):
        made[label] = Step(label, order, [(found(target), factor) for target, factor in ways], diary)
    return made, leaves


def result_of(node: Any) -> Any:
    """Return a tensor that a node made."""
    out = tt.zeros((), dtype=np.float64)
    out.node, out.requires_grad = node, True
    return out


def walked(
    nodes: dict[str, Any],
    start: dict[str, float],
    hooked: str = "",
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
    since: int = 0,
) -> dict[str, Any]:
    """Walk back through a graph from the nodes, or leaves, of `start`, whose seeds it names."""
    diary: dict[str, Any] = {"opened": [], "freed": 0, "recorded": False}
    made, leaves = graph(nodes, diary)
    if hooked:
        made[hooked].hooks = {0: lambda g: g * 10}
    outputs = [result_of(made[label]) if label in made else leaves[label] for label in start]
    seeds = [tt.tensor(value, dtype=np.float64) for value in start.values()]
    found = autograd.walk(outputs, seeds, retain_graph=retain_graph, create_graph=create_graph, since=since)
    labels = {id(x): label for label, x in (made | leaves).items()}
    return {"totals": {labels[id(edge)]: g.item() for edge, g in found.items()}, **diary}


def doubled(times: int, start: float) -> dict[str, float]:
    """Walk back through x + x, doubled again and again: as many steps, and 2^times ways."""
    nodes = {f"n{k}": [[f"n{k - 1}" if k else "x", 1.0]] * 2 for k in range(times)}
    return dict(walked(nodes, {f"n{times - 1}": start})["totals"])


def deep(length: int, start: float) -> dict[str, float]:
    """Walk back through a long chain."""
    nodes = {f"n{k}": [[f"n{k - 1}" if k else "x", 1.0]] for k in range(length)}
    return dict(walked(nodes, {f"n{length - 1}": start})["totals"])


class Pole(Step):
    """A node whose rule divides by 0."""

    def gradients(self, g: Any) -> list[tuple[Any, Any]]:
        """Return what arrives at each edge: infinity."""
        return [(edge, tt.from_numpy(np.asarray(g.data / np.zeros(())))) for edge in self.edges]


def warned(start: float) -> dict[str, Any]:
    """Walk back through a division by 0, and write down what NumPy says of it."""
    leaf = tt.zeros((), dtype=np.float64, requires_grad=True)
    node = Pole("pole", 1, [(leaf, 1.0)], {"opened": [], "freed": 0})
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        seeds = [tt.tensor(start, dtype=np.float64)]
        found = autograd.walk([result_of(node)], seeds, retain_graph=False, create_graph=False)
    return {"gradient": found[leaf], "warnings": [str(warning.message) for warning in said]}


# from backward() to grad


def seed(shape: tuple[int, ...], dtype: str, gradient: Any = None, *, as_tensor: bool = False) -> dict[str, Any]:
    """Ask for the gradient that a walk starts with."""
    output = tt.from_numpy(np.zeros(shape, dtype))
    found = autograd._seed(output, tensor(gradient) if as_tensor else gradient)
    return {"type": str(found.dtype), "numbers": found}


def accumulated(totals: list[Any], start: Any = None) -> dict[str, Any]:
    """Give a leaf one total after the other; an alias of its grad is taken after the first."""
    leaf = tensor(np.zeros_like(totals[0])).requires_grad_()
    leaf.grad = tensor(start)
    autograd._accumulate({leaf: tensor(totals[0])}, set(), create_graph=False)
    alias = leaf.grad
    for total in totals[1:]:
        autograd._accumulate({leaf: tensor(total)}, set(), create_graph=False)
    return {"grad": leaf.grad, "seen by who held it": alias}


def shared_total(total: Any) -> dict[str, Any]:
    """Give two leaves one and the same total, then spoil the first leaf's grad."""
    x, y = (tensor(np.zeros_like(total)).requires_grad_() for _ in range(2))
    same = tensor(total)
    autograd._accumulate({x: same, y: same}, set(), create_graph=False)
    x.grad.mul_(0)
    return {"spoiled": x.grad, "other": y.grad}


def taken_total(total: Any) -> Any:
    """Give a leaf a total whose array somebody holds, spoil the leaf's grad, and return what the holder has."""
    x = tensor(np.zeros_like(total)).requires_grad_()
    held = tensor(total)
    autograd._accumulate({x: held}, {id(held.data)}, create_graph=False)
    x.grad.mul_(0)
    return held


def view_as_total(whole: Any) -> Any:
    """Give a leaf a view of a matrix's first row, spoil the leaf's grad, and return the matrix."""
    matrix = tensor(whole)
    x = tensor(np.zeros_like(whole[0])).requires_grad_()
    autograd._accumulate({x: matrix[0]}, set(), create_graph=False)
    x.grad.mul_(0)
    return matrix


def hooked_total(total: Any) -> Any:
    """Give a leaf with a hook, that turns the sign, a total beside that of a node."""
    x = tensor(np.zeros_like(total)).requires_grad_()
    x.register_hook(lambda g: -g)
    autograd._accumulate({x.exp().node: tensor(total), x: tensor(total)}, set(), create_graph=False)
    return x.grad


def recorded_total(total: Any, *, create_graph: bool) -> bool:
    """Tell whether the sum of two totals was recorded."""
    x = tensor(np.zeros_like(total)).requires_grad_()
    for _ in range(2):
        autograd._accumulate({x: tensor(total).requires_grad_() * 1.0}, set(), create_graph=create_graph)
    return bool(x.grad.requires_grad)


# no_grad


def states() -> dict[str, bool]:
    """Tell before, in and after nested blocks whether operations are recorded."""
    found = {"before": tt.is_grad_enabled()}
    with tt.no_grad():
        found["in no_grad"] = tt.is_grad_enabled()
        with tt.enable_grad():
            found["in enable_grad in it"] = tt.is_grad_enabled()
            with tt.set_grad_enabled(False):
                found["in set_grad_enabled(False) in that"] = tt.is_grad_enabled()
            found["back in enable_grad"] = tt.is_grad_enabled()
        found["back in no_grad"] = tt.is_grad_enabled()
    found["after"] = tt.is_grad_enabled()
    return found


def nested(blocks: list[bool]) -> list[bool]:
    """Tell in each of several blocks, one within the other, and after each, whether operations are recorded."""
    if not blocks:
        return []
    with tt.enable_grad() if blocks[0] else tt.no_grad():
        inside = [tt.is_grad_enabled(), *nested(blocks[1:])]
    return [*inside, tt.is_grad_enabled()]


def one_block_twice() -> list[bool]:
    """Enter one and the same no_grad while it is entered."""
    block, found = tt.no_grad(), []
    with block:
        with block:
            found.append(tt.is_grad_enabled())
        found.append(tt.is_grad_enabled())
    return [*found, tt.is_grad_enabled()]


def after_an_error() -> list[Any]:
    """Leave no_grad by an error."""
    try:
        with tt.no_grad():
            dict[str, int]()["nothing"]
    except KeyError:
        return ["the error came through", tt.is_grad_enabled()]
    return ["the error was swallowed", tt.is_grad_enabled()]


def computed_without(x: Any) -> dict[str, Any]:
    """Compute within no_grad."""
    leaf = tensor(x).requires_grad_()
    with tt.no_grad():
        y = leaf * leaf
    return {"numbers": y, "requires_grad": y.requires_grad, "has a node": y.node is not None}


def decorated() -> list[bool]:
    """Call a function that no_grad decorates."""

    @tt.no_grad()
    def inside() -> bool:
        return tt.is_grad_enabled()

    return [inside(), tt.is_grad_enabled()]


def in_another_thread() -> list[bool]:
    """Ask in another thread, while this one is within no_grad."""
    found: list[bool] = []
    with tt.no_grad():
        thread = Thread(target=lambda: found.append(tt.is_grad_enabled()))
        thread.start()
        thread.join()
    return found


# Function


class Rounded(tt.Function):
    """round() with the gradient of x: "straight through"."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        """Round."""
        ctx.factor = 1.0
        return x.round()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """Let it through."""
        return g * ctx.factor


class Power(tt.Function):
    """x^n for a whole number n, which saves its own result."""

    seen: tuple[bool, ...] = ()
    recorded = True

    @staticmethod
    def forward(ctx: Any, x: Any, n: int) -> Any:
        """Return x^n."""
        Power.seen, Power.recorded = ctx.needs_input_grad, tt.is_grad_enabled()
        out = x**n
        ctx.n = n
        ctx.save_for_backward(x, out)
        return out

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """Return n out / x for x, and nothing for n."""
        x, out = ctx.saved_tensors
        return g * out / x * ctx.n, None


class Both(tt.Function):
    """The largest number, where it stands, and a sum that is called constant."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        """Return three tensors."""
        place, total = x.argmax(), x.sum()
        ctx.mark_non_differentiable(total)
        ctx.place, ctx.size = place.item(), len(x)
        return x.max(), place, total

    @staticmethod
    def backward(ctx: Any, g: Any, *_: Any) -> Any:
        """Return g where the largest stood."""
        return tt.tensor([g.item() if i == ctx.place else 0.0 for i in range(ctx.size)], dtype=np.float64)


def straight_through(x: Any, g: Any) -> dict[str, Any]:
    """Round within an expression, and go back through all of it."""
    leaf = tensor(x).requires_grad_()
    out = Rounded.apply(leaf * 2)
    (out * tensor(g)).sum().backward()
    return {"numbers": out, "gradient": leaf.grad}


def power(x: Any, n: int, *, needed: bool = True) -> dict[str, Any]:
    """Raise to a power, and tell what forward was told."""
    leaf = tensor(x).requires_grad_(needed)
    out = Power.apply(leaf, n)
    if needed:
        out.sum().backward()
    return {
        "numbers": out,
        "gradient": leaf.grad,
        "needs_input_grad": list(Power.seen),
        "forward recorded": Power.recorded,
        "connected": out.node is not None,
    }


def power_without(x: Any) -> list[Any]:
    """Raise to a power within no_grad."""
    with tt.no_grad():
        out = Power.apply(tensor(x).requires_grad_(), 2)
    return [out.requires_grad, out.node is not None]


def several(x: Any) -> dict[str, Any]:
    """Call a function of three outputs, of which one has a gradient."""
    leaf = tensor(x).requires_grad_()
    result = Both.apply(leaf)
    result[0].backward()
    return {
        "is a tuple": isinstance(result, tuple),
        "need gradients": [out.requires_grad for out in result],
        "gradient": leaf.grad,
    }
