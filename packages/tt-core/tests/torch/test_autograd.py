"""How gradients behave around the operations: the same program in both libraries, the same outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tt_core as tt

from .harness import compare, ours, values

Program = Callable[[Any], list[Any]]


def leaf(m: Any, numbers: list[float] | None = None) -> Any:
    return m.tensor([1.0, 2.0, 3.0] if numbers is None else numbers, requires_grad=True)


def outcome(program: Program, m: Any) -> list[Any]:
    """Return what a program returns, with tensors as lists, or that it failed."""
    try:
        found = program(m)
    except (RuntimeError, ValueError):
        return ["an error"]
    return [x.detach().tolist() if isinstance(x, (tt.Tensor, torch.Tensor)) else x for x in found]


def leaves_and_results(m: Any) -> list[Any]:
    x = leaf(m)
    y = x * 2
    y.sum().backward()
    return [x.grad, x.is_leaf, y.is_leaf, y.requires_grad, x.detach().requires_grad, y.detach().is_leaf]


def gradients_add_up(m: Any) -> list[Any]:
    x = leaf(m)
    (x * 2).sum().backward()
    (x * x).sum().backward()
    kept = x.grad
    x.grad = None
    x.sum().backward()
    return [kept, x.grad]


def a_second_backward(m: Any) -> list[Any]:
    y = (leaf(m) * leaf(m)).sum()
    y.backward()
    y.backward()
    return []


def a_second_backward_of_a_sum(m: Any) -> list[Any]:
    x = leaf(m)
    y = x.sum()
    y.backward()
    y.backward()
    return [x.grad]


def a_retained_graph(m: Any) -> list[Any]:
    x = leaf(m)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return [x.grad]


def half_of_a_freed_graph(m: Any) -> list[Any]:
    x = leaf(m)
    y = x.exp()
    (y * 2).sum().backward()
    (y * 3).sum().backward()
    return []


def backward_of_a_vector(m: Any) -> list[Any]:
    (leaf(m) * 2).backward()
    return []


def backward_of_a_constant(m: Any) -> list[Any]:
    m.tensor(1.0).backward()
    return []


def a_given_gradient(m: Any) -> list[Any]:
    x = leaf(m)
    (x * x).backward(m.tensor([1.0, 0.0, -1.0]))
    return [x.grad]


def a_gradient_of_another_shape(m: Any) -> list[Any]:
    leaf(m).exp().backward(m.ones(2))
    return []


def hooks(m: Any) -> list[Any]:
    x, seen = leaf(m), []
    y = x * x
    handle = y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: seen.append(g.tolist()))
    (y.sum() + x.sum()).backward(retain_graph=True)
    handle.remove()
    (y.sum() + x.sum()).backward()
    return [x.grad, *seen]


def a_hook_that_replaces(m: Any) -> list[Any]:
    x = leaf(m)
    x.register_hook(lambda g: g * 0 + 7)
    (x * x).sum().backward()
    return [x.grad, m.autograd.grad((x * x).sum(), x)[0] if m is torch else m.grad((x * x).sum(), x)[0]]


def retained_gradients(m: Any) -> list[Any]:
    x = leaf(m)
    y = x * x
    y.retain_grad()
    (y * 3).sum().backward()
    return [y.grad, x.grad]


def assignment_to_a_result(m: Any) -> list[Any]:
    x, v = leaf(m), leaf(m, [5.0])
    y = x * 2
    y[0] = v[0] * v[0]
    (y * y).sum().backward()
    return [y, x.grad, v.grad]


def assignment_into_a_constant(m: Any) -> list[Any]:
    x, buffer = leaf(m), m.zeros(5)
    buffer[1:4] = x
    (buffer * buffer).sum().backward()
    return [buffer, buffer.requires_grad, x.grad]


def in_place_on_a_result(m: Any) -> list[Any]:
    x = leaf(m)
    y = x * 2
    y.add_(1).mul_(x)
    y -= 1
    y.sum().backward()
    return [y, x.grad]


def in_place_on_a_leaf(m: Any) -> list[Any]:
    leaf(m).add_(1)
    return []


def assignment_to_a_leaf(m: Any) -> list[Any]:
    leaf(m)[0] = 1.0
    return []


def in_place_on_a_leaf_without_recording(m: Any) -> list[Any]:
    x = leaf(m)
    with m.no_grad():
        x -= 1
    (x * x).sum().backward()
    return [x, x.requires_grad, x.grad]


def in_place_on_what_was_saved(m: Any) -> list[Any]:
    x = leaf(m)
    y = x * 1
    z = y * y
    y.add_(1)
    z.sum().backward()
    return []


def in_place_on_a_saved_result(m: Any) -> list[Any]:
    y = leaf(m).exp()
    y.mul_(2)
    y.sum().backward()
    return []


def in_place_on_what_was_not_saved(m: Any) -> list[Any]:
    x = leaf(m)
    y = x + 1
    y.mul_(2)
    y.sum().backward()
    return [x.grad]


def an_optimizer_step_before_backward(m: Any) -> list[Any]:
    w = leaf(m)
    loss = (w * w).sum()
    with m.no_grad():
        w.sub_(0.1)
    loss.backward()
    return []


def a_view_of_a_leaf_changed(m: Any) -> list[Any]:
    leaf(m)[1:].zero_()
    return []


def nested_modes(m: Any) -> list[Any]:
    x, found = leaf(m), []
    with m.no_grad():
        found.append((x * 2).requires_grad)
        with m.enable_grad():
            found.append((x * 2).requires_grad)
        found.append((x * 2).requires_grad)
    return [*found, (x * 2).requires_grad, m.is_grad_enabled()]


def modes_as_decorators(m: Any) -> list[Any]:
    x = leaf(m)

    @m.no_grad()
    def double(x: Any) -> Any:
        return x * 2

    @m.inference_mode()
    def triple(x: Any) -> Any:
        return x * 3

    return [double(x).requires_grad, double(x).requires_grad, triple(x).requires_grad, (x * 2).requires_grad]


def inference_results_saved(m: Any) -> list[Any]:
    with m.inference_mode():
        y = m.ones(3) * 2
    (leaf(m) * y).sum().backward()
    return []


def inference_results_used(m: Any) -> list[Any]:
    with m.inference_mode():
        y = m.ones(3) * 2
    return [y + 1, y.clone() * leaf(m)]


def gradients_of_integers(m: Any) -> list[Any]:
    m.tensor([1, 2], requires_grad=True)
    return []


def requires_grad_of_a_result(m: Any) -> list[Any]:
    (leaf(m) * 2).requires_grad_(False)
    return []


def a_detached_factor(m: Any) -> list[Any]:
    x = leaf(m)
    (x * x.detach()).sum().backward()
    return [x.grad]


def an_unused_view(m: Any) -> list[Any]:
    x = leaf(m)
    a, _, c = x.unbind()
    (a * c).backward()
    return [x.grad]


def a_diamond(m: Any) -> list[Any]:
    x = leaf(m)
    y = x
    for _ in range(30):
        y = y * 0.5 + y * 0.5
    y.sum().backward()
    return [x.grad]


def a_leaf_twice(m: Any) -> list[Any]:
    x = leaf(m)
    m.cat([x, x, x * x]).sum().backward()
    return [x.grad]


PROGRAMS: list[Program] = [
    leaves_and_results,
    gradients_add_up,
    a_second_backward,
    a_second_backward_of_a_sum,
    a_retained_graph,
    half_of_a_freed_graph,
    backward_of_a_vector,
    backward_of_a_constant,
    a_given_gradient,
    a_gradient_of_another_shape,
    hooks,
    a_hook_that_replaces,
    retained_gradients,
    assignment_to_a_result,
    assignment_into_a_constant,
    in_place_on_a_result,
    in_place_on_a_leaf,
    assignment_to_a_leaf,
    in_place_on_a_leaf_without_recording,
    in_place_on_what_was_saved,
    in_place_on_a_saved_result,
    in_place_on_what_was_not_saved,
    an_optimizer_step_before_backward,
    a_view_of_a_leaf_changed,
    nested_modes,
    modes_as_decorators,
    inference_results_saved,
    inference_results_used,
    gradients_of_integers,
    requires_grad_of_a_result,
    a_detached_factor,
    an_unused_view,
    a_diamond,
    a_leaf_twice,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_programs_have_the_same_outcome(program: Program) -> None:
    assert outcome(program, tt) == outcome(program, torch)


def f(m: Any, x: Any, y: Any) -> Any:
    return m.exp(x) * y + (x * x * y).sum()


def pair() -> tuple[list[torch.Tensor], list[tt.Tensor]]:
    theirs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ([0.1, -0.2, 0.3], [1.0, 2.0, -1.5])]
    return theirs, ours(theirs)


def same(mine: Any, theirs: Any) -> None:
    if isinstance(theirs, torch.Tensor):
        compare(mine, theirs, "derivative")
        return
    assert len(mine) == len(theirs)
    for m, t in zip(mine, theirs, strict=True):
        same(m, t)


def test_grad_with_unused_inputs_and_several_outputs() -> None:
    (a, b), (x, y) = pair()
    mine = tt.grad([x.sum(), (x * x).sum()], [x, y], allow_unused=True)
    theirs = torch.autograd.grad([a.sum(), (a * a).sum()], [a, b], allow_unused=True)
    same(mine[0], theirs[0])
    assert mine[1] is None
    assert theirs[1] is None
    with pytest.raises(tt.GradientError, match="expected outputs that depend on input 1"):
        tt.grad(x.sum(), [x, y])


def test_grad_of_grad_of_grad() -> None:
    (a, _), (x, _) = pair()
    y, z = torch.sin(a * a), tt.sin(x * x)
    for _ in range(4):
        (y,) = torch.autograd.grad(y.sum(), a, create_graph=True)
        (z,) = tt.grad(z.sum(), x, create_graph=True)
        same(z, y)


def test_jacobian_hessian_vjp_jvp() -> None:
    theirs, mine = pair()
    g, h = (lambda x, y: f(torch, x, y)), (lambda x, y: f(tt, x, y))
    a = torch.autograd.functional
    same(tt.jacobian(h, tuple(mine)), a.jacobian(g, tuple(theirs)))
    same(tt.hessian(lambda x, y: h(x, y).sum(), tuple(mine)), a.hessian(lambda x, y: g(x, y).sum(), tuple(theirs)))
    v = torch.tensor([1.0, -1.0, 2.0], dtype=torch.float64)
    same(tt.vjp(h, tuple(mine), ours(v)), a.vjp(g, tuple(theirs), v))
    same(tt.jvp(h, tuple(mine), (ours(v), ours(v))), a.jvp(g, tuple(theirs), (v, v)))
    same(tt.jacobian(lambda x: (x * 2, x.sum()), mine[0]), a.jacobian(lambda x: (x * 2, x.sum()), theirs[0]))
    same(tt.jacobian(lambda x: tt.ones(2), mine[0].float()), a.jacobian(lambda x: torch.ones(2), theirs[0].float()))
    same(tt.hessian(lambda x: x.sum(), mine[0]), a.hessian(lambda x: x.sum(), theirs[0]))


def test_derivatives_can_be_differentiated_again() -> None:
    theirs, mine = pair()
    a = torch.autograd.functional
    expected = a.jacobian(lambda x: x * x * x, theirs[0], create_graph=True).sum()
    got = tt.jacobian(lambda x: x * x * x, mine[0], create_graph=True).sum()
    same(tt.grad(got, mine[0]), torch.autograd.grad(expected, theirs[0]))


def scaled(m: Any, base: Any) -> Any:
    """Return a Function with a number as an argument, an output without gradient, and None from backward."""

    class Scaled(base):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, factor: float, y: Any) -> Any:
            ctx.save_for_backward(x, y)
            ctx.factor = factor
            place = x.argmax()
            ctx.mark_non_differentiable(place)
            return x * factor * y, x + y, place

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any, _: Any) -> Any:
            x, y = ctx.saved_tensors
            needed = ctx.needs_input_grad
            assert needed[0]
            assert not needed[1]
            return g * ctx.factor * y + h, None, g * ctx.factor * x + h if needed[2] else None

    return Scaled


@pytest.mark.parametrize("use", [(1, 1), (1, 0), (0, 1)])
def test_a_function_of_ones_own(use: tuple[int, int]) -> None:
    theirs, mine = pair()
    results = []
    for m, base, (x, y) in ((torch, torch.autograd.Function, theirs), (tt, tt.Function, mine)):
        a, b, place = scaled(m, base).apply(x, 3.0, y)
        assert not place.requires_grad
        ((a * a).sum() * use[0] + b.sum() * use[1]).backward()
        results.append([a, b, x.grad, y.grad])
    same(results[1], results[0])


def test_a_checkpoint_changes_nothing() -> None:
    theirs, mine = pair()
    weights = ours(theirs[1])

    def part(x: tt.Tensor) -> tt.Tensor:
        return (x * weights).sin().exp()

    for wrapped in (part, lambda x: tt.checkpoint(part, x)):
        mine[0].grad = weights.grad = None
        wrapped(wrapped(mine[0] * 2)).sum().backward()
        for t in theirs:
            t.grad = None
        y = (theirs[0] * 2 * theirs[1]).sin().exp()
        (y * theirs[1]).sin().exp().sum().backward()
        same([mine[0].grad, weights.grad], [theirs[0].grad, theirs[1].grad])


def test_dlpack_and_arrays_share_memory_both_ways() -> None:
    x = tt.arange(6).reshape(2, 3)
    t = torch.from_dlpack(x)
    t[0, 0] = 9
    assert x[0, 0] == 9
    y = tt.from_dlpack(t)
    y[1, 1] = 7
    assert t[1, 1].item() == x[1, 1].item() == 7
    assert np.shares_memory(values(t), np.asarray(x))
