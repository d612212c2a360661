"""Products: of vectors, matrices and batches that broadcast, and Einstein's sums."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core import DTypeError, NotSupportedError, ShapeError, Tensor

from ..strategies import Array, Shape, arrays, broadcastable, check

sides = st.integers(0, 3)


@st.composite
def factors(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """Draw the shapes of two factors: vectors, matrices, or batches that broadcast."""
    n, k, m = draw(sides), draw(sides), draw(sides)
    a, b = draw(broadcastable(2, max_dims=2))
    left = (k,) if draw(st.integers(0, 3)) == 0 else (*a, n, k)
    right = (k,) if draw(st.integers(0, 3)) == 0 else (*b, k, m)
    return left, right


@given(data=st.data())
def test_matmul(data: st.DataObject) -> None:
    for _ in range(4):
        left, right = data.draw(factors())
        check(tt.matmul, np.matmul, data.draw(arrays(left)), data.draw(arrays(right)))


SHAPES = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((2, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
          ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((2, 1, 2, 3), (3, 3, 4)), ((1, 2, 3), (4, 3, 2))]  # fmt: skip


@pytest.mark.parametrize("left, right", SHAPES)
def test_matmul_of_each_kind(left: Shape, right: Shape) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal(left), rng.standard_normal(right)
    check(lambda a, b: a @ b, np.matmul, x, y)
    assert (x @ Tensor(y)).shape == np.matmul(x, y).shape


NAMED: list[tuple[str, Callable[..., Any], list[Shape]]] = [
    ("mm", np.matmul, [(2, 3), (3, 4)]),
    ("bmm", np.matmul, [(2, 2, 3), (2, 3, 2)]),
    ("mv", np.matmul, [(2, 3), (3,)]),
    ("dot", np.dot, [(3,), (3,)]),
    ("outer", np.outer, [(2,), (3,)]),
    ("trace", np.trace, [(2, 3)]),
    ("addmm", lambda a, b, c: a + b @ c, [(3,), (2, 3), (3, 3)]),
    ("baddbmm", lambda a, b, c: a + b @ c, [(2, 1, 3), (2, 2, 3), (2, 3, 3)]),
]


@pytest.mark.parametrize("name, oracle, given_shapes", NAMED, ids=[row[0] for row in NAMED])
@given(data=st.data())
def test_products_by_name(
    name: str, oracle: Callable[..., Any], given_shapes: list[Shape], data: st.DataObject
) -> None:
    check(getattr(tt, name), oracle, *[data.draw(arrays(shape)) for shape in given_shapes])


@pytest.mark.parametrize("beta, alpha", [(1, 1), (0.5, 2), (0, 1), (1, -3), (0, 2)])
def test_scaled_products(beta: float, alpha: float) -> None:
    rng = np.random.default_rng(2)
    x, y, z = rng.standard_normal((2, 4)), rng.standard_normal((2, 3)), rng.standard_normal((3, 4))
    check(lambda *a: tt.addmm(*a, beta=beta, alpha=alpha), lambda a, b, c: beta * a + alpha * (b @ c), x, y, z)
    check(
        lambda *a: tt.baddbmm(*a, beta=beta, alpha=alpha),
        lambda a, b, c: beta * a + alpha * (b @ c),
        *(a[None] for a in (x, y, z)),
    )


def test_a_summand_of_weight_zero_is_not_read() -> None:
    poisoned = tt.full((2, 2), float("nan"))
    assert tt.addmm(poisoned, tt.eye(2), tt.eye(2), beta=0).tolist() == [[1, 0], [0, 1]]


EQUATIONS: list[tuple[str, list[Shape]]] = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]),
    ("i,i->", [(3,), (3,)]),
    ("i,j->ij", [(2,), (3,)]),
    ("ij->ji", [(2, 3)]),
    ("ij->", [(2, 3)]),
    ("ij->j", [(2, 3)]),
    ("ii->", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("ii", [(3, 3)]),
    ("iij->ji", [(2, 2, 3)]),
    ("ijk,ik->j", [(2, 3, 2), (2, 2)]),
    ("ij,k->i", [(2, 3), (2,)]),
    ("i,ij,j->", [(2,), (2, 3), (3,)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]),
    ("...ij,...jk", [(2, 3), (2, 3, 2)]),
    ("...,...->...", [(2, 3), (3,)]),
    ("b...,b->...", [(2, 3), (2,)]),
    ("i...->...", [(2, 3)]),
    ("bhid, bhjd -> bhij", [(1, 2, 2, 3), (1, 2, 3, 3)]),
    ("ba", [(2, 3)]),
    ("aA->Aa", [(2, 3)]),
    ("ij,ij,ij->ij", [(2, 3), (2, 3), (2, 3)]),
    ("ik,jk->ij", [(2, 0), (3, 0)]),
]


@pytest.mark.parametrize("equation, given_shapes", EQUATIONS)
def test_einsum(equation: str, given_shapes: list[Shape]) -> None:
    rng = np.random.default_rng(3)
    operands = [rng.standard_normal(shape) for shape in given_shapes]
    check(lambda *a: tt.einsum(equation, *a), lambda *a: np.einsum(equation, *a), *operands)


def test_einsum_takes_a_list_and_mixed_types() -> None:
    x, y = Tensor([1, 2]), Tensor([0.5, 0.25])
    assert tt.einsum("i,i->", [x, y]).item() == 1.0
    assert tt.einsum("i,i->", x, y).dtype == tt.float32


ERRORS: list[tuple[Callable[..., Any], type[Exception], str]] = [
    (lambda: tt.zeros(2, 3) @ tt.zeros(2, 3), ShapeError, r"matmul expected equal inner sizes; got 3 and 2, of shapes"),
    (lambda: tt.zeros(2, 3) @ tt.zeros(2, 3), ShapeError, r"\[2, 3\] and \[2, 3\]: transpose the second with \.mT if"),
    (lambda: tt.zeros(2, 3) @ tt.zeros(2, 4), ShapeError, r"\[2, 3\] and \[2, 4\]: transpose the first with \.mT if"),
    (lambda: tt.zeros(2, 3) @ tt.zeros(4, 5), ShapeError, r"got 3 and 4, of shapes \[2, 3\] and \[4, 5\](\n|$)"),
    (lambda: tt.zeros(2) @ tt.zeros(3), ShapeError, r"got 2 and 3, of shapes \[2\] and \[3\](\n|$)"),
    (lambda: tt.zeros(2, 2, 3) @ tt.zeros(4, 3, 5), ShapeError, r"batches that broadcast; got \[2\] and \[4\](\n|$)"),
    (lambda: tt.zeros(2, 3) @ Tensor(1.0), ShapeError, r"at least one dimension .* got shapes \[2, 3\] and \[\]"),
    (lambda: tt.zeros(2, 3) @ tt.ones(3, dtype="int64"), DTypeError, r"got float32 and int64: convert with \.to"),
    (lambda: tt.mm(tt.zeros(2), tt.zeros(2, 2)), ShapeError, r"expected 2 dimensions for mm; got shape \[2\]"),
    (lambda: tt.mm(tt.zeros(2, 2), tt.zeros(2)), ShapeError, r"expected 2 dimensions for mm; got shape \[2\]"),
    (lambda: tt.mv(tt.zeros(2, 2), tt.zeros(2, 2)), ShapeError, r"expected 1 dimensions for mv; got shape \[2, 2\]"),
    (lambda: tt.dot(tt.zeros(2, 2), tt.zeros(2)), ShapeError, "expected 1 dimensions for dot"),
    (lambda: tt.outer(tt.zeros(2, 2), tt.zeros(2)), ShapeError, "expected 1 dimensions for outer"),
    (lambda: tt.trace(tt.zeros(2)), ShapeError, "expected 2 dimensions for trace"),
    (lambda: tt.bmm(tt.zeros(2, 1, 1), tt.zeros(3, 1, 1)), ShapeError, "batches of one size for bmm; got 2 and 3"),
    (lambda: tt.bmm(tt.zeros(2, 1), tt.zeros(2, 1, 1)), ShapeError, "expected 3 dimensions for bmm"),
    (lambda: tt.einsum("ij,jk->ik", tt.zeros(2, 2)), ShapeError, "one operand for each term of 'ij,jk->ik'; got 1"),
    (lambda: tt.einsum("...ij->ij", tt.zeros(2)), ShapeError, "the dimensions that '...ij->ij' names; got"),
    (lambda: tt.einsum("ij->ij", tt.zeros(2)), ShapeError, "einsum expected operands that fit"),
    (lambda: tt.einsum("i,i->", tt.zeros(2), tt.zeros(3)), ShapeError, "einsum expected operands that fit"),
]


@pytest.mark.parametrize("call, kind, message", ERRORS)
def test_operands_that_do_not_fit(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


@given(x=arrays((2, 3)), y=arrays((3, 2)))
def test_single_precision(x: Array, y: Array) -> None:
    product = Tensor(x, dtype="float32") @ Tensor(y, dtype="float32")
    assert product.dtype == tt.float32
    np.testing.assert_allclose(product.data, x @ y, rtol=1e-5, atol=1e-5)


def test_einsum_adds_up_small_integers_in_large_ones() -> None:
    x = tt.full((4,), 100, dtype=tt.int8)
    assert tt.einsum("i->", x).item() == 400
    assert tt.einsum("i->i", x).dtype == tt.int8


def test_norms_of_vectors_and_of_all_elements() -> None:
    x = tt.arange(6, dtype="float64").reshape(2, 3)
    assert tt.linalg.norm(x).item() == tt.linalg.norm(x, "fro").item() == np.linalg.norm(x.data)
    assert tt.linalg.norm(x, 1, 1).tolist() == [3, 12]
    assert tt.linalg.norm(x, dim=(0, 1), keepdim=True).shape == (1, 1)
    for order in ("nuc", 2, math.inf):
        with pytest.raises(NotSupportedError, match=f"linalg.norm supports the orders None and 'fro' .* got {order!r}"):
            tt.linalg.norm(x, order)
    with pytest.raises(ShapeError, match=r"expected one or two dimensions for the order 1; got shape \[1, 2, 3\]"):
        tt.linalg.norm(x[None], 1)
