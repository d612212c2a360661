"""Checks of module 10: a linear model whose steps NumPy can make as well."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng

Array = np.ndarray[Any, Any]
Drawn = Mapping[str, Any]
Batches = Sequence[Any]

NAN = float("nan")


# a linear model, its squared error, and its steps


def batch(rng: Rng, n: int) -> list[Array]:
    return [rng.normal(size=(n, 3)), rng.normal(size=(n, 2))]


def problem(*sizes: int, **more: Any) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        start = {"weight": rng.normal(size=(2, 3)), "bias": rng.normal(size=2)}
        return {**start, "batches": [batch(rng, n) for n in sizes], **more}

    return draw


def joined(batches: Batches) -> tuple[Array, Array]:
    return np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches])


def loss_of(weight: Array, bias: Array, batches: Batches, reduction: str = "mean") -> float:
    x, y = joined(batches)
    squares = (x @ weight.T + bias - y) ** 2
    return float(squares.mean() if reduction == "mean" else squares.sum() / len(x))


def slopes(weight: Array, bias: Array, batches: Batches, reduction: str = "mean") -> tuple[Array, Array]:
    x, y = joined(batches)
    off = 2 * (x @ weight.T + bias - y)
    if reduction == "mean":
        off = off / off.size
    return off.T @ x, off.sum(0)


def stepped(
    weight: Array,
    bias: Array,
    batches: Batches,
    lr: float,
    reduction: str = "mean",
    clip_norm: float | None = None,
    times: float = 1.0,
) -> tuple[Array, Array, dict[str, float]]:
    """What a step leaves: weights, bias, and the row of figures; the gradients may be multiplied before all else."""
    row = {"loss": loss_of(weight, bias, batches, reduction)}
    to_weight, to_bias = (times * each for each in slopes(weight, bias, batches, reduction))
    scale = 1.0
    if clip_norm is not None:
        row["grad_norm"] = float(np.sqrt((to_weight**2).sum() + (to_bias**2).sum()))
        scale = min(1.0, clip_norm / (row["grad_norm"] + 1e-6))
    return weight - lr * scale * to_weight, bias - lr * scale * to_bias, row


def left(**given: Any) -> dict[str, Any]:
    """What `update` must leave."""
    weight, bias, row = stepped(**given)
    return {"weight": weight, "bias": bias, "row": row, "no floats": []}


def left_by_two(batches: Batches, **given: Any) -> dict[str, Any]:
    """What it must leave where other processes double the gradients."""
    weight, bias, row = stepped(batches=batches, times=2.0, **given)
    samples = sum(len(x) for x, _ in batches)
    return {"samples": [samples], "grad_norm": row["grad_norm"], "weight": weight, "bias": bias}


def trained(weight: Array, bias: Array, batches: Batches, lr: float, epochs: int, accumulate: int) -> dict[str, Any]:
    """What `fit` must leave: the weight, the mean loss of each epoch, steps and epochs."""
    losses, steps = [], 0
    for _ in range(epochs):
        total = 0.0
        for i in range(0, len(batches), accumulate):
            group = batches[i : i + accumulate]
            total += loss_of(weight, bias, group) * sum(len(x) for x, _ in group)
            weight, bias, _ = stepped(weight, bias, group, lr)
            steps += 1
        losses.append(total / sum(len(x) for x, _ in batches))
    return {"weight": weight, "losses": losses, "steps": steps, "epochs": epochs}


def two_epochs(weight: Array, bias: Array, batches: Batches, lr: float, validation: Batches) -> dict[str, Any]:
    losses = []
    for _ in range(2):
        for one in batches:
            weight, bias, _ = stepped(weight, bias, [one], lr)
        losses.append(loss_of(weight, bias, validation))
    return {"val_loss": losses, "weight": weight}


def absolute(weight: Array, bias: Array, batches: Batches) -> float:
    x, y = joined(batches)
    return float(np.abs(x @ weight.T + bias - y).mean())


def looked(weight: Array, bias: Array, batches: Batches, reduction: str = "mean") -> dict[str, float]:
    """What `evaluate` must find."""
    loss = loss_of(weight, bias, batches, reduction)
    return {"loss": loss, "difference": absolute(weight, bias, batches)}


def unrecorded(weight: Array, bias: Array, batches: Batches) -> dict[str, Any]:
    n = len(batches[0][0])
    once = np.array([absolute(weight, bias, batches[:1]) * n, n])
    return {
        "counts before": once,
        "counts after": once,
        "counts with one batch more": 2 * once,
        "weight": weight,
        "recorded": [False] * len(batches),
    }


def with_validation(rng: Rng) -> Drawn:
    return {**problem(4, 3, lr=0.1)(rng), "validation": [batch(rng, 5), batch(rng, 1)]}


# inputs of metrics


def weighted(rng: Rng) -> Drawn:
    return {"updates": [[rng.normal(size=n), rng.random(n)] for n in (3, 1, 4)]}


def sampled(rng: Rng) -> Drawn:
    return {"updates": [[float(rng.normal()), int(rng.integers(1, 9))] for _ in range(5)]}


def mean_of(updates: Sequence[Any]) -> dict[str, Any]:
    pairs = [np.broadcast_arrays(np.asarray(v, float), np.asarray(w, float)) for v, w in updates]
    above, below = sum(float((v * w).sum()) for v, w in pairs), sum(float(w.sum()) for _, w in pairs)
    return {"mean": above / below, "counts": np.array([above, below])}


def answers(rng: Rng) -> Drawn:
    return {"batches": [[rng.normal(size=(n, 4)), rng.integers(0, 4, n)] for n in (5, 2)], "ignore_index": None}


def ignoring(rng: Rng) -> Drawn:
    return {"batches": [[rng.integers(0, 3, 8), np.array([0, 1, 2, 9, 9, 0, 1, 2])]], "ignore_index": 9}


def right(batches: Batches, ignore_index: int | None) -> dict[str, Any]:
    hits = seen = 0
    for predictions, targets in batches:
        chosen = predictions.argmax(1) if predictions.ndim == 2 else predictions
        kept = np.ones(len(targets), bool) if ignore_index is None else targets != ignore_index
        hits, seen = hits + int((chosen == targets)[kept].sum()), seen + int(kept.sum())
    return {"accuracy": hits / seen, "counts": np.array([hits, seen])}


# groups, epochs that are told of, and checkpoints


FORMS = ["alone", "tuple", "list", "dict", "nested"]


def lots(rng: Rng) -> Drawn:
    batches = [int(each) for each in rng.integers(0, 100, int(rng.integers(8, 20)))]
    return {"batches": batches, "size": int(rng.integers(2, 5)), "start": int(rng.integers(1, 4))}


def grouped(batches: list[int], size: int, start: int) -> list[list[int]]:
    return [batches[i : i + size] for i in range(start, len(batches), size)]


def pairs(mode: str) -> Callable[[Rng], Drawn]:
    """Figures, of which some are equal, some nan, and some infinite."""

    def draw(rng: Rng) -> Drawn:
        found = [[float(a), float(b)] for a, b in rng.integers(-1, 2, (8, 2))]
        worst = math.inf if mode == "min" else -math.inf
        return {"mode": mode, "pairs": [*found, [NAN, 1.0], [1.0, NAN], [1.0, worst]]}

    return draw


def compared(mode: str, pairs: list[list[float]]) -> list[bool]:
    return [a < b if mode == "min" else a > b for a, b in pairs]


def figures(mode: str) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        values = [float(each) / 4 for each in rng.integers(0, 16, 12)]
        return {"values": values, "patience": int(rng.integers(2, 5)), "min_delta": 0.25, "mode": mode}

    return draw


def waited_for(values: list[float], patience: int, min_delta: float, mode: str) -> dict[str, Any]:
    """After which epoch it must stop."""
    sign = 1 if mode == "min" else -1
    best, since = math.inf, 0
    for epoch, value in enumerate(values, 1):
        better = sign * value < best - min_delta
        best, since = (sign * value, 0) if better else (best, since + 1)
        if since >= patience:
            return {"stops after epoch": epoch, "best": sign * best, "waited": since}
    return {"stops after epoch": None, "best": sign * best, "waited": since}


def judged(mode: str, *, averaged: bool) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        values = [float(each) / 2 for each in rng.integers(0, 6, 9)]
        return {"values": values, "mode": mode, "averaged": averaged}

    return draw


def kept(values: list[float], mode: str, averaged: bool) -> dict[str, Any]:
    best = min(values) if mode == "min" else max(values)
    epoch = values.index(best) + 1
    return {"weight": float(-epoch if averaged else epoch), "epoch": epoch, "best": best}


def measured(mode: str) -> Callable[[Rng], Drawn]:
    """Metrics of checkpoints from the oldest on, of which some are equal and some missing."""

    def draw(rng: Rng) -> Drawn:
        found: list[float | None] = [float(each) / 4 for each in rng.integers(0, 5, 9)]
        found[int(rng.integers(4))], found[4 + int(rng.integers(4))] = None, NAN
        return {"metrics": found, "mode": mode}

    return draw


def ranked(metrics: list[float | None], mode: str) -> list[int]:
    known = {i: x for i, x in enumerate(metrics, 1) if x is not None and not math.isnan(x)}
    return sorted(known, key=lambda i: (known[i] if mode == "min" else -known[i], i))


def saved(mode: str) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        damaged = sorted(int(each) for each in rng.permutation(8)[:3] + 1)  # the ninth, just saved, is whole
        return {**measured(mode)(rng), "keep": int(rng.integers(1, 4)), "damaged": damaged}

    return draw


def staying(metrics: list[float | None], keep: int, mode: str, damaged: list[int]) -> list[int]:
    numbers = range(1, len(metrics) + 1)
    whole = [i for i in numbers if i not in damaged]
    best = [i for i in ranked(metrics, mode) if i in whole][:1]
    return [i for i in numbers if i >= whole[-keep:][0] or i in best]


def committed(rng: Rng) -> Drawn:
    """Some steps, the names of older checkpoints, and what is to be saved."""
    serials = sorted({int(each) for each in rng.integers(1, 900_000, 3)})
    there = [f"{serial:06d}-step-{int(rng.integers(1000))}" for serial in serials]
    return {"steps": [int(each) for each in rng.integers(1, 10**6, 2)], "there": there, "values": rng.normal(size=5)}


def layers(optimizer: str) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        sizes = [int(rng.integers(low, high)) for low, high in ((20, 90), (20, 60), (3, 9))]
        return {"samples": int(rng.integers(4, 20)), "optimizer": optimizer, "sizes": sizes}

    return draw


def layer(rng: Rng) -> Drawn:
    return {"inputs": int(rng.integers(5, 40)), "outputs": int(rng.integers(5, 40))}


def of_layer(inputs: int, outputs: int) -> int:
    return 4 * (inputs * outputs + outputs)


def named_parts(scheduled: bool) -> dict[str, Any]:
    names = ["model", "optimizer", "random", *(["scheduler"] if scheduled else []), "trainer"]
    own = dict.fromkeys(("model", "optimizer", "trainer", "scheduler"), True)
    return {"names": names, "the run's own": own, "random": "RandomState", "ranks with random numbers": 2}


# what is judged by a function


def same_run(result: Any, **_: Any) -> str:
    (losses, weight), (again, resumed) = result
    if len(losses) != 6 or len(again) != 6:
        return f"expected six epochs in both histories, got {len(losses)} and {len(again)}"
    if losses[:3] != again[:3]:
        return "the first three epochs differ already: does training depend on more than the seeds?"
    if losses != again or not np.array_equal(weight, resumed):
        return f"after the interruption the losses went on as {again[3:]} instead of {losses[3:]}"
    return ""


def as_if_unseen(result: Any) -> str:
    after, without = result["after a look"], result["without one"]
    return "" if np.array_equal(after, without) else f"after a look come {after}, without one {without}"


def in_order(result: Any, **_: Any) -> str:
    calls = [(name, what) for name, what, _ in result]
    for name, what in (("flush_file", "arrays.safetensors"), ("flush_file", "state.json")):
        if (name, what) not in calls:
            return f"{what} was never flushed to the disk"
        writer = ("write_arrays", "arrays.safetensors") if what.startswith("arrays") else ("write_manifest", "hidden")
        if writer not in calls or calls.index(writer) > calls.index((name, what)):
            return f"{what} was flushed before it was written"
    if ("flush_folder", "hidden") not in calls:
        return "the hidden folder was not flushed before it got its name: its files' names may be lost"
    for name, what, there in result:
        if there and what != "root":
            return f"the checkpoint had its name before {name} of {what}: whoever looks now finds half of it"
    if result[-1] != ["flush_folder", "root", True]:
        return "the folder of the checkpoints must be flushed last, after the rename, or the new name may be lost"
    return ""


def sound(result: Any, steps: Sequence[int], values: Array, **_: Any) -> str:
    content = result["content"].tobytes()
    if np.asarray(values).tobytes() not in content:
        return "the packer's arrays are not in the arrays' file"
    if result["size"] != len(content) or result["sha256"] != hashlib.sha256(content).hexdigest():
        return "size and digest in the manifest are not those of the arrays' file"
    if (result["step"], result["metric"]) != (steps[-1], 0.5):
        return f"expected step {steps[-1]} and metric 0.5 in the manifest, got {result['step']}, {result['metric']}"
    if result["files"] != ["arrays.safetensors", "state.json"]:
        return f"expected arrays.safetensors and state.json in the checkpoint, got {result['files']}"
    return ""


def named(result: Any, steps: Sequence[int], there: Sequence[str], **_: Any) -> str:
    first = 1 + max((int(name.split("-")[0]) for name in there), default=0)
    wanted = [f"{first + i:06d}-step-{step}" for i, step in enumerate(steps)]
    if result["returned"] != wanted:
        return f"expected the folders {wanted}, got {result['returned']}"
    if result["there"] != sorted([*there, *wanted]):
        return f"expected {sorted([*there, *wanted])} in the folder, got {result['there']}"
    return "" if result["serial"] == first + len(steps) - 1 else f"the manifest says serial {result['serial']}"


def fits_into_memory(result: Any, samples: int, optimizer: str, sizes: Sequence[int]) -> str:
    inputs, hidden, outputs = sizes
    parameters = 4 * (inputs * hidden + hidden + hidden * outputs + outputs)
    states = {"SGD": 0, "momentum": parameters, "Adam": 2 * parameters}[optimizer]
    wanted = {
        "parameters": parameters,
        "buffers": 0,
        "gradients": parameters,
        "data": samples * (4 * inputs + 8),
        "samples": samples,
    }
    for name, size in wanted.items():
        if result[name] != size:
            return f"expected {size} for {name}, got {result[name]}"
    if not states <= result["optimizer"] <= states + 64:
        return f"expected about {states} bytes for the optimizer, got {result['optimizer']}"
    if not 4 * samples * hidden < result["activations"] <= 4 * samples * (3 * hidden + 4 * outputs) + 64:
        return f"the activations are {result['activations']} bytes; forward keeps {samples} × {hidden} numbers and more"
    known = parameters + result["data"] + max(result["activations"], parameters + states)
    if not known <= result["peak"] <= 2 * known + 10_000:
        return f"the peak is {result['peak']} bytes, while {known} are there at one time at least"
    return ""


def there_from_the_beginning(result: Any) -> str:
    parameters = 4 * 8 * (32 * 32 + 32)
    if result["optimizer"] != parameters:
        return f"expected {parameters} bytes for the optimizer, got {result['optimizer']}"
    names = ("parameters", "data", "optimizer", "activations")
    together = sum(result[name] for name in names)
    if result["peak"] < together:
        return f"{', '.join(names)} are there at one time, {together} bytes; the peak is {result['peak']}"
    return ""


MEAN = [
    Check("mean", "weighs the losses of two batches by their samples", "mean", {"updates": [[2.0, 3], [4.0, 1]]},
          {"mean": 2.5, "counts": np.array([10.0, 4.0])}, hint="(2 · 3 + 4 · 1) / (3 + 1), and not (2 + 4) / 2"),
    Check("mean", "adds up many updates", "mean", sampled, mean_of),
    Check("mean", "takes arrays of values with a weight each", "mean", weighted, mean_of),
    Check("mean", "lets one weight count for each of many values", "mean",
          {"updates": [[np.array([1.0, 2.0, 6.0]), 2.0]]}, {"mean": 3.0, "counts": np.array([18.0, 6.0])},
          hint="Three values of weight 2 weigh 6 together"),
    Check("mean", "counts tensors without a weight as one sample each", "mean_without_weights",
          lambda rng: {"values": list(rng.normal(size=6))}, lambda values: float(np.mean(values)), rtol=1e-5),
    Check("mean", "is nan of nothing", "mean", {"updates": []}, {"mean": NAN, "counts": np.zeros(2)}),
]  # fmt: skip

ACCURACY = [
    Check("accuracy", "counts class numbers that agree", "accuracy",
          {"batches": [[np.array([1, 0, 2, 2]), np.array([1, 0, 0, 2])]], "ignore_index": None},
          {"accuracy": 0.75, "counts": np.array([3, 4])}),
    Check("accuracy", "takes the class of the largest score, over batches of different sizes", "accuracy", answers,
          right, hint="Count right answers and samples; the mean of the batches' accuracies is something else"),
    Check("accuracy", "leaves out targets that do not count", "accuracy", ignoring, right,
          hint="They are neither right nor wrong: they don't stand below the line either"),
    Check("accuracy", "is nan of nothing", "accuracy", {"batches": [], "ignore_index": None},
          {"accuracy": NAN, "counts": np.zeros(2, np.int64)}),
]  # fmt: skip

GROUPS = [
    Check("groups", "finds the samples of tensors, tuples, lists, dicts and what is nested in them", "sizes",
          lambda rng: {"n": int(rng.integers(2, 9))}, lambda n: dict.fromkeys(FORMS, n),
          hint="The first value, and in it the first, until it is no dict, tuple or list"),
    Check("groups", "finds the samples of NumPy's arrays as well", "sizes_of",
          lambda rng: {"x": rng.normal(size=(int(rng.integers(2, 9)), 3)), "y": np.zeros(12)},
          lambda x, y: dict.fromkeys(FORMS, len(x)),
          hint="What is no dict, tuple or list has a length of its own: len(…) asks for it"),
    Check("groups", "makes groups, the last with what is left", "grouped",
          {"batches": list("abcdefg"), "size": 3, "start": 0}, [list("abc"), list("def"), ["g"]],
          hint="The last group has what is left, if anything is"),
    Check("groups", "leaves out batches at the start", "grouped",
          {"batches": list("abcdefg"), "size": 2, "start": 1}, [list("bc"), list("de"), list("fg")],
          hint="`islice(batches, start, None)` begins later"),
    Check("groups", "groups as many batches as there are", "grouped", lots, grouped),
    Check("groups", "gives no group, and no empty one, where nothing is left", "grouped",
          {"batches": list("ab"), "size": 2, "start": 2}, []),
    Check("groups", "takes no batch before it is needed", "taken", {"count": 7, "size": 2}, [2, 4],
          hint="A loader may be endless, or larger than memory: don't make a list of it"),
]  # fmt: skip

UPDATE = [
    Check("update", "makes the step of plain gradient descent with one batch", "updated", problem(6, lr=0.3), left,
          hint="Gradients of an earlier step must be dropped first"),
    Check("update", "adds up the gradients of two batches of the same size", "updated", problem(4, 4, lr=0.3), left,
          rtol=1e-5, hint="Old gradients are dropped once, before the first batch; each batch counts by its share"),
    Check("update", "makes of batches of 5 and 2 samples the step of one batch of 7", "updated",
          problem(5, 2, lr=0.3), left, rtol=1e-5, hint="Each batch counts by its share of the samples: 5/7 and 2/7"),
    Check("update", "adds up losses that are sums as they are, and reports their mean", "updated",
          problem(5, 2, lr=0.02, reduction="sum"), left, rtol=1e-5,
          hint="A sum counts by its samples already (`_is_sum`); `_take` makes a mean of it"),
    Check("update", "shortens gradients that are too long, and says how long they were", "updated",
          problem(4, 3, lr=0.3, clip_norm=0.01), left, rtol=1e-5,
          hint="`clip_grad_norm_` returns a tensor; the row, which is logged, takes floats"),
    Check("update", "leaves short gradients as they are", "updated", problem(4, lr=0.3, clip_norm=1e6), left,
          rtol=1e-5),
    Check("update", "lets other processes share their gradients, then clips, then steps", "shared",
          problem(5, 2, lr=0.3, clip_norm=0.01), left_by_two, rtol=1e-5,
          hint="`_share_gradients` is told of all samples of this step, and what it leaves is clipped"),
    Check("update", "goes forward and backward with one batch before the next", "order_of_work", problem(4, 4, 4),
          lambda batches, **_: ["forward", "backward"] * len(batches),
          hint="If all losses are computed first, all graphs are in memory at the same time"),
    Check("update", "counts steps and batches", "counted", problem(2, 2), {"steps": 3, "batches": 6}),
    Check("update", "moves a schedule of steps at each step", "rates", problem(2, schedule="step"), [0.5, 0.25, 0.125]),
    Check("update", "leaves a schedule of epochs alone", "rates", problem(2, schedule="epoch"), [1.0, 1.0, 1.0]),
    Check("update", "shows outputs and targets to the metrics", "observed", problem(5, 2), absolute, rtol=1e-5),
    Check("update", "refuses a loss that is not finite, and says where", "refused",
          {"weight": np.full((2, 3), np.inf), "bias": np.zeros(2), "batches": [[np.ones((2, 3)), np.ones((2, 2))]]},
          Raised("TrainingError", mentions=("epoch 1", "step 1"))),
    Check("update", "refuses batches that are no pairs, and says what came", "refused_triple",
          {"weight": np.ones((2, 3)), "bias": np.zeros(2), "x": np.ones((2, 3))},
          Raised("TrainingError", mentions=("inputs, targets", "3"))),
]  # fmt: skip

TOWER = [True, True, False, False, False, True]
EVALUATE = [
    Check("evaluate", "switches to evaluation, and each module back to its own mode", "modes", {"error": False},
          {"before": TOWER, "inside": [False] * 6, "after": TOWER},
          hint="One part of the model was in evaluation before, and must stay so"),
    Check("evaluate", "switches back after an error too", "modes", {"error": True},
          {"before": TOWER, "inside": [False] * 6, "after": TOWER}, hint="`yield` belongs into try … finally"),
    Check("evaluate", "lets random numbers go on as if nobody had looked", "dice",
          verify=as_if_unseen, hint="`RandomState()` has state_dict() and load_state_dict(…)"),
    Check("evaluate", "takes the mean over all samples, not over batches", "evaluated", problem(5, 1, 3),
          looked, rtol=1e-5, hint="Each batch counts by its samples: `self.count(batch)`"),
    Check("evaluate", "takes the mean of losses that are sums", "evaluated", problem(5, 1, 3, reduction="sum"), looked,
          rtol=1e-5, hint="`self._mean(loss, size)` returns the mean, as a number, of either kind of loss"),
    Check("evaluate", "lets dropout rest", "evaluated_with_dropout", problem(6), loss_of, rtol=1e-5),
    Check("evaluate", "begins with metrics at nothing each time", "evaluated_twice", problem(4, 2),
          lambda **given: {"first": looked(**given), "second": looked(**given)}, rtol=1e-5,
          hint="Copies (`deepcopy`) of metrics that have counted in training have to be `reset()`"),
    Check("evaluate", "touches neither weights nor the training's metrics, and records no graph", "untouched",
          problem(4, 2), unrecorded, rtol=1e-5,
          hint="While it looks, `self._watching` are the copies, and whatever happens `self.metrics` again afterwards"),
    Check("evaluate", "lets Ctrl-C interrupt before each batch", "interrupted_look", problem(2, 2, 2, after=1),
          {"batches": 1, "the caller hears of it": True}, hint="`self._interrupts.check()` raises KeyboardInterrupt"),
]  # fmt: skip

EPOCH = ["epoch_start", "batch_end", "batch_end", "validation_start", "validation_end", "epoch_end"]
FIT = [
    Check("fit", "makes the steps of three epochs, one per batch", "fitted",
          problem(4, 2, 3, lr=0.1, epochs=3, accumulate=1),
          trained, rtol=1e-5),
    Check("fit", "joins batches to steps, within an epoch only", "fitted",
          problem(4, 2, 3, lr=0.1, epochs=2, accumulate=2),
          trained, rtol=1e-5, hint="Each list that `_remaining` yields is for one `update`"),
    Check("fit", "validates after each epoch, and learns nothing from it", "validated", with_validation, two_epochs,
          rtol=1e-5),
    Check("fit", "tells callbacks of each moment, in its order", "events", problem(3, 3, epochs=2),
          ["fit_start", *EPOCH, *EPOCH, "fit_end"],
          hint="Begin the epoch, settle each step, validate, end the epoch; `_session` does the rest"),
    Check("fit", "leaves after the step in which it is told to stop", "stopped", problem(2, 2, 2, event="batch_end"),
          {"steps": 2, "epochs": 0, "last moment": "fit_end"},
          hint="The rest of the epoch is not made, and the epoch not ended"),
    Check("fit", "leaves after the epoch in which it is told to stop", "stopped", problem(2, 2, 2, event="epoch_end"),
          {"steps": 6, "epochs": 2, "last moment": "fit_end"}, hint='`self.stopped` says why, and is "" otherwise'),
    Check("fit", "goes on with a second call where the first one ended", "continued", problem(2, 2),
          {"epochs at first": 1, "epochs at last": [1, 2, 3], "goal": 3},
          hint="epochs are those beyond what earlier calls asked for"),
    Check("fit", "refuses to train on nothing", "fit_without_batches", {"weight": np.ones((2, 3)), "bias": np.zeros(2)},
          Raised("TrainingError", mentions=("none",))),
]  # fmt: skip

EARLY = [
    Check("early_stopping", "takes smaller for better with min", "better", pairs("min"), compared,
          hint="Equal is not better, and a comparison with nan is False"),
    Check("early_stopping", "takes larger for better with max", "better", pairs("max"), compared,
          hint="`self.mode` says which of the two is asked for"),
    Check("early_stopping", "stops when two epochs in a row were no better", "stops",
          {"values": [5.0, 4.0, 4.0, 4.5, 3.0], "patience": 2, "min_delta": 0.0, "mode": "min"},
          {"stops after epoch": 4, "best": 4.0, "waited": 2},
          hint="As good is not better, and the epoch with which patience is used up is the last"),
    Check("early_stopping", "begins to wait anew after each better epoch", "stops",
          {"values": [5.0, 6.0, 4.0, 5.0, 3.0, 4.0], "patience": 2, "min_delta": 0.0, "mode": "min"},
          {"stops after epoch": None, "best": 3.0, "waited": 1}, hint="With a new best, `waited` is 0 again"),
    Check("early_stopping", "asks for an improvement by more than min_delta", "stops",
          {"values": [5.0, 4.9, 4.8, 4.3, 4.2], "patience": 4, "min_delta": 0.5, "mode": "min"},
          {"stops after epoch": None, "best": 4.3, "waited": 1},
          hint="value + min_delta has to be better; what is noted is the value, and only if it was better enough"),
    Check("early_stopping", "watches accuracies upwards, with a min_delta too", "stops",
          {"values": [0.5, 0.55, 0.65, 0.6, 0.7], "patience": 2, "min_delta": 0.1, "mode": "max"},
          {"stops after epoch": 5, "best": 0.65, "waited": 2},
          hint="`self.min_delta` is negative for max already: add it in any case"),
    Check("early_stopping", "takes nan for no better, and waits", "stops",
          {"values": [5.0, NAN, NAN, NAN], "patience": 3, "min_delta": 0.0, "mode": "min"},
          {"stops after epoch": 4, "best": 5.0, "waited": 3}, hint="nan is no reason to go on: it is one epoch more"),
    Check("early_stopping", "stops in time whatever the losses are", "stops", figures("min"), waited_for),
    Check("early_stopping", "stops in time whatever the accuracies are", "stops", figures("max"), waited_for),
]  # fmt: skip

BEST = [
    Check("best", "keeps the weights of the smallest loss", "kept",
          {"values": [3.0, 1.0, 2.0], "mode": "min", "averaged": False}, kept,
          hint="state_dict() shares memory with the model: take copies"),
    Check("best", "keeps the first of equal ones, of the largest figure", "kept",
          {"values": [0.5, 0.9, 0.9, 0.7], "mode": "max", "averaged": False}, kept),
    Check("best", "never takes nan for the best", "kept",
          {"values": [NAN, 2.0, NAN], "mode": "min", "averaged": False}, {"weight": 2.0, "epoch": 2, "best": 2.0}),
    Check("best", "finds the smallest of many epochs", "kept", judged("min", averaged=False), kept),
    Check("best", "finds the largest of many averages", "kept", judged("max", averaged=True), kept,
          hint="`trainer.judged()` is the model that was validated"),
    Check("best", "keeps the average where that was judged", "kept",
          {"values": [3.0, 1.0, 2.0], "mode": "min", "averaged": True}, kept),
    Check("best", "refuses to restore what nobody kept", "restored_too_early", {}, Raised("StateError")),
]  # fmt: skip

PRUNE = [
    Check("prune", "puts the largest first, the earlier of equal ones first", "ranked",
          {"metrics": [0.5, 0.9, 0.7, 0.9], "mode": "max"}, [2, 4, 3, 1],
          hint="An earlier checkpoint has smaller `numbers_in(path)`; of equal metrics it is first"),
    Check("prune", "puts the smallest first where small is good", "ranked",
          {"metrics": [0.5, 0.9, 0.1], "mode": "min"}, [3, 1, 2]),
    Check("prune", "leaves out what has no metric, or nan", "ranked",
          {"metrics": [None, 0.2, NAN, 0.1], "mode": "max"}, [2, 4]),
    Check("prune", "ranks many checkpoints where small is good", "ranked", measured("min"), ranked),
    Check("prune", "ranks many checkpoints where large is good", "ranked", measured("max"), ranked),
    Check("prune", "keeps the last two and the best", "pruned",
          {"metrics": [0.1, 0.9, 0.3, 0.4, 0.5], "keep": 2, "mode": "max", "damaged": []}, [2, 4, 5],
          hint="What is older than the last `keep` whole ones goes, but for the best"),
    Check("prune", "keeps no more than the last where the best is among them", "pruned",
          {"metrics": [0.1, 0.2, 0.3, 0.9], "keep": 2, "mode": "max", "damaged": []}, [3, 4],
          hint="The best of all whole ones stays, not the best of the older ones"),
    Check("prune", "does not count damaged ones among those to keep, and drops old ones", "pruned",
          {"metrics": [0.1, 0.9, 0.3, 0.4, 0.5], "keep": 2, "mode": "max", "damaged": [2, 4]}, [3, 4, 5],
          hint="keep is a number of checkpoints that can be used"),
    Check("prune", "never takes a damaged one for the best", "pruned",
          {"metrics": [0.9, 0.5, 0.1, 0.2], "keep": 1, "mode": "max", "damaged": [1]}, [2, 4]),
    Check("prune", "leaves damaged ones that are not older than the last", "pruned",
          {"metrics": [0.1, 0.2, 0.3, 0.4], "keep": 2, "mode": "max", "damaged": [3]}, [2, 3, 4],
          hint="Only what is older than the last `keep` whole ones goes"),
    Check("prune", "keeps what many checkpoints need, where small is good", "pruned", saved("min"), staying),
    Check("prune", "keeps what many checkpoints need, where large is good", "pruned", saved("max"), staying),
    Check("prune", "removes nothing where there are few", "pruned",
          {"metrics": [0.1, 0.2], "keep": 3, "mode": "min", "damaged": []}, [1, 2]),
]  # fmt: skip

COMMIT = [
    Check("commit", "writes arrays and manifest, with the size and the digest of the arrays", "committed",
          lambda rng: {**committed(rng), "there": []}, verify=sound),
    Check("commit", "gives each checkpoint the next number, and leaves nothing else in the folder", "committed",
          {"steps": [7, 9], "there": [], "values": [1.0]}, verify=named),
    Check("commit", "counts from the highest number in the folder, not from how many there are", "committed",
          committed, verify=named),
    Check("commit", "flushes all that is hidden, renames it, and flushes the folder of the new name", "order_of_commit",
          verify=in_order),
    Check("commit", "leaves the folder as it was if the arrays cannot be written", "failed_commit",
          {"function": "write_arrays"}, {"there": ["000001-step-1"], "error": "the disk is full"}),
    Check("commit", "leaves the folder as it was if the disk fails in the last moment", "failed_commit",
          {"function": "flush_folder"}, {"there": ["000001-step-1"], "error": "the disk is full"},
          hint="What is hidden must go in any case, and the error must reach the caller"),
]  # fmt: skip


RESUME = [
    Check("resume", "names model, optimizer, random numbers and the trainer itself", "parts", {"scheduled": False},
          named_parts, hint="`RandomState(self.communicator)` holds the random numbers of all processes"),
    Check("resume", "names the schedule where there is one", "parts", {"scheduled": True}, named_parts),
    Check("resume", "loads modules last", "modules_last", {}, ["optimizer 1", "trainer 2", "model"]),
    Check("resume", "loads all parts if none refuses", "loaded", {"refuses": False},
          {"log": ["first 7", "second 8"], "values": [7, 8], "weight": 1.0, "error": ""}),
    Check("resume", "puts all parts back if one refuses, the latest first, and says which", "loaded", {"refuses": True},
          {"log": ["first 7", "second 8", "second 0", "first 0"], "values": [0, 0], "weight": 0.0,
           "error": "cannot use run: second does not take the state that was saved: not mine"},
          hint="The part that refused may have changed half of itself; and a state may share memory with its part"),
    Check("resume", "goes on after an interruption with the same bits", "interrupted",
          lambda rng: {"x": rng.normal(size=(10, 3)), "y": rng.normal(size=(10, 1)), "drop": 0.5}, verify=same_run,
          hint="Adam's moments, the order of the data and dropout's dice belong to the run as well"),
]  # fmt: skip

MEMORY = [
    Check("footprint", "finds nothing that SGD keeps", "memory", layers("SGD"), verify=fits_into_memory,
          hint="Look at the activations right after forward, at the gradients right after backward"),
    Check("footprint", "finds one number per parameter for momentum", "memory", layers("momentum"),
          verify=fits_into_memory),
    Check("footprint", "finds two numbers per parameter for Adam, and activations that grow with the batch", "memory",
          {"samples": 64, "optimizer": "Adam", "sizes": [20, 100, 5]}, verify=fits_into_memory),
    Check("footprint", "counts the buffers of batch norm: two numbers per channel, and a count", "buffers",
          lambda rng: {"channels": int(rng.integers(5, 40))}, lambda channels: 2 * 4 * channels + 8),
    Check("footprint", "counts gradients that were there before backward", "memory_of_early_gradients", layer, of_layer,
          hint="After backward, show the tracker each p.grad that is not None"),
    Check("footprint", "counts what an optimizer keeps in NumPy's arrays", "memory_of_numeric_optimizer", layer,
          of_layer, hint="A scope sees tensors only: show the tracker the state once more after the step"),
    Check("footprint", "has forgotten the loss when the optimizer steps", "loss_in_step", {}, [False],
          hint="What a name still holds counts for the peak: `del` it"),
    Check("footprint", "sees from the beginning what the optimizer has kept since an earlier step",
          "memory_of_warm_optimizer", verify=there_from_the_beginning,
          hint="Show the tracker the optimizer's state before forward, and again after the step"),
]  # fmt: skip

CHECKS = [
    *MEAN, *ACCURACY, *GROUPS, *UPDATE, *EVALUATE, *FIT, *EARLY, *BEST, *PRUNE, *COMMIT, *RESUME, *MEMORY,
]  # fmt: skip
