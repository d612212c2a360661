"""Operations with a backward of their own, and parts that are computed again instead of kept."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import Function, GradientError, Tensor, checkpoint
from tt_core.autograd import backward
from tt_core.function import FunctionContext, Hub

from .strategies import check_gradient, check_second


class Cube(Function):
    @staticmethod
    def forward(ctx: FunctionContext, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx: FunctionContext, g: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return g * 3 * x * x


class Exponential(Function):
    """Saves what it returns."""

    @staticmethod
    def forward(ctx: FunctionContext, x: Tensor) -> Tensor:
        out = x.exp()
        ctx.save_for_backward(out, None)
        return out

    @staticmethod
    def backward(ctx: FunctionContext, g: Tensor) -> Any:
        out, nothing = ctx.saved_tensors
        assert nothing is None
        return g * out


class SumAndProduct(Function):
    """Two outputs, an argument that is no tensor, and broadcasting that the engine undoes."""

    @staticmethod
    def forward(ctx: FunctionContext, x: Tensor, y: Tensor, scale: float) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(x, y)
        ctx.scale = scale  # type: ignore[attr-defined]  # whatever a user wants to keep
        return (x + y) * scale, x * y

    @staticmethod
    def backward(ctx: FunctionContext, gs: Tensor, gp: Tensor) -> tuple[Tensor, Tensor, None]:
        x, y = ctx.saved_tensors
        scale = ctx.scale  # type: ignore[attr-defined]
        return gs * scale + gp * y, gs * scale + gp * x, None


def leaf(*values: float) -> Tensor:
    return Tensor(values if len(values) > 1 else values[0], requires_grad=True)


def gradient(x: Tensor) -> Any:
    assert x.grad is not None
    return x.grad.tolist()


RNG = np.random.default_rng(0)


@pytest.mark.parametrize("f", [Cube.apply, Exponential.apply, lambda x: Exponential.apply(Cube.apply(x))])
def test_first_and_second_derivatives(f: Callable[..., Any]) -> None:
    x = RNG.uniform(0.5, 1.2, (2, 3))
    check_gradient(f, x)
    check_second(f, x)


@pytest.mark.parametrize("i", [0, 1])
def test_several_outputs_and_broadcasting(i: int) -> None:
    x, y = RNG.uniform(0.5, 1, (2, 3)), RNG.uniform(0.5, 1, 3)
    check_gradient(lambda a, b: SumAndProduct.apply(a, b, 2.0)[i], x, y)
    check_second(lambda a, b: SumAndProduct.apply(a, b, 2.0)[i], x, y)
    check_gradient(lambda a, b: SumAndProduct.apply(a, b, 2.0)[0] * SumAndProduct.apply(b, a, 1.0)[1], x, y)


def test_each_call_goes_back_once() -> None:
    calls: list[int] = []

    class Counted(Function):
        @staticmethod
        def forward(ctx: FunctionContext, x: Tensor) -> list[Tensor]:
            return [x * 1, x * 2]

        @staticmethod
        def backward(ctx: FunctionContext, a: Tensor, b: Tensor) -> Tensor:
            calls.append(1)
            return a + b * 2

    x = leaf(1.0)
    a, b = Counted.apply(x)
    (a * 10 + b * 100 + a).backward()
    assert gradient(x) == 211.0
    assert calls == [1]


def test_unused_outputs_count_as_zeros() -> None:
    x, y = leaf(2.0), leaf(3.0)
    SumAndProduct.apply(x, y, 1.0)[1].backward()
    assert (gradient(x), gradient(y)) == (3.0, 2.0)


def test_what_needs_a_gradient_is_told() -> None:
    told: list[tuple[bool, ...]] = []

    class Curious(Function):
        @staticmethod
        def forward(ctx: FunctionContext, x: Tensor, y: Tensor, n: int) -> Tensor:
            told.append(ctx.needs_input_grad)
            return x * y * n

        @staticmethod
        def backward(ctx: FunctionContext, g: Tensor) -> tuple[Tensor | None, ...]:
            return g, None, None

    out = Curious.apply(leaf(1.0), Tensor(2.0), 3)
    assert told == [(True, False, False)]
    assert repr(out.node) == "<Curious>"
    assert Curious.apply(Tensor(1.0), Tensor(2.0), 3).is_leaf
    with tt.no_grad():
        assert Curious.apply(leaf(1.0), Tensor(2.0), 3).is_leaf


def test_outputs_without_a_gradient() -> None:
    class Split(Function):
        @staticmethod
        def forward(ctx: FunctionContext, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            whole = x.floor()
            ctx.mark_non_differentiable(whole)
            return x - whole, whole, x.long()

        @staticmethod
        def backward(ctx: FunctionContext, *gs: Tensor) -> Tensor:
            return gs[0]

    rest, whole, index = Split.apply(leaf(2.5))
    assert (rest.requires_grad, whole.requires_grad, index.requires_grad) == (True, False, False)


def test_an_argument_returned_as_it_is() -> None:
    class Same(Function):
        @staticmethod
        def forward(ctx: FunctionContext, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx: FunctionContext, g: Tensor) -> Any:
            return g * ctx.saved_tensors[0]

    x = leaf(3.0)
    out = Same.apply(x)
    assert out is not x
    out.backward()
    assert gradient(x) == 3.0


def test_mistakes_are_named() -> None:
    class Short(SumAndProduct):
        @staticmethod
        def backward(ctx: FunctionContext, gs: Tensor, gp: Tensor) -> Any:
            return gs

    class Wide(Cube):
        @staticmethod
        def backward(ctx: FunctionContext, g: Tensor) -> Tensor:
            return tt.ones(3)

    x = leaf(1.0, 2.0)
    with pytest.raises(GradientError, match=r"expected 3 gradients from Short.backward, .*; got 1"):
        Short.apply(x, x, 1.0)[0].sum().backward()
    with pytest.raises(GradientError, match=r"expected a gradient of shape \[2\] from the rule of 'Wide'; got \[3\]"):
        Wide.apply(x).sum().backward()
    with pytest.raises(NotImplementedError):
        Function.apply(x)
    with pytest.raises(NotImplementedError):
        Function.backward(None)
    with pytest.raises(NotImplementedError):
        Hub([], [x]).input_gradients([])


def test_freed_graphs() -> None:
    x = leaf(2.0)
    y = Cube.apply(x)
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(GradientError, match="expected the graph of Cube to be intact"):
        y.backward()
    assert gradient(x) == 24.0


@pytest.mark.parametrize("f", [Cube.apply, Exponential.apply])
def test_what_was_saved_may_not_change(f: Callable[[Tensor], Tensor]) -> None:
    x = leaf(2.0)
    inner = x * 1
    out = f(inner)
    y = out * 1
    (inner if f == Cube.apply else out).add_(1)
    with pytest.raises(GradientError, match=r"saved unchanged until backward\(\); a tensor of shape \[\] was changed"):
        y.backward()


def test_the_users_gradient_stays_the_users() -> None:
    own = Tensor([5.0, 6.0])

    class Fixed(Cube):
        @staticmethod
        def backward(ctx: FunctionContext, g: Tensor) -> Tensor:
            return own

    x = leaf(1.0, 2.0)
    Fixed.apply(x).sum().backward()
    assert x.grad is not None
    x.grad.zero_()
    assert own.tolist() == [5.0, 6.0]


def layer(x: Tensor, w: Tensor) -> Tensor:
    return (x @ w).tanh()


def test_checkpoint_gives_the_same_gradients() -> None:
    x, w = RNG.standard_normal((2, 3)), RNG.standard_normal((3, 3))

    def twice(a: Tensor, b: Tensor) -> Any:
        return checkpoint(layer, checkpoint(layer, a, b), b)

    check_gradient(twice, x, w)
    check_second(twice, x, w)

    def nested(a: Tensor, b: Tensor) -> Any:
        return checkpoint(lambda c: checkpoint(layer, c, b) * c, a)

    check_gradient(nested, x, w)
    check_second(nested, x, w)


def test_checkpoint_gives_what_the_function_gives() -> None:
    x = Tensor([1.0], requires_grad=True)
    for kind in (list, tuple):
        made = checkpoint(lambda x, kind=kind: kind([x * 2, x * 3]), x)
        assert type(made) is kind
        assert [y.item() for y in made] == [2.0, 3.0]


def test_checkpoint_keeps_nothing_in_between() -> None:
    inside: list[weakref.ref[Tensor]] = []

    def part(x: Tensor) -> Tensor:
        y = x.exp()
        inside.append(weakref.ref(y))
        return (y * y).sum()

    x = leaf(1.0, 2.0)
    out = checkpoint(part, x)
    gc.collect()
    assert [ref() for ref in inside] == [None]
    out.backward()
    assert len(inside) == 2
    gc.collect()
    assert [ref() for ref in inside] == [None, None]
    assert gradient(x) == pytest.approx((2 * np.exp([2.0, 4.0])).tolist())


def test_checkpoint_repeats_its_random_numbers() -> None:
    tt.manual_seed(3)
    masks: list[list[float]] = []

    def dropped(x: Tensor) -> Tensor:
        mask = tt.bernoulli(x.detach() * 0 + 0.5)
        masks.append(mask.tolist())
        return x * mask

    x = tt.ones(50).requires_grad_()
    out = checkpoint(dropped, x)
    drawn = tt.rand(3).tolist()
    out.sum().backward()
    assert masks[0] == masks[1]
    assert gradient(x) == masks[0]
    next_numbers = tt.rand(3).tolist()
    tt.manual_seed(3)
    tt.bernoulli(tt.full((50,), 0.5))
    assert drawn == tt.rand(3).tolist()
    assert next_numbers == tt.rand(3).tolist()


def test_checkpoint_reaches_what_the_function_uses_by_itself() -> None:
    w, x = leaf(3.0), leaf(2.0)
    scaled = w * 10
    checkpoint(lambda y: y * scaled + w, x).backward()
    assert (gradient(x), gradient(w)) == (30.0, 21.0)
    w.grad = None
    checkpoint(lambda y: y * w * 10, Tensor(2.0)).backward()
    assert gradient(w) == 20.0


def test_checkpoint_of_several_results() -> None:
    x = leaf(2.0)
    a, whole, b = checkpoint(lambda y: (y * y, y.detach().long(), y * 5), x)
    assert not whole.requires_grad
    (a * b).backward()
    assert gradient(x) == 60.0
    x.grad = None
    checkpoint(lambda y: (y * y, y * 5), x)[1].backward()
    assert gradient(x) == 5.0


def test_checkpoint_can_go_back_twice_and_by_grad() -> None:
    x = leaf(2.0)
    out = checkpoint(lambda y: y**3, x)
    assert repr(out.node) == "<checkpoint>"
    out.backward(retain_graph=True)
    backward(out)
    assert gradient(x) == 24.0
    (g,) = tt.grad(checkpoint(lambda y: y**3, x) * 2, x, create_graph=True)
    assert g is not None
    (second,) = tt.grad(g, x)
    assert second is not None
    assert (g.item(), second.item()) == (24.0, 24.0)


def test_checkpoint_without_recording() -> None:
    assert checkpoint(lambda y: y * 2, Tensor(2.0)).is_leaf
    with tt.no_grad():
        assert checkpoint(lambda y: y * 2, leaf(2.0)).is_leaf


def test_checkpoint_notices_changed_inputs() -> None:
    message = r"expected the inputs of checkpoint unchanged until backward\(\); one of shape \[\] was changed in place"
    for changed in range(3):
        w, c = leaf(4.0), Tensor(3.0)
        x = w * 1
        out = checkpoint(lambda a, b, w=w: a * b * w, x, c)
        with tt.no_grad():
            (w, c, x)[changed].add_(1)
        with pytest.raises(GradientError, match=message):
            out.backward()
