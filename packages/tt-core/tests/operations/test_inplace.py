"""Changes in place: the memory stays, gradients go on from the new value, and old values are not used by mistake."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_array_equal

import tt_core as tt
from tt_core import DTypeError, GradientError, ShapeError, Tensor
from tt_core.operations.inplace import positions

from ..strategies import Array, arrays, check

CHANGES: list[tuple[str, Callable[..., Any], Callable[..., Any]]] = [
    ("add_", lambda x, y: x.add_(y), lambda a, b: a + b),
    ("add_ alpha", lambda x, y: x.add_(y, alpha=3), lambda a, b: a + 3 * b),
    ("sub_", lambda x, y: x.sub_(y, alpha=0.5), lambda a, b: a - 0.5 * b),
    ("mul_", lambda x, y: x.mul_(y), lambda a, b: a * b),
    ("div_", lambda x, y: x.div_(y), lambda a, b: a / b),
    ("pow_", lambda x, y: x.pow_(3), lambda a, b: a**3),
    ("clamp_", lambda x, y: x.clamp_(-0.7, 0.9), lambda a, b: np.clip(a, -0.7, 0.9)),
    ("clamp_ tensor", lambda x, y: x.clamp_(max=y), np.minimum),
    ("lerp_", lambda x, y: x.lerp_(y, 0.25), lambda a, b: a + 0.25 * (b - a)),
    ("copy_", lambda x, y: x.copy_(y), lambda a, b: np.broadcast_to(b, a.shape)),
    ("zero_", lambda x, y: x.zero_(), lambda a, b: a * 0),
    ("fill_", lambda x, y: x.fill_(y[0]), lambda a, b: a * 0 + b[0]),
    ("setitem", lambda x, y: x.__setitem__((slice(None), 0), y[:1]) or x, lambda a, b: put(a, b[0])),
    ("setitem twice", lambda x, y: (x.__setitem__(0, y), x.__setitem__(0, x[1] * 2), x)[-1], lambda a, b: twice(a)),
]


def put(a: Array, value: Array) -> Array:
    out = a.copy()
    out[:, 0] = value
    return out


def twice(a: Array) -> Array:
    return np.stack([a[1] * 2, a[1]])


@pytest.mark.parametrize("name, change, oracle", CHANGES, ids=[row[0] for row in CHANGES])
@given(x=arrays((2, 3)), y=arrays((3,), 0.3, 1.5))
def test_changes(name: str, change: Callable[..., Any], oracle: Callable[..., Any], x: Array, y: Array) -> None:
    check(lambda t, u: change(t.clone(), u), oracle, x, y)
    kept = Tensor(x)
    memory = kept.data
    assert change(kept, Tensor(y)) is kept
    assert kept.data is memory


def test_operators_change_in_place() -> None:
    x = same = Tensor([8.0])
    x += 2
    x -= 1
    x *= 4
    x /= 3
    x **= 2
    assert x is same
    assert x.tolist() == [144.0]


def test_random_filling() -> None:
    x = tt.zeros(1000)
    assert x.uniform_(2.0, 3.0, generator=tt.Generator(1)) is x
    assert 2.0 <= x.min().item() < 2.01
    assert 2.99 < x.max().item() <= 3.0
    x.normal_(5.0, 0.5, generator=tt.Generator(1))
    assert abs(x.mean().item() - 5) < 0.1
    assert abs(x.std().item() - 0.5) < 0.05
    assert x.dtype == tt.float32


def test_values_are_converted_but_not_across_kinds() -> None:
    x = Tensor([1.0])
    x += Tensor([1.0], dtype=tt.float64)
    assert x.dtype == tt.float32
    x.copy_(Tensor([7]))
    assert x.tolist() == [7.0]
    n = Tensor([1])
    n[0] = 2.9
    assert n.tolist() == [2]
    with pytest.raises(DTypeError, match="expected a value that fits into int64 in place; got float32"):
        n += 0.5
    with pytest.raises(DTypeError, match="expected a value that fits into int64 in place; got float32"):
        n /= 2


def test_values_must_have_the_shape() -> None:
    x = tt.zeros(2)
    with pytest.raises(ShapeError, match=r"expected a value of shape \[2\] to write in place; got \[3, 2\]"):
        x += tt.zeros(3, 2)
    for key, value in ((0, [1.0, 2.0]), (slice(None), [1.0, 2.0, 3.0])):
        with pytest.raises(ShapeError, match=r"expected values that fit x\[key\] of shape .*; got shape"):
            x[key] = Tensor(value)
        with pytest.raises(ShapeError, match="setitem expected operands that fit"):
            x[key] = Tensor(value, requires_grad=True)
    with pytest.raises(IndexError, match="index 2 is out of bounds"):
        x[2] = 1.0


def test_one_memory_for_many_elements_cannot_be_changed() -> None:
    x = tt.zeros(1).expand(3)
    with pytest.raises(ShapeError, match=r"several elements of this tensor are one in memory: clone\(\) it first"):
        x += 1
    with pytest.raises(ShapeError, match="several elements of this tensor are one in memory"):
        x[0] = 1.0


def test_a_leaf_changes_only_unrecorded() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    for change in (lambda: x.add_(1), lambda: x.__setitem__(0, 1.0), x.zero_):
        with pytest.raises(GradientError, match=r"got a leaf that requires a gradient: use no_grad\(\), or clone\(\)"):
            change()
    with pytest.raises(GradientError, match="got a view of a leaf that requires a gradient"):
        x[:1].add_(1)
    with tt.no_grad():
        x -= 0.5
        x[0] = 9.0
        x[1:].mul_(2)
    assert x.tolist() == [9.0, 3.0]
    assert x.requires_grad
    assert x.is_leaf


def test_gradients_reach_a_value_written_into_a_constant() -> None:
    base, x = tt.zeros(3), Tensor([2.0], requires_grad=True)
    base[1:2] = x * x
    assert base.requires_grad
    (base * Tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [40.0]


def test_overwriting_with_a_constant_ends_the_history() -> None:
    x = Tensor([2.0], requires_grad=True)
    y = x * 3
    y.zero_()
    assert not y.requires_grad
    z = x * 3
    with tt.no_grad():
        z.zero_()
    assert z.requires_grad


def test_what_was_saved_before_a_change_is_noticed() -> None:
    x = Tensor([2.0], requires_grad=True)
    y = x * 1
    z = y * y
    y += 1
    with pytest.raises(GradientError, match=r"expected the input . of 'mul' .* unchanged until backward\(\)"):
        z.backward()
    y = x.exp()
    z = y * 2
    y += 1
    with pytest.raises(GradientError, match=r"expected the output of 'exp' \(shape \[1\]\) unchanged until backward"):
        z.backward()


def test_what_was_not_saved_may_change() -> None:
    x = Tensor([2.0], requires_grad=True)
    y = x * 3
    z = y + 1
    y.mul_(5)
    z.backward(retain_graph=True)
    assert x.grad is not None
    assert x.grad.tolist() == [3.0]
    (y.sum() + 0).backward()
    assert x.grad.tolist() == [18.0]


def test_a_result_takes_over_what_was_changed_through_its_view() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y[0:1].zero_()
    (y * 3).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 6.0]


def test_an_operator_changes_a_column_of_a_result() -> None:
    a = np.arange(1.0, 7.0).reshape(3, 2)
    x = Tensor(a, requires_grad=True)
    y = x * 2
    y[:, 1] += x[:, 0]
    (y * y).sum().backward()
    changed = 2 * a[:, 1] + a[:, 0]
    assert x.grad is not None
    assert_array_equal(x.grad.data, np.stack([8 * a[:, 0] + 2 * changed, 4 * changed], 1))


def test_an_operator_changes_an_item_of_a_view() -> None:
    a = np.arange(1.0, 5.0).reshape(2, 2)
    x = Tensor(a, requires_grad=True)
    y = x * 2
    view = y[1:]
    view[0] += x[0]
    ((y * y).sum() + (view * 3).sum()).backward()
    slope = 2 * (2 * a[1] + a[0]) + 3
    assert x.grad is not None
    assert_array_equal(x.grad.data, [8 * a[0] + slope, 2 * slope])


def test_a_constant_takes_over_what_a_view_was_given_by_a_parameter() -> None:
    p = Tensor([1.0, 2.0], requires_grad=True)
    y = tt.zeros(3, 2)
    y[1].copy_(p * 3)
    (y * y).sum().backward()
    assert p.grad is not None
    assert p.grad.tolist() == [18.0, 36.0]


def test_a_reshaped_result_is_the_base_once_the_original_is_gone() -> None:
    x = Tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    y = (x * 2).reshape(2, 2)
    y[0] += y[1].detach()
    y[1].zero_()
    (y * 3).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6.0, 6.0, 0.0, 0.0]


def test_a_part_of_memory_changes_beside_a_base_that_does_not_hold_it() -> None:
    x = Tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    a, b = (x * 2).chunk(2)
    assert a[0].item() == 2.0  # a is the base now
    b.mul_(3)
    b.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.0, 6.0, 6.0]
    b[1].zero_()
    with pytest.raises(GradientError, match="a tensor that shares its memory was changed in place since"):
        b.sum()


def test_one_number_of_a_vector_is_a_view() -> None:
    x = tt.zeros(3)
    x[1].add_(5)
    assert x.tolist() == [0.0, 5.0, 0.0]
    y = Tensor([1.0, 2.0], requires_grad=True) * 1
    y[0] *= 3
    assert y.tolist() == [3.0, 2.0]


def test_a_single_number_takes_over_what_was_changed_through_its_view() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x.sum()
    y.reshape(1).mul_(5)
    y.backward()
    assert x.grad is not None
    assert x.grad.tolist() == [5.0, 5.0]


def test_a_view_whose_memory_was_changed_elsewhere_is_not_used_again() -> None:
    y = Tensor([1.0, 2.0], requires_grad=True) * 2
    view = y[0:1]
    y.mul_(3)
    with pytest.raises(GradientError, match="a tensor that shares its memory was changed in place since: take the"):
        view.sum()


def test_a_view_of_memory_in_another_order_is_not_changed_while_recording() -> None:
    y = Tensor(np.ones((2, 3)), requires_grad=True).exp()
    y.data = np.asfortranarray(y.data)
    with pytest.raises(GradientError, match=r"row-major order .* call contiguous\(\)"):
        y[0].zero_()


def test_the_result_of_a_change_may_be_seen_and_used() -> None:
    x = Tensor([2.0, 3.0], requires_grad=True)
    y = x * 1
    y.div_(x * 2)
    (y[0] * y.exp().sum()).backward()
    assert y.tolist() == [0.5, 0.5]
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.data, [0, 0], atol=1e-6)


def test_a_source_keeps_its_place_in_the_graph() -> None:
    x = Tensor([2.0], requires_grad=True)
    source = x * 3
    early = source * source
    target = tt.zeros(1)
    target.copy_(source)
    (target * 10 + early + source).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [30.0 + 36.0 + 3.0]


def test_a_shared_constant_may_change() -> None:
    x = tt.zeros(4)
    x[:2].add_(1)
    x.reshape(2, 2)[1].add_(2)
    assert x.tolist() == [1, 1, 2, 2]


def test_detached_memory_is_watched_too() -> None:
    x = Tensor([3.0], requires_grad=True)
    y = x * x
    x.detach().add_(1)
    with pytest.raises(GradientError, match="changed in place"):
        y.backward()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
def test_positions_are_those_that_numpy_s_views_show(dtype: Any) -> None:
    base, numbered = np.zeros((3, 4, 5), dtype), np.arange(60).reshape(3, 4, 5)
    for change in (
        lambda x: x[1:, ::-2, 3],
        lambda x: x.T,
        lambda x: np.broadcast_to(x[:, :1], x.shape),
        lambda x: x[2, 3, 4, ...],
        lambda x: x[:0],
    ):
        assert_array_equal(positions(change(base), base), change(numbered))
