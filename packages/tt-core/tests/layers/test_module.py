from __future__ import annotations

import copy
import weakref
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import DTypeError, StateError, Tensor, nn


class Scale(nn.Module):
    offset: Tensor
    cache: Tensor

    def __init__(self, factor: float = 2.0) -> None:
        super().__init__()
        self.factor = nn.Parameter([factor])
        self.register_buffer("offset", tt.ones(1))
        self.register_buffer("cache", tt.zeros(2), persistent=False)

    def forward(self, x: Tensor, times: int = 1) -> Tensor:
        return self.factor * x * times + self.offset


class Tree(nn.Module):
    """Two modules, one of which has a second name, and a parameter that both share."""

    def __init__(self) -> None:
        super().__init__()
        self.left = Scale(2.0)
        self.right = Scale(3.0)
        self.again = self.left
        self.tied = self.right.factor

    def forward(self, x: Tensor) -> Tensor:
        return self.right(self.left(x))


def names(pairs: Any) -> list[str]:
    return [name for name, _ in pairs]


# Registration


def test_assignment_registers() -> None:
    tree = Tree()
    assert names(tree.named_parameters()) == ["tied", "left.factor"]
    assert names(tree.named_buffers()) == ["left.offset", "left.cache", "right.offset", "right.cache"]
    assert names(tree.named_children()) == ["left", "right"]
    assert names(tree.named_modules()) == ["", "left", "right"]
    assert list(tree.children()) == [tree.left, tree.right]
    assert list(tree.modules()) == [tree, tree.left, tree.right]


def test_duplicates_on_request() -> None:
    tree = Tree()
    every = ["tied", "left.factor", "right.factor", "again.factor"]
    assert names(tree.named_parameters(remove_duplicate=False)) == every
    assert names(tree.named_modules(remove_duplicate=False)) == ["", "left", "right", "again"]


def test_prefix_and_recursion() -> None:
    tree = Tree()
    assert names(tree.named_parameters("model", recurse=False)) == ["model.tied"]
    assert names(tree.named_buffers(recurse=False)) == []
    assert names(tree.named_modules("model")) == ["model", "model.left", "model.right"]
    assert list(tree.parameters(recurse=False)) == [tree.tied]
    assert list(tree.buffers(recurse=False)) == []


def test_an_attribute_is_the_object_that_was_assigned() -> None:
    module, parameter = nn.Module(), nn.Parameter([1.0])
    module.weight = parameter
    assert vars(module)["weight"] is parameter
    assert "weight" in dir(module)


def test_none_keeps_a_place() -> None:
    module = Scale()
    module.factor = None  # type: ignore[assignment]
    assert names(module.named_parameters()) == []
    assert list(module.state_dict()) == ["offset"]
    module.factor = nn.Parameter([5.0])
    assert names(module.named_parameters()) == ["factor"]
    module.register_parameter("bias", None)
    module.register_module("child", None)
    module.register_buffer("mask", None)
    assert vars(module)["bias"] is vars(module)["child"] is vars(module)["mask"] is None
    assert list(module.children()) == []


def test_a_place_in_which_something_else_is_put_takes_its_role() -> None:
    module = Scale()
    module.offset = nn.Parameter([1.0])
    assert names(module.named_parameters()) == ["factor", "offset"]
    assert names(module.named_buffers()) == ["cache"]
    module.offset = Scale()  # type: ignore[assignment]
    assert names(module.named_parameters()) == ["factor", "offset.factor"]


def test_a_buffer_stays_one_when_it_is_assigned() -> None:
    module = Scale()
    module.offset = tt.zeros(1)
    assert dict(module.named_buffers())["offset"] is module.offset


def test_deletion() -> None:
    module = Scale()
    del module.factor
    assert names(module.named_parameters()) == []
    assert not hasattr(module, "factor")
    module.factor = 3  # type: ignore[assignment]  # a name like any other again
    with pytest.raises(AttributeError):
        del module.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", [nn.Parameter([1.0]), nn.Module()], ids=["parameter", "module"])
def test_assigning_before_init_is_explained(value: Any) -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            self.weight = value
            super().__init__()

    with pytest.raises(AttributeError, match=r"expected super\(\).__init__\(\) to be called first in Late"):
        Late()


def test_no_init_at_all_is_explained() -> None:
    class Never(nn.Module):
        def __init__(self) -> None:
            self.width = 3

    with pytest.raises(AttributeError, match=r"expected super\(\).__init__\(\) to be called first in Never"):
        list(Never().parameters())


@pytest.mark.parametrize(
    "name, kind, value",
    [("factor", "parameter", tt.ones(1)), ("offset", "buffer", 3), ("child", "module", "text")],
)
def test_another_kind_of_value_is_refused(name: str, kind: str, value: Any) -> None:
    module = Scale()
    module.register_module("child", nn.Identity())
    before = vars(module)[name]
    found = type(value).__name__
    with pytest.raises(TypeError, match=rf"expected a {kind} or None for Scale\.{name}; got {found}"):
        setattr(module, name, value)
    assert vars(module)[name] is before


def test_registering_another_kind_of_value_is_refused() -> None:
    module = Scale()
    with pytest.raises(
        TypeError, match=r"expected a parameter or None for Scale\.weight; got Tensor: wrap it in nn.Parameter"
    ):
        module.register_parameter("weight", tt.ones(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected a buffer or None for Scale\.mask; got list"):
        module.register_buffer("mask", [1.0])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected a module or None for Scale\.relu; got function"):
        module.add_module("relu", names)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a.b", "forward", "offset"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(StateError, match=f"expected a new name without dots for a parameter of Scale; got '{name}'"):
        Scale().register_parameter(name, None)


def test_registering_again_replaces() -> None:
    module = Scale()
    module.register_buffer("cache", tt.ones(3), persistent=True)
    assert list(module.state_dict()) == ["factor", "offset", "cache"]


def test_a_property_gets_what_is_assigned_to_it() -> None:
    class Wrapped(nn.Module):
        @property
        def weight(self) -> nn.Parameter:
            return self.inner

        @weight.setter
        def weight(self, value: nn.Parameter) -> None:
            self.inner = value

    module = Wrapped()
    module.weight = nn.Parameter([1.0])
    assert names(module.named_parameters()) == ["inner"]


def test_finding_by_name() -> None:
    tree = Tree()
    assert tree.get_submodule("") is tree
    assert tree.get_submodule("left") is tree.left
    assert tree.get_parameter("right.factor") is tree.right.factor
    assert tree.get_buffer("left.cache") is tree.left.cache


@pytest.mark.parametrize("target", ["middle", "left.nothing", "left.factor", "left.factor.data", "absent.factor"])
def test_a_name_that_means_no_module_is_explained(target: str) -> None:
    with pytest.raises(AttributeError, match=f"expected the name of a module in Tree; got '{target}'"):
        Tree().get_submodule(target)


def test_a_name_of_another_role_is_explained() -> None:
    with pytest.raises(AttributeError, match=r"the name of a parameter in Tree; got 'left\.offset'.*no 'offset'"):
        Tree().get_parameter("left.offset")
    with pytest.raises(AttributeError, match=r"the name of a buffer in Tree; got 'left\.factor'"):
        Tree().get_buffer("left.factor")


# Calling


def test_calling_computes_forward() -> None:
    assert Scale()(tt.ones(2), times=2).tolist() == [5, 5]


def test_a_module_without_forward_says_so() -> None:
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"expected Empty to define forward\(\)"):
        Empty()(1)


# What is done to all of it


def test_train_and_eval_reach_everything() -> None:
    tree = Tree()
    assert tree.training
    assert tree.eval() is tree
    assert not any(module.training for module in tree.modules())
    assert tree.train() is tree
    assert all(module.training for module in tree.modules())


def test_a_module_that_refuses_to_train_is_heard() -> None:
    class Frozen(nn.Module):
        def train(self, mode: bool = True) -> Frozen:
            return super().train(mode=False)

    model = nn.Sequential(Frozen(), nn.Identity()).train()
    assert [module.training for module in model.modules()] == [True, False, True]


def test_apply_goes_from_the_inside_out() -> None:
    tree, seen = Tree(), list[nn.Module]()
    assert tree.apply(seen.append) is tree
    assert seen == [tree.left, tree.right, tree]


def test_zero_grad() -> None:
    tree = Tree()
    tree(tt.ones(1)).sum().backward()
    gradient = tree.left.factor.grad
    assert gradient is not None
    tree.zero_grad(set_to_none=False)
    assert tree.left.factor.grad is not None
    assert tree.left.factor.grad.tolist() == gradient.tolist() == [0]
    tree.zero_grad()
    assert [p.grad for p in tree.parameters()] == [None, None]
    tree.zero_grad(set_to_none=False)


def test_requires_grad() -> None:
    tree = Tree()
    assert tree.requires_grad_(requires_grad=False) is tree
    assert not tree(tt.ones(1)).requires_grad
    tree.requires_grad_()
    assert all(p.requires_grad for p in tree.parameters())


def test_conversion_keeps_identity_sharing_and_integers() -> None:
    tree = Tree()
    tree.left.register_buffer("count", tt.zeros(1, dtype=tt.int64))
    tree(tt.ones(1)).sum().backward()
    before = list(tree.parameters())
    assert tree.double() is tree
    assert [a is b for a, b in zip(tree.parameters(), before, strict=True)] == [True, True]
    assert {p.dtype for p in tree.parameters()} == {np.dtype(np.float64)}
    assert {p.grad.dtype for p in tree.parameters() if p.grad is not None} == {np.dtype(np.float64)}
    assert [b.dtype.name for b in tree.left.buffers()] == ["float64", "float64", "int64"]
    assert tree.half().tied.dtype == np.float16
    assert tree.float().tied.dtype == np.float32
    assert tree.to(tt.zeros(1, dtype=tt.float64)).tied.dtype == np.float64
    assert tree.to("cpu").to().tied.dtype == np.float64
    assert tree.tied is tree.right.factor


def test_conversion_between_forward_and_backward_is_noticed() -> None:
    module = Scale()
    loss = module(tt.ones(1, requires_grad=True)).sum()
    module.double()
    with pytest.raises(tt.GradientError, match="changed in place"):
        loss.backward()


def test_only_floating_types_to_convert_to() -> None:
    with pytest.raises(DTypeError, match="expected a floating type to convert Scale to; got int64"):
        Scale().to(tt.int64)


# Copies


def test_a_deep_copy_is_independent_and_keeps_what_is_shared() -> None:
    tree = Tree().eval()
    twin = copy.deepcopy(tree)
    assert twin.left is twin.again
    assert twin.tied is twin.right.factor
    assert not twin.training
    with tt.no_grad():
        for x in (*twin.parameters(), *twin.buffers()):
            x.fill_(7)
    twin.extra = nn.Identity()
    assert tree.left.factor.tolist() == [2]
    assert tree.left.offset.tolist() == [1]
    assert names(tree.named_children()) == ["left", "right"]
    assert names(twin.named_parameters()) == names(tree.named_parameters())


def test_a_module_that_nobody_holds_is_gone_at_once() -> None:
    module = Tree()
    watch = weakref.ref(module.left)
    del module
    assert watch() is None


# How it looks


class Described(nn.Module):
    def __init__(self, text: str, *children: nn.Module | None) -> None:
        super().__init__()
        self.text = text
        for i, child in enumerate(children):
            self.register_module(f"child{i}", child)

    def extra_repr(self) -> str:
        return self.text


@pytest.mark.parametrize(
    "module, text",
    [
        (Described(""), "Described()"),
        (Described("a=1"), "Described(a=1)"),
        (Described("a=1\nb=2"), "Described(\n  a=1\n  b=2\n)"),
        (Described("", None), "Described(\n  (child0): None\n)"),
        (Described("a=1", Described("b=2")), "Described(\n  a=1\n  (child0): Described(b=2)\n)"),
        (
            Described("", Described("", Described("x"))),
            "Described(\n  (child0): Described(\n    (child0): Described(x)\n  )\n)",
        ),
    ],
)
def test_repr_is_a_tree(module: nn.Module, text: str) -> None:
    assert repr(module) == text
