"""What lesson 03 tests: NumPy and `math` say what must come out."""

import math
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised

ERF = np.vectorize(math.erf, otypes=[float])
FAR = [-1e4, -1000.0, -40.0, 40.0, 1000.0, 1e4]


def normal(*shape: Any) -> Any:
    """Draw normally distributed numbers, some of them large."""
    return lambda rng: {"x": 2 * rng.normal(size=shape)}


def stable_softmax(x: Any, dim: Any) -> Any:
    """Return the softmax along a dimension."""
    e = np.exp(x - x.max(axis=dim, keepdims=True))
    return e / e.sum(axis=dim, keepdims=True)


def stable_log_softmax(x: Any, dim: Any) -> Any:
    """Return the logarithm of the softmax along a dimension."""
    shifted = x - x.max(axis=dim, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=dim, keepdims=True))


def gaussian(x: Any, approximate: Any) -> Any:
    """Return Φ(x), or its approximation by tanh."""
    if approximate == "tanh":
        return (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2
    return (1 + ERF(x / math.sqrt(2))) / 2


def sigma(x: Any) -> Any:
    """Return the sigmoid of numbers that are not too far from 0."""
    return 1 / (1 + np.exp(-np.asarray(x, float)))


def single(y: Any, dtype: Any = "float64") -> Any:
    """Return what `of_tensor` is to return."""
    return {"type": dtype, "y": np.asarray(y)}


RELU = [
    Check(
        "relu",
        "keeps what is positive and makes the rest 0",
        "relu",
        inputs=normal(3, 4),
        expected=lambda x: np.maximum(x, 0),
    ),
    Check(
        "relu",
        "leaves nan and infinity what they are",
        "relu",
        inputs={"x": np.array([np.nan, np.inf, -np.inf, -0.5, 0.05, 0.0])},
        expected=np.array([np.nan, np.inf, 0.0, 0.0, 0.05, 0.0]),
        hint="Choose, do not multiply: ∞ · 0 is nan; and max(0, nan) is 0 in Python, where `larger` keeps nan.",
    ),
    Check(
        "relu",
        "takes an array without elements and keeps its shape",
        "relu",
        inputs={"x": np.empty((0, 3))},
        expected=np.empty((0, 3)),
    ),
    Check("relu", "takes an array without dimensions", "relu", inputs={"x": np.array(-2.5)}, expected=np.array(0.0)),
    Check(
        "relu",
        "keeps the element type and does not write into its input",
        "relu_and_types",
        inputs={"x": np.array([[-3, 4], [0, -1]], np.int64)},
        expected=lambda x: {"in": "int64", "out": "int64", "y": np.maximum(x, 0), "x afterwards": x},
    ),
]

GATE = [
    Check(
        "gate",
        "passes x where y is positive, and 0 where it is not",
        "gate",
        inputs=lambda rng: {"x": rng.normal(size=(4, 5)), "y": np.maximum(rng.normal(size=(4, 5)), 0)},
        expected=lambda x, y: np.where(y > 0, x, 0),
    ),
    Check(
        "gate",
        "lets nothing through where y is exactly 0",
        "gate",
        inputs={"x": np.array([5.0, -6.0, 7.0]), "y": np.array([0.0, 2.0, 0.0])},
        expected=np.array([0.0, -6.0, 0.0]),
        hint="y is what relu returned: it is 0 exactly where x was 0 or less.",
    ),
    Check(
        "gate",
        "gives 0, not nan, where a closed gate meets nan or infinity",
        "gate",
        inputs={"x": np.array([np.nan, np.inf, np.nan]), "y": np.array([0.0, 0.0, 1.0])},
        expected=np.array([0.0, 0.0, np.nan]),
        hint="0 · nan is nan: choose between the two, do not multiply.",
    ),
    Check(
        "gate",
        "is open where y is nan",
        "gate",
        inputs={"x": np.array([5.0, 6.0]), "y": np.array([np.nan, 0.0])},
        expected=np.array([5.0, 0.0]),
        hint="Ask where the gate is closed, y ≤ 0, and not where it is open: no comparison with nan is true.",
    ),
    Check(
        "gate",
        "returns numbers of x's type",
        "gate_and_type",
        inputs={"x": np.array([1.0, 2.0], np.float32), "y": np.array([3.0, 0.0])},
        expected={"type": "float32", "out": np.array([1.0, 0.0])},
    ),
]

LEAKY = [
    Check(
        "leaky_relu",
        "keeps the positive and takes a hundredth of the negative unless told otherwise",
        "of_tensor",
        inputs=lambda rng: {"name": "leaky_relu", "x": rng.normal(size=(3, 4))},
        expected=lambda name, x: single(np.where(x > 0, x, 0.01 * x)),
    ),
    Check(
        "leaky_relu",
        "takes the slope it is given",
        "of_tensor",
        inputs=lambda rng: {"name": "leaky_relu", "x": rng.normal(size=7), "negative_slope": 0.3},
        expected=lambda name, x, negative_slope: single(np.where(x > 0, x, negative_slope * x)),
    ),
    Check(
        "leaky_relu",
        "is not afraid of large numbers",
        "of_tensor",
        inputs={"name": "leaky_relu", "x": np.array(FAR), "negative_slope": 0.5},
        expected=lambda name, x, negative_slope: single(np.where(x > 0, x, negative_slope * x)),
    ),
    Check(
        "leaky_relu",
        "refuses integers and names itself",
        "of_tensor",
        inputs={"name": "leaky_relu", "x": np.array([-1, 2])},
        expected=Raised("DTypeError", mentions=("leaky_relu",)),
        hint="need_floating(x, name) does it.",
    ),
    Check(
        "leaky_relu",
        "refuses inplace=True",
        "of_tensor",
        inputs={"name": "leaky_relu", "x": np.array([-1.0, 2.0]), "inplace": True},
        expected=Raised("NotSupportedError", mentions=("leaky_relu", "inplace")),
    ),
]

ELU = [
    Check(
        "elu",
        "keeps the positive and takes e^x - 1 of the negative",
        "of_tensor",
        inputs=lambda rng: {"name": "elu", "x": rng.normal(size=(3, 4))},
        expected=lambda name, x: single(np.where(x > 0, x, np.expm1(x))),
        hint="On the right side expm1(x) would come on top of x: cut x off above 0 with `_below_zero` first.",
    ),
    Check(
        "elu",
        "multiplies the negative side, and only it, by alpha",
        "of_tensor",
        inputs=lambda rng: {"name": "elu", "x": rng.normal(size=8), "alpha": 0.4},
        expected=lambda name, x, alpha: single(np.where(x > 0, x, alpha * np.expm1(x))),
    ),
    Check(
        "elu",
        "is finite for 10,000 and for -10,000",
        "of_tensor",
        inputs={"name": "elu", "x": np.array(FAR), "alpha": 2.0},
        expected=lambda name, x, alpha: single(np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))),
        hint="e^10000 is infinite, and infinity times 0 is nan: cut x off above 0 before the exponential.",
    ),
    Check(
        "elu",
        "keeps the digits of numbers just below 0",
        "of_tensor",
        inputs={"name": "elu", "x": np.array([-1e-12, -1e-9])},
        expected=lambda name, x: single(np.expm1(x)),
        atol=0.0,
        hint="e^x - 1 loses them: expm1 was made for it.",
    ),
    Check(
        "elu",
        "refuses integers and names itself",
        "of_tensor",
        inputs={"name": "elu", "x": np.array([-1, 2])},
        expected=Raised("DTypeError", mentions=("elu",)),
    ),
]

SIGMOID = [
    Check(
        "sigmoid",
        "gives 1 / (1 + e^-a)",
        "of_numbers",
        inputs=lambda rng: {"name": "logistic", "numbers": [0.0, *(3 * rng.normal(size=6)).tolist()]},
        expected=lambda name, numbers: sigma(numbers).tolist(),
    ),
    Check(
        "sigmoid",
        "neither raises an error nor leaves 0 to 1 for numbers of any size",
        "of_numbers",
        inputs={"name": "logistic", "numbers": [-math.inf, *FAR, math.inf]},
        expected=[0.0, 0.0, 0.0, math.exp(-40), 1.0, 1.0, 1.0, 1.0],
        hint="math.exp(1000) raises OverflowError: which form has a small exponential for this sign?",
    ),
    Check(
        "sigmoid",
        "keeps all digits of tiny probabilities",
        "of_numbers",
        inputs={"name": "logistic", "numbers": [-30.0, -200.0, -700.0]},
        expected=[math.exp(-30) / (1 + math.exp(-30)), math.exp(-200), math.exp(-700)],
        rtol=1e-12,
        atol=0.0,
        hint="1 - σ(-a) is right on paper, and 0 in floating point: for a negative a use e^a / (1 + e^a).",
    ),
    Check(
        "sigmoid",
        "says nan of nan",
        "of_numbers",
        inputs={"name": "logistic", "numbers": [math.nan]},
        expected=[math.nan],
    ),
    Check(
        "sigmoid",
        "is what tt_core.activations.sigmoid runs on, in the type of the tensor",
        "of_tensor",
        inputs=lambda rng: {"name": "sigmoid", "x": rng.normal(size=(2, 3)).astype(np.float32)},
        expected=lambda name, x: single(sigma(x), "float32"),
    ),
]

TANH = [
    Check(
        "tanh",
        "gives (e^a - e^-a) / (e^a + e^-a)",
        "of_numbers",
        inputs=lambda rng: {"name": "hyperbolic_tangent", "numbers": [0.0, *(2 * rng.normal(size=6)).tolist()]},
        expected=lambda name, numbers: [math.tanh(a) for a in numbers],
    ),
    Check(
        "tanh",
        "is ±1, without an error, for numbers of any size",
        "of_numbers",
        inputs={"name": "hyperbolic_tangent", "numbers": [-math.inf, *FAR, math.inf]},
        expected=[-1.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, 1.0],
        hint="One exponential, that of -2|a|, is enough; it cannot overflow.",
    ),
    Check(
        "tanh",
        "keeps all digits near 0",
        "of_numbers",
        inputs={"name": "hyperbolic_tangent", "numbers": [1e-5, -3e-9, 1e-20]},
        expected=lambda name, numbers: [math.tanh(a) for a in numbers],
        rtol=1e-13,
        atol=0.0,
        hint="e^t - 1 loses the digits of a small t: math.expm1 does not.",
    ),
    Check(
        "tanh",
        "is what tt_core.activations.tanh runs on, in the type of the tensor",
        "of_tensor",
        inputs=lambda rng: {"name": "tanh", "x": rng.normal(size=(2, 3)).astype(np.float32)},
        expected=lambda name, x: single(np.tanh(x.astype(float)), "float32"),
    ),
]

SOFTPLUS = [
    Check(
        "softplus",
        "gives log(1 + e^x)",
        "softplus",
        inputs=lambda rng: {"x": 3 * rng.normal(size=(2, 4)), "beta": 1.0, "threshold": 20.0},
        expected=lambda x, beta, threshold: np.logaddexp(0, x),
    ),
    Check(
        "softplus",
        "is sharper for a larger beta",
        "softplus",
        inputs=lambda rng: {"x": rng.normal(size=6), "beta": 4.0, "threshold": 20.0},
        expected=lambda x, beta, threshold: np.logaddexp(0, beta * x) / beta,
        hint="The corner is at log(1 + e^(βx)) / β: β stands in two places.",
    ),
    Check(
        "softplus",
        "is x itself where βx, not x, is above the threshold",
        "softplus",
        inputs={"x": np.array([0.4, 0.6, 0.9, 1.1]), "beta": 2.0, "threshold": 1.0},
        expected=lambda x, beta, threshold: np.where(beta * x > threshold, x, np.logaddexp(0, beta * x) / beta),
    ),
    Check(
        "softplus",
        "is finite below a threshold that is too large to help",
        "softplus",
        inputs={"x": np.array([-1000.0, 0.0, 1000.0]), "beta": 2.0, "threshold": 1e4},
        expected=np.array([0.0, math.log(2) / 2, 1000.0]),
        hint="log(1 + e^u) = max(u, 0) + log(1 + e^-|u|): no exponential is above 1.",
    ),
    Check(
        "softplus",
        "is right for numbers of any size, and keeps the digits of tiny results",
        "softplus",
        inputs={"x": np.array([-1e4, -300.0, -40.0, 800.0, 1e4]), "beta": 1.0, "threshold": 20.0},
        expected=np.array([0.0, math.exp(-300), math.exp(-40), 800.0, 1e4]),
        atol=0.0,
        hint="1 + e^-40 is 1 in floating point: log1p keeps what + loses.",
    ),
    Check(
        "softplus",
        "computes log σ(x) as logsigmoid",
        "logsigmoid",
        inputs=lambda rng: {"x": 3 * rng.normal(size=(2, 4))},
        expected=lambda x: np.log(sigma(x)),
    ),
    Check(
        "softplus",
        "computes log σ(x) for numbers of any size, where σ(x) is 0 or all but 1",
        "logsigmoid",
        inputs={"x": np.array([-1e4, -800.0, 40.0, 300.0, 1e4])},
        expected=np.array([-1e4, -800.0, -math.exp(-40), -math.exp(-300), 0.0]),
        atol=0.0,
        hint="log σ(x) = min(x, 0) - log(1 + e^-|x|): no exponential is above 1.",
    ),
]

GELU = [
    Check(
        "gelu",
        "knows how much of the normal distribution lies below a number",
        "phi",
        inputs=lambda rng: {"numbers": [0.0, *rng.normal(size=5).tolist()], "approximate": "none"},
        expected=lambda numbers, approximate: gaussian(np.array(numbers), approximate).tolist(),
    ),
    Check(
        "gelu",
        "multiplies x by Φ(x)",
        "gelu",
        inputs=lambda rng: {"x": 2 * rng.normal(size=(3, 3)), "approximate": "none"},
        expected=lambda x, approximate: x * gaussian(x, approximate),
    ),
    Check(
        "gelu",
        "computes GPT-2's approximation if it is told to",
        "gelu",
        inputs=lambda rng: {"x": 2 * rng.normal(size=(3, 3)), "approximate": "tanh"},
        expected=lambda x, approximate: x * gaussian(x, approximate),
        rtol=1e-9,
        hint="u = √(2/π) (a + 0.044715 a³): a cube, and the factor in front of the whole bracket.",
    ),
    Check(
        "gelu",
        "is x for large x and 0 for very negative x",
        "gelu",
        inputs={"x": np.array([-1e4, -50.0, 0.0, 50.0, 1e4]), "approximate": "tanh"},
        expected=np.array([0.0, 0.0, 0.0, 50.0, 1e4]),
    ),
    Check(
        "gelu",
        "is what tt_core.activations.gelu runs on, in the type of the tensor",
        "of_tensor",
        inputs=lambda rng: {"name": "gelu", "x": rng.normal(size=5).astype(np.float32)},
        expected=lambda name, x: single(x * gaussian(x.astype(float), "none"), "float32"),
        rtol=1e-5,
    ),
]

GLU = [
    Check(
        "glu",
        "gives x σ(x) as silu",
        "of_tensor",
        inputs=lambda rng: {"name": "silu", "x": 2 * rng.normal(size=(2, 4))},
        expected=lambda name, x: single(x * sigma(x)),
    ),
    Check(
        "glu",
        "refuses integers in silu",
        "of_tensor",
        inputs={"name": "silu", "x": np.array([1, 2])},
        expected=Raised("DTypeError", mentions=("silu",)),
    ),
    Check(
        "glu",
        "multiplies the first half by the sigmoid of the second, along the last dimension unless told otherwise",
        "of_tensor",
        inputs=lambda rng: {"name": "glu", "x": rng.normal(size=(4, 6))},
        expected=lambda name, x: single(x[:, :3] * sigma(x[:, 3:])),
        hint="The first half is passed on, the second decides.",
    ),
    Check(
        "glu",
        "halves the dimension it is given, also counted from the end",
        "of_tensor",
        inputs=lambda rng: {"name": "glu", "x": rng.normal(size=(2, 4, 6)), "dim": -2},
        expected=lambda name, x, dim: single(x[:, :2] * sigma(x[:, 2:])),
    ),
    Check(
        "glu",
        "refuses an odd size and names it",
        "of_tensor",
        inputs={"name": "glu", "x": np.ones((2, 5))},
        expected=Raised("ShapeError", mentions=("5", "glu")),
    ),
    Check(
        "glu",
        "refuses an odd size along another dimension",
        "of_tensor",
        inputs={"name": "glu", "x": np.ones((7, 2)), "dim": 0},
        expected=Raised("ShapeError", mentions=("7", "glu")),
    ),
    Check(
        "glu",
        "takes a single row of numbers",
        "of_tensor",
        inputs=lambda rng: {"name": "glu", "x": rng.normal(size=8)},
        expected=lambda name, x: single(x[:4] * sigma(x[4:])),
    ),
    Check(
        "glu",
        "makes nothing of nothing: a size of 0 is even",
        "of_tensor",
        inputs={"name": "glu", "x": np.zeros((2, 0))},
        expected=single(np.zeros((2, 0))),
    ),
    Check(
        "glu",
        "refuses a dimension that there is not, and names itself",
        "of_tensor",
        inputs={"name": "glu", "x": np.ones((2, 4)), "dim": 5},
        expected=Raised("ShapeError", mentions=("glu", "5")),
        hint='`as_dim(dim, x.ndim, "glu")` counts from the front, or refuses.',
    ),
    Check(
        "glu",
        "refuses a tensor without dimensions",
        "of_tensor",
        inputs={"name": "glu", "x": np.array(1.0)},
        expected=Raised("ShapeError", mentions=("glu",)),
    ),
]

SOFTMAX = [
    Check(
        "softmax",
        "gives each number its share of Σ e^a",
        "shares",
        inputs=lambda rng: {"numbers": rng.normal(size=5).tolist()},
        expected=lambda numbers: stable_softmax(np.array(numbers), 0).tolist(),
    ),
    Check(
        "softmax",
        "gives the same shares if a thousand is added to every number",
        "shares",
        inputs=lambda rng: {"numbers": (1000 + rng.normal(size=4)).tolist()},
        expected=lambda numbers: stable_softmax(np.array(numbers), 0).tolist(),
        hint="e^1000 is infinite: take the largest number off first.",
    ),
    Check(
        "softmax",
        "gives the same shares if ten thousand is taken off every number",
        "shares",
        inputs={"numbers": [-10000.0, -10001.0]},
        expected=[1 / (1 + math.exp(-1)), 1 / (1 + math.exp(1))],
        hint="e^-10000 is 0, and 0 / 0 is nan: the largest comes off, not the largest if it is positive.",
    ),
    Check(
        "softmax",
        "gives no share to -∞",
        "shares",
        inputs={"numbers": [-math.inf, 2.0, 2.0]},
        expected=[0.0, 0.5, 0.5],
    ),
    Check("softmax", "has no shares of nothing", "shares", inputs={"numbers": []}, expected=[]),
    Check(
        "softmax",
        "works along the dimension it is given, in the type of x, and leaves x alone",
        "along",
        inputs=lambda rng: {"name": "softmax", "x": rng.normal(size=(3, 2, 4)), "dim": 1},
        expected=lambda name, x, dim: {"type": "float64", "y": stable_softmax(x, dim), "x afterwards": x},
        hint="`along(function, x, dim)` hands over one line of numbers at a time.",
    ),
    Check(
        "softmax",
        "is what tt_core.activations.softmax runs on, for a negative dim too",
        "of_tensor",
        inputs=lambda rng: {"name": "softmax", "x": rng.normal(size=(2, 5)).astype(np.float32), "dim": -1},
        expected=lambda name, x, dim: single(stable_softmax(x.astype(float), dim), "float32"),
    ),
]

LOG_SOFTMAX = [
    Check(
        "log_softmax",
        "gives the logarithm of each share",
        "log_shares",
        inputs=lambda rng: {"numbers": rng.normal(size=5).tolist()},
        expected=lambda numbers: stable_log_softmax(np.array(numbers), 0).tolist(),
    ),
    Check(
        "log_softmax",
        "knows the logarithm of a share that is too small to be written",
        "log_shares",
        inputs={"numbers": [0.0, -2000.0, -5000.0]},
        expected=[0.0, -2000.0, -5000.0],
        hint="log(0) is -∞: never form the share.",
    ),
    Check(
        "log_softmax",
        "is not impressed by large numbers",
        "log_shares",
        inputs={"numbers": [5000.0, 5000.0]},
        expected=[-math.log(2), -math.log(2)],
    ),
    Check(
        "log_softmax",
        "keeps a small difference of huge numbers",
        "log_shares",
        inputs={"numbers": [1e17, 1e17, 1e17]},
        expected=[-math.log(3)] * 3,
        hint="1e17 + 1.1 is 1e17 in floating point: take the maximum off a first, then the logarithm.",
    ),
    Check(
        "log_softmax",
        "works along the dimension it is given, in the type of x, and leaves x alone",
        "along",
        inputs=lambda rng: {"name": "log_softmax", "x": rng.normal(size=(3, 4)).astype(np.float32), "dim": 0},
        expected=lambda name, x, dim: {
            "type": "float32",
            "y": stable_log_softmax(x.astype(float), dim),
            "x afterwards": x,
        },
        rtol=1e-5,
    ),
    Check(
        "log_softmax",
        "returns logarithms whose exponentials add up to 1",
        "exponential_of_sum",
        inputs=lambda rng: {"x": 30 * rng.normal(size=(2, 5)), "dim": 1},
        expected=lambda x, dim: np.ones(2),
    ),
]

CHECKS = [*RELU, *GATE, *LEAKY, *ELU, *SIGMOID, *TANH, *SOFTPLUS, *GELU, *GLU, *SOFTMAX, *LOG_SOFTMAX]
