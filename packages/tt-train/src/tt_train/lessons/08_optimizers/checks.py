"""What module 08 must do: updates against the formulas in float64, one number after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng


def spread(x: Any, gap: int) -> Any:
    memory = np.full(len(x) * gap, 7.0, x.dtype)
    memory[::gap] = x
    return memory


def two(kind: str, numbers: list[float], gap: int = 1) -> Any:
    def drawn(rng: Rng) -> dict[str, Any]:
        return {"kind": kind, "x": rng.normal(size=6), "y": rng.normal(size=6), "numbers": numbers, "gap": gap}

    return drawn


def blended(kind: str, x: Any, y: Any, numbers: list[float], gap: int) -> list[Any]:
    first, second = numbers[0], numbers[-1]
    result = {
        "mix": first * x + second * y,
        "mix_square": first * x + second * y * y,
        "add": x + first * y,
    }[kind]
    return [spread(result, gap), y]


def allocates_little(result: Any, kind: str, n: int) -> str:
    return f"expected no array of {8 * n:,} bytes to be made in {kind}; {result:,} were allocated" if result > n else ""


def descent(options: dict[str, Any], steps: int = 5, size: int = 4, kind: str = "SGD") -> Any:
    def drawn(rng: Rng) -> dict[str, Any]:
        gradients = rng.normal(size=(steps, size)) * np.array([100.0, 10.0, 1.0, 0.01])[:size]
        return {"kind": kind, "options": options, "start": rng.normal(size=size), "gradients": gradients}

    return drawn


def sgd(kind: str, options: dict[str, Any], start: Any, gradients: Any) -> Any:  # noqa: ARG001
    momentum, dampening = options.get("momentum", 0), options.get("dampening", 0)
    p, b, seen = start, None, []
    for g in gradients:
        b = g if b is None else momentum * b + (1 - dampening) * g
        ahead = g + momentum * b if options.get("nesterov") else b
        p = p - options["lr"] * (ahead if momentum else g)
        seen.append(p)
    return np.array(seen)


def adagrad(kind: str, options: dict[str, Any], start: Any, gradients: Any) -> Any:  # noqa: ARG001
    v = np.full_like(start, options.get("initial_accumulator_value", 0))
    p, seen = start, []
    for i, g in enumerate(gradients):
        v = v + g * g
        lr = options["lr"] / (1 + i * options.get("lr_decay", 0))
        p = p - lr * g / (np.sqrt(v) + options.get("eps", 1e-10))
        seen.append(p)
    return np.array(seen)


def adam(kind: str, options: dict[str, Any], start: Any, gradients: Any) -> Any:  # noqa: ARG001
    beta1, beta2 = options.get("betas", (0.9, 0.999))
    m = v = largest = np.zeros_like(start)
    p, seen = start, []
    for t, g in enumerate(gradients, start=1):
        p = p * (1 - options["lr"] * options.get("weight_decay", 0))
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        largest = np.maximum(largest, v)
        square = (largest if options.get("amsgrad") else v) / (1 - beta2**t)
        p = p - options["lr"] * (m / (1 - beta1**t)) / (np.sqrt(square) + options.get("eps", 1e-8))
        seen.append(p)
    return np.array(seen)


def last(path: Any) -> Any:
    return lambda kind, options, start, gradients: path(kind, options, start, gradients)[-1].astype(start.dtype)


def as_given(kind: str, options: dict[str, Any], start: Any, gradients: Any) -> Any:  # noqa: ARG001
    return gradients


def decayed(options: dict[str, Any], **more: Any) -> Any:
    return lambda rng: {"p": rng.normal(size=5), "g": rng.normal(size=5), "options": {"lr": 0.1, **options}, **more}


def pieces(rng: Rng) -> list[Any]:
    return [rng.choice((-1.0, 1.0), shape) * rng.integers(1, 7, shape) for shape in ((2, 2), (2,), (1, 1))]


def norm_of(gradients: list[Any], order: float = 2.0) -> float:
    flat = np.abs(np.concatenate([g.ravel() for g in gradients]))
    return float(flat.max() if order == math.inf else (flat**order).sum() ** (1 / order))


def shortened(gradients: list[Any], max_norm: float, norm_type: float = 2.0) -> list[Any]:
    total = norm_of(gradients, norm_type)
    factor = min(1.0, max_norm / (total + 1e-6))
    return [total, [g * factor for g in gradients]]


def each(function: Any) -> Any:
    """Return what gives the rates of every group at every step, from the rate of one at one."""

    def table(kind: str, settings: dict[str, Any], lrs: list[float], steps: int) -> Any:  # noqa: ARG001
        return np.array([[function(t, lr, **settings) for lr in lrs] for t in range(steps)])

    return table


def one(function: Any) -> Any:
    """Return what gives the rates of every group at one step."""

    def row(kind: str, settings: dict[str, Any], lrs: list[float], step: int) -> list[float]:  # noqa: ARG001
        return [function(step, lr, **settings) for lr in lrs]

    return row


def stairs(t: int, lr: float, step_size: int, gamma: float) -> float:
    return lr * float(gamma ** (t // step_size))


def line(t: int, lr: float, start_factor: float, total_iters: int, end_factor: float = 1.0) -> float:
    return lr * (start_factor + (end_factor - start_factor) * min(t, total_iters) / total_iters)


def bell(part: float) -> float:
    return (1 + math.cos(math.pi * part)) / 2


def cosine(t: int, lr: float, T_max: int, eta_min: float = 0.0) -> float:
    return eta_min + (lr - eta_min) * bell(t / T_max)


def restarts(t: int, lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> float:
    length = T_0
    while t >= length:
        t, length = t - length, length * T_mult
    return cosine(t, lr, length, eta_min)


def warmed(
    t: int, lr: float, warmup_steps: int, total_steps: int, eta_min: float = 0.0, start_factor: float = 0.01
) -> float:
    if t < warmup_steps:
        return line(t, lr, start_factor, warmup_steps)
    return cosine(t - warmup_steps, lr, total_steps - warmup_steps, eta_min)


def some_rates(rng: Rng, kind: str, settings: dict[str, Any], **more: int) -> dict[str, Any]:
    return {"kind": kind, "settings": settings, "lrs": rng.uniform(0.1, 0.9, 2).round(2).tolist(), **more}


def share(rng: Rng, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 2)


def stairs_by_3(steps: int) -> Any:
    return lambda rng: some_rates(rng, "StepLR", {"step_size": 3, "gamma": share(rng, 0.2, 0.7)}, steps=steps)


def stairs_at(offset: int) -> Any:
    """Return what draws stairs, and the step that lies `offset` behind the beginning of one of them."""

    def drawn(rng: Rng) -> dict[str, Any]:
        size, gamma = int(rng.integers(3, 6)), share(rng, 0.2, 0.7)
        step = size * int(rng.integers(2, 5)) + offset
        return some_rates(rng, "StepLR", {"step_size": size, "gamma": gamma}, step=step)

    return drawn


def line_until(behind: int, unit: str = "steps", **ends: float) -> Any:
    """Return what draws a line of T steps, and the number T + `behind` of steps, or of the step to jump to."""

    def drawn(rng: Rng) -> dict[str, Any]:
        total = int(rng.integers(3, 7))
        settings = {"start_factor": share(rng, 0.1, 0.5), "total_iters": total, **ends}
        return some_rates(rng, "LinearLR", settings, **{unit: total + behind})

    return drawn


def half_waves(unit: str, count: int, offset: int) -> Any:
    """Return what draws a cosine, and the number of steps, or the step to jump to, from its half waves."""

    def drawn(rng: Rng) -> dict[str, Any]:
        half = int(rng.integers(4, 7))
        settings = {"T_max": half, "eta_min": share(rng, 0.01, 0.06)}
        return some_rates(rng, "CosineAnnealingLR", settings, **{unit: count * half + offset})

    return drawn


def three_waves(rng: Rng) -> dict[str, Any]:
    first = int(rng.integers(2, 5))
    settings = {"T_0": first, "T_mult": 2, "eta_min": share(rng, 0.01, 0.06)}
    return some_rates(rng, "CosineAnnealingWarmRestarts", settings, steps=4 * first)


def up_and_down(rng: Rng) -> dict[str, Any]:
    up, down = int(rng.integers(3, 6)), int(rng.integers(5, 8))
    ends = {"start_factor": share(rng, 0.05, 0.3), "eta_min": share(rng, 0.01, 0.06)}
    settings = {"warmup_steps": up, "total_steps": up + down, **ends}
    return some_rates(rng, "warmup_cosine", settings, steps=up + down + 1)


def only_down(rng: Rng) -> dict[str, Any]:
    total = int(rng.integers(5, 8))
    settings = {"warmup_steps": 0, "total_steps": total, "eta_min": share(rng, 0.01, 0.06)}
    return some_rates(rng, "warmup_cosine", settings, steps=total + 1)


def means(weights: Any, decay: float | None = None, one_by_one: bool = False, buffers: bool = False) -> list[Any]:  # noqa: ARG001
    average, seen = weights[0], []
    for n, weight in enumerate(weights):
        part = 1 / (n + 1) if decay is None else 1 - decay
        average = average + (weight - average) * (part if n else 1)
        seen.append(average)
    counted = np.arange(len(weights), dtype=np.float32)
    running = counted.mean() if buffers else counted[-1]
    return [seen, np.array([running], np.float32), len(weights)]


STEP = {"step_size": 3, "gamma": 0.5}
LINE = {"start_factor": 0.2, "total_iters": 4}

CHECKS = [
    # 08.1
    Check(
        "mix",
        "mixes x with y into x's own memory where BLAS cannot: numbers with gaps, which are left alone, as y is",
        "blended",
        two("mix", [0.5, 2.0], gap=2),
        blended,
        hint="np.multiply(x, keep, out=x) writes into x, where x = … only names a new array; weight · y goes into a.",
    ),
    Check(
        "mix",
        "adds nothing to what axpby has done, if it could",
        "blended_by_blas",
        two("mix", [0.9, 0.1]),
        blended,
        hint="If axpby returned True, it has done all of it: return.",
    ),
    Check(
        "mix",
        "mixes numbers that lie side by side, however that is done",
        "blended",
        two("mix", [0.9, 0.1]),
        blended,
        hint="axpby's arguments come in its own order: axpby(weight, y, keep, x).",
    ),
    Check("mix", "keeps all of x with keep = 1", "blended", two("mix", [1, -0.3], gap=3), blended),
    Check("mix", "adds all of y with weight = 1", "blended", two("mix", [0.9, 1], gap=2), blended),
    Check(
        "mix",
        "makes no new array to mix",
        "bytes_allocated",
        {"kind": "mix", "n": 100_000},
        verify=allocates_little,
        hint="Every result in between goes into a, with out=a.",
    ),
    Check("mix", "mixes x with the square of y", "blended", two("mix_square", [0.99, 0.01]), blended),
    Check(
        "mix",
        "mixes with the square of y where there are gaps",
        "blended",
        two("mix_square", [0.9, 0.5], gap=2),
        blended,
    ),
    Check(
        "mix",
        "makes no new array for the square",
        "bytes_allocated",
        {"kind": "mix_square", "n": 100_000},
        verify=allocates_little,
    ),
    Check("mix", "adds a multiple of y", "blended", two("add", [-0.25]), blended),
    # 08.2
    Check(
        "quotient",
        "returns √x + ε",
        "root_of",
        lambda rng: {"x": rng.uniform(0, 9, 5), "eps": 0.5},
        lambda x, eps: np.sqrt(x) + eps,
        hint="ε stands outside of the root.",
    ),
    Check(
        "quotient",
        "returns it in the scratch memory, and leaves x alone",
        "rooted",
        lambda rng: {"x": rng.uniform(0, 9, 5), "eps": 0.5},
        lambda x, eps: [np.sqrt(x) + eps, x, np.sqrt(x) + eps + 100],
        hint="The array that is returned is a itself: compute with out=a.",
    ),
    Check(
        "quotient",
        "returns ε where x is 0, so that nothing is divided by 0",
        "rooted",
        {"x": np.zeros(3), "eps": 1e-3},
        [np.full(3, 1e-3), np.zeros(3), np.full(3, 100.001)],
        rtol=1e-9,
        hint="ε stands outside of the root: √ε would be far too large.",
    ),
    Check(
        "quotient",
        "adds a multiple of y / divisor to x in place, and leaves y alone",
        "quotient_added",
        lambda rng: {
            "x": rng.normal(size=4),
            "y": rng.normal(size=4),
            "divisor": rng.uniform(0.5, 3, 4),
            "factor": -0.1,
            "gap": 2,
        },
        lambda x, y, divisor, factor, gap: [spread(x + factor * y / divisor, gap), y],
    ),
    Check(
        "quotient",
        "does so where BLAS can",
        "quotient_added",
        lambda rng: {
            "x": rng.normal(size=4),
            "y": rng.normal(size=4),
            "divisor": rng.uniform(0.5, 3, 4),
            "factor": 2.0,
            "gap": 1,
        },
        lambda x, y, divisor, factor, gap: [spread(x + factor * y / divisor, gap), y],
    ),
    # 08.3
    Check("sgd", "descends along the gradient without momentum", "path", descent({"lr": 0.1}), sgd),
    Check(
        "sgd",
        "gathers velocity with momentum",
        "path",
        descent({"lr": 0.1, "momentum": 0.9}),
        sgd,
        hint="b ← μ b + g, then p ← p − η b.",
    ),
    Check(
        "sgd",
        "dampens all gradients but the first",
        "path",
        descent({"lr": 0.1, "momentum": 0.8, "dampening": 0.5}),
        sgd,
        hint="t is 1 in the first update, whose velocity is the gradient itself.",
    ),
    Check(
        "sgd",
        "looks ahead with Nesterov's momentum",
        "path",
        descent({"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        sgd,
    ),
    Check(
        "sgd",
        "leaves the gradient as it is",
        "gradient_after",
        descent({"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        as_given,
        hint="The gradient is the user's; g + μ b belongs into a.",
    ),
    Check(
        "sgd",
        "keeps a velocity that starts at 0",
        "kept",
        {"kind": "SGD", "options": {"lr": 0.1, "momentum": 0.9}},
        {"momentum_buffer": 0.0},
    ),
    Check("sgd", "keeps nothing without momentum", "kept", {"kind": "SGD", "options": {"lr": 0.1}}, {}),
    # 08.4
    Check(
        "weight_decay",
        "returns the gradient without decay, and leaves all as it is",
        "direction",
        decayed({}),
        lambda p, g, options: [g, p, g],
        hint='A KeyError? The settings may lack "weight_decay" and all others but "lr": o.get(…).',
    ),
    Check(
        "weight_decay",
        "returns the gradient itself then, not a copy",
        "direction_is_gradient",
        lambda rng: {"p": rng.normal(size=3), "g": rng.normal(size=3)},
        np.full(3, 5.0),
        hint="Copying is a pass over the memory that nobody needs.",
    ),
    Check(
        "weight_decay",
        "adds λ p to the gradient, in memory that is not the gradient's",
        "direction",
        decayed({"weight_decay": 0.3}),
        lambda p, g, options: [0.3 * p + g, p, g],
        hint="g is the user's: compute in b, first λ p, then g added to it.",
    ),
    Check(
        "weight_decay",
        "turns the gradient around to maximize",
        "direction",
        decayed({"maximize": True, "weight_decay": 0}),
        lambda p, g, options: [-g, p, g],
        hint="g is the user's: −g goes into b.",
    ),
    Check(
        "weight_decay",
        "turns the gradient around to maximize, but not the decay",
        "direction",
        decayed({"maximize": True, "weight_decay": 0.3}),
        lambda p, g, options: [0.3 * p - g, p, g],
        hint="Weights shall become small whether one goes up or down.",
    ),
    Check(
        "weight_decay",
        "shrinks p by 1 − η λ where the class is decoupled, and returns the gradient",
        "direction",
        decayed({"weight_decay": 0.3}, decoupled=True),
        lambda p, g, options, decoupled: [g, p * (1 - 0.1 * 0.3), g],
        hint="p ← (1 − η λ) p: the learning rate is a factor too.",
    ),
    Check(
        "weight_decay",
        "shrinks p where the setting says so, also to maximize",
        "direction",
        decayed({"weight_decay": 0.5, "decoupled_weight_decay": True, "maximize": True}),
        lambda p, g, options: [-g, p * (1 - 0.1 * 0.5), g],
    ),
    # 08.5
    Check(
        "step",
        "updates each group with its own rate, and skips who has no gradient",
        "stepped_once",
        {
            "values": [np.array([1.0, 2.0]), np.array([3.0]), np.array([5.0])],
            "gradients": [np.array([1.0, -1.0]), None, np.array([2.0])],
            "rates": [0.5, 9.0, 0.25],
        },
        [np.array([0.5, 2.5]), np.array([3.0]), np.array([4.5])],
    ),
    Check(
        "step",
        "updates a parameter whose gradient is 0: what rolled before rolls on",
        "rolled",
        {"gradients": [np.array([4.0, -2.0]), np.zeros(2), np.zeros(2)]},
        [np.array([-4.0, 2.0]), np.array([-6.0, 3.0]), np.array([-7.0, 3.5])],
        hint="A gradient of 0 is not None.",
    ),
    Check(
        "step",
        "passes the settings on as Python's numbers, without the parameters",
        "settings_seen",
        {"lr": 0.125},
        {"names": ["lr"], "type": "float", "lr": 0.125},
        hint="NumPy's float64 would widen a float32 array: `plain` makes a float of it.",
    ),
    Check(
        "step",
        "calls a closure once, first and with gradients enabled, and returns its loss",
        "closure_first",
        {"value": 3.0, "lr": 0.25},
        [9.0, np.array([1.5]), [True]],
    ),
    Check("step", "returns nothing without a closure", "step_returns", {"lr": 0.1}, None),
    Check(
        "step",
        "drops all gradients, and leaves those alone that others hold",
        "zeroed",
        lambda rng: {"gradients": [rng.normal(size=2), None, rng.normal(size=2)], "set_to_none": True},
        lambda gradients, set_to_none: [[None, None, None], gradients],
    ),
    Check(
        "step",
        "puts zeros into the gradients' own memory if it is asked to, and makes none where there was none",
        "zeroed",
        lambda rng: {"gradients": [rng.normal(size=2), None, rng.normal(size=2)], "set_to_none": False},
        [[np.zeros(2), None, np.zeros(2)], [np.zeros(2), None, np.zeros(2)]],
    ),
    Check(
        "step",
        "leaves the record of a gradient behind when it is zeroed",
        "record_left",
        {"value": 2.0},
        False,
        hint="p.grad.detach() has the same memory and no record.",
    ),
    # 08.6
    Check(
        "adagrad", "divides by the root of the sum of squares", "path", descent({"lr": 0.5}, kind="Adagrad"), adagrad
    ),
    Check(
        "adagrad",
        "lets the rate shrink with the steps",
        "path",
        descent({"lr": 0.5, "lr_decay": 0.1}, kind="Adagrad"),
        adagrad,
        hint="The first step, t = 1, is not decayed yet.",
    ),
    Check(
        "adagrad",
        "adds to a sum that starts elsewhere",
        "path",
        descent({"lr": 0.5, "initial_accumulator_value": 2.0}, kind="Adagrad"),
        adagrad,
        hint="init says what the sum starts at; update only adds to it.",
    ),
    Check(
        "adagrad",
        "leaves the gradient as it is",
        "gradient_after",
        descent({"lr": 0.5}, kind="Adagrad"),
        as_given,
    ),
    Check(
        "adagrad",
        "keeps a sum that starts where it is told",
        "kept",
        {"kind": "Adagrad", "options": {"lr": 0.1, "initial_accumulator_value": 0.5}},
        {"sum": 0.5},
    ),
    Check(
        "adagrad",
        "does not move where the gradient is always 0",
        "path",
        {"kind": "Adagrad", "options": {"lr": 1.0}, "start": np.array([1.0]), "gradients": np.zeros((3, 1))},
        np.ones((3, 1)),
        hint="0 / 0 is no number: add ε to the root.",
    ),
    # 08.7
    Check(
        "adam",
        "makes a first step of the size of the learning rate, however large the gradient is",
        "path",
        {
            "kind": "Adam",
            "options": {"lr": 0.1},
            "start": np.zeros(3),
            "gradients": np.array([[1000.0, -1.0, 0.01]]),
        },
        np.array([[-0.1, 0.1, -0.1]]),
        rtol=1e-4,
        hint="Both averages start at 0, and are divided by 1 − βᵗ.",
    ),
    Check(
        "adam",
        "follows Kingma and Ba for five steps",
        "path",
        descent({"lr": 0.01}, kind="Adam"),
        adam,
        rtol=1e-4,  # a mistake with so small an ε is left to the next check, where it can be seen
        atol=1e-6,
        hint="v goes on as it is: with v̂ in its place, the next step corrects it again; and β₁ belongs to m.",
    ),
    Check(
        "adam",
        "takes other β and a large ε",
        "path",
        descent({"lr": 0.1, "betas": (0.5, 0.7), "eps": 0.3}, kind="Adam"),
        adam,
        hint="In m / (√v + r ε) the ε is multiplied by r too.",
    ),
    Check(
        "adam",
        "divides by the largest average so far with amsgrad",
        "path",
        lambda rng: {
            "kind": "Adam",
            "options": {"lr": 0.1, "betas": (0.5, 0.5), "amsgrad": True},
            "start": rng.normal(size=3),
            "gradients": rng.uniform(0.95, 1.05, (5, 3)) * np.array([[8.0], [1.0], [1.0], [7.0], [2.0]]),
        },
        adam,
    ),
    Check(
        "adam",
        "leaves the gradient as it is",
        "gradient_after",
        descent({"lr": 0.1}, kind="Adam"),
        as_given,
    ),
    Check(
        "adam",
        "keeps two averages, three with amsgrad, all from 0",
        "kept",
        {"kind": "Adam", "options": {"amsgrad": True}},
        {"exp_avg": 0.0, "exp_avg_sq": 0.0, "max_exp_avg_sq": 0.0},
    ),
    Check(
        "adam",
        "keeps two averages without amsgrad",
        "kept",
        {"kind": "Adam", "options": {}},
        {"exp_avg": 0.0, "exp_avg_sq": 0.0},
    ),
    Check(
        "adam",
        "makes AdamW whole: decay apart from the averages",
        "stepped",
        descent({"lr": 0.1, "weight_decay": 0.4}, kind="AdamW"),
        last(adam),
        rtol=1e-6,
    ),
    # 08.8
    Check(
        "clip",
        "scales all gradients by one factor, and returns the norm that they had",
        "clipped",
        lambda rng: {"gradients": pieces(rng), "max_norm": 2.0},
        shortened,
        hint="The norm is of all gradients as one vector; clipping each by itself would change the direction.",
    ),
    Check(
        "clip",
        "leaves gradients alone that are short enough",
        "clipped",
        lambda rng: {"gradients": pieces(rng), "max_norm": 1000.0},
        shortened,
    ),
    Check(
        "clip",
        "takes the largest number for the norm of infinite order",
        "clipped",
        lambda rng: {"gradients": pieces(rng), "max_norm": 0.5, "norm_type": math.inf},
        shortened,
    ),
    Check(
        "clip",
        "takes norms of other orders",
        "clipped",
        lambda rng: {"gradients": pieces(rng), "max_norm": 0.5, "norm_type": 3.0},
        shortened,
        hint="Norms of order p are put together with order p as well.",
    ),
    Check(
        "clip",
        "makes no nan of gradients that are all 0",
        "clipped",
        {"gradients": [np.zeros(3)], "max_norm": 0.5},
        [0.0, [np.zeros(3)]],
    ),
    Check(
        "clip",
        "scales the gradients in the memory that they have",
        "memory_after",
        {"gradients": [np.array([3.0]), np.array([[4.0]])], "how": "norm", "bound": 1.0},
        [np.array([0.6]), np.array([[0.8]])],
        rtol=1e-5,
        hint="g.data = g.data * factor gives it another array; np.multiply(…, out=g.data) writes into its own.",
    ),
    Check(
        "clip",
        "takes a single parameter for a list of one",
        "clipped_alone",
        {"gradient": np.array([3.0, 4.0]), "how": "known norm", "bound": 1.0},
        np.array([0.6, 0.8]),
        rtol=1e-5,
        hint="A tensor can be iterated over too, by rows, which have no gradients: `_listed` makes a list.",
    ),
    Check("clip", "gives 0 as the norm of nothing, in float32", "total_norm", {"arrays": []}, [0.0, "float32"]),
    Check(
        "clip",
        "gives the norm of float32 in float32",
        "total_norm",
        {"arrays": [np.array([3.0], np.float32), np.array([[4.0]], np.float32)]},
        [5.0, "float32"],
        hint="Norms are put together in float64, and the result is given the type of what came.",
    ),
    Check(
        "clip",
        "gives the norm of a single tensor, even of a single number",
        "norm_of_one",
        {"x": np.array(-3.0)},
        3.0,
        hint="A ShapeError? A number cannot be iterated over: `_listed` makes a list of one.",
    ),
    Check(
        "clip",
        "gives the norm of tensors that a generator yields, once",
        "norm_of_generator",
        {"arrays": [np.array([3.0]), np.array([4.0])]},
        5.0,
        hint="A generator can be gone through only once: make a list first, with `_listed`.",
    ),
    Check(
        "clip",
        "gives the norm the gradients' common type",
        "total_norm",
        {"arrays": [np.array([3.0], np.float32), np.array([[4.0]], np.float64)]},
        [5.0, "float64"],
    ),
    Check(
        "clip",
        "refuses a norm that is not finite if it is asked to",
        "total_norm",
        {"arrays": [np.array([1.0, math.inf])], "strict": True},
        Raised("GradientError", mentions=("inf",)),
        hint="math.isfinite is False for inf and for nan.",
    ),
    Check(
        "clip",
        "bounds every number with clip_grad_value_",
        "clipped_by_value",
        {"gradients": [np.array([-3.0, 0.5, 7.0]), np.array([[1.5]])], "clip_value": 1.0},
        [np.array([-1.0, 0.5, 1.0]), np.array([[1.0]])],
    ),
    Check(
        "clip",
        "bounds the numbers in the memory that they have",
        "memory_after",
        {"gradients": [np.array([-3.0, 0.5]), np.array([[1.5]])], "how": "value", "bound": 1.0},
        [np.array([-1.0, 0.5]), np.array([[1.0]])],
        hint="np.clip has an argument `out` too.",
    ),
    Check(
        "clip",
        "bounds the gradient of a single parameter",
        "clipped_alone",
        {"gradient": np.array([-3.0, 0.5]), "how": "value", "bound": 1.0},
        np.array([-1.0, 0.5]),
        hint="A tensor can be iterated over too, by rows, which have no gradients: `_listed` makes a list.",
    ),
    Check(
        "clip",
        "tells backward that a saved gradient has been scaled",
        "clipped_although_saved",
        {"how": "norm"},
        Raised("GradientError"),
        hint="touch(g) after g.data was written to.",
    ),
    Check(
        "clip",
        "tells backward that a saved gradient has been bounded",
        "clipped_although_saved",
        {"how": "value"},
        Raised("GradientError"),
    ),
    # 08.9
    Check(
        "step_decay",
        "leaves the rates as they are at the steps 0, 1 and 2",
        "rates",
        stairs_by_3(3),
        each(stairs),
        hint="0 is divisible by everything.",
    ),
    Check(
        "step_decay",
        "multiplies by γ at step 3, 6 and 9, and stays there in between",
        "rates",
        stairs_by_3(11),
        each(stairs),
        hint="In between the present rates stay, `_present()`; base_lrs are those of the beginning.",
    ),
    Check(
        "step_decay",
        "starts from the present rate, which a user may have changed",
        "rates_changed_by_hand",
        {"kind": "StepLR", "settings": STEP, "lr": 0.8, "steps": 7, "at": 2},
        np.array([0.8, 0.8, 0.4, 0.2, 0.2, 0.2, 0.1]),
        hint="get_lr is given the present rates by _present() and _scaled().",
    ),
    Check(
        "step_decay",
        "jumps to the last step of a stretch by the closed form",
        "rate_at",
        stairs_at(-1),
        one(stairs),
    ),
    Check(
        "step_decay",
        "jumps to the step where a stretch begins",
        "rate_at",
        stairs_at(0),
        one(stairs),
    ),
    # 08.10
    Check(
        "warm_up",
        "begins, at step 0, with the start factor",
        "rates",
        lambda rng: {**line_until(0)(rng), "steps": 1},
        each(line),
        hint="Nothing comes before step 0: its rate is η₀ · start_factor.",
    ),
    Check(
        "warm_up",
        "rises in a line until step T − 1",
        "rates",
        line_until(0),
        each(line),
        hint="The quotient of two neighbouring factors: f(t) / f(t − 1).",
    ),
    Check(
        "warm_up",
        "arrives at the full rate at step T",
        "rates",
        line_until(1),
        each(line),
        hint="Step T still rises, by f(T) / f(T − 1).",
    ),
    Check(
        "warm_up",
        "stays there from step T + 1 on",
        "rates",
        line_until(4),
        each(line),
        hint="After step T the present rates stay.",
    ),
    Check(
        "warm_up",
        "falls in a line as well",
        "rates",
        line_until(3, start_factor=1.0, end_factor=0.3),
        each(line),
    ),
    Check(
        "warm_up",
        "starts from the present rate, which a user may have changed",
        "rates_changed_by_hand",
        {"kind": "LinearLR", "settings": LINE, "lr": 1.0, "steps": 7, "at": 2},
        np.array([0.2, 0.4, 0.3, 0.4, 0.5, 0.5, 0.5]),
    ),
    Check(
        "warm_up",
        "goes on in the middle without a jump",
        "rates_resumed",
        {"kind": "LinearLR", "settings": LINE, "lr": 1.0, "present": 0.8, "last_epoch": 2, "steps": 4},
        np.array([0.8, 1.0, 1.0, 1.0]),
        hint="While _is_initial, at a step that is not 0, the present rate is the right one.",
    ),
    Check(
        "warm_up",
        "jumps into the line by the closed form",
        "rate_at",
        line_until(-1, "step"),
        one(line),
    ),
    Check(
        "warm_up",
        "jumps behind the end of the line",
        "rate_at",
        line_until(5, "step", end_factor=0.7),
        one(line),
        hint="From t = T on, the factor is the last one.",
    ),
    # 08.11
    Check(
        "cosine",
        "is 1 at 0, a half in the middle and 0 at 1",
        "bells",
        lambda rng: {"parts": [0.0, 0.5, 1.0, 2.0, share(rng, 0.1, 0.4), share(rng, 0.6, 0.9)]},
        lambda parts: [bell(part) for part in parts],
    ),
    Check(
        "cosine",
        "follows a cosine down to the lowest rate, and up again",
        "rates",
        half_waves("steps", 2, 2),
        each(cosine),
    ),
    Check(
        "cosine",
        "jumps onto the cosine by the closed form",
        "rate_at",
        half_waves("step", 1, -1),
        one(cosine),
    ),
    Check(
        "cosine",
        "begins anew, for twice as long each time",
        "rates",
        three_waves,
        each(restarts),
    ),
    Check(
        "cosine",
        "warms up first, and is done after all steps",
        "rates",
        up_and_down,
        each(warmed),
        hint="The cosine has the steps that the warm-up leaves.",
    ),
    Check(
        "cosine",
        "is the cosine alone, down to the lowest rate, without a warm-up",
        "rates",
        only_down,
        each(warmed),
        hint="eta_min is for the cosine, with a warm-up or without.",
    ),
    Check(
        "cosine",
        "refuses a warm-up as long as the whole",
        "rates",
        {"kind": "warmup_cosine", "settings": {"warmup_steps": 6, "total_steps": 6}, "lrs": [0.5], "steps": 1},
        Raised("OptimizerError", mentions=("6",)),
        hint="The cosine would have no steps at all.",
    ),
    Check(
        "cosine",
        "refuses a warm-up longer than the whole, and says how long it is",
        "rates",
        {"kind": "warmup_cosine", "settings": {"warmup_steps": 9, "total_steps": 6}, "lrs": [0.5], "steps": 1},
        Raised("OptimizerError", mentions=("9",)),
    ),
    # 08.12
    Check(
        "averages",
        "keeps the mean of all weights so far, and takes over the buffer",
        "averaged",
        lambda rng: {"weights": rng.normal(size=(5, 2))},
        means,
        hint="The first weights are copied, the n-th go in with the weight 1 / n.",
    ),
    Check(
        "averages",
        "keeps an exponential mean, all weights at once",
        "averaged",
        lambda rng: {"weights": rng.normal(size=(5, 2)), "decay": 0.8},
        means,
    ),
    Check(
        "averages",
        "keeps an exponential mean, one weight at a time",
        "averaged",
        lambda rng: {"weights": rng.normal(size=(5, 2)), "decay": 0.8, "one_by_one": True},
        means,
    ),
    Check(
        "averages",
        "averages buffers too if it is asked to",
        "averaged",
        lambda rng: {"weights": rng.normal(size=(3, 2)), "buffers": True},
        means,
    ),
    Check(
        "averages",
        "records nothing, and leaves the model alone",
        "averages_recorded",
        lambda rng: {"weights": rng.normal(size=(3, 2))},
        [True, True],
    ),
    Check(
        "averages",
        "lets whole numbers stay whole",
        "whole_numbers",
        {"counts": [10, 21, 12]},
        [np.array([14]), "int64"],
        hint="10, then 10 + 5.5 cut off to 15, then 15 − 1 = 14.",
    ),
]
