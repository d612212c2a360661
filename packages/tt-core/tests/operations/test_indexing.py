"""Picking by position and putting back: drawn keys, repeated indices, masks, and what is out of bounds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

import tt_core as tt
from tt_core import DTypeError, NotSupportedError, ShapeError, Tensor

from ..strategies import Array, arrays, check, shapes


@given(data=st.data())
def test_any_basic_key(data: st.DataObject) -> None:
    x = data.draw(arrays(shapes()))
    key = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True))
    check(lambda t: t[key], lambda a: a[key], x)


@given(data=st.data())
def test_any_index_arrays(data: st.DataObject) -> None:
    x = data.draw(arrays(shapes(min_dims=1, min_side=1)))
    key = data.draw(
        hnp.integer_array_indices(x.shape, result_shape=hnp.array_shapes(max_dims=2, min_side=0, max_side=4))
    )
    check(lambda t: t[key], lambda a: a[key], x)
    check(lambda t: t[tuple(Tensor(part) for part in key)], lambda a: a[key], x)


@given(data=st.data())
def test_any_mask(data: st.DataObject) -> None:
    x = data.draw(arrays(shapes()))
    mask = data.draw(hnp.arrays(bool, x.shape))
    check(lambda t: t[Tensor(mask)], lambda a: a[mask], x)
    check(lambda t: t.masked_select(Tensor(mask)), lambda a: a[mask], x)


KEYS: list[Any] = [
    1, -1, slice(1, None), slice(None, None, 2), None, ..., (..., 0), (0, ..., None, 1), [0, 1, 1],
    [True, False],
    ([1, 0], 2), (0, [2, 0]), (slice(None), [0, 0, 2]), ([[0], [1]], [[0, 1]]), (None, 1, slice(0, 2)),
    (..., [0, 3, 3]),
    (slice(None), [True, False, True], 1), np.array([1, 1]), np.array(1), np.int64(0), (np.array([0, 1]), 1), (),
    ([0, 1], slice(None), [1, 2]), [],
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_keys_of_each_kind(key: Any) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    numpy = np.array([], int) if isinstance(key, list) and not key else key
    check(lambda t: t[key], lambda a: a[numpy], x)

    def put(t: Tensor, v: Tensor) -> Tensor:
        out = t.clone()
        out[key] = v
        return out

    def put_array(a: Array, v: Array) -> Array:
        out = a.copy()
        out[numpy] = v
        return out

    values = np.random.default_rng(1).standard_normal(x[numpy].shape)
    check(put, put_array, x, values)
    check(put, put_array, x, np.array(0.5))


def test_tensors_as_keys() -> None:
    x = tt.arange(6).reshape(2, 3)
    assert x[Tensor(1)].tolist() == [3, 4, 5]
    assert x[Tensor([1, 0]), 2].tolist() == [5, 2]
    assert x[x > 2].tolist() == [3, 4, 5]
    assert x[Tensor([1, 0], dtype=tt.uint8)].tolist() == [[0, 1, 2]]
    assert [10, 20, 30][Tensor(1)] == 20


def test_a_key_may_change_after_it_was_used() -> None:
    x, key = Tensor([1.0, 2.0], requires_grad=True), np.array([0, 0])
    out = x[key]
    key[:] = 1
    out.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0, 0.0]


def test_an_element_picked_twice_counts_twice() -> None:
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x[[0, 0, 2]] * Tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [11.0, 0.0, 100.0]


INDEX = np.array([[0, 2, 1], [1, 1, 1]])
GATHERING: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "gather": (lambda x: tt.gather(x, 1, Tensor(INDEX)), lambda a: np.take_along_axis(a, INDEX, 1)),
    "gather short": (lambda x: tt.gather(x, -1, Tensor(INDEX[:1])), lambda a: np.take_along_axis(a[:1], INDEX[:1], 1)),
    "gather down": (lambda x: x.gather(0, Tensor(INDEX // 2)), lambda a: np.take_along_axis(a, INDEX // 2, 0)),
    "take_along_dim": (
        lambda x: x.take_along_dim(Tensor([[0]]), 1),
        lambda a: np.take_along_axis(a, np.array([[0]]), 1),
    ),
    "take_along_dim all": (lambda x: tt.take_along_dim(x, Tensor([5, 0, 0])), lambda a: a.ravel()[[5, 0, 0]]),
    "take": (lambda x: x.take(Tensor([[5, 0], [0, 1]])), lambda a: a.ravel()[[[5, 0], [0, 1]]]),
    "index_select": (lambda x: x.index_select(1, Tensor([2, 0, 2])), lambda a: a[:, [2, 0, 2]]),
    "index_select one": (lambda x: x.index_select(-2, Tensor(1)), lambda a: a[[1]]),
    "repeat_interleave": (lambda x: x.repeat_interleave(2), lambda a: np.repeat(a, 2)),
    "repeat_interleave along": (
        lambda x: x.repeat_interleave(Tensor([2, 0, 1]), 1),
        lambda a: np.repeat(a, [2, 0, 1], 1),
    ),
    "sort": (lambda x: x.sort()[0], np.sort),
    "sort down": (lambda x: x.sort(0, descending=True).values, lambda a: -np.sort(-a, 0)),
    "topk": (lambda x: x.topk(2)[0], lambda a: -np.sort(-a)[:, :2]),
    "topk smallest": (lambda x: tt.topk(x, 1, 0, largest=False).values, lambda a: np.sort(a, 0)[:1]),
    "masked_select": (lambda x: x.masked_select(Tensor([True, False, True])), lambda a: a[:, [0, 2]].ravel()),
}


@pytest.mark.parametrize("name", GATHERING)
@given(x=arrays((2, 3)))
def test_gathering(name: str, x: Array) -> None:
    check(*GATHERING[name], x)


def scattered(a: Array, index: Array, src: Array, dim: int, *, add: bool) -> Array:
    out = a.copy()
    for place in np.ndindex(index.shape):
        target = list(place)
        target[dim] = index[place]
        out[tuple(target)] = src[place] + (out[tuple(target)] if add else 0)
    return out


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("rows", [1, 2])
@given(x=arrays((2, 3)), src=arrays((3, 4)))
def test_scattering(dim: int, rows: int, x: Array, src: Array) -> None:
    twice = np.array([[0, 0, 1], [1, 0, 1]])[:rows]
    once = np.array([[1, 0, 1], [0, 1, 0]])[:rows] if dim == 0 else np.array([[2, 0, 1], [0, 1, 2]])[:rows]
    check(
        lambda t, s: tt.scatter_add(t, dim, Tensor(twice), s),
        lambda a, b: scattered(a, twice, b, dim, add=True),
        x,
        src,
    )
    check(lambda t, s: tt.scatter(t, dim, Tensor(once), s), lambda a, b: scattered(a, once, b, dim, add=False), x, src)
    check(
        lambda t, s: t.scatter(dim, Tensor(twice), s, reduce="add"),
        lambda a, b: scattered(a, twice, b, dim, add=True),
        x,
        src,
    )


def test_scattering_a_number() -> None:
    x, index = tt.zeros(2, 2), Tensor([[1], [0]])
    assert x.scatter(1, index, 3.0).tolist() == [[0, 3], [3, 0]]
    assert x.scatter(1, index, value=2).tolist() == [[0, 2], [2, 0]]
    assert x.scatter(1, index, 1, reduce="add").scatter(1, index, 1, reduce="add").sum().item() == 4


@given(x=arrays((2, 3)), source=arrays((2, 4)))
def test_index_add(x: Array, source: Array) -> None:
    places = np.array([2, 0, 2, 2])

    def oracle(a: Array, s: Array) -> Array:
        out = a.copy()
        for place, column in zip(places, s.T, strict=True):
            out[:, place] += 0.5 * column
        return out

    check(lambda t, s: t.index_add(1, Tensor(places), s, alpha=0.5), oracle, x, source)
    check(lambda t, s: t.index_add(-1, Tensor(places), s), lambda a, s: oracle(a, 2 * s), x, source)


@given(x=arrays((3, 2)), values=arrays((2,)))
def test_index_put(x: Array, values: Array) -> None:
    rows = np.array([2, 0])

    def over(a: Array, v: Array) -> Array:
        out = a.copy()
        out[rows, 1] = v
        return out

    def added(a: Array, v: Array) -> Array:
        out = a.copy()
        np.add.at(out, ([2, 2],), v)
        return out

    check(lambda t, v: t.index_put((Tensor(rows), Tensor(1)), v), over, x, values)
    check(lambda t, v: t.index_put([Tensor([2, 2])], v, accumulate=True), added, x, values)
    check(
        lambda t, v: t.index_put((None, [1]), v[0]), lambda a, v: np.stack([a[:, 0], a[:, 0] * 0 + v[0]], 1), x, values
    )


@given(x=arrays(shapes(min_dims=1)))
def test_sorting_rounded_numbers_is_stable(x: Array) -> None:
    x = np.round(x)
    up, down = tt.from_numpy(x).argsort(), tt.argsort(tt.from_numpy(x), descending=True)
    assert_array_equal(up.data, np.argsort(x, kind="stable"))
    assert_array_equal(down.data, np.argsort(-x, kind="stable"))
    values, indices = tt.sort(tt.from_numpy(x), dim=0, stable=True)
    assert_array_equal(values.data, np.sort(x, 0))
    assert_array_equal(indices.data, np.argsort(x, 0, kind="stable"))


def test_sorting_unsigned_and_nan() -> None:
    assert Tensor([3, 0, 2], dtype=tt.uint8).argsort(descending=True).tolist() == [0, 2, 1]
    assert Tensor([1.0, float("nan"), 0.0]).argsort().tolist() == [2, 0, 1]
    assert Tensor([1.0, float("nan"), 0.0]).argsort(descending=True).tolist() == [1, 0, 2]


def test_single_numbers() -> None:
    x, zero = Tensor(5.0, requires_grad=True), Tensor(0)
    assert x.gather(0, zero).item() == x.gather(0, Tensor([0])).tolist()[0] == 5.0
    assert x.index_select(0, zero).shape == ()
    assert x.scatter(0, zero, Tensor(2.0)).tolist() == 2.0
    assert x.scatter_add(0, zero, Tensor(2.0)).tolist() == 7.0
    assert x.index_add(0, zero.reshape(1), Tensor([2.0])).tolist() == 7.0
    assert x.sort().values.tolist() == x.topk(1)[0].tolist() == 5.0
    assert x.argsort().tolist() == 0
    assert x.repeat_interleave(2).tolist() == [5.0, 5.0]
    assert x.detach().nonzero().shape == (1, 0)
    assert x[...].shape == x[()].shape == ()
    assert x[None].tolist() == x[True].tolist() == [5.0]


def test_nonzero_and_one_hot() -> None:
    x = Tensor([[0, 3], [4, 0]])
    assert tt.nonzero(x).tolist() == [[0, 1], [1, 0]]
    assert [part.tolist() for part in x.nonzero(as_tuple=True)] == [[0, 1], [1, 0]]
    assert tt.one_hot(Tensor([[2], [0]])).tolist() == [[[0, 0, 1]], [[1, 0, 0]]]
    assert tt.one_hot(Tensor([1]), 4).tolist() == [[0, 1, 0, 0]]
    assert tt.one_hot(tt.zeros(0, dtype=tt.int64), 3).shape == (0, 3)


X = tt.zeros(2, 3)
ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: X[2], IndexError, "index 2 is out of bounds"),
    (lambda: X[0, 0, 0], IndexError, "too many indices"),
    (lambda: X[0.5], IndexError, "integers"),
    (lambda: X[[0, 1], [0, 1, 2]], IndexError, "shape mismatch"),
    (lambda: X.gather(2, Tensor([[0]])), ShapeError, "^gather expected a dimension from -2 to 1; got 2"),
    (lambda: X.gather(1, Tensor([0])), ShapeError, r"expected an index that fits into shape \[2, 1\]; got shape \[1\]"),
    (lambda: X.gather(1, Tensor([[3]])), ShapeError, "expected indices from 0 to 2; got some from 3 to 3"),
    (lambda: X.gather(1, Tensor([[-1]])), ShapeError, "expected indices from 0 to 2; got some from -1 to -1"),
    (lambda: X.scatter_add(0, Tensor([[2]]), X), ShapeError, "expected indices from 0 to 1; got some from 2 to 2"),
    (lambda: X.topk(4), ShapeError, r"expected k from 0 to the size of dimension -1 of shape \[2, 3\]; got 4"),
    (lambda: X.topk(-1), ShapeError, r"expected k from 0 to the size of dimension -1 of shape \[2, 3\]; got -1"),
    (lambda: Tensor(1.0).topk(2), ShapeError, r"expected k from 0 to the size of dimension -1 of shape \[\]; got 2"),
    (lambda: tt.one_hot(Tensor([3]), 3), ShapeError, "expected class indices from 0 to 2; got some from 3 to 3"),
    (lambda: tt.one_hot(Tensor([-1])), ShapeError, "expected class indices from 0 to -1; got some from -1 to -1"),
    (lambda: X.argsort(2), ShapeError, "expected a dimension from -2 to 1; got 2"),
    (lambda: Tensor(1.0).argsort(1), ShapeError, "expected a dimension from -1 to 0; got 1"),
    (lambda: X.scatter(0, Tensor([[0]]), X, reduce="multiply"), NotSupportedError, "reduce None or 'add'"),
    (lambda: X.masked_select(Tensor([True, False])), ShapeError, r"shapes that broadcast; got \[\[2, 3\], \[2\]\]"),
    (lambda: X.gather(0, tt.zeros(1, 4, dtype=tt.int64)), ShapeError, r"fits into shape \[4, 3\]; got shape \[1, 4\]"),
    (
        lambda: X.scatter_add(0, Tensor([[0, 0]]), tt.zeros(1, 1)),
        ShapeError,
        r"fits into shape \[1, 1\]; got shape \[1, 2\]",
    ),
    (
        lambda: X.scatter(0, Tensor([[0, 0]]), tt.zeros(1, 1)),
        ShapeError,
        r"fits into shape \[1, 1\]; got shape \[1, 2\]",
    ),
    (lambda: X.index_add(0, Tensor([0]), tt.zeros(2, 2)), ShapeError, "expected 1 slices along dimension 0"),
    (lambda: X.scatter(0, Tensor([[0]])), DTypeError, "expected a tensor, an array or a number; got NoneType"),
    (lambda: X.index_select(0, Tensor([0.0])), IndexError, "integer"),
    (lambda: X.gather(0, Tensor([[0.0]])), DTypeError, "expected an index of integers; got float32"),
    (
        lambda: X.repeat_interleave(Tensor([1, 2, 3]), 0),
        ShapeError,
        "expected one count or 2, one for each position; got 3",
    ),
    (lambda: X.take_along_dim(tt.zeros(3, 1, 1, dtype=tt.int64), 1), ShapeError, "expected"),
    (lambda: X.index_select(0, Tensor([[0]])), ShapeError, r"expected a vector of indices; got shape \[1, 1\]"),
    (lambda: tt.one_hot(Tensor([0.5])), DTypeError, "expected class indices of integers; got float32"),
]


@pytest.mark.parametrize("call, kind, message", ERRORS)
def test_positions_that_do_not_fit(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


def test_counts_as_positions() -> None:
    assert tt.repeat_interleave(Tensor([2, 0, 1])).tolist() == [0, 0, 2]
    assert tt.repeat_interleave(Tensor([5, 6]), 2, output_size=4).tolist() == [5, 5, 6, 6]
    with pytest.raises(ShapeError, match="expected an output_size of 4, the sum of the repeats; got 3"):
        tt.repeat_interleave(Tensor([5, 6]), 2, output_size=3)


def test_indices_from_the_end() -> None:
    assert tt.take_along_dim(Tensor([[1, 2, 3]]), Tensor([[-1]]), 1).tolist() == [[3]]
    assert Tensor([1, 2, 3]).take(Tensor([-1])).tolist() == [3]


def test_no_index_picks_nothing() -> None:
    none = tt.zeros(0, dtype=tt.int64)
    assert tt.zeros(2, 3).gather(1, none.reshape(2, 0)).shape == (2, 0)
    assert tt.zeros(2, 3)[none].shape == (0, 3)
    assert tt.zeros(2, 3).index_select(1, none).shape == (2, 0)


def test_sources_of_another_type_are_refused() -> None:
    index = Tensor([[0]])
    for f in (tt.scatter, tt.scatter_add):
        with pytest.raises(DTypeError, match=r"expected a source of type int64 for .*; got float32: convert with"):
            f(tt.zeros(1, 1, dtype=tt.int64), 0, index, tt.ones(1, 1))
