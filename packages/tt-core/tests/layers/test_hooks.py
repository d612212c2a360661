from __future__ import annotations

import copy
from typing import Any

import pytest

import tt_core as tt
from tt_core import Tensor, nn


class Affine(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter([3.0])

    def forward(self, x: Tensor, shift: float = 0.0) -> Tensor:
        return x * self.factor + shift


class Two(nn.Module):
    """Two tensors and a number in, two tensors and a number out."""

    def forward(self, x: Tensor, y: Tensor, n: int) -> tuple[Tensor, Tensor, int]:
        return x * y, x + y, n


def test_hooks_are_called_in_order_and_see_what_passes() -> None:
    module, seen = Affine(), list[Any]()
    module.register_forward_pre_hook(lambda m, args: seen.append(("pre", m is module, len(args))))
    module.register_forward_hook(lambda m, args, out: seen.append(("post", m is module, args[0].item(), out.item())))
    module.register_forward_hook(lambda *_: seen.append("last"))
    module.register_forward_hook(lambda *_: seen.append("first"), prepend=True)
    assert module(tt.ones(1)).item() == 3
    assert seen == [("pre", True, 1), "first", ("post", True, 1.0, 3.0), "last"]


def test_what_they_return_takes_the_place() -> None:
    module = Affine()
    module.register_forward_pre_hook(lambda _, args: args[0] + 1)
    module.register_forward_pre_hook(lambda _, args: (args[0] * 2,))
    module.register_forward_hook(lambda _, args, out: out + args[0])
    assert module(tt.ones(1)).item() == (1 + 1) * 2 * 3 + 4


def test_keyword_arguments_on_request() -> None:
    module, seen = Affine(), list[Any]()
    module.register_forward_pre_hook(lambda _, args, kwargs: (args, {"shift": kwargs["shift"] + 1}), with_kwargs=True)
    module.register_forward_pre_hook(lambda *_: None, with_kwargs=True)
    module.register_forward_hook(lambda _, args, kwargs, out: seen.append(kwargs), with_kwargs=True)
    assert module(tt.ones(1), shift=1.0).item() == 5
    assert seen == [{"shift": 2.0}]


def test_a_removed_hook_is_not_called() -> None:
    module, seen = Affine(), list[str]()
    handles = [
        module.register_forward_pre_hook(lambda *_: seen.append("pre")),
        module.register_forward_hook(lambda *_: seen.append("post")),
        module.register_full_backward_hook(lambda *_: seen.append("backward")),
    ]
    for handle in handles:
        handle.remove()
        handle.remove()
    module(tt.ones(1)).sum().backward()
    assert seen == []


def test_a_hook_may_remove_itself() -> None:
    module, seen = Affine(), list[str]()

    def once(*_: Any) -> None:
        seen.append("once")
        handle.remove()

    handle = module.register_forward_hook(once)
    module(tt.ones(1))
    module(tt.ones(1))
    assert seen == ["once"]


def test_hooks_are_not_state_and_copies_have_their_own() -> None:
    module, seen = Affine(), list[int]()
    module.register_forward_hook(lambda *_: seen.append(1))
    twin = copy.deepcopy(module)
    twin.register_forward_hook(lambda *_: seen.append(2))
    assert list(module.state_dict()) == ["factor"]
    module(tt.ones(1))
    assert seen == [1]
    twin(tt.ones(1))
    assert seen == [1, 1, 2]


def test_a_backward_hook_sees_both_sides() -> None:
    module, seen = Affine(), list[Any]()
    module.register_full_backward_hook(lambda m, gi, go: seen.append((m is module, gi[0].tolist(), go[0].tolist())))
    x = tt.ones(2, requires_grad=True)
    (module(x) * 2).sum().backward()
    assert seen == [(True, [6.0, 6.0], [2.0, 2.0])]
    assert x.grad is not None
    assert x.grad.tolist() == [6, 6]
    assert module.factor.grad is not None
    assert module.factor.grad.tolist() == [4]


def test_what_a_backward_hook_returns_flows_on() -> None:
    module = Affine()
    module.register_full_backward_hook(lambda m, gi, go: (gi[0] * 10,))
    module.register_full_backward_hook(lambda m, gi, go: gi[0] + 1)
    module.register_full_backward_hook(lambda m, gi, go: gi[0] * 2, prepend=True)
    x = tt.ones(1, requires_grad=True)
    module(x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3 * 2 * 10 + 1]
    assert module.factor.grad is not None
    assert module.factor.grad.tolist() == [1]


def test_a_backward_hook_on_several_inputs_and_outputs() -> None:
    module, seen = Two(), list[Any]()
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x, y = tt.full((1,), 2.0, requires_grad=True), tt.full((1,), 5.0)
    product, total, n = module(x, y, 7)
    assert n == 7
    (product + 100 * total).sum().backward()
    ((grad_x, grad_y, grad_n), (grad_product, grad_total, grad_out_n)) = seen[0]
    assert (grad_x.item(), grad_y, grad_n) == (105, None, None)
    assert (grad_product.item(), grad_total.item(), grad_out_n) == (1, 100, None)
    assert x.grad is not None
    assert x.grad.tolist() == [105]


def test_a_backward_hook_without_gradients_of_inputs() -> None:
    module, seen = Affine(), list[Any]()
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].item())))
    module(tt.ones(1)).backward()
    assert seen == [((None,), 1.0)]


def test_a_backward_hook_of_a_call_that_is_not_recorded_is_silent() -> None:
    module, seen = Affine(), list[Any]()
    module.register_full_backward_hook(lambda *_: seen.append(1))
    with tt.no_grad():
        assert module(tt.ones(1)).item() == 3
    assert seen == []


def test_a_module_called_twice_is_seen_twice() -> None:
    module, seen = Affine(), list[float]()
    module.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].item()))
    module(module(tt.ones(1, requires_grad=True))).backward()
    assert seen == [3, 9]


def test_a_hook_gets_the_error_of_forward_out_of_the_way() -> None:
    module = Affine()
    module.register_forward_hook(lambda *_: pytest.fail("there is no output"))
    with pytest.raises(tt.ShapeError):
        module(tt.ones(2).reshape(2) @ tt.ones(3))
