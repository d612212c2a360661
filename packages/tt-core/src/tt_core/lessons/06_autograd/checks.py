"""What recording and walking back must do: inputs, and what comes out of them by NumPy and central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng

# the rules


def pulled(f: Callable[[Any], Any], x: Any, g: Any, eps: float = 1e-6) -> Any:
    """Return Σ g (f(x + ε) - f(x - ε)) / 2ε for each element of x."""
    found = np.empty_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = eps
        found[i] = (g * (f(x + step) - f(x - step))).sum() / (2 * eps)
    return found


def rule(exercise: str, name: str, says: str, draw: Any, gradient: Callable[..., Any], hint: str = "") -> Check:
    """Return the check that a rule gives this gradient, and leaves g as it was."""

    def inputs(rng: Rng) -> dict[str, Any]:
        return {"name": name, "arguments": draw(rng) if callable(draw) else draw}

    return Check(
        exercise,
        says,
        "rule",
        inputs,
        lambda name, arguments: {"gradient": gradient(**arguments), "g": arguments["g"]},
        rtol=1e-5,
        atol=1e-7,
        hint=hint,
    )


def normal(*names: str, shape: tuple[int, ...] = (2, 3)) -> Callable[[Rng], dict[str, Any]]:
    """Return how to draw arrays of one shape."""
    return lambda rng: {name: rng.normal(size=shape) for name in names}


def positive(*names: str, shape: tuple[int, ...] = (2, 3)) -> Callable[[Rng], dict[str, Any]]:
    """Return how to draw arrays of one shape, g among them, the others positive and away from 0."""
    return lambda rng: {"g": rng.normal(size=shape), **{name: rng.uniform(0.5, 2, shape) for name in names}}


def softmax(x: Any, axis: int) -> Any:
    """Return e^x / Σ e^x."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x: Any, axis: int) -> Any:
    """Return x - log Σ e^x."""
    return np.log(softmax(x, axis))


def cross_entropy(x: Any, target: Any) -> Any:
    """Return the loss of each sample, whose classes are dimension 1."""
    return -np.take_along_axis(log_softmax(x, 1), np.expand_dims(target, 1), 1).squeeze(1)


def log_of_sum(x: Any, axis: Any, keepdims: bool = False) -> Any:
    """Return log Σ e^x."""
    return np.asarray(np.log(np.exp(x).sum(axis=axis, keepdims=keepdims)))


def drawn_log_of_sum(dim: tuple[int, ...] | None, keepdim: bool) -> Callable[[Rng], dict[str, Any]]:
    """Return how to draw scores (3, 3), and log Σ e^x of them."""

    def draw(rng: Rng) -> dict[str, Any]:
        x = rng.normal(size=(3, 3))
        out = log_of_sum(x, dim, keepdim)
        return {"g": np.asarray(rng.normal(size=out.shape)), "x": x, "out": out, "dim": dim, "keepdim": keepdim}

    return draw


def slope_of_log_of_sum(g: Any, x: Any, dim: tuple[int, ...] | None, keepdim: bool, **_: Any) -> Any:
    """Return the differences of log Σ e^x."""
    return pulled(lambda a: log_of_sum(a, dim, keepdim), x, g)


def spread(g: Any, shape: tuple[int, ...], dim: tuple[int, ...] | None, keepdim: bool) -> Any:
    """Return g repeated over what was summed."""
    wide = g if keepdim or dim is None else np.expand_dims(g, dim)
    return np.broadcast_to(wide, shape).copy()


def largest(g: Any, x: Any, out: Any, dim: tuple[int, ...] | None, keepdim: bool) -> Any:
    """Return g at the largest, in equal shares."""
    hit = x == spread(out, x.shape, dim, keepdim)
    return spread(g, x.shape, dim, keepdim) * hit / hit.sum(axis=dim, keepdims=True)


def drawn_extreme(dim: tuple[int, ...] | None, keepdim: bool) -> Callable[[Rng], dict[str, Any]]:
    """Return how to draw whole numbers with ties, and their largest."""

    def draw(rng: Rng) -> dict[str, Any]:
        x = rng.integers(0, 3, (4, 5)).astype(np.float64)
        out = np.asarray(x.max(axis=dim, keepdims=keepdim))
        return {"g": np.asarray(rng.normal(size=out.shape)), "x": x, "out": out, "dim": dim, "keepdim": keepdim}

    return draw


def drawn_out(f: Callable[[Any], Any], **more: Any) -> Callable[[Rng], dict[str, Any]]:
    """Return how to draw a result of f, and its gradient."""
    return lambda rng: {"g": rng.normal(size=(3, 4)), "out": f(rng.normal(size=(3, 4))), **more}


# differences


def differences(function: str, given: list[Any], i: int, weights: list[Any], eps: float) -> dict[str, Any]:
    """Return the differences of each function of the probes, worked out by hand."""
    x = given[0]
    by_hand = {
        "product": lambda: weights[0] * given[1 - i],
        "cube": lambda: weights[0] * (3 * x**2 + eps**2),
        "two": lambda: weights[0] * 2 * x + weights[1],
        "scaled": lambda: weights[0] * given[1],
    }[function]()
    places = [list(index) for index in np.ndindex(given[i].shape)]
    return {"places": places, "slopes": by_hand.ravel().tolist(), "given": given}


def close(pairs: list[tuple[float, float]], atol: float, rtol: float) -> list[bool]:
    """Tell of each pair of finite numbers whether it passes."""
    return [bool(abs(got - expected) <= atol + rtol * abs(expected)) for got, expected in pairs]


# the walk


def walked(
    nodes: dict[str, Any],
    start: dict[str, float],
    hooked: str = "",
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
    since: int = 0,
) -> dict[str, Any]:
    """Return what a walk gives: what arrives, from the latest node to the first."""
    totals = dict(start)
    opened = []
    for order, label in reversed(list(enumerate(nodes, start=1))):
        if label not in totals or order < since:
            continue
        total = totals.pop(label) * (10 if label == hooked else 1)
        opened.append(label)
        for target, factor in nodes[label]:
            totals[target] = totals.get(target, 0.0) + total * factor
    freed = 0 if retain_graph else len(opened)
    return {"totals": totals, "opened": opened, "freed": freed, "recorded": create_graph}


CHAIN = {"a": [["x", 2.0]], "b": [["a", 3.0]], "c": [["b", 5.0]]}
DIAMOND = {
    "a": [["x", 2.0]],
    "b": [["a", 3.0]],
    "c": [["a", 5.0], ["y", 7.0]],
    "d": [["b", 1.0], ["c", 1.0], ["a", 11.0]],
}


def walk(says: str, nodes: dict[str, Any], start: dict[str, float], hint: str = "", **more: Any) -> Check:
    """Return the check of a walk through a planned graph, with factors and seeds of its own each time."""

    def inputs(rng: Rng) -> dict[str, Any]:
        drawn = {label: [[to, factor * rng.uniform(0.5, 2)] for to, factor in ways] for label, ways in nodes.items()}
        return {"nodes": drawn, "start": {at: seed * rng.uniform(0.5, 2) for at, seed in start.items()}, **more}

    return Check("walk", says, "walked", inputs, walked, hint=hint)


DIFFERENCES = [
    Check(
        "central_differences",
        "moves each element up and down, and nothing else",
        "slopes",
        lambda rng: {
            "function": "product",
            "given": [rng.normal(size=(2, 3)), rng.normal(size=(2, 3))],
            "i": 1,
            "weights": [rng.normal(size=(2, 3))],
            "eps": 1e-6,
        },
        differences,
        hint="A copy is moved: `np.array(given[i])`, and only at `index`.",
    ),
    Check(
        "central_differences",
        "divides by both steps, up and down",
        "slopes",
        lambda rng: {
            "function": "cube",
            "given": [rng.normal(size=3)],
            "i": 0,
            "weights": [rng.normal(size=3)],
            "eps": 0.1,
        },
        differences,
        hint="((x + ε)³ - (x - ε)³) / 2ε is 3x² + ε², exactly.",
    ),
    Check(
        "central_differences",
        "adds up over all outputs, with their weights",
        "slopes",
        lambda rng: {
            "function": "two",
            "given": [rng.normal(size=4)],
            "i": 0,
            "weights": [rng.normal(size=4), np.asarray(rng.normal())],
            "eps": 1e-6,
        },
        differences,
    ),
    Check(
        "central_differences",
        "passes on what is no array as it is",
        "slopes",
        lambda rng: {
            "function": "scaled",
            "given": [rng.normal(size=2), 3.0],
            "i": 0,
            "weights": [rng.normal(size=2)],
            "eps": 1e-6,
        },
        differences,
        hint="Only arrays become tensors; a Python number stays one.",
    ),
    Check(
        "central_differences",
        "shows the outputs for a moved element as arrays",
        "shifted",
        {"function": "two", "given": [np.array([1.0, 2.0])], "i": 0, "index": (1,), "step": 0.5},
        [np.array([1.0, 6.25]), np.array(3.5)],
    ),
    Check(
        "central_differences",
        "accepts what is close enough, relative to what is expected",
        "accepts",
        {
            "pairs": [(1.0, 1.0), (1.0 + 9e-6, 1.0), (1.0 + 3e-5, 1.0), (1000.005, 1000.0), (-1.0, 1.0), (9e-7, 0.0)],
            "atol": 1e-6,
            "rtol": 1e-5,
        },
        close,
    ),
    Check(
        "central_differences",
        "never accepts nan",
        "accepts",
        {"pairs": [(float("nan"), 1.0), (1.0, float("nan")), (float("nan"), float("nan"))], "atol": 1.0, "rtol": 1.0},
        [False, False, False],
        hint="Every comparison with nan is false: ask whether it is close, not whether it is far off.",
    ),
    Check(
        "central_differences",
        "accepts nothing as close to infinity, not even infinity",
        "accepts",
        {"pairs": [(3.0, np.inf), (3.0, -np.inf), (np.inf, 3.0), (np.inf, np.inf)], "atol": 1e-6, "rtol": 1e-5},
        [False, False, False, False],
        hint="rtol · ∞ is ∞, and every number is below it: is `expected` finite?",
    ),
]

ARITHMETIC = [
    rule("arithmetic", "mul_x", "gives a factor the other factor", normal("g", "y"), lambda g, y: g * y),
    rule("arithmetic", "mul_y", "gives the second factor the first", normal("g", "x"), lambda g, x: g * x),
    rule("arithmetic", "div_x", "divides the numerator's gradient", positive("y"), lambda g, y: g / y),
    rule(
        "arithmetic",
        "div_y",
        "gives the denominator -x/y², from the result x/y",
        positive("out", "y"),
        lambda g, out, y: pulled(lambda d: out * y / d, y, g),
        hint="The rule is not given x: write x as out · y.",
    ),
    rule(
        "arithmetic",
        "pow_x",
        "gives the base y x^(y-1) for a number y",
        lambda rng: {**positive("x")(rng), "y": 3.0},
        lambda g, x, y: pulled(lambda b: b**y, x, g),
    ),
    rule(
        "arithmetic",
        "pow_x",
        "does so for a tensor of exponents",
        positive("x", "y"),
        lambda g, x, y: pulled(lambda b: b**y, x, g),
    ),
    rule(
        "arithmetic",
        "pow_x",
        "gives 0 and not nan for x^0 at x = 0, for a number and for a tensor",
        {"g": np.ones(2), "x": np.array([0.0, 2.0]), "y": np.array([0.0, 3.0])},
        lambda g, x, y: np.array([0.0, 12.0]),
        hint="0 · 0^-1 is nan: `zero_where` stops it where y is 0.",
    ),
    rule(
        "arithmetic",
        "pow_x",
        "gives 0 for the exponent 0 as a number too",
        {"g": np.ones(2), "x": np.array([0.0, 2.0]), "y": 0},
        lambda g, x, y: np.zeros(2),
    ),
    rule("arithmetic", "mul_x", "takes a factor that is a number", {"g": np.ones(2), "y": 3}, lambda g, y: g * y),
]

CURVES = [
    rule("curves", "exp_x", "needs the result alone for exp", drawn_out(np.exp), lambda g, out: g * out),
    rule("curves", "log_x", "gives 1/x for log", positive("x"), lambda g, x: pulled(np.log, x, g)),
    rule("curves", "sqrt_x", "gives 1/(2√x) for sqrt", positive("out"), lambda g, out: pulled(np.sqrt, out * out, g)),
    rule(
        "curves",
        "tanh_x",
        "gives 1 - tanh² for tanh, from the result",
        drawn_out(np.tanh),
        lambda g, out: pulled(np.tanh, np.arctanh(out), g),
        hint="out is tanh x already: it is not put through tanh again.",
    ),
    rule(
        "curves",
        "sigmoid_x",
        "gives σ(1 - σ) for sigmoid, from the result",
        drawn_out(lambda x: 1 / (1 + np.exp(-x))),
        lambda g, out: pulled(lambda x: 1 / (1 + np.exp(-x)), np.log(out / (1 - out)), g),
    ),
    rule(
        "curves",
        "relu_x",
        "lets g through where relu's result is above 0, and nowhere else",
        {"g": np.array([5.0, 6.0, -7.0, 8.0]), "out": np.array([0.0, 2.0, 0.5, 0.0])},
        lambda g, out: np.where(out > 0, g, 0),
    ),
    rule(
        "curves",
        "relu_x",
        "stops infinity where relu was off",
        {"g": np.array([np.inf, 1.0]), "out": np.array([0.0, 1.0])},
        lambda g, out: np.array([0.0, 1.0]),
        hint="∞ · 0 is nan: `neural.gate` chooses, it does not multiply.",
    ),
]

REDUCTIONS = [
    rule(
        "reductions",
        "spread",
        "repeats the gradient of a sum over a dimension that is gone",
        lambda rng: {"g": rng.normal(size=(2, 4)), "shape": (2, 3, 4), "dim": (1,), "keepdim": False},
        spread,
        hint="Give the dimensions that are gone the size 1 again, then expand.",
    ),
    rule(
        "reductions",
        "spread",
        "does so for two dimensions, the first and the last",
        lambda rng: {"g": rng.normal(size=3), "shape": (2, 3, 4), "dim": (0, 2), "keepdim": False},
        spread,
    ),
    rule(
        "reductions",
        "spread",
        "expands what has kept its dimensions",
        lambda rng: {"g": rng.normal(size=(2, 1)), "shape": (2, 3), "dim": (1,), "keepdim": True},
        spread,
    ),
    rule(
        "reductions",
        "spread",
        "repeats a single number over all",
        lambda rng: {"g": np.asarray(rng.normal()), "shape": (2, 3), "dim": None, "keepdim": False},
        spread,
    ),
    rule(
        "reductions",
        "mean_x",
        "gives each of n elements 1/n",
        lambda rng: {"g": rng.normal(size=2), "shape": (2, 5), "dim": (1,), "keepdim": False},
        lambda g, shape, dim, keepdim: spread(g, shape, dim, keepdim) / 5,
    ),
    rule(
        "reductions",
        "mean_x",
        "counts all elements where dim is None",
        lambda rng: {"g": np.asarray(rng.normal()), "shape": (2, 5), "dim": None, "keepdim": False},
        lambda g, shape, dim, keepdim: spread(g, shape, dim, keepdim) / 10,
    ),
    rule(
        "reductions",
        "mean_x",
        "does not divide by 0 where there is nothing",
        {"g": np.ones(2), "shape": (2, 0), "dim": (1,), "keepdim": False},
        lambda g, shape, dim, keepdim: np.zeros((2, 0)),
    ),
    rule(
        "reductions",
        "extreme_x",
        "gives g to the largest of each row, and among equals the same to each",
        drawn_extreme((1,), keepdim=False),
        largest,
    ),
    rule(
        "reductions",
        "extreme_x",
        "gives nan to a row whose largest is nan, and to no other",
        lambda rng: {
            "g": rng.normal(size=2),
            "x": np.array([[1.0, np.nan, 3.0], [1.0, 4.0, 3.0]]),
            "out": np.array([np.nan, 4.0]),
            "dim": (1,),
            "keepdim": False,
        },
        lambda g, x, out, dim, keepdim: np.array([[np.nan] * 3, [0.0, g[1], 0.0]]),
        hint="Nothing equals nan, so nothing is hit: what is 0 divided by the number of hits?",
    ),
    rule("reductions", "extreme_x", "does so over all elements", drawn_extreme(None, keepdim=False), largest),
    rule("reductions", "extreme_x", "does so where the dimension is kept", drawn_extreme((0,), keepdim=True), largest),
]

PRODUCTS = [
    rule(
        "products",
        "matmul_x",
        "multiplies by the transposed second matrix",
        lambda rng: {"g": rng.normal(size=(2, 4)), "y": rng.normal(size=(3, 4))},
        lambda g, y: pulled(lambda x: x @ y, np.zeros((2, 3)), g),
        hint="g is (N, M) and y is (K, M): which product of the two is (N, K)?",
    ),
    rule(
        "products",
        "matmul_x",
        "does so for each matrix of a batch",
        lambda rng: {"g": rng.normal(size=(5, 2, 4)), "y": rng.normal(size=(5, 3, 4))},
        lambda g, y: pulled(lambda x: x @ y, np.zeros((5, 2, 3)), g),
    ),
    rule(
        "products",
        "matmul_y",
        "multiplies the transposed first matrix by g",
        lambda rng: {"g": rng.normal(size=(2, 4)), "x": rng.normal(size=(2, 3)), "y": rng.normal(size=(3, 4))},
        lambda g, x, y: pulled(lambda b: x @ b, y, g),
    ),
    rule(
        "products",
        "matmul_y",
        "does so for each matrix of a batch",
        lambda rng: {"g": rng.normal(size=(5, 2, 4)), "x": rng.normal(size=(5, 2, 3)), "y": rng.normal(size=(5, 3, 4))},
        lambda g, x, y: pulled(lambda b: x @ b, y, g),
    ),
    rule(
        "products",
        "matmul_y",
        "adds up over the batch where the second matrix is one for all",
        lambda rng: {"g": rng.normal(size=(5, 2, 4)), "x": rng.normal(size=(5, 2, 3)), "y": rng.normal(size=(3, 4))},
        lambda g, x, y: pulled(lambda b: x @ b, y, g),
        hint="All rows of the batch are rows of one tall matrix: `rows` makes it.",
    ),
    rule(
        "products",
        "linear_x",
        "multiplies by the weight as it is, for x Wᵀ",
        lambda rng: {"g": rng.normal(size=(5, 2)), "weight": rng.normal(size=(2, 3))},
        lambda g, weight: pulled(lambda x: x @ weight.T, np.zeros((5, 3)), g),
    ),
    rule(
        "products",
        "linear_weight",
        "gives the weight a gradient of its own shape (out, in)",
        lambda rng: {"g": rng.normal(size=(5, 2)), "x": rng.normal(size=(5, 3))},
        lambda g, x: pulled(lambda w: x @ w.T, np.zeros((2, 3)), g),
    ),
    rule(
        "products",
        "linear_weight",
        "adds up over all leading dimensions",
        lambda rng: {"g": rng.normal(size=(4, 5, 2)), "x": rng.normal(size=(4, 5, 3))},
        lambda g, x: pulled(lambda w: x @ w.T, np.zeros((2, 3)), g),
    ),
]

SCORES = [
    rule(
        "scores",
        "softmax_x",
        "knows that every share depends on every score",
        drawn_out(lambda x: softmax(x, -1), dim=-1),
        lambda g, out, dim: pulled(lambda x: softmax(x, dim), np.log(out), g),
        hint="Written out: Σᵢ gᵢ pᵢ (δᵢⱼ - pⱼ). What is left of the sum of the first part?",
    ),
    rule(
        "scores",
        "softmax_x",
        "does so along the first dimension",
        drawn_out(lambda x: softmax(x, 0), dim=0),
        lambda g, out, dim: pulled(lambda x: softmax(x, dim), np.log(out), g),
    ),
    rule(
        "scores",
        "log_softmax_x",
        "takes the softmax times the sum of g off g",
        drawn_out(lambda x: log_softmax(x, -1), dim=-1),
        lambda g, out, dim: pulled(lambda x: log_softmax(x, dim), out, g),
    ),
    rule(
        "scores",
        "log_softmax_x",
        "does so along the first dimension",
        drawn_out(lambda x: log_softmax(x, 0), dim=0),
        lambda g, out, dim: pulled(lambda x: log_softmax(x, dim), out, g),
    ),
    rule(
        "scores",
        "cross_entropy_x",
        "is softmax minus one-hot, times each sample's g",
        lambda rng: {"g": rng.normal(size=4), "x": rng.normal(size=(4, 3)), "target": rng.integers(0, 3, 4)},
        lambda g, x, target: pulled(lambda a: cross_entropy(a, target), x, g),
    ),
    rule(
        "scores",
        "cross_entropy_x",
        "finds the classes along dimension 1 of (2, 3, 4)",
        lambda rng: {
            "g": rng.normal(size=(2, 4)),
            "x": rng.normal(size=(2, 3, 4)),
            "target": rng.integers(0, 3, (2, 4)),
        },
        lambda g, x, target: pulled(lambda a: cross_entropy(a, target), x, g),
    ),
    rule(
        "scores",
        "logsumexp_x",
        "is the softmax of each row for log Σ e^x",
        drawn_log_of_sum((1,), keepdim=False),
        slope_of_log_of_sum,
        hint="e^x / Σ e^x is e^(x - out): give `out` and `g` back their dimension first, with `spread`.",
    ),
    rule("scores", "logsumexp_x", "is so over all scores", drawn_log_of_sum(None, keepdim=False), slope_of_log_of_sum),
    rule("scores", "logsumexp_x", "is so along (0,), kept", drawn_log_of_sum((0,), keepdim=True), slope_of_log_of_sum),
    rule(
        "scores",
        "logsumexp_x",
        "gives 0 and not nan to a row of -∞",
        lambda rng: {
            "g": rng.normal(size=2),
            "x": np.array([[-np.inf, -np.inf], [0.0, 0.0]]),
            "out": np.array([-np.inf, np.log(2)]),
            "dim": (1,),
            "keepdim": False,
        },
        lambda g, x, out, dim, keepdim: np.array([[0.0, 0.0], [g[1] / 2, g[1] / 2]]),
        hint="-∞ - (-∞) is nan: `zero_where` stops it where out is -∞.",
    ),
]

FIT = [
    Check(
        "fit",
        "sums over the dimensions that broadcasting put in front",
        "fitted",
        lambda rng: {"g": rng.normal(size=(4, 2, 3)), "shape": (2, 3), "dtype": "float64"},
        lambda g, shape, dtype: {"type": dtype, "numbers": g.sum(axis=0)},
    ),
    Check(
        "fit",
        "sums over a dimension that was stretched, and keeps it with size 1",
        "fitted",
        lambda rng: {"g": rng.normal(size=(2, 3)), "shape": (2, 1), "dtype": "float64"},
        lambda g, shape, dtype: {"type": dtype, "numbers": g.sum(axis=1, keepdims=True)},
    ),
    Check(
        "fit",
        "does both at once",
        "fitted",
        lambda rng: {"g": rng.normal(size=(4, 2, 3)), "shape": (2, 1), "dtype": "float64"},
        lambda g, shape, dtype: {"type": dtype, "numbers": g.sum(axis=(0, 2))[:, None]},
    ),
    Check(
        "fit",
        "sums all of it for a tensor without dimensions",
        "fitted",
        lambda rng: {"g": rng.normal(size=(2, 3)), "shape": (), "dtype": "float64"},
        lambda g, shape, dtype: {"type": dtype, "numbers": np.asarray(g.sum())},
    ),
    Check(
        "fit",
        "leaves alone what fits",
        "fitted",
        lambda rng: {"g": rng.normal(size=(2, 1)), "shape": (2, 1), "dtype": "float64"},
        lambda g, shape, dtype: {"type": dtype, "numbers": g},
    ),
    Check(
        "fit",
        "casts to the type of the tensor",
        "fitted",
        {"g": np.array([[1.5, 2.5]]), "shape": (2,), "dtype": "float32"},
        {"type": "float32", "numbers": np.array([1.5, 2.5])},
        hint="float32 x times float64 y is float64, but x's gradient is float32.",
    ),
    Check(
        "fit",
        "refuses a gradient that no broadcasting explains, naming the operation and both shapes",
        "fitted",
        {"g": np.ones((2, 3)), "shape": (2,), "dtype": "float64"},
        Raised("GradientError", mentions=("my_operation", "[2, 3]", "[2]")),
    ),
    Check(
        "fit",
        "refuses one with fewer dimensions",
        "fitted",
        {"g": np.ones(3), "shape": (2, 3), "dtype": "float64"},
        Raised("GradientError", mentions=("[2, 3]", "[3]")),
    ),
]


def both(x: Any, y: Any, g: Any, needs: tuple[bool, bool] = (True, True)) -> dict[str, Any]:
    """Return what arrives at the factors of a product of one shape."""
    ways = [("x", x, g * y), ("y", y, g * x)]
    kept = [way for way, need in zip(ways, needs, strict=True) if need]
    return {
        "to": [label for label, _, _ in kept],
        "types": [str(to.dtype) for _, to, _ in kept],
        "gradients": [found for _, _, found in kept],
    }


OPENED = [
    Check(
        "gradients",
        "asks the rule of each argument, and says where its gradient goes",
        "opened",
        lambda rng: {"x": rng.normal(size=(2, 3)), "y": rng.normal(size=(2, 3)), "g": rng.normal(size=(2, 3))},
        both,
    ),
    Check(
        "gradients",
        "asks no rule of an argument that needs no gradient",
        "opened",
        lambda rng: {"x": rng.normal(size=3), "y": rng.normal(size=3), "g": rng.normal(size=3), "needs": (False, True)},
        both,
    ),
    Check(
        "gradients",
        "fits what a rule gives to an argument that was broadcast",
        "opened",
        lambda rng: {"x": rng.normal(size=(2, 3)), "y": rng.normal(size=3), "g": rng.normal(size=(2, 3))},
        lambda x, y, g: {"to": ["x", "y"], "types": ["float64"] * 2, "gradients": [g * y, (g * x).sum(axis=0)]},
    ),
    Check(
        "gradients",
        "fits it to the type of a float32 argument",
        "opened",
        lambda rng: {"x": rng.normal(size=3).astype(np.float32), "y": rng.normal(size=3), "g": rng.normal(size=3)},
        both,
        rtol=1e-5,
    ),
    Check(
        "gradients",
        "leads to the node before it, where there is one",
        "opened_after_another",
        {"x": np.ones(2), "g": np.ones(2)},
        ["sin"],
    ),
    Check(
        "gradients",
        "leaves out what a rule calls zero by giving None",
        "opened_where_a_rule_is_none",
        {"x": np.ones(2), "y": np.ones(2), "g": np.ones(2)},
        1,
    ),
    Check(
        "gradients",
        "can be asked again while the graph is kept",
        "opened_twice",
        lambda rng: {"x": rng.normal(size=2), "g": rng.normal(size=2), "freed": False},
        lambda x, g, freed: [g * np.exp(x)],
    ),
    Check(
        "gradients",
        "says that the graph is freed, and what to do",
        "opened_twice",
        {"x": np.ones(2), "g": np.ones(2), "freed": True},
        Raised("GradientError", mentions=("exp", "retain_graph=True")),
        hint="`saved` is None after `free`.",
    ),
]

NO_GRAD = [
    Check(
        "no_grad",
        "restores what was, through nested blocks",
        "states",
        {},
        {
            "before": True,
            "in no_grad": False,
            "in enable_grad in it": True,
            "in set_grad_enabled(False) in that": False,
            "back in enable_grad": True,
            "back in no_grad": False,
            "after": True,
        },
    ),
    Check(
        "no_grad",
        "restores what was, whatever blocks are within one another",
        "nested",
        lambda rng: {"blocks": rng.integers(0, 2, 8).astype(bool).tolist()},
        lambda blocks: [*blocks, *reversed([True, *blocks[:-1]])],
    ),
    Check(
        "no_grad",
        "can be entered again while it is entered",
        "one_block_twice",
        {},
        [False, False, True],
        hint="Keep the tokens on a stack: the last one in is the first one out.",
    ),
    Check(
        "no_grad",
        "restores after an error, and lets the error through",
        "after_an_error",
        {},
        ["the error came through", True],
    ),
    Check(
        "no_grad",
        "lets results need no gradient and have no node",
        "computed_without",
        lambda rng: {"x": rng.normal(size=2)},
        lambda x: {"numbers": x * x, "requires_grad": False, "has a node": False},
    ),
    Check("no_grad", "works as a decorator, each time it is called", "decorated", {}, [False, True]),
    Check(
        "no_grad",
        "leaves other threads alone",
        "in_another_thread",
        {},
        [True],
        hint="`_mode` is a ContextVar, of which each thread has its own: set that, and nothing global.",
    ),
]

WALK = [
    walk("multiplies along a chain, newest node first", CHAIN, {"c": 1.0}),
    walk(
        "adds what arrives on several ways before it goes on",
        DIAMOND,
        {"d": 1.0},
        hint="A node is opened when it is the youngest that something has arrived at: a heap of -order knows which.",
    ),
    walk("starts from several results at once", DIAMOND, {"b": 2.0, "d": 1.0}),
    walk("opens nothing that the start does not depend on", DIAMOND, {"b": 1.0}),
    walk("adds the seed of a leaf to what arrives there", CHAIN, {"c": 1.0, "x": 0.5}),
    walk("frees no node if the graph is retained", DIAMOND, {"d": 1.0}, retain_graph=True),
    walk("shows a node's complete gradient to its hook", DIAMOND, {"d": 1.0}, hooked="a"),
    walk("records the rules if the graph of the gradients is wanted", CHAIN, {"c": 1.0}, create_graph=True),
    walk("stops at nodes older than `since`, and reports what arrived there", DIAMOND, {"d": 1.0}, since=3),
    Check(
        "walk",
        "takes 40 steps, and not 2^40, through 40 doublings",
        "doubled",
        lambda rng: {"times": 40, "start": float(rng.uniform(1, 2))},
        lambda times, start: {"x": start * 2.0**times},
        hint="Each node is opened once, when its total is complete: not once for each way that leads to it.",
    ),
    Check(
        "walk",
        "goes back through 5,000 nodes without a RecursionError",
        "deep",
        lambda rng: {"length": 5000, "start": float(rng.normal())},
        lambda length, start: {"x": start},
    ),
    Check(
        "walk",
        "does not warn of the infinities of a rule, which is the rule's own affair",
        "warned",
        lambda rng: {"start": float(rng.choice([-1, 1]) * rng.uniform(1, 2))},
        lambda start: {"gradient": np.asarray(np.copysign(np.inf, start)), "warnings": []},
        hint='`np.errstate(all="ignore")` around all of the walk.',
    ),
]

BACKWARD = [
    Check(
        "backward",
        "starts with 1 in the type of a single number, whatever its shape",
        "seed",
        {"shape": (1, 1), "dtype": "float32"},
        {"type": "float32", "numbers": np.ones((1, 1))},
    ),
    Check(
        "backward",
        "starts with the gradient that is given",
        "seed",
        lambda rng: {"shape": (2, 3), "dtype": "float64", "gradient": rng.normal(size=(2, 3)), "as_tensor": True},
        lambda shape, dtype, gradient, as_tensor: {"type": dtype, "numbers": gradient},
    ),
    Check(
        "backward",
        "makes a tensor of a gradient that is given as a list, in the output's type",
        "seed",
        {"shape": (2,), "dtype": "float32", "gradient": [1, 2]},
        {"type": "float32", "numbers": np.array([1.0, 2.0])},
    ),
    Check(
        "backward",
        "casts a tensor that is given to the output's type",
        "seed",
        lambda rng: {"shape": (3,), "dtype": "float32", "gradient": rng.integers(1, 9, 3), "as_tensor": True},
        lambda shape, dtype, gradient, as_tensor: {"type": "float32", "numbers": gradient.astype(float)},
        hint="int64 ones for a float32 output would make an int64 grad: `to(output.dtype)`.",
    ),
    Check(
        "backward",
        "asks for a gradient where there are several numbers",
        "seed",
        {"shape": (2, 3), "dtype": "float64"},
        Raised("ShapeError", mentions=("[2, 3]",)),
    ),
    Check(
        "backward",
        "refuses a gradient of another shape",
        "seed",
        {"shape": (2, 3), "dtype": "float64", "gradient": np.ones(3), "as_tensor": True},
        Raised("ShapeError", mentions=("[2, 3]", "[3]")),
    ),
    Check(
        "backward",
        "adds to grad in place, so that whoever holds it sees the sum",
        "accumulated",
        lambda rng: {"totals": [rng.normal(size=3) for _ in range(3)]},
        lambda totals: {"grad": sum(totals), "seen by who held it": sum(totals)},
        hint="The first total becomes grad; later ones are added with `add_`, within `no_grad`.",
    ),
    Check(
        "backward",
        "adds to a grad that was there before",
        "accumulated",
        lambda rng: {"totals": [rng.normal(size=3)], "start": rng.normal(size=3)},
        lambda totals, start: {"grad": totals[0] + start, "seen by who held it": totals[0] + start},
    ),
    Check(
        "backward",
        "gives two leaves with the same gradient an array each",
        "shared_total",
        lambda rng: {"total": rng.normal(size=3)},
        lambda total: {"spoiled": total * 0, "other": total},
        hint="x + y hands one tensor on to both: the second to get it needs a copy.",
    ),
    Check(
        "backward",
        "does not give away what somebody else holds",
        "taken_total",
        lambda rng: {"total": rng.normal(size=3)},
        lambda total: total,
    ),
    Check(
        "backward",
        "does not give away a view of another array",
        "view_as_total",
        lambda rng: {"whole": rng.normal(size=(2, 3))},
        lambda whole: whole,
    ),
    Check(
        "backward",
        "passes nodes over, and lets a leaf's hook change its gradient",
        "hooked_total",
        lambda rng: {"total": rng.normal(size=3)},
        lambda total: -total,
    ),
    Check(
        "backward",
        "records the sum only if the graph of the gradients is wanted",
        "recorded_total",
        {"total": np.ones(2), "create_graph": True},
        expected=True,
    ),
]


def powered(x: Any, n: int, *, needed: bool = True) -> dict[str, Any]:
    """Return x^n and its gradient."""
    return {
        "numbers": x**n,
        "gradient": n * x ** (n - 1) if needed else None,
        "needs_input_grad": [needed, False],
        "forward recorded": False,
        "connected": needed,
    }


FUNCTION = [
    Check(
        "function",
        "records the backward that was written for it",
        "power",
        lambda rng: {"x": rng.uniform(0.5, 2, 3), "n": 3},
        powered,
        hint="An argument that is no tensor has no edge, and its gradient is None.",
    ),
    Check(
        "function",
        "passes the gradient on to what was computed before it",
        "straight_through",
        lambda rng: {"x": rng.normal(size=4), "g": rng.normal(size=4)},
        lambda x, g: {"numbers": np.round(2 * x), "gradient": 2 * g},
        hint="The edge of a result is the node that made it; only of a leaf it is the tensor itself.",
    ),
    Check(
        "function",
        "records nothing if no argument needs a gradient",
        "power",
        lambda rng: {"x": rng.uniform(0.5, 2, 3), "n": 2, "needed": False},
        powered,
    ),
    Check("function", "records nothing within no_grad", "power_without", {"x": np.ones(2)}, [False, False]),
    Check(
        "function",
        "gives a tuple of several outputs, of which integers and constants need no gradient",
        "several",
        {"x": np.array([1.0, 5.0, 2.0])},
        {"is a tuple": True, "need gradients": [True, False, False], "gradient": np.array([0.0, 1.0, 0.0])},
    ),
]

CHECKS = [
    *DIFFERENCES,
    *ARITHMETIC,
    *CURVES,
    *REDUCTIONS,
    *PRODUCTS,
    *SCORES,
    *FIT,
    *OPENED,
    *NO_GRAD,
    *WALK,
    *BACKWARD,
    *FUNCTION,
]
