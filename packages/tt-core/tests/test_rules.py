"""Rules: that they are asked for what they name, and what is said of wrong ones."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import GradientError, Tensor
from tt_core.dispatch import REGISTRY, Primitive
from tt_core.graph import Operation
from tt_core.recording import apply
from tt_core.rules import derivative

Array = np.ndarray[Any, Any]


@pytest.fixture
def make() -> Iterator[type[Primitive[...]]]:
    """Make primitives that are gone after the test."""
    before = dict(REGISTRY.primitives)
    yield Primitive
    REGISTRY.primitives.clear()
    REGISTRY.primitives.update(before)


def scaled(x: Array, y: Array, *, by: float) -> Array:
    return x * y * by


def joined(first: Array, *rest: Array) -> Array:
    return first + sum(rest, np.zeros(()))


def test_a_rule_gets_what_it_names(make: Callable[..., Primitive[...]]) -> None:
    p, seen = make(scaled), {}

    def x_rule(
        g: Tensor, out: Tensor, x: Tensor, y: Tensor, by: float, shape: Any, dtype: Any, position: int, shapes: Any
    ) -> Tensor:
        seen.update(locals())
        return g * y * by

    derivative(p, x=x_rule, y=lambda g, x, by: g * x * by)
    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0])
    out = apply(p, x, y, by=10.0)
    out.backward(tt.ones(2))
    assert x.grad is not None
    assert x.grad.tolist() == [30.0, 40.0]
    assert seen["out"].tolist() == [30.0, 80.0]
    assert seen["x"] is x
    assert seen["y"] is y
    assert (seen["by"], seen["shape"], seen["dtype"], seen["position"]) == (10.0, (2,), tt.float32, 0)
    assert list(seen["shapes"]) == [(2,), (2,)]


def test_only_what_rules_name_is_saved() -> None:
    x, y = Tensor([1.0], requires_grad=True), Tensor([2.0])
    product, total, power = x * y, x + y, x.exp()
    for out, saved in ((product, [y]), (total, []), (power, [])):
        assert isinstance(out.node, Operation)
        assert [id(kept) for kept in out.node.saved or ()] == [id(kept) for kept in saved]
    assert isinstance(power.node, Operation)
    assert power.node.result is power.data


def test_any_number_of_arguments(make: Callable[..., Primitive[...]]) -> None:
    p = make(joined)
    derivative(p, first=lambda g: g, rest=lambda g, position, rest: g * (position * len(rest)))
    xs = [Tensor(float(i), requires_grad=True) for i in range(4)]
    apply(p, *xs).backward()
    assert [x.grad.item() for x in xs if x.grad is not None] == [1.0, 3.0, 6.0, 9.0]


def test_rules_that_return_nothing_mean_zero(make: Callable[..., Primitive[...]]) -> None:
    p = make(scaled)
    derivative(p, x=lambda g: None, y=lambda g, x, by: g * x * by)
    x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    apply(p, x, y, by=1.0).backward()
    assert x.grad is None
    assert y.grad is not None


def test_a_missing_rule_is_named(make: Callable[..., Primitive[...]]) -> None:
    p = make(scaled)
    derivative(p, x=lambda g, y, by: g * y * by)
    with pytest.raises(GradientError, match=r"gradient rule for 'y' of 'scaled'; none is registered"):
        apply(p, Tensor(1.0), Tensor(2.0, requires_grad=True), by=1.0).backward()
    with tt.no_grad():
        assert apply(p, Tensor(1.0), Tensor(2.0, requires_grad=True), by=1.0).item() == 2.0


def test_a_rule_with_the_wrong_shape_is_named(make: Callable[..., Primitive[...]]) -> None:
    p = make(scaled)
    derivative(p, x=lambda g: g.reshape(3, 1)[:2])
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    out = apply(p, x, Tensor(1.0), by=1.0)
    with pytest.raises(
        GradientError, match=r"expected a gradient of shape \[3\] from the rule of 'scaled'; got \[2, 1\]"
    ):
        out.backward(tt.ones(3))


def test_wrong_names_are_refused(make: Callable[..., Primitive[...]]) -> None:
    p = make(scaled)
    with pytest.raises(GradientError, match=r"argument of 'scaled'; got 'z', and it has \['x', 'y'\]"):
        derivative(p, z=lambda g: g)
    derivative(p, x=lambda g: g)
    with pytest.raises(GradientError, match="argument of 'scaled'; got 'x', and it already has a rule for it"):
        derivative(p, x=lambda g: g)


def test_a_rule_added_later_counts(make: Callable[..., Primitive[...]]) -> None:
    p = make(scaled)
    derivative(p, x=lambda g: g)
    x, y = Tensor(1.0, requires_grad=True), Tensor(2.0, requires_grad=True)
    with pytest.raises(GradientError, match="none is registered"):
        apply(p, x, y, by=1.0).backward()
    derivative(p, y=lambda g, x, by: g * x * by)
    apply(p, x, y, by=5.0).backward()
    assert y.grad is not None
    assert y.grad.item() == 5.0


def test_every_differentiable_primitive_has_all_its_rules() -> None:
    choices = {"condition", "index", "mask", "target"}
    for p in REGISTRY.primitives.values():
        if p.differentiable:
            assert set(p.arguments) - choices <= set(p.rules) <= set(p.arguments), p
        else:
            assert not p.rules, p


def test_an_argument_must_not_be_named_like_a_gradient(make: type[Primitive[...]]) -> None:
    def clash(g: Array, x: Array) -> Array:
        return g * x

    p = make(clash)
    with pytest.raises(GradientError, match=r"arguments of 'clash' not named as rules name other things; got \['g'\]"):
        derivative(p, x=lambda g: g)
