"""What an operation leaves behind, when, and for how long."""

import gc
import weakref

import numpy as np
import pytest

import tt_core as tt
from tt_core import DTypeError, GradientError, ShapeError, Tensor
from tt_core.graph import WATCHERS, Node, Operation, fit, wrap
from tt_core.primitives import elementwise as P
from tt_core.recording import apply


def test_nothing_is_remembered_without_need() -> None:
    x, y = Tensor([1.0], requires_grad=True), Tensor([2.0])
    assert (y * 2).node is None
    assert (x > 0).node is None
    assert x.long().node is None
    with tt.no_grad():
        assert (x * 2).node is None
    out = x * y
    assert out.node is not None
    assert (out.node.name, repr(out.node)) == ("mul", "<mul>")
    assert list(out.node.edges) == [x, None]
    assert list((out + 1).node.edges) == [out.node, None]  # type: ignore[union-attr]


def test_nodes_are_numbered_in_the_order_of_time() -> None:
    x = Tensor([1.0], requires_grad=True)
    nodes = [node for node in (x * 2, x + 1, x.exp()) if node.node is not None]
    orders = [out.node.order for out in nodes if out.node is not None]
    assert orders == sorted(set(orders))
    assert len(orders) == 3


def test_a_result_that_nobody_wants_is_freed_at_once() -> None:
    x = Tensor([1.0], requires_grad=True)
    gc.disable()
    try:
        out = (x * 2).exp()
        node = weakref.ref(out)
        del out
        assert node() is None
    finally:
        gc.enable()


def test_numbers_and_nothing_pass_through_to_the_kernel() -> None:
    out = apply(P.clamp, Tensor([1.0, 5.0], requires_grad=True), None, 2.0)
    assert out.tolist() == [1.0, 2.0]
    assert out.requires_grad


def test_errors_of_kernels_name_the_operation_and_its_operands() -> None:
    with pytest.raises(ShapeError, match=r"add expected operands that fit; got float32\[2\] and int64\[3\]"):
        apply(P.add, tt.zeros(2), tt.zeros(3, dtype=tt.int64))
    with pytest.raises(ShapeError, match=r"mul expected operands that fit; got float32\[2\] and float32\[3\]"):
        tt.zeros(2) * tt.zeros(3)
    with pytest.raises(DTypeError, match=r"bitwise_and expected operands that fit; got float32\[2\] and 1"):
        apply(P.bitwise_and, tt.zeros(2), 1)


def test_wrap_shares_memory_and_takes_numbers() -> None:
    array = np.zeros(2)
    assert wrap(array).data is array
    assert wrap(np.float64(2.0)).shape == ()
    assert isinstance(wrap(array), Tensor)


def test_watchers_hear_of_each_new_array() -> None:
    heard: list[str] = []

    def watch(array: object, made_by: str, *rest: object) -> None:
        assert isinstance(array, np.ndarray)
        heard.append(made_by)

    WATCHERS.append(watch)
    try:
        x = tt.zeros(2)
        (x + 1).exp().reshape(1, 2)
    finally:
        WATCHERS.remove(watch)
    assert [name for name in heard if name in {"add", "exp", "reshape"}] == ["add", "exp", "reshape"]
    x + 1
    assert heard.count("add") == 1


def test_fit_undoes_broadcasting_and_promotion() -> None:
    target = Tensor([[1.0], [2.0]])
    g = fit(tt.ones(4, 2, 3, dtype=tt.float64), target, "f")
    assert (g.shape, g.dtype) == ((2, 1), tt.float32)
    assert g.tolist() == [[12.0], [12.0]]
    assert fit(tt.ones(0, 3), Tensor([1.0, 2.0, 3.0]), "f").tolist() == [0.0] * 3
    whole = tt.ones(2, 1)
    assert fit(whole, target, "f") is whole
    for wrong in (tt.ones(3, 1), tt.ones(1), tt.ones(2, 2, 2)[:, :0]):
        with pytest.raises(GradientError, match=r"expected a gradient of shape \[2, 1\] from the rule of 'f'; got"):
            fit(wrong, target, "f")


def test_the_plan_is_made_once_for_each_choice_of_inputs() -> None:
    x, y = Tensor([1.0], requires_grad=True), Tensor([1.0])
    a, b, c = x * y, x * y, y * x
    assert isinstance(a.node, Operation)
    assert isinstance(b.node, Operation)
    assert isinstance(c.node, Operation)
    assert a.node.plan is b.node.plan
    assert a.node.plan is not c.node.plan


def test_a_node_of_no_kind_has_no_name() -> None:
    node = Node()
    with pytest.raises(NotImplementedError):
        _ = node.name
    with pytest.raises(NotImplementedError):
        node.gradients(Tensor(1.0))
    assert node.free() is None  # type: ignore[func-returns-value]  # nothing is saved, nothing happens


def test_views_know_of_changes_to_each_other() -> None:
    x = tt.zeros(2, 2)
    row = x[0]
    weight = Tensor([1.0, 1.0], requires_grad=True)
    out = (row * weight).sum()
    x.add_(1)
    with pytest.raises(GradientError, match=r"expected the input \d of 'mul' \(shape \[2\]\) unchanged until backward"):
        out.backward()


def test_copies_do_not() -> None:
    x = tt.zeros(2, 2)
    weight = Tensor([1.0, 1.0], requires_grad=True)
    out = (x[[0, 1], 0] * weight).sum() + (x.clone()[0] * weight).sum()
    x.add_(1)
    out.backward()
    assert weight.grad is not None
    assert weight.grad.tolist() == [0.0, 0.0]
