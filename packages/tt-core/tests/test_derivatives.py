"""Every gradient rule against central differences in float64, first and second order, on the samples of each primitive.

Samples at kinks (|x| at 0, equal maxima, a bound of clamp), at infinities and nan, and casts to fewer digits are marked
as not smooth: there differences tell no derivative. What the rules give there is held against the loops and PyTorch.
"""

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.dispatch import REGISTRY
from tt_core.recording import apply
from tt_core.testing import check_gradients, samples_of

PRIMITIVES = [p for p in REGISTRY.primitives.values() if p.differentiable]
NEVER_FLOATING = {
    ("where", "condition"),
    ("zero_where", "mask"),
    ("gather", "index"),
    ("scatter", "index"),
    ("scatter_add", "index"),
    ("cross_entropy", "target"),
    ("softmax_minus_one_hot", "target"),
}
STEPS = {"floor", "ceil", "trunc", "round", "sign"}


def is_floating(x: Any) -> None:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def name_of_argument(primitive: Any, i: Any) -> None:
    return primitive.arguments[min(i, len(primitive.arguments) - 1)]


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda p: p.name)
def test_there_is_a_rule_for_each_floating_argument(primitive: Any) -> None:
    wanted = {name for name in primitive.arguments if (primitive.name, name) not in NEVER_FLOATING}
    assert set(primitive.rules) == wanted
    tried = {
        name_of_argument(primitive, i)
        for sample in samples_of(primitive)
        if sample.smooth
        for i, x in enumerate(sample.inputs)
        if is_floating(x) and x.size
    }
    assert tried == wanted


@pytest.mark.parametrize("primitive", [p for p in REGISTRY.primitives.values() if not p.differentiable], ids=str)
def test_there_is_no_rule_where_there_is_no_gradient(primitive: Any) -> None:
    assert primitive.rules == {}
    x = tt.from_numpy(np.array([1, 0])) if primitive.name.startswith("bitwise") else tt.ones(2, requires_grad=True)
    params = samples_of(primitive)[0].params | ({"dim": 0} if "dim" in samples_of(primitive)[0].params else {})
    params |= {"dim": (0,)} if primitive.name in ("all", "any") else {}
    assert not apply(primitive, *[x] * len(primitive.arguments), **params).requires_grad


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda p: p.name)
def test_rules_agree_with_differences_in_first_and_second_order(primitive: Any) -> None:
    smooth = [s for s in samples_of(primitive) if s.smooth and any(map(is_floating, s.inputs))]
    assert smooth
    for sample in smooth:

        def f(*xs: Any, params: Any = sample.params) -> None:
            return apply(primitive, *xs, **params)

        f.__name__ = primitive.name
        assert check_gradients(f, *sample.inputs, second=True)


@pytest.mark.parametrize("primitive", [p for p in PRIMITIVES if p.name in STEPS], ids=lambda p: p.name)
def test_steps_have_a_gradient_of_zero_rather_than_none(primitive: Any) -> None:
    x = tt.tensor([0.3, -1.7], requires_grad=True)
    apply(primitive, x, **({"decimals": 0} if primitive.name == "round" else {})).sum().backward()
    assert x.grad.tolist() == [0, 0]


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda p: p.name)
def test_gradients_keep_the_shape_and_type_of_their_argument(primitive: Any) -> None:
    for sample in samples_of(primitive):
        xs = [tt.from_numpy(x.copy()) if isinstance(x, np.ndarray) else x for x in sample.inputs]
        leaves = [x.requires_grad_() for x in xs if isinstance(x, tt.Tensor) and x.is_floating_point()]
        with np.errstate(all="ignore"):
            out = apply(primitive, *xs, **sample.params)
            if out.requires_grad:
                out.backward(tt.ones_like(out))
        for leaf in leaves:
            if leaf.grad is not None:
                assert (leaf.grad.shape, leaf.grad.dtype) == (leaf.shape, leaf.dtype)
