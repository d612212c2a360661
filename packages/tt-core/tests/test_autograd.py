"""The walk back: how often it visits, what it keeps, what it hands to whom, and what it refuses."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import GradientError, ShapeError, Tensor
from tt_core.graph import Operation


def leaf(*values: float) -> Tensor:
    return Tensor(values if len(values) > 1 else values[0], requires_grad=True)


def gradient(x: Tensor) -> Any:
    assert x.grad is not None
    return x.grad.tolist()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Write down the name of each node that the walk opens."""
    seen: list[str] = []
    original = Operation.gradients

    def counted(self: Operation, g: Tensor) -> Any:
        seen.append(self.name)
        return original(self, g)

    monkeypatch.setattr(Operation, "gradients", counted)
    return seen


def test_sixty_doublings_cost_sixty_steps(calls: list[str]) -> None:
    x = y = Tensor(1.0, requires_grad=True, dtype="float64")
    for _ in range(60):
        y = y + y
    y.backward()
    assert gradient(x) == 2.0**60
    assert calls == ["add"] * 60


def test_each_node_is_opened_once_and_after_all_that_use_it(calls: list[str]) -> None:
    x = leaf(0.5)
    a = x.exp()
    b = a.sin()
    c = a * b
    (c + b.cos() * a).backward()
    assert sorted(calls) == sorted(["exp", "sin", "mul", "cos", "mul", "add"])
    assert calls[-2:] == ["sin", "exp"]
    ea, half = np.exp(0.5), np.exp(0.5)
    expected = ea * (np.sin(ea) + half * np.cos(ea) + np.cos(np.sin(ea)) - ea * np.sin(np.sin(ea)) * np.cos(ea))
    assert gradient(x) == pytest.approx(expected, rel=1e-5)


def test_a_chain_of_100_000_operations() -> None:
    x = y = leaf(1.0)
    for _ in range(100_000):
        y = y + 0.5
    first, last = weakref.ref(x), weakref.ref(y)
    y.backward()
    assert gradient(x) == 1.0
    del x, y
    gc.collect()
    assert first() is None
    assert last() is None


def test_gradients_are_dropped_when_they_are_spent() -> None:
    shown: list[weakref.ref[Tensor]] = []
    alive: list[int] = []

    def watch(g: Tensor) -> None:
        alive.append(sum(ref() is not None for ref in shown))
        shown.append(weakref.ref(g))

    y = leaf(1.0)
    for _ in range(10):
        y = y * 1.5
        y.register_hook(watch)
    y.backward()
    assert len(alive) == 10
    assert max(alive) <= 2


def test_what_was_saved_is_dropped_after_the_walk() -> None:
    x = leaf(1.0, 2.0)
    a = x * 2
    out = (a * a).sum()
    saved = weakref.ref(a)
    del a
    assert saved() is not None
    out.backward()
    assert saved() is None


def test_gradients_accumulate_over_walks() -> None:
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    assert gradient(x) == [5.0, 7.0]
    assert x.grad is first


def test_the_graph_is_used_once_unless_it_is_kept() -> None:
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert gradient(x) == 12.0
    message = r"expected the graph of 'mul' to be intact; backward\(\) has freed it: pass retain_graph=True"
    with pytest.raises(GradientError, match=message):
        y.backward()


def test_a_graph_that_saved_nothing_can_be_used_again() -> None:
    x = leaf(3.0)
    y = x + 1
    y.backward()
    y.backward()
    assert gradient(x) == 2.0


def test_gradients_of_gradients() -> None:
    x = Tensor(2.0, requires_grad=True, dtype="float64")
    y = x**4
    for expected in (32.0, 48.0, 48.0, 24.0):
        (g,) = tt.grad(y, x, create_graph=True)
        assert g is not None
        assert g.item() == pytest.approx(expected)
        y = g


def test_backward_can_record_itself() -> None:
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    assert x.grad is not None
    assert x.grad.requires_grad
    first, x.grad = x.grad, None
    first.backward()
    assert gradient(x) == 12.0
    (x**3).backward(create_graph=True)
    assert gradient(x) == 24.0


def test_backward_from_something_else_than_a_number() -> None:
    x = leaf(1.0, 2.0)
    (x * 3).backward(Tensor([1.0, 10.0]))
    assert gradient(x) == [3.0, 30.0]
    (x * 3).backward(np.array([1.0, 1.0]))  # type: ignore[arg-type]  # an array does as well
    assert gradient(x) == [6.0, 33.0]
    (x[:1] * 3).backward()
    assert gradient(x) == [9.0, 33.0]
    with pytest.raises(ShapeError, match=r"expected a scalar .* got a tensor of shape \[2\] and none: sum it"):
        (x * 3).backward()
    with pytest.raises(ShapeError, match=r"expected a gradient of the tensor's shape \[2\]; got \[3\]"):
        (x * 3).backward(tt.ones(3))


def test_backward_of_a_leaf_and_of_a_constant() -> None:
    x, seed = leaf(1.0, 2.0), Tensor([5.0, 6.0])
    x.backward(seed)
    assert gradient(x) == [5.0, 6.0]
    assert not np.shares_memory(x.grad.data, seed.data)  # type: ignore[union-attr]
    with pytest.raises(GradientError, match="nothing that this one was computed from has requires_grad=True"):
        Tensor(1.0).backward()


BORROWING: list[Callable[[Tensor, Tensor], Tensor]] = [
    lambda x, y: x + y, lambda x, y: x.clone() + y.reshape(2), lambda x, y: tt.cat([x, y]).reshape(2, 2).sum(0),
    lambda x, y: x - (-y), lambda x, y: x.flip(0).flip(0) + y[:], lambda x, y: (x + y).to(tt.float64),
]  # fmt: skip


@pytest.mark.parametrize("f", BORROWING)
def test_a_gradient_shares_its_memory_with_nothing(f: Callable[[Tensor, Tensor], Tensor]) -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    out = f(x, y)
    seed = np.array([1.0, 2.0], out.dtype)
    out.backward(tt.from_numpy(seed))
    assert x.grad is not None
    assert y.grad is not None
    for a, b in ((x.grad, y.grad), (x.grad, x), (y.grad, y)):
        assert not np.shares_memory(a.data, b.data)
    assert not np.shares_memory(x.grad.data, seed)
    x.grad.zero_()
    assert gradient(y) == [1.0, 2.0]
    assert seed.tolist() == [1.0, 2.0]


def test_a_gradient_is_not_the_one_that_a_hook_or_a_result_keeps() -> None:
    kept: list[Tensor] = []
    x = leaf(1.0, 2.0)
    y = x + 1
    y.register_hook(kept.append)
    x.register_hook(kept.append)
    y.retain_grad()
    (y * 2).sum().backward()
    assert x.grad is not None
    assert y.grad is not None
    x.grad.zero_()
    assert [g.tolist() for g in (*kept, y.grad)] == [[2.0, 2.0]] * 3
    y.grad.zero_()
    assert [g.tolist() for g in kept] == [[2.0, 2.0]] * 2


def test_hooks_see_and_replace_gradients() -> None:
    x = leaf(1.0)
    y = x * 2
    seen: list[float] = []
    y.register_hook(lambda g: seen.append(g.item()))
    doubled = y.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: g + 100)
    (y * 3).backward()
    assert seen == [3.0]
    assert gradient(x) == 112.0
    doubled.remove()
    doubled.remove()
    x.grad = None
    (x * 2 * 5).backward()
    assert gradient(x) == 110.0


def test_a_hook_sees_the_sum_of_all_uses() -> None:
    x, seen = leaf(1.0), []
    y = x * 1
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 2 + y * 3).backward()
    assert seen == [5.0]


def test_hooks_need_a_gradient() -> None:
    with pytest.raises(GradientError, match="this one never gets one, so the hook would never be called"):
        Tensor(1.0).register_hook(lambda g: g)


def test_retained_gradients_of_results() -> None:
    x = leaf(3.0)
    y = x * x
    y.retain_grad()
    x.retain_grad()
    z = y * 2
    z.backward(retain_graph=True)
    z.backward()
    assert gradient(y) == 4.0
    assert gradient(x) == 24.0
    forgotten = x * 5
    forgotten.retain_grad()
    out = forgotten * 2
    del forgotten
    out.backward()
    assert gradient(x) == 34.0


def test_grad_leaves_no_trace() -> None:
    x, y = leaf(2.0), leaf(5.0)
    product = x * y
    gx, gy, gp = tt.grad(product * product, [x, y, product])
    assert [g.item() for g in (gx, gy, gp) if g is not None] == [100.0, 40.0, 20.0]
    assert x.grad is y.grad is product.grad is None
    assert not product.node.hooks  # type: ignore[union-attr]


def test_grad_of_several_outputs() -> None:
    x = leaf(2.0, 3.0)
    assert tt.grad([x.sum(), (x * x).sum()], x)[0].tolist() == [5.0, 7.0]  # type: ignore[union-attr]
    (g,) = tt.grad((x * 1, x.sum()), x, (Tensor([10.0, 20.0]), None))
    assert g is not None
    assert g.tolist() == [11.0, 21.0]
    (g,) = tt.grad([Tensor(1.0), x.sum()], x)
    assert g is not None
    assert g.tolist() == [1.0, 1.0]


def test_grad_sees_hooks_and_keeps_graphs() -> None:
    x = leaf(2.0)
    x.register_hook(lambda g: g * 10)
    y = x * x
    assert tt.grad(y, x, retain_graph=True)[0].item() == 40.0  # type: ignore[union-attr]
    assert tt.grad(y, x)[0].item() == 40.0  # type: ignore[union-attr]
    with pytest.raises(GradientError, match="has freed it"):
        tt.grad(y, x)


def test_grad_by_an_input_that_does_not_matter() -> None:
    x, y = leaf(2.0), leaf(3.0)
    assert tt.grad(x * 2, [x, y], allow_unused=True)[1] is None
    with pytest.raises(GradientError, match="expected outputs that depend on input 1; they do not: pass allow_unused"):
        tt.grad(x * 2, [x, y])
    with pytest.raises(GradientError, match="expected input 0 to require a gradient; set requires_grad=True"):
        tt.grad(x * 2, Tensor(1.0))
    later = y * 2
    with pytest.raises(GradientError, match="expected outputs that depend on input 0"):
        tt.grad(x * 2, later)


def test_a_failed_walk_leaves_no_hook_behind() -> None:
    x = leaf(2.0)
    y = x * x
    with pytest.raises(ShapeError, match="expected a gradient of the tensor's shape"):
        tt.grad(y * 1, y, tt.ones(2))
    assert not y.node.hooks  # type: ignore[union-attr]


def test_modes() -> None:
    x = leaf(2.0)

    def recorded() -> bool:
        assert (x * 2).requires_grad == tt.is_grad_enabled()
        return tt.is_grad_enabled()

    with tt.no_grad():
        assert not recorded()
        with tt.enable_grad():
            assert recorded()
        assert not recorded()
        with tt.set_grad_enabled(True):
            assert recorded()
        with tt.enable_grad(), tt.set_grad_enabled(False):
            assert not recorded()
    assert recorded()


def test_modes_as_decorators_can_nest() -> None:
    @tt.no_grad()
    def power(x: Tensor, n: int) -> Tensor:
        assert not tt.is_grad_enabled()
        return x * power(x, n - 1) if n else x

    assert not power(leaf(2.0), 3).requires_grad
    assert tt.is_grad_enabled()


def test_modes_end_with_an_error() -> None:
    with pytest.raises(ShapeError), tt.no_grad():
        tt.zeros(2) + tt.zeros(3)
    assert tt.is_grad_enabled()


def test_what_inference_made_is_not_for_training() -> None:
    x = leaf(2.0)
    with tt.inference_mode():
        y = x * 2
        z = y + 1
    assert z.item() == 5.0
    with pytest.raises(GradientError, match=r"expected inputs of 'mul' made outside inference_mode\(\); clone\(\) one"):
        x * y
    assert (x * y.clone()).requires_grad
    assert not (y * 2).requires_grad


def test_integers_and_comparisons_end_gradients() -> None:
    x = leaf(2.0)
    for y in (x > 1, x.long(), x.argmax(), tt.isnan(x), x.floor().long()):
        assert not y.requires_grad


@pytest.mark.parametrize("create_graph", [False, True])
def test_no_warning_and_no_nan_where_a_branch_was_not_taken(create_graph: bool) -> None:
    x = leaf(0.0, 4.0)
    safe = tt.where(x > 0, x, 1.0)
    (g,) = tt.grad(tt.where(x > 0, safe.sqrt(), 0.0).sum(), x, create_graph=create_graph)
    assert g is not None
    assert g.tolist() == [0.0, 0.25]
