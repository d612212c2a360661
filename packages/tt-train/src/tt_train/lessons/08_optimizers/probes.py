"""What is done with your code in module 08: plain values go in, plain values come out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import numpy as np

import tt_core as tt
from tt_core import Tensor, nn
from tt_train import optim
from tt_train.averaging import AveragedModel, get_ema_avg_fn, get_ema_multi_avg_fn
from tt_train.optimizers import arithmetic
from tt_train.optimizers.base import Optimizer
from tt_train.optimizers.clipping import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from tt_train.schedulers.base import LRScheduler
from tt_train.schedulers.combined import warmup_cosine
from tt_train.schedulers.cosine import bell

SCHEDULES: dict[str, Any] = {
    "StepLR": optim.lr_scheduler.StepLR,
    "LinearLR": optim.lr_scheduler.LinearLR,
    "CosineAnnealingLR": optim.lr_scheduler.CosineAnnealingLR,
    "CosineAnnealingWarmRestarts": optim.lr_scheduler.CosineAnnealingWarmRestarts,
    "warmup_cosine": warmup_cosine,
}


def parameter(x: Any, gradient: Any = None) -> Tensor:
    """Return a parameter on an array of its own, with a gradient if one is given."""
    p = nn.Parameter(np.array(x))
    p.grad = None if gradient is None else tt.tensor(gradient)
    return p


def stretch(x: Any, gap: int) -> tuple[Any, Any]:
    """Return memory of which every `gap`-th number is one of x and the others are 7, and a view of those of x."""
    memory = np.full(len(x) * gap, 7.0, x.dtype)
    view = memory[::gap]
    view[...] = x
    return memory, view


# 08.1 and 08.2


def blended(kind: str, x: Any, y: Any, numbers: list[float], gap: int) -> list[Any]:
    """Return the memory that x is in, and y, after x was changed in place."""
    memory, view = stretch(x, gap)
    other = y.copy()
    getattr(arithmetic, kind)(view, *_arguments(kind, other, numbers), np.empty_like(x))
    return [memory, other]


def blended_by_blas(kind: str, x: Any, y: Any, numbers: list[float], gap: int) -> list[Any]:
    """Return the same with an `axpby` that can do everything, on every machine."""
    with patch.object(arithmetic, "axpby", axpby):
        return blended(kind, x, y, numbers, gap)


def axpby(alpha: float, x: Any, beta: float, y: Any) -> bool:
    """Let y ← βy + αx, and tell that it is done."""
    y[...] = beta * y + alpha * x
    return True


def _arguments(kind: str, y: Any, numbers: list[float]) -> list[Any]:
    return [y, *numbers] if kind == "add" else [numbers[0], y, numbers[1]]


def bytes_allocated(kind: str, n: int) -> int:
    """Return how many bytes were allocated at most, at one time, while numbers with gaps between them were mixed."""
    memory = [np.ones(2 * n)[::2] for _ in range(3)]
    x, y, a = memory
    tracemalloc.start()
    try:
        getattr(arithmetic, kind)(x, *_arguments(kind, y, [0.5, 0.25]), a)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def root_of(x: Any, eps: float) -> Any:
    """Return the root."""
    return arithmetic.root(x, eps, np.zeros_like(x)).copy()


def rooted(x: Any, eps: float) -> list[Any]:
    """Return the root, then x and the scratch memory after 100 was added to what was returned."""
    scratch, given = np.zeros_like(x), x.copy()
    got = arithmetic.root(given, eps, scratch)
    found = got.copy()
    got += 100
    return [found, given, scratch]


def quotient_added(x: Any, y: Any, divisor: Any, factor: float, gap: int) -> list[Any]:
    """Return the memory that x is in, and y."""
    memory, view = stretch(x, gap)
    other = y.copy()
    arithmetic.add_quotient(view, other, divisor.copy(), factor)
    return [memory, other]


# 08.3, 08.6 and 08.7


def made(kind: str, options: Mapping[str, Any]) -> Optimizer:
    """Return an optimizer of one parameter."""
    found: Optimizer = getattr(optim, kind)([parameter([0.0])], **options)
    return found


def settings(optimizer: Optimizer) -> dict[str, Any]:
    """Return what `update` is given as `o`."""
    return {name: value for name, value in optimizer.param_groups[0].items() if name != "params"}


def kept(kind: str, options: dict[str, Any]) -> dict[str, float]:
    """Return what an optimizer keeps for each parameter, and what it starts at."""
    optimizer = made(kind, options)
    return optimizer.init(settings(optimizer))


def path(kind: str, options: dict[str, Any], start: Any, gradients: Any) -> Any:
    """Call `update` once for each gradient, always on the same memory, and return where p was after each."""
    optimizer = made(kind, options)
    o, p = settings(optimizer), start.copy()
    state = {name: np.full_like(p, value) for name, value in optimizer.init(o).items()}
    scratch, seen = np.full_like(p, 7.0), []
    for i, g in enumerate(gradients):
        t = i + 1 if optimizer.counted else min(i + 1, 2)
        optimizer.update(p, g.copy(), state, o, t, scratch)
        seen.append(p.copy())
    return np.array(seen)


def gradient_after(kind: str, options: dict[str, Any], start: Any, gradients: Any) -> Any:
    """Return the last gradient as `update` left it."""
    optimizer = made(kind, options)
    o, p = settings(optimizer), start.copy()
    state = {name: np.full_like(p, value) for name, value in optimizer.init(o).items()}
    given = gradients.copy()
    for i, g in enumerate(given):
        optimizer.update(p, g, state, o, i + 1, np.empty_like(p))
    return given


def stepped(kind: str, options: dict[str, Any], start: Any, gradients: Any) -> Any:
    """Return a parameter after a `step()` for each gradient."""
    p = parameter(start)
    optimizer = getattr(optim, kind)([p], **options)
    for g in gradients:
        p.grad = tt.tensor(g)
        optimizer.step()
    return p.detach()


# 08.4


class Plain(Optimizer):
    """p ← p − η g, and a note of the settings that came."""

    def __init__(self, params: Any, lr: Any, **others: Any) -> None:
        super().__init__(params, {"lr": lr, **others})
        self.notes: list[Any] = []

    def update(self, p: Any, g: Any, s: Any, o: Any, t: int, a: Any) -> None:  # noqa: ARG002
        """Go down, and remember."""
        self.notes.append(dict(o))
        p -= o["lr"] * g


class Decoupled(Plain):
    """The same with a weight decay of its own."""

    decoupled = True


def direction(p: Any, g: Any, options: dict[str, Any], decoupled: bool = False) -> list[Any]:
    """Return the direction, and then p and g."""
    optimizer = (Decoupled if decoupled else Plain)([parameter([0.0])], lr=1.0)
    found = optimizer._direction(p, g, options, np.full_like(p, 7.0))
    return [found.copy(), p, g]


def direction_is_gradient(p: Any, g: Any) -> Any:
    """Write 5 into the direction, and return g."""
    optimizer = Plain([parameter([0.0])], lr=1.0)
    optimizer._direction(p, g, {"lr": 0.1, "weight_decay": 0}, np.empty_like(p))[...] = 5.0
    return g


# 08.5


def stepped_once(values: list[Any], gradients: list[Any], rates: list[float]) -> list[Any]:
    """Return parameters, each in a group with a rate of its own, after one step; some have no gradient."""
    params = [parameter(x, g) for x, g in zip(values, gradients, strict=True)]
    groups = [{"params": [p], "lr": lr} for p, lr in zip(params, rates, strict=True)]
    Plain(groups, lr=0.0).step()
    return [p.detach() for p in params]


class Rolling(Optimizer):
    """b ← b / 2 + g, then p ← p − b."""

    def init(self, o: Any) -> dict[str, float]:  # noqa: ARG002
        """Keep b."""
        return {"b": 0.0}

    def update(self, p: Any, g: Any, s: Any, o: Any, t: int, a: Any) -> None:  # noqa: ARG002
        """Roll."""
        s["b"] *= 0.5
        s["b"] += g
        p -= s["b"]


def rolled(gradients: list[Any]) -> list[Any]:
    """Return where a parameter that starts at 0 is after a step for each gradient."""
    p, seen = parameter(np.zeros(2)), []
    optimizer = Rolling([p], {})
    for g in gradients:
        p.grad = tt.tensor(g)
        optimizer.step()
        seen.append(p.data.copy())
    return seen


def settings_seen(lr: float) -> dict[str, Any]:
    """Return what the settings are when `update` sees them; the rate was a NumPy number."""
    optimizer = Plain([parameter([1.0], [1.0])], lr=np.float64(lr))
    optimizer.step()
    found = optimizer.notes[0]
    return {"names": sorted(found), "type": type(found["lr"]).__name__, "lr": found["lr"]}


def closure_first(value: float, lr: float) -> list[Any]:
    """Make a step under no_grad whose closure computes w² and its gradient; return the loss, w, and the calls."""
    w = parameter([value])
    calls = []

    def closure() -> float:
        calls.append(tt.is_grad_enabled())
        loss = (w * w).sum()
        loss.backward()
        return float(loss)

    with tt.no_grad():
        loss = Plain([w], lr=lr).step(closure)
    return [loss, w.detach(), calls]


def step_returns(lr: float) -> object:
    """Return what a step without a closure returns."""
    return Plain([parameter([1.0], [1.0])], lr=lr).step()


def zeroed(gradients: list[Any], set_to_none: bool) -> list[Any]:
    """Return the gradients after `zero_grad`, and those that somebody had taken hold of before."""
    params = [parameter([1.0, 2.0], g) for g in gradients]
    held = [p.grad for p in params]
    Plain([{"params": params[:1]}, {"params": params[1:]}], lr=0.1).zero_grad(set_to_none)
    return [[p.grad for p in params], held]


def record_left(value: float) -> bool:
    """Return whether a gradient that had a record still has one after it was set to zero."""
    w = parameter([value])
    (w * w * w).sum().backward(create_graph=True)
    Plain([w], lr=0.1).zero_grad(set_to_none=False)
    return w.grad is not None and w.grad.requires_grad


# 08.8


def clipped(gradients: list[Any], max_norm: float, norm_type: float = 2.0) -> list[Any]:
    """Return the norm as it was, and the gradients after clipping; a parameter without one is among them."""
    params = [parameter(np.zeros_like(g), g) for g in gradients] + [parameter([1.0])]
    total = clip_grad_norm_(params, max_norm, norm_type)
    return [float(total), [p.grad for p in params[:-1]]]


def clipped_by_value(gradients: list[Any], clip_value: float) -> list[Any]:
    """Return the gradients after clipping."""
    params = [parameter(np.zeros_like(g), g) for g in gradients]
    clip_grad_value_(params, clip_value)
    return [p.grad for p in params]


def total_norm(arrays: list[Any], strict: bool = False) -> list[Any]:
    """Return the norm of all together and its element type."""
    total = get_total_norm([tt.tensor(x) for x in arrays], error_if_nonfinite=strict)
    return [float(total), total.dtype.name]


def memory_after(gradients: list[Any], how: str, bound: float) -> list[Any]:
    """Return the arrays in which the gradients lay before they were clipped."""
    params = [parameter(np.zeros_like(g), g) for g in gradients]
    held = [p.grad.data for p in params if p.grad is not None]
    clip(params, how, bound)
    return held


def clipped_alone(gradient: Any, how: str, bound: float) -> Any:
    """Return the gradient of a parameter that was given by itself, not in a list."""
    p = parameter(np.zeros_like(gradient), gradient)
    clip(p, how, bound)
    return p.grad


def clip(params: Any, how: str, bound: float) -> None:
    """Clip by norm, by a norm of 5 that is known already, or by value."""
    if how == "norm":
        clip_grad_norm_(params, bound)
    elif how == "known norm":
        clip_grads_with_norm_(params, bound, tt.tensor(5.0))
    else:
        clip_grad_value_(params, bound)


def norm_of_one(x: Any) -> float:
    """Return the norm of one tensor that is not in a list."""
    return float(get_total_norm(tt.tensor(x)))


def norm_of_generator(arrays: list[Any]) -> float:
    """Return the norm of tensors that are made one by one."""
    return float(get_total_norm(tt.tensor(x) for x in arrays))


def clipped_although_saved(how: str) -> None:
    """Save a gradient for a backward, clip it, and go backward."""
    w, gradient = parameter([0.0, 0.0]), tt.tensor([3.0, 4.0])
    w.grad = gradient
    factor = tt.tensor([1.0, 1.0], requires_grad=True)
    loss = (factor * gradient).sum()
    clip([w], how, 1.0)
    loss.backward()


# 08.9 to 08.11


def schedule(kind: str, settings: dict[str, Any], lrs: list[float]) -> tuple[Optimizer, LRScheduler]:
    """Return an optimizer with a group for each rate, and its schedule."""
    optimizer = Plain([{"params": [parameter([0.0])], "lr": lr} for lr in lrs], lr=0.0)
    return optimizer, SCHEDULES[kind](optimizer, **settings)


def rates(kind: str, settings: dict[str, Any], lrs: list[float], steps: int) -> Any:
    """Return the rates of each group, at the beginning and after each step."""
    optimizer, scheduler = schedule(kind, settings, lrs)
    seen = []
    for _ in range(steps):
        seen.append([group["lr"] for group in optimizer.param_groups])
        scheduler.step()
    return np.array(seen)


def rates_changed_by_hand(kind: str, settings: dict[str, Any], lr: float, steps: int, at: int) -> Any:
    """Return the rates; before step `at`, somebody halves the present one."""
    optimizer, scheduler = schedule(kind, settings, [lr])
    group, seen = optimizer.param_groups[0], []
    for i in range(steps):
        if i == at:
            group["lr"] /= 2
        seen.append(group["lr"])
        scheduler.step()
    return np.array(seen)


def rate_at(kind: str, settings: dict[str, Any], lrs: list[float], step: int) -> list[float]:
    """Return the rates after a jump to a step."""
    optimizer, scheduler = schedule(kind, settings, lrs)
    scheduler.step(step)
    return [group["lr"] for group in optimizer.param_groups]


def rates_resumed(kind: str, settings: dict[str, Any], lr: float, present: float, last_epoch: int, steps: int) -> Any:
    """Return the rates of a schedule that goes on in the middle of a run, where the rate is `present`."""
    optimizer = Plain([{"params": [parameter([0.0])], "lr": present, "initial_lr": lr}], lr=0.0)
    scheduler = SCHEDULES[kind](optimizer, **settings, last_epoch=last_epoch)
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        scheduler.step()
    return np.array(seen)


def bells(parts: list[float]) -> list[float]:
    """Return the height at each place."""
    return [bell(part) for part in parts]


# 08.12


class Small(nn.Module):
    """A weight, a buffer, and a counter."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(np.zeros(2))
        self.register_buffer("running", tt.tensor([0.0]))

    def set(self, weight: Any, running: float) -> None:
        """Let the weights be these."""
        with tt.no_grad():
            self.weight.copy_(tt.tensor(weight))
            self.get_buffer("running").fill_(running)


def averaged(weights: Any, decay: float | None = None, one_by_one: bool = False, buffers: bool = False) -> list[Any]:
    """Return the average after each of these weights, and the buffer and the count at the end."""
    model = Small()
    functions: dict[str, Any] = {}
    if decay is not None:
        functions = {"avg_fn": get_ema_avg_fn(decay)} if one_by_one else {"multi_avg_fn": get_ema_multi_avg_fn(decay)}
    average = AveragedModel(model, use_buffers=buffers, **functions)
    inner: Any = average.module
    seen = []
    for i, weight in enumerate(weights):
        model.set(weight, float(i))
        average.update_parameters(model)
        seen.append(inner.weight.detach().clone())
    return [seen, inner.get_buffer("running"), int(average.n_averaged)]


def averages_recorded(weights: Any) -> list[bool]:
    """Return whether the averages are leaves still, and whether the model's own weights were left alone."""
    model = Small()
    average = AveragedModel(model)
    inner: Any = average.module
    for weight in weights:
        model.set(weight, 0.0)
        average.update_parameters(model)
    same = bool((model.weight.data == weights[-1]).all())
    return [inner.weight.is_leaf, same]


def whole_numbers(counts: list[int]) -> list[Any]:
    """Return the average of whole numbers, and its element type."""
    average = tt.tensor([counts[0]])
    for n, count in enumerate(counts[1:], start=1):
        get_swa([average], [tt.tensor([count])], n)
    return [average, average.dtype.name]


def get_swa(averages: list[Tensor], currents: list[Tensor], count: int) -> None:
    """Take weights into an equal average."""
    from tt_train.averaging import get_swa_multi_avg_fn

    get_swa_multi_avg_fn()(averages, currents, count)
