"""Derivatives of functions against formulas, in every nesting of tuples."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tt_core as tt
from tt_core import DTypeError, ShapeError, Tensor, hessian, jacobian, jvp, vjp

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((3, 4)), RNG.standard_normal(4)


def double(a: Any) -> Tensor:
    return Tensor(a, dtype="float64")


def linear(x: Tensor) -> Tensor:
    return double(A) @ x


def both(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return x * y.sum(), (x * x).sum() + y


def test_products_from_the_left() -> None:
    v = RNG.standard_normal(3)
    out, found = vjp(linear, double(B), double(v))
    assert_allclose(out.data, A @ B)
    assert_allclose(found.data, v @ A)
    assert not out.requires_grad
    assert not found.requires_grad
    value, g = vjp(lambda x: (x * x).sum(), double([1.0, 2.0]))
    assert (value.item(), g.tolist()) == (5.0, [2.0, 4.0])


def test_products_from_the_right() -> None:
    v = RNG.standard_normal(4)
    out, found = jvp(linear, double(B), double(v))
    assert_allclose(out.data, A @ B)
    assert_allclose(found.data, A @ v)
    assert not found.requires_grad
    _, slope = jvp(lambda x: tt.stack([x.sin(), x.cos()]), double(0.3))
    assert_allclose(slope.data, [np.cos(0.3), -np.sin(0.3)])
    with pytest.raises(ShapeError, match=r"expected a direction v for inputs of shapes \[\[4\]\]; it may be left out"):
        jvp(linear, double(B))


def test_products_of_tuples() -> None:
    x, y = double([1.0, 2.0]), double([3.0, 4.0])
    (p, q), (gx, gy) = vjp(both, (x, y), (double([1.0, 0.0]), double([0.0, 1.0])))
    assert (p.tolist(), q.tolist()) == ([7.0, 14.0], [8.0, 9.0])
    assert (gx.tolist(), gy.tolist()) == ([7.0 + 2.0, 4.0], [1.0, 2.0])
    (_, _), (dp, dq) = jvp(both, (x, y), (double([1.0, 0.0]), double([0.0, 1.0])))
    assert (dp.tolist(), dq.tolist()) == ([7.0 + 1.0, 2.0], [2.0, 3.0])


def test_the_matrix() -> None:
    assert_allclose(jacobian(linear, double(B)).data, A)
    x = double(RNG.standard_normal((2, 3)))
    found = jacobian(lambda t: t.sum(0), x)
    assert found.shape == (3, 2, 3)
    assert_allclose(found.data, np.broadcast_to(np.eye(3)[:, None], (3, 2, 3)))


def test_the_matrix_of_tuples() -> None:
    x, y = double([1.0, 2.0]), double([3.0, 4.0])
    (pp, pq), (qp, qq) = jacobian(both, (x, y))
    assert_allclose(pp.data, 7 * np.eye(2))
    assert_allclose(pq.data, [[1, 1], [2, 2]])
    assert_allclose(qp.data, [[2, 4], [2, 4]])
    assert_allclose(qq.data, np.eye(2))
    (single,) = jacobian(lambda t: (t * 2,), x)
    assert_allclose(single.data, 2 * np.eye(2))


def test_second_derivatives() -> None:
    x = double(B)
    found = hessian(lambda t: (t**3).sum() + (t.sum()) ** 2, x)
    assert_allclose(found.data, np.diag(6 * B) + 2)
    assert hessian(lambda t: (t * t).sum().reshape(1, 1), double([1.0, 2.0])).tolist() == [[2.0, 0.0], [0.0, 2.0]]
    (xx, xy), (yx, yy) = hessian(lambda a, b: (a * a * b).sum(), (double([2.0]), double([3.0])))
    assert [m.tolist() for m in (xx, xy, yx, yy)] == [[[6.0]], [[4.0]], [[4.0]], [[0.0]]]
    with pytest.raises(ShapeError, match=r"expected a function with one number as its result for hessian; got shape"):
        hessian(lambda t: t * 2, double([1.0, 2.0]))
    with pytest.raises(ShapeError, match=r"one number as its result for hessian; got shape \[\], \[\]"):
        hessian(lambda t: (t, t), double(1.0))


@pytest.mark.parametrize("transform", [vjp, jvp, jacobian, hessian])
def test_what_is_not_a_tensor_is_refused(transform: Callable[..., Any]) -> None:
    with pytest.raises(DTypeError, match=r"expected func to return a tensor, or a tuple of them.*; got float"):
        transform(float, double(1.0))
    with pytest.raises(DTypeError, match=r"expected a tensor as inputs, or a tuple of them.*; got ndarray"):
        transform(lambda x: x, np.ones(2))


def test_what_does_not_depend_is_zero() -> None:
    x, y = double([1.0, 2.0]), double([3.0])
    assert vjp(lambda a, b: a.sum(), (x, y))[1][1].tolist() == [0.0]
    assert jvp(lambda a, b: b * 1, (x, y), (x, y))[1].tolist() == [3.0]
    assert jvp(lambda a: a.detach() * 2, x, x)[1].tolist() == [0.0, 0.0]
    assert jacobian(lambda a: double([5.0, 6.0]), x).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert jacobian(lambda a: a[:0], x).shape == (0, 2)
    assert jacobian(lambda a, b: a * 1, (x, y))[1].shape == (2, 1)
    assert hessian(lambda a: a.sum(), x).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda a: double(1.0) * 2 + 0 * a.sum().detach(), x).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_the_callers_tensors_are_left_alone() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    for f in (vjp, hessian, jacobian):
        f(lambda t: (t * t).sum(), x)
    jvp(lambda t: t * t, x, Tensor([1.0, 1.0]))
    assert x.grad is None
    with tt.no_grad():
        assert jacobian(lambda t: t * t, x).tolist() == [[2.0, 0.0], [0.0, 4.0]]


def test_results_can_be_differentiated_again() -> None:
    x = Tensor(2.0, requires_grad=True, dtype="float64")
    for result in (
        vjp(lambda t: t**3, x, create_graph=True)[1],
        jvp(lambda t: t**3, x, create_graph=True)[1],
        jacobian(lambda t: t**3, x, create_graph=True),
    ):
        assert result.item() == pytest.approx(12.0)
        (g,) = tt.grad(result, x)
        assert g is not None
        assert g.item() == pytest.approx(12.0)
    (g,) = tt.grad(hessian(lambda t: t**3, x, create_graph=True), x)
    assert g is not None
    assert g.item() == pytest.approx(6.0)
    out, _ = vjp(lambda t: t**3, x, create_graph=True)
    assert out.requires_grad
