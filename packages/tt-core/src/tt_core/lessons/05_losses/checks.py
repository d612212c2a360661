"""What losses must do: inputs, and what comes out of them by NumPy alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng


def reduced(losses: Any, reduction: str = "mean") -> Any:
    """Return what is made of many losses."""
    ways: dict[str, Any] = {"mean": np.mean, "sum": np.sum, "none": np.asarray}
    return ways[reduction](losses)


def pair(rng: Rng, *shape: int) -> dict[str, Any]:
    """Draw predictions and targets of one shape."""
    return {"input": rng.normal(size=shape), "target": rng.normal(size=shape)}


def huber(input: Any, target: Any, delta: float = 1.0, **_: Any) -> Any:
    """Return a parabola that goes over into its tangent."""
    d = np.abs(input - target)
    return np.where(d <= delta, d * d / 2, delta * (d - delta / 2))


def log_softmax(x: Any, axis: int = 1) -> Any:
    """Return x - log Σ e^x."""
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def picked(x: Any, target: Any) -> Any:
    """Return at each place the number of the right class, which is dimension 1."""
    return np.take_along_axis(x, np.expand_dims(target, 1), 1).squeeze(1)


def cross_entropy(input: Any, target: Any) -> Any:
    """Return the loss of each sample."""
    return -picked(log_softmax(input), target)


def kernel(x: Any, target: Any) -> dict[str, Any]:
    """Return what the loops of cross_entropy give, and their unchanged argument."""
    return {"type": str(x.dtype), "losses": cross_entropy(x, target), "x": x}


def counted(input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """Return the loss with weights and ignored targets, which count for nothing."""
    kept = target != ignore_index
    safe = np.where(kept, target, 0)
    factors = np.where(kept, 1.0 if weight is None else weight[safe], 0)
    losses = np.where(kept, cross_entropy(input, safe), 0) * factors
    if reduction == "none":
        return losses
    return losses.sum() / factors.sum() if reduction == "mean" else losses.sum()


def smoothed(
    input: Any, target: Any, label_smoothing: float, weight: Any = None, ignore_index: int = -100, **_: Any
) -> Any:
    """Return the mean loss against a target of which a part is spread over all classes."""
    count = input.shape[1]
    kept = target != ignore_index
    safe = np.where(kept, target, 0)
    w = np.ones(count) if weight is None else weight
    scores = log_softmax(input)
    one = -picked(scores, safe) * w[safe]
    even = -np.einsum("nk...,k->n...", scores, w) / count
    losses = np.where(kept, (1 - label_smoothing) * one + label_smoothing * even, 0)
    return losses.sum() / np.where(kept, w[safe], 0).sum()


def against(input: Any, target: Any, weight: Any = None, label_smoothing: float = 0.0, reduction: str = "mean") -> Any:
    """Return the cross-entropy of whole distributions."""
    axis = min(input.ndim - 1, 1)
    q = target * (1 - label_smoothing) + label_smoothing / input.shape[axis]
    terms = log_softmax(input, axis) * q
    if weight is not None:
        terms = np.moveaxis(np.moveaxis(terms, axis, -1) * weight, -1, axis)
    return reduced(-terms.sum(axis=axis), reduction)


def distributions(rng: Rng, *shape: int) -> Any:
    """Draw rows of probabilities."""
    p = rng.random(shape)
    return p / p.sum(axis=1, keepdims=True)


def surprises(pairs: list[list[float]]) -> list[float]:
    """Return -(t log p + (1 - t) log(1 - p)), no logarithm below -100."""
    return [-(t * _log(p) + (1 - t) * _log(1 - p)) for p, t in pairs]


def _log(a: float) -> float:
    return max(math.log(a), -100.0) if a > 0 else -100.0


def with_logits(input: Any, target: Any, weight: Any = 1.0, pos_weight: Any = 1.0, reduction: str = "none") -> Any:
    """Return the loss from scores: log σ(x) is -log(1 + e^-x)."""
    x = np.asarray(input, np.float64)
    losses = (pos_weight * target * np.logaddexp(0, -x) + (1 - target) * np.logaddexp(0, x)) * weight
    return {"type": str(input.dtype), "numbers": reduced(losses, reduction).astype(input.dtype)}


def scores(rng: Rng, *shape: int) -> dict[str, Any]:
    """Draw scores and answers of yes or no."""
    return {"input": rng.normal(size=shape) * 3, "target": rng.integers(0, 2, shape).astype(np.float64)}


def divergence(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """Return t (log t - input), 0 where t is 0."""
    t = np.exp(target) if log_target else target
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = np.where(t > 0, t * (np.log(t) - input), 0)
    return losses.sum() / len(losses) if reduction == "batchmean" else reduced(losses, reduction)


SAME_SHAPE = [
    Check(
        "same_shape",
        "returns the input if both have one shape",
        "same_shape",
        inputs=lambda rng: pair(rng, 2, 3),
        expected=lambda input, target: input,
    ),
    Check("same_shape", "returns that very tensor and no copy", "same_tensor", lambda rng: pair(rng, 3), expected=True),
    Check(
        "same_shape",
        "lets two tensors without any dimension through",
        "same_shape",
        inputs={"input": np.array(1.5), "target": np.array(2.5)},
        expected=np.array(1.5),
    ),
    Check(
        "same_shape",
        "refuses (3, 1) beside (3,), naming the loss and both shapes",
        "same_shape",
        inputs={"input": np.ones((3, 1)), "target": np.ones(3)},
        expected=Raised("ShapeError", mentions=("my_loss", "[3, 1]", "[3]")),
        hint="The two broadcast to (3, 3), which is exactly why they must be refused.",
    ),
    Check(
        "same_shape",
        "refuses (3, 1) beside (1, 3), which have as many elements and dimensions",
        "same_shape",
        inputs={"input": np.ones((3, 1)), "target": np.ones((1, 3))},
        expected=Raised("ShapeError", mentions=("[3, 1]", "[1, 3]")),
    ),
    Check(
        "same_shape",
        "refuses integers as input",
        "same_shape",
        inputs={"input": np.array([1, 2]), "target": np.array([1, 2])},
        expected=Raised("DTypeError"),
        hint="`need_floating(input, name)` says it, and returns the input if all is well.",
    ),
]

REDUCE = [
    Check(
        "reduce",
        'gives the mean of all elements for "mean"',
        "reduce",
        inputs=lambda rng: {"losses": rng.random((3, 4)), "reduction": "mean"},
        expected=reduced,
    ),
    Check(
        "reduce",
        'gives the sum of all elements for "sum"',
        "reduce",
        inputs=lambda rng: {"losses": rng.random((3, 4)), "reduction": "sum"},
        expected=reduced,
    ),
    Check(
        "reduce",
        'gives the losses themselves for "none"',
        "reduce",
        inputs=lambda rng: {"losses": rng.random((3, 4)), "reduction": "none"},
        expected=reduced,
    ),
    Check(
        "reduce",
        "refuses another word and names it",
        "reduce",
        inputs={"losses": np.ones(2), "reduction": "average"},
        expected=Raised("NotSupportedError", mentions=("average",)),
    ),
    Check(
        "reduce",
        "weighs each loss, and divides by their number and not by the weights",
        "reduce_weighted",
        inputs=lambda rng: {"losses": rng.random((3, 4)), "weight": 1 + rng.random((3, 4)), "reduction": "mean"},
        expected=lambda losses, weight, reduction: (losses * weight).mean(),
    ),
    Check(
        "reduce",
        "lets one weight per column count for each row",
        "reduce_weighted",
        inputs=lambda rng: {"losses": rng.random((3, 4)), "weight": rng.random(4), "reduction": "none"},
        expected=lambda losses, weight, reduction: losses * weight,
    ),
    Check(
        "reduce",
        "takes no weights as weights of 1",
        "reduce_weighted",
        inputs=lambda rng: {"losses": rng.random(5), "weight": None, "reduction": "sum"},
        expected=lambda losses, weight, reduction: losses.sum(),
    ),
    Check(
        "reduce",
        "refuses weights (2, 1) that would make (2, 3) of losses (3,)",
        "reduce_weighted",
        inputs={"losses": np.ones(3), "weight": np.ones((2, 1)), "reduction": "mean"},
        expected=Raised("ShapeError", mentions=("[3]", "[2, 1]")),
        hint="Compare the shape of the product with that of the losses.",
    ),
]

MSE = [
    Check(
        "mse_loss",
        "is the mean of the squared differences",
        "regression",
        inputs=lambda rng: {"name": "mse_loss", **pair(rng, 3, 2)},
        expected=lambda name, input, target: ((input - target) ** 2).mean(),
    ),
    Check(
        "mse_loss",
        "is the mean of the differences' sizes as l1_loss",
        "regression",
        inputs=lambda rng: {"name": "l1_loss", **pair(rng, 3, 2)},
        expected=lambda name, input, target: np.abs(input - target).mean(),
    ),
    Check(
        "mse_loss",
        "passes the reduction on",
        "regression",
        inputs=lambda rng: {"name": "mse_loss", **pair(rng, 4), "reduction": "none"},
        expected=lambda name, input, target, reduction: (input - target) ** 2,
    ),
    Check(
        "mse_loss",
        "divides by the sum of the weights where there are some",
        "regression",
        inputs=lambda rng: {"name": "mse_loss", **pair(rng, 4), "weight": rng.random(4) + 0.5},
        expected=lambda name, input, target, weight: (weight * (input - target) ** 2).sum() / weight.sum(),
    ),
    Check(
        "mse_loss",
        "sums the weighed losses without dividing for l1_loss and 'sum'",
        "regression",
        inputs=lambda rng: {"name": "l1_loss", **pair(rng, 4), "weight": rng.random(4), "reduction": "sum"},
        expected=lambda name, input, target, weight, reduction: (weight * np.abs(input - target)).sum(),
    ),
    Check(
        "mse_loss",
        "refuses predictions (4, 1) beside targets (4,)",
        "regression",
        inputs={"name": "mse_loss", "input": np.ones((4, 1)), "target": np.ones(4)},
        expected=Raised("ShapeError", mentions=("mse_loss", "[4, 1]", "[4]")),
        hint="`same_shape` looks, and hands the input on.",
    ),
    Check(
        "mse_loss",
        "refuses weights of another shape, even if they broadcast",
        "regression",
        inputs={"name": "l1_loss", "input": np.ones((4, 2)), "target": np.ones((4, 2)), "weight": np.ones(2)},
        expected=Raised("ShapeError", mentions=("[4, 2]", "[2]")),
    ),
    Check(
        "mse_loss",
        "keeps the type float32 and leaves its arguments as they are",
        "regression_twice",
        inputs={"name": "mse_loss", "input": np.array([1, 2], np.float32), "target": np.array([0, 4], np.float32)},
        expected={
            "type": "float32",
            "numbers": np.array(2.5),
            "input": np.array([1.0, 2.0]),
            "target": np.array([0.0, 4.0]),
        },
    ),
]

HUBER = [
    Check(
        "huber_loss",
        "is a parabola near 0 and a straight line beyond delta",
        "regression",
        inputs={
            "name": "huber_loss",
            "input": np.array([0.0, 0.5, -0.5, 1.0, 3.0, -3.0]),
            "target": np.zeros(6),
            "reduction": "none",
        },
        expected=lambda name, reduction, **given: huber(**given),
    ),
    Check(
        "huber_loss",
        "bends at another delta, and gives the mean",
        "regression",
        inputs=lambda rng: {"name": "huber_loss", **pair(rng, 20), "delta": 0.3},
        expected=lambda name, **given: huber(**given).mean(),
    ),
    Check(
        "huber_loss",
        "weighs the losses, and divides by their number",
        "regression",
        inputs=lambda rng: {"name": "huber_loss", **pair(rng, 6), "weight": rng.random(6)},
        expected=lambda name, weight, **given: (huber(**given) * weight).mean(),
        hint="`reduce_weighted` does both.",
    ),
    Check(
        "huber_loss",
        "carries smooth_l1_loss, which divides by beta",
        "regression",
        inputs=lambda rng: {"name": "smooth_l1_loss", **pair(rng, 8), "beta": 0.5, "reduction": "none"},
        expected=lambda name, input, target, beta, reduction: huber(input, target, beta) / beta,
    ),
    Check(
        "huber_loss",
        "refuses a delta of 0",
        "regression",
        inputs={"name": "huber_loss", "input": np.ones(2), "target": np.ones(2), "delta": 0.0},
        expected=Raised("ShapeError", mentions=("delta", "0")),
    ),
    Check(
        "huber_loss",
        "refuses shapes that differ",
        "regression",
        inputs={"name": "huber_loss", "input": np.ones((2, 1)), "target": np.ones(2)},
        expected=Raised("ShapeError", mentions=("huber_loss",)),
    ),
]

LOG_OF_SUM = [
    Check(
        "log_of_sum",
        "is log Σ e^a of small numbers",
        "log_of_sum",
        inputs=lambda rng: {"numbers": rng.normal(size=6).tolist()},
        expected=lambda numbers: float(np.logaddexp.reduce(numbers)),
        rtol=1e-12,
    ),
    Check(
        "log_of_sum",
        "does not overflow at 1,000, nor vanish at -1,000",
        "logsumexp_of_rows",
        inputs={"x": np.array([[1000.0, 1000.0], [-1000.0, -1001.0]])},
        expected=lambda x: np.logaddexp.reduce(x, axis=1),
        rtol=1e-12,
    ),
    Check(
        "log_of_sum",
        "is exact beside a number that is far above all others",
        "log_of_sum",
        inputs={"numbers": [700.0, 0.0, -5.0]},
        expected=700.0,
        rtol=1e-15,
    ),
    Check("log_of_sum", "is -inf of no numbers", "log_of_sum", {"numbers": []}, expected=-math.inf),
    Check(
        "log_of_sum",
        "is -inf, and not nan, if all are -inf",
        "log_of_sum",
        inputs={"numbers": [-math.inf, -math.inf]},
        expected=-math.inf,
        hint="-∞ - (-∞) is nan: return the largest before it is taken off.",
    ),
    Check("log_of_sum", "is inf if one is inf", "log_of_sum", {"numbers": [1.0, math.inf]}, expected=math.inf),
    Check("log_of_sum", "is nan if one is nan", "log_of_sum", {"numbers": [1.0, math.nan]}, expected=math.nan),
]

CROSS_ENTROPY = [
    Check(
        "cross_entropy",
        "is -log of the right class's share, for each sample",
        "cross_entropy_kernel",
        inputs=lambda rng: {"x": rng.normal(size=(5, 3)), "target": rng.integers(0, 3, 5)},
        expected=kernel,
    ),
    Check(
        "cross_entropy",
        "finds the classes along dimension 1 of (2, 3, 4)",
        "cross_entropy_kernel",
        inputs=lambda rng: {"x": rng.normal(size=(2, 3, 4)), "target": rng.integers(0, 3, (2, 4))},
        expected=kernel,
        hint="The target's index i is (n, d₁, …), and the scores of its classes are x[n, :, d₁, …].",
    ),
    Check(
        "cross_entropy",
        "is 2,000 and not infinite where the right class is 2,000 below another",
        "cross_entropy_kernel",
        inputs={"x": np.array([[2000.0, 0.0], [0.0, 0.0]]), "target": np.array([1, 0])},
        expected=kernel,
        hint="-log(shares(...)[k]) is infinite as soon as the share is 0; `log_shares` is not.",
    ),
    Check(
        "cross_entropy",
        "gives float32 for float32",
        "cross_entropy_kernel",
        inputs=lambda rng: {"x": rng.normal(size=(2, 4)).astype(np.float32), "target": np.array([3, 0])},
        expected=kernel,
        rtol=1e-5,
    ),
    Check(
        "cross_entropy",
        "gives no losses for no samples",
        "cross_entropy_kernel",
        inputs={"x": np.zeros((0, 3)), "target": np.zeros(0, np.int64)},
        expected={"type": "float64", "losses": np.zeros(0), "x": np.zeros((0, 3))},
    ),
]

CHOSEN = [
    Check(
        "ignored_and_weighed",
        "divides by the number of targets that are not ignored",
        "cross_entropy",
        inputs=lambda rng: {"input": rng.normal(size=(4, 3)), "target": np.array([2, -100, 0, -100])},
        expected=counted,
    ),
    Check(
        "ignored_and_weighed",
        'gives 0 in the place of an ignored target for "none"',
        "cross_entropy",
        inputs=lambda rng: {
            "input": rng.normal(size=(4, 3)),
            "target": np.array([2, 1, 0, 1]),
            "ignore_index": 1,
            "reduction": "none",
        },
        expected=counted,
    ),
    Check(
        "ignored_and_weighed",
        "stops a nan in the scores of an ignored target",
        "cross_entropy",
        inputs={"input": np.array([[1.0, 2.0], [math.nan, 0.0]]), "target": np.array([0, -100]), "reduction": "sum"},
        expected=lambda input, target, reduction: float(np.logaddexp(0, 1)),
        hint="0 · nan is nan: put zeros in its place, do not multiply.",
    ),
    Check(
        "ignored_and_weighed",
        "divides by the sum of the weights of the targets' classes",
        "cross_entropy",
        inputs=lambda rng: {
            "input": rng.normal(size=(5, 3)),
            "target": rng.integers(0, 3, 5),
            "weight": np.array([1.0, 2.0, 4.0]),
        },
        expected=counted,
    ),
    Check(
        "ignored_and_weighed",
        "multiplies, and does not divide, for a sum",
        "cross_entropy",
        inputs=lambda rng: {
            "input": rng.normal(size=(3, 2, 2)),
            "target": np.array([[0, 1], [-100, 1], [1, 0]]),
            "weight": np.array([0.5, 3.0]),
            "reduction": "sum",
        },
        expected=counted,
    ),
    Check(
        "ignored_and_weighed",
        "is nan if all targets are ignored",
        "cross_entropy",
        inputs={"input": np.zeros((2, 3)), "target": np.array([-100, -100])},
        expected=math.nan,
    ),
    Check(
        "ignored_and_weighed",
        "stays float32 though the weights are float64",
        "cross_entropy_type",
        inputs={
            "input": np.zeros((2, 2), np.float32),
            "target": np.array([0, 1]),
            "weight": np.array([1.0, 3.0]),
            "reduction": "none",
        },
        expected={"type": "float32", "numbers": np.array([1, 3]) * math.log(2)},
    ),
    Check(
        "ignored_and_weighed",
        "gives one sample's loss without a dimension",
        "nll_loss",
        inputs={"input": np.log([0.25, 0.75]), "target": np.array(1), "reduction": "none"},
        expected=np.array(-math.log(0.75)),
    ),
]

SMOOTHED = [
    Check(
        "label_smoothing",
        "spreads a part of the target over all classes evenly",
        "cross_entropy",
        inputs=lambda rng: {"input": rng.normal(size=(5, 4)), "target": rng.integers(0, 4, 5), "label_smoothing": 0.2},
        expected=smoothed,
    ),
    Check(
        "label_smoothing",
        "weighs each class's own part",
        "cross_entropy",
        inputs=lambda rng: {
            "input": rng.normal(size=(5, 3)),
            "target": rng.integers(0, 3, 5),
            "weight": np.array([0.5, 1.0, 3.0]),
            "label_smoothing": 0.3,
        },
        expected=smoothed,
    ),
    Check(
        "label_smoothing",
        "leaves ignored targets out of both parts",
        "cross_entropy",
        inputs=lambda rng: {
            "input": rng.normal(size=(4, 3)),
            "target": np.array([0, -100, 2, -100]),
            "label_smoothing": 0.5,
        },
        expected=smoothed,
    ),
    Check(
        "label_smoothing",
        "takes whole distributions as targets",
        "cross_entropy",
        inputs=lambda rng: {"input": rng.normal(size=(4, 3)), "target": distributions(rng, 4, 3)},
        expected=against,
    ),
    Check(
        "label_smoothing",
        "finds their classes along dimension 1 of (2, 3, 2)",
        "cross_entropy",
        inputs=lambda rng: {
            "input": rng.normal(size=(2, 3, 2)),
            "target": distributions(rng, 2, 3, 2),
            "weight": np.array([1.0, 2.0, 0.5]),
            "reduction": "none",
        },
        expected=against,
    ),
    Check(
        "label_smoothing",
        "takes a single distribution, and smooths it first",
        "cross_entropy",
        inputs={"input": np.array([1.0, 3.0]), "target": np.array([1.0, 0.0]), "label_smoothing": 0.1},
        expected=against,
    ),
    Check(
        "label_smoothing",
        "refuses an amount above 1",
        "cross_entropy",
        inputs={"input": np.zeros((1, 2)), "target": np.array([0]), "label_smoothing": 1.5},
        expected=Raised("ShapeError", mentions=("label_smoothing", "1.5")),
    ),
]

SURPRISE = [
    Check(
        "surprise",
        "is -log p for a yes and -log(1 - p) for a no",
        "surprise",
        inputs={"pairs": [[0.5, 1.0], [0.9, 1.0], [0.9, 0.0], [0.2, 0.0]]},
        expected=surprises,
    ),
    Check(
        "surprise",
        "mixes the two for a target in between",
        "surprise",
        inputs=lambda rng: {"pairs": rng.uniform(0.05, 0.95, (6, 2)).tolist()},
        expected=surprises,
    ),
    Check(
        "surprise",
        "is 100 where a certain answer is wrong",
        "surprise",
        inputs={"pairs": [[0.0, 1.0], [1.0, 0.0]]},
        expected=[100.0, 100.0],
    ),
    Check(
        "surprise",
        "is 0 and not nan where a certain answer is right",
        "surprise",
        inputs={"pairs": [[1.0, 1.0], [0.0, 0.0]]},
        expected=[0.0, 0.0],
        hint="0 · log 0 is 0 · -∞, which is nan: bound the logarithm before it is multiplied.",
    ),
    Check(
        "surprise",
        "carries binary_cross_entropy on the loops",
        "binary_cross_entropy",
        inputs={"input": np.array([[0.25, 1.0]]), "target": np.array([[1.0, 0.0]])},
        expected=np.array([[math.log(4), 100.0]]),
    ),
]

WITH_LOGITS = [
    Check(
        "binary_cross_entropy_with_logits",
        "is -log σ(x) for a yes and -log σ(-x) for a no",
        "with_logits",
        inputs=lambda rng: scores(rng, 3, 4),
        expected=with_logits,
    ),
    Check(
        "binary_cross_entropy_with_logits",
        "is 1,000 and not infinite for a score of 1,000 where the answer is no",
        "with_logits",
        inputs={"input": np.array([1000.0, -1000.0, 1000.0]), "target": np.array([0.0, 1.0, 1.0])},
        expected=with_logits,
        hint="`logsigmoid` keeps what `log` of `sigmoid` loses.",
    ),
    Check(
        "binary_cross_entropy_with_logits",
        "takes targets between yes and no, and gives the mean",
        "with_logits",
        inputs=lambda rng: {"input": rng.normal(size=6), "target": rng.random(6), "reduction": "mean"},
        expected=with_logits,
    ),
    Check(
        "binary_cross_entropy_with_logits",
        "weighs a missed yes, and that alone, by pos_weight",
        "with_logits",
        inputs=lambda rng: {**scores(rng, 4, 2), "pos_weight": np.array([3.0, 0.5])},
        expected=with_logits,
    ),
    Check(
        "binary_cross_entropy_with_logits",
        "weighs all losses by weight",
        "with_logits",
        inputs=lambda rng: {**scores(rng, 4), "weight": rng.random(4)},
        expected=with_logits,
    ),
    Check(
        "binary_cross_entropy_with_logits",
        "stays float32",
        "with_logits",
        inputs={"input": np.array([0.5], np.float32), "target": np.array([1.0], np.float32)},
        expected=with_logits,
        rtol=1e-5,
    ),
    Check(
        "binary_cross_entropy_with_logits",
        "refuses scores (2, 1) beside targets (2,)",
        "with_logits",
        inputs={"input": np.zeros((2, 1)), "target": np.zeros(2)},
        expected=Raised("ShapeError", mentions=("[2, 1]", "[2]")),
    ),
    Check(
        "binary_cross_entropy_with_logits",
        "refuses a pos_weight that would make more losses than there are scores",
        "with_logits",
        inputs={"input": np.zeros(2), "target": np.zeros(2), "pos_weight": np.ones((3, 1))},
        expected=Raised("ShapeError", mentions=("pos_weight", "[2]", "[3, 1]")),
    ),
]

KL_DIV = [
    Check(
        "kl_div",
        "is Σ t (log t - input) over the number of rows for 'batchmean'",
        "kl_div",
        inputs=lambda rng: {
            "input": np.log(distributions(rng, 3, 4)),
            "target": distributions(rng, 3, 4),
            "reduction": "batchmean",
        },
        expected=divergence,
    ),
    Check(
        "kl_div",
        "divides by the number of all elements for 'mean'",
        "kl_div",
        inputs=lambda rng: {"input": np.log(distributions(rng, 3, 4)), "target": distributions(rng, 3, 4)},
        expected=divergence,
    ),
    Check(
        "kl_div",
        "is 0 and not nan where the target is 0",
        "kl_div",
        inputs={"input": np.log([[0.5, 0.5]]), "target": np.array([[1.0, 0.0]]), "reduction": "none"},
        expected=divergence,
        hint="0 · log 0 is nan: let the logarithm see 1 there.",
    ),
    Check(
        "kl_div",
        "leaves 0 · -∞ as nan where the target is 0 and the input -∞, as PyTorch does",
        "kl_div",
        inputs={"input": np.array([-math.inf, -1.0]), "target": np.array([0.0, 0.0]), "reduction": "none"},
        expected=np.array([math.nan, 0.0]),
    ),
    Check(
        "kl_div",
        "takes the target as logarithms too",
        "kl_div",
        inputs=lambda rng: {
            "input": np.log(distributions(rng, 2, 3)),
            "target": np.log(distributions(rng, 2, 3)),
            "log_target": True,
            "reduction": "sum",
        },
        expected=divergence,
    ),
    Check(
        "kl_div",
        "is 0 between a distribution and itself",
        "kl_div",
        inputs={"input": np.log([[0.2, 0.8]]), "target": np.array([[0.2, 0.8]]), "reduction": "sum"},
        expected=0.0,
    ),
    Check(
        "kl_div",
        "takes a 0-d pair with 'batchmean'",
        "kl_div",
        inputs={"input": np.array(-1.0), "target": np.array(1.0), "reduction": "batchmean"},
        expected=1.0,
    ),
    Check(
        "kl_div",
        "refuses shapes that differ",
        "kl_div",
        inputs={"input": np.zeros((2, 3)), "target": np.zeros(3)},
        expected=Raised("ShapeError", mentions=("kl_div",)),
    ),
]

CHECKS = [
    *SAME_SHAPE,
    *REDUCE,
    *MSE,
    *HUBER,
    *LOG_OF_SUM,
    *CROSS_ENTROPY,
    *CHOSEN,
    *SMOOTHED,
    *SURPRISE,
    *WITH_LOGITS,
    *KL_DIV,
]
