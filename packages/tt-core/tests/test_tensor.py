"""What a tensor shows of itself, to Python and to NumPy."""

import copy
import math
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import tt_core as tt
from tt_core import DTypeError, GradientError, ShapeError, Tensor


def test_what_it_is() -> None:
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert (x.shape, x.ndim, x.dim(), x.numel(), x.element_size()) == ((2, 3), 2, 2, 6, 4)
    assert x.size() == (2, 3)
    assert (x.size(0), x.size(-1)) == (2, 3)
    assert (x.is_leaf, x.requires_grad, x.grad, x.device) == (True, False, None, "cpu")
    assert (x.is_floating_point(), x.long().is_floating_point()) == (True, False)
    assert (x.is_contiguous(), x.T.is_contiguous()) == (True, False)
    assert len(x) == 2
    y = Tensor(x, requires_grad=True) * 2
    assert (y.is_leaf, y.requires_grad) == (False, True)


REPRS: list[tuple[Any, str]] = [
    (lambda: Tensor(1.0), "tensor(1.)"),
    (lambda: Tensor([1, 2]), "tensor([1, 2])"),
    (lambda: Tensor([True, False]), "tensor([ True, False])"),
    (lambda: Tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
    (lambda: Tensor([[1.0, 2.0], [3.0, 4.0]]), "tensor([[1., 2.],\n        [3., 4.]])"),
    (lambda: Tensor([1.0], dtype="float64"), "tensor([1.], dtype=float64)"),
    (lambda: Tensor([1], dtype="int8"), "tensor([1], dtype=int8)"),
    (lambda: tt.zeros(0), "tensor([])"),
    (lambda: tt.zeros(0, 3), "tensor([], size=(0, 3))"),
    (lambda: tt.zeros(2, 0, dtype="int64"), "tensor([], size=(2, 0), dtype=int64)"),
    (lambda: Tensor([1 / 3]), "tensor([0.3333])"),
    (lambda: Tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
    (lambda: Tensor([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<mul>)"),
    (lambda: Tensor([1.0], dtype="float64", requires_grad=True).sum(), "tensor(1., dtype=float64, grad_fn=<sum>)"),
    (lambda: Tensor([math.inf, math.nan]), "tensor([inf, nan])"),
    (lambda: tt.arange(2000), "tensor([   0,    1,    2, ..., 1997, 1998, 1999])"),
]


@pytest.mark.parametrize("make, expected", REPRS, ids=[row[1] for row in REPRS])
def test_how_it_looks(make: Any, expected: str) -> None:
    assert repr(make()) == str(make()) == f"{make()}" == expected


def test_formats() -> None:
    assert f"{Tensor(3.14159):.2f}" == "3.14"
    assert f"{Tensor(7):03d}" == "007"
    assert f"{Tensor([1]):>16}" == "     tensor([1])"


def test_items() -> None:
    assert (Tensor(2.5).item(), Tensor([[3]]).item(), Tensor([True]).item()) == (2.5, 3, True)
    assert [type(Tensor(v).item()) for v in (2.5, 3, True)] == [float, int, bool]
    assert Tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert Tensor(1.5).tolist() == 1.5
    for x in (tt.zeros(2), tt.zeros(0)):
        with pytest.raises(ShapeError, match=r"expected a tensor with one element for item\(\); got shape"):
            x.item()


def test_numbers_of_python() -> None:
    assert (float(Tensor([2.5])), int(Tensor(2.9)), bool(Tensor([0.0])), bool(Tensor([[3]]))) == (2.5, 2, False, True)
    assert [10, 20, 30][Tensor([2])] == 30
    assert list(range(Tensor(3))) == [0, 1, 2]
    assert math.sqrt(Tensor(9.0)) == 3.0
    with pytest.raises(TypeError):
        [1, 2][Tensor(1.0)]
    with pytest.raises(TypeError):
        [1, 2][Tensor([0, 1])]
    for x in (tt.zeros(2), tt.zeros(0)):
        with pytest.raises(
            ShapeError, match=r"expected one element to decide whether it is true; got shape .*: use any"
        ):
            bool(x)
        for convert in (float, int):
            with pytest.raises(ShapeError, match=r"expected a tensor with one element for item\(\)"):
                convert(x)


def test_containers_of_python() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    rows = list(x)
    assert [row.tolist() for row in rows] == [[1, 2], [3, 4]]
    assert all(row.requires_grad for row in rows)
    a, b = x
    (a * b).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    assert 3.0 in x
    assert 7 not in x
    assert Tensor(4.0) in x
    number = Tensor(1.0)
    with pytest.raises(ShapeError, match="expected a dimension to count; got a tensor without one"):
        len(number)
    with pytest.raises(ShapeError, match="expected a dimension to iterate over; got a tensor without one"):
        iter(number)


def test_keys_of_dictionaries_are_by_identity() -> None:
    x, y = Tensor([1.0]), Tensor([1.0])
    assert {x: 1, y: 2}[x] == 1
    assert len({x, y, x}) == 2


NUMPY: list[Any] = [np.array([10.0, 20.0]), np.float64(2.0), np.float32(2.0), np.array(3.0), np.int64(2)]


@pytest.mark.parametrize("other", NUMPY, ids=repr)
def test_numpy_on_either_side(other: Any) -> None:
    a = np.array([1.0, 4.0])
    x = Tensor(a, requires_grad=True)
    functions: list[Callable[[Any, Any], Any]] = [
        lambda p, q: p + q, lambda p, q: p - q, lambda p, q: p * q, lambda p, q: p / q, lambda p, q: p**q,
        lambda p, q: p // q, lambda p, q: p % q, lambda p, q: p < q, lambda p, q: p == q, lambda p, q: p >= q,
    ]  # fmt: skip
    for f in functions:
        for found, expected in ((f(x, other), f(a, other)), (f(other, x), f(other, a))):
            assert isinstance(found, Tensor)
            assert_array_equal(found.data, expected)
    assert (other * x).requires_grad
    if np.ndim(other):
        assert isinstance(other @ x, Tensor)
        assert (x @ other).item() == (other @ x).item() == 90.0


def test_numpy_functions_get_the_data() -> None:
    x = Tensor([1.0, 4.0])
    assert_array_equal(np.sqrt(x), [1.0, 2.0])
    assert np.asarray(x) is x.data
    assert np.asarray(x, np.float64).dtype == np.float64
    assert not np.shares_memory(np.array(x), x.data)
    assert np.concatenate([x, x]).shape == (4,)
    assert x.numpy() is x.data
    with pytest.raises(GradientError, match=r"expected a tensor without gradient for numpy\(\); .* call detach"):
        np.asarray(x.requires_grad_())
    assert x.numpy(force=True) is x.data
    total = np.zeros(2)
    total += x.detach().numpy()
    assert total.tolist() == [1.0, 4.0]


def test_deep_copies() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    y, z = copy.deepcopy([x, x])
    assert y is z
    assert (y.tolist(), y.requires_grad, y.is_leaf) == ([1.0, 2.0], True, True)
    assert x.grad is not None
    assert y.grad is not None
    assert y.grad.tolist() == [2.0, 4.0]
    assert not np.shares_memory(x.data, y.data)
    assert not np.shares_memory(x.grad.data, y.grad.data)
    with pytest.raises(GradientError, match="expected a leaf for deepcopy; got a result of recorded operations"):
        copy.deepcopy(x * 2)
    assert copy.deepcopy(Tensor([1], dtype="int8")).dtype == tt.int8


def test_shallow_copies_share() -> None:
    x = Tensor([1.0])
    assert np.shares_memory(copy.copy(x).data, x.data)


def test_leaves_can_be_sent_to_other_processes() -> None:
    x = Tensor([[1.0, 2.0]], dtype="float64", requires_grad=True)
    x.sum().backward()
    x.requires_grad_(False)[0].add_(1)  # a version, of which a weak reference cannot be sent
    sent = ForkingPickler.loads(ForkingPickler.dumps([x, x]))
    assert sent[0] is sent[1]
    assert sent[0].tolist() == [[2.0, 3.0]]
    assert (sent[0].dtype, sent[0].requires_grad, sent[0].grad) == (tt.float64, False, None)
    for send in (ForkingPickler.dumps, copy.copy):
        with pytest.raises(GradientError, match="expected a leaf to pickle or copy; got a result"):
            send(Tensor([1.0], requires_grad=True) * 2)


def test_transposes() -> None:
    x = tt.arange(24).reshape(2, 3, 4)
    assert x.T.shape == (4, 3, 2)
    assert x.mT.shape == (2, 4, 3)
    assert (+x) is x


def test_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Tensor([1.0]).requires_gard = True  # type: ignore[attr-defined]  # a typing error does not go unnoticed


def test_construction_refuses_gradients_of_integers() -> None:
    with pytest.raises(GradientError, match="expected a floating type to require a gradient; got int64"):
        Tensor([1, 2], requires_grad=True)
    with pytest.raises(DTypeError, match="expected numbers; got str"):
        Tensor("1")


METHODS = [
    name for name in dir(Tensor)
    if not name.startswith("_") and callable(getattr(tt, name, None)) and callable(getattr(Tensor, name))
]  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_the_functions(name: str) -> None:
    if name in {"where", "bool"}:
        return  # x.where(condition, y) has another order; bool is a type and a conversion
    assert getattr(Tensor, name) is getattr(tt, name)


def test_numpy_changes_an_array_in_place_by_a_tensor() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    w.data -= 0.25 * w.grad
    assert type(w.data) is np.ndarray
    assert w.tolist() == [0.5, 1.0]


def test_numpys_functions_see_arrays() -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    assert np.sum(x) == 10.0
    assert np.mean(x, axis=0).tolist() == [2.0, 3.0]
    assert np.add.reduce(x).tolist() == [4.0, 6.0]
    assert np.concatenate([x, x]).shape == (4, 2)
    out = np.zeros((2, 2))
    np.add(x, x, out=out)
    assert out.tolist() == [[2.0, 4.0], [6.0, 8.0]]
    with pytest.raises(tt.GradientError, match="detach"):
        np.exp(Tensor(1.0, requires_grad=True))


def test_an_operator_with_an_array_keeps_gradients() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    (np.array([3.0, 4.0], np.float32) * x + np.float32(1) - x / np.array([2.0, 2.0], np.float32)).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.5, 3.5]


def test_second_names_are_the_first() -> None:
    assert tt.concat is tt.concatenate is tt.cat
    assert (tt.multiply, tt.subtract, tt.divide, tt.absolute, tt.clip) == (tt.mul, tt.sub, tt.div, tt.abs, tt.clamp)
    assert (Tensor.clip, Tensor.absolute) == (Tensor.clamp, Tensor.abs)
    assert (tt.relu, tt.softmax, tt.log_softmax) == (Tensor.relu, Tensor.softmax, Tensor.log_softmax)
    assert (tt.relu, tt.softmax) == (tt.functional.relu, tt.functional.softmax)


def test_where_a_result_comes_from() -> None:
    x = Tensor([1.0], requires_grad=True)
    assert x.grad_fn is None
    assert repr((x * 2).grad_fn) == "<mul>"
    assert x.cpu() is x


def test_new_ones_have_the_type() -> None:
    x = Tensor([1], dtype="int8")
    assert [f(2, 1).dtype.name for f in (x.new_zeros, x.new_ones)] == ["int8", "int8"]
    assert x.new_ones((2, 1), dtype=tt.float64).tolist() == [[1.0], [1.0]]
    assert x.new_full((2,), 3.7).tolist() == [3, 3]
    assert x.new_tensor([1.5], dtype="float32", requires_grad=True).requires_grad
    assert x.new_tensor([1.5]).tolist() == [1]
