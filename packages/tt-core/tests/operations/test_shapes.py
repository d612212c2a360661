"""The same numbers in another arrangement: against NumPy, with gradients, with memory shared where it can be."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core import DTypeError, NotSupportedError, ShapeError, Tensor

from ..strategies import Array, Shape, arrays, check, shapes

Case = tuple[Callable[[Any], Any], Callable[[Array], Any]]

CASES: dict[str, Case] = {
    "reshape": (lambda x: x.reshape(3, -1), lambda a: a.reshape(3, -1)),
    "reshape to one": (lambda x: x.reshape((24,)), lambda a: a.reshape(24)),
    "reshape_as": (lambda x: x.reshape_as(tt.zeros(4, 6)), lambda a: a.reshape(4, 6)),
    "transpose": (lambda x: x.transpose(0, -1), lambda a: a.swapaxes(0, -1)),
    "permute": (lambda x: x.permute(2, 0, 1), lambda a: a.transpose(2, 0, 1)),
    "permute (...)": (lambda x: x.permute((1, -1, 0)), lambda a: a.transpose(1, 2, 0)),
    "T": (lambda x: x.T, lambda a: a.T),
    "mT": (lambda x: x.mT, lambda a: a.swapaxes(1, 2)),
    "t": (lambda x: x[0].t(), lambda a: a[0].T),
    "movedim": (lambda x: x.movedim(0, -1), lambda a: np.moveaxis(a, 0, -1)),
    "movedim many": (lambda x: x.movedim((2, 0), (0, 1)), lambda a: np.moveaxis(a, (2, 0), (0, 1))),
    "flatten": (lambda x: x.flatten(), lambda a: a.reshape(24)),
    "flatten some": (lambda x: x.flatten(1, 2), lambda a: a.reshape(2, 12)),
    "ravel": (lambda x: x.ravel(), lambda a: a.reshape(24)),
    "unflatten": (lambda x: x.unflatten(-1, (2, -1)), lambda a: a.reshape(2, 3, 2, 2)),
    "unsqueeze": (lambda x: x.unsqueeze(1), lambda a: a[:, None]),
    "unsqueeze last": (lambda x: x.unsqueeze(-1), lambda a: a[..., None]),
    "squeeze": (lambda x: x[:1, None].squeeze(), lambda a: a[0]),
    "squeeze one": (lambda x: x[:1, None].squeeze(1), lambda a: a[:1]),
    "squeeze some": (lambda x: x[:1, None].squeeze((0, 2)), lambda a: a[0][None]),
    "expand": (lambda x: x[:, :1].expand(2, 2, 5, 4), lambda a: np.broadcast_to(a[:, :1], (2, 2, 5, 4))),
    "expand -1": (lambda x: x[:, :1].expand(-1, 5, -1), lambda a: np.broadcast_to(a[:, :1], (2, 5, 4))),
    "expand_as": (lambda x: x[0].expand_as(x), lambda a: np.broadcast_to(a[0], (2, 3, 4))),
    "broadcast_to": (lambda x: tt.broadcast_to(x, (2, 2, 3, 4)), lambda a: np.broadcast_to(a, (2, 2, 3, 4))),
    "repeat": (lambda x: x.repeat(2, 1, 3), lambda a: np.tile(a, (2, 1, 3))),
    "repeat in front": (lambda x: x.repeat((2, 1, 1, 2)), lambda a: np.tile(a, (2, 1, 1, 2))),
    "repeat 0": (lambda x: x.repeat(0, 1, 1), lambda a: np.tile(a, (0, 1, 1))),
    "tile": (lambda x: x.tile(2), lambda a: np.tile(a, 2)),
    "cat": (lambda x: tt.cat([x, x[:, :1], x], 1), lambda a: np.concatenate([a, a[:, :1], a], 1)),
    "cat back": (lambda x: tt.cat((x, x * 2), -1), lambda a: np.concatenate([a, a * 2], -1)),
    "stack": (lambda x: tt.stack([x, x * 2, x]), lambda a: np.stack([a, a * 2, a])),
    "stack last": (lambda x: tt.stack([x, x * 2], -1), lambda a: np.stack([a, a * 2], -1)),
    "hstack": (lambda x: tt.hstack([x, x]), lambda a: np.hstack([a, a])),
    "hstack vectors": (lambda x: tt.hstack([x[0, 0], x[0, 1]]), lambda a: np.hstack([a[0, 0], a[0, 1]])),
    "hstack numbers": (lambda x: tt.hstack([x[0, 0, 0], x[0, 1, 1]]), lambda a: np.hstack([a[0, 0, 0], a[0, 1, 1]])),
    "vstack": (lambda x: tt.vstack([x, x]), lambda a: np.vstack([a, a])),
    "vstack vectors": (lambda x: tt.vstack([x[0, 0], x[0, 1]]), lambda a: np.vstack([a[0, 0], a[0, 1]])),
    "vstack numbers": (lambda x: tt.vstack([x[0, 0, 0], x[0, 1, 1]]), lambda a: np.vstack([a[0, 0, 0], a[0, 1, 1]])),
    "split": (lambda x: x.split(2, 1)[1], lambda a: a[:, 2:]),
    "split sizes": (lambda x: tt.split(x, [1, 0, 3], -1)[2], lambda a: a[..., 1:]),
    "chunk": (lambda x: x.chunk(3, 2)[1], lambda a: a[..., 2:]),
    "unbind": (lambda x: x.unbind(1)[2], lambda a: a[:, 2]),
    "narrow": (lambda x: x.narrow(2, 1, 2), lambda a: a[..., 1:3]),
    "narrow back": (lambda x: x.narrow(-1, -3, 2), lambda a: a[..., 1:3]),
    "select": (lambda x: x.select(1, -1), lambda a: a[:, -1]),
    "diagonal": (lambda x: x.diagonal(), np.diagonal),
    "diagonal up": (lambda x: x.diagonal(1, -1, 0), lambda a: np.diagonal(a, 1, 2, 0)),
    "diagonal down": (lambda x: x.diagonal(-1, 1, 2), lambda a: np.diagonal(a, -1, 1, 2)),
    "diagonal outside": (lambda x: x.diagonal(9, 1, 2), lambda a: np.diagonal(a, 9, 1, 2)),
    "diag of a matrix": (lambda x: tt.diag(x[0], 1), lambda a: np.diag(a[0], 1)),
    "diag of a vector": (lambda x: tt.diag(x[0, 0]), lambda a: np.diag(a[0, 0])),
    "diag above": (lambda x: tt.diag(x[0, 0], 2), lambda a: np.diag(a[0, 0], 2)),
    "diag below": (lambda x: tt.diag(x[0, 0], -1), lambda a: np.diag(a[0, 0], -1)),
    "flip": (lambda x: x.flip(0, -1), lambda a: np.flip(a, (0, 2))),
    "flip one": (lambda x: x.flip([1]), lambda a: np.flip(a, 1)),
    "roll": (lambda x: x.roll(5), lambda a: np.roll(a, 5)),
    "roll along": (lambda x: x.roll(-1, 2), lambda a: np.roll(a, -1, 2)),
    "roll many": (lambda x: x.roll((1, -2), (0, -1)), lambda a: np.roll(a, (1, -2), (0, 2))),
    "tril": (lambda x: x.tril(), np.tril),
    "tril up": (lambda x: x.tril(1), lambda a: np.tril(a, 1)),
    "triu": (lambda x: x.triu(), np.triu),
    "triu down": (lambda x: x.triu(-1), lambda a: np.triu(a, -1)),
    "pad": (lambda x: tt.pad(x, (1, 2), value=3), lambda a: np.pad(a, [(0, 0)] * 2 + [(1, 2)], constant_values=3)),
    "pad more": (lambda x: tt.pad(x, (0, 1, 2, 0)), lambda a: np.pad(a, [(0, 0), (2, 0), (0, 1)])),
    "pad and cut": (lambda x: tt.pad(x, (-1, 2)), lambda a: np.pad(a[..., 1:], [(0, 0)] * 2 + [(0, 2)])),
    "cut": (lambda x: tt.pad(x, (-1, -1, 0, -2)), lambda a: a[:, :1, 1:-1]),
    "contiguous": (lambda x: x.mT.contiguous(), lambda a: a.swapaxes(1, 2)),
    "clone": (lambda x: x.clone(), np.copy),
    "meshgrid": (lambda x: tt.meshgrid(x[0, 0], x[0, 1])[1], lambda a: np.meshgrid(a[0, 0], a[0, 1], indexing="ij")[1]),
    "meshgrid xy": (
        lambda x: tt.meshgrid([x[0, 0], x[:, 0, 0], x[0, :, 1]], indexing="xy")[0],
        lambda a: np.meshgrid(a[0, 0], a[:, 0, 0], a[0, :, 1], indexing="xy")[0],
    ),
    "broadcast_tensors": (
        lambda x: tt.broadcast_tensors(x, tt.zeros(5, 1, 1, 1))[0],
        lambda a: np.broadcast_to(a, (5, 2, 3, 4)),
    ),
}


@pytest.mark.parametrize("name", CASES)
@given(x=arrays((2, 3, 4)))
def test_arrangements(name: str, x: Array) -> None:
    check(*CASES[name], x)


@given(data=st.data())
def test_any_shape_into_any_other(data: st.DataObject) -> None:
    x = data.draw(arrays(shapes(max_dims=4)))
    order = data.draw(st.permutations(range(x.ndim)))
    check(lambda t: t.permute(order), lambda a: a.transpose(order), x)
    check(lambda t: t.flatten(), lambda a: a.reshape(a.size), x)
    check(lambda t: t.squeeze(), np.squeeze, x)
    check(lambda t: tt.stack([t, t], -1), lambda a: np.stack([a, a], -1), x)
    check(lambda t: t.flip(list(range(t.ndim))), np.flip, x)
    check(lambda t: t.roll(1), lambda a: np.roll(a, 1), x)


@given(data=st.data())
def test_parts_make_up_the_whole(data: st.DataObject) -> None:
    x = Tensor(data.draw(arrays(shapes(min_dims=1))))
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    n = data.draw(st.integers(1, 4))
    for parts in (x.split(n, dim), x.chunk(n, dim)):
        np.testing.assert_array_equal(tt.cat(parts, dim).data, x.data)
    assert all(part.shape[dim] == n for part in x.split(n, dim)[:-1])
    assert len(x.chunk(n, dim)) <= n


VIEWS: list[Callable[[Tensor], Any]] = [
    lambda x: x.reshape(4, 3), lambda x: x.view(-1), lambda x: x.T, lambda x: x.squeeze(), lambda x: x[None],
    lambda x: x.expand(2, 3, 4), lambda x: x.flip(0), lambda x: x.diagonal(), lambda x: x[1:], lambda x: x[0],
    lambda x: x.narrow(1, 1, 2), lambda x: x.detach(), lambda x: x.split(2)[0], lambda x: x.unbind()[0],
    lambda x: x.view_as(tt.zeros(2, 6)), lambda x: x.contiguous(),
]  # fmt: skip
COPIES: list[Callable[[Tensor], Any]] = [
    lambda x: x.clone(), lambda x: x.T.contiguous(), lambda x: x[[0, 1]], lambda x: x.roll(1), lambda x: x.repeat(1, 1),
    lambda x: tt.cat([x]), lambda x: x.T.reshape(12), lambda x: x.tril(), lambda x: tt.pad(x, (0, 0)),
]  # fmt: skip


@pytest.mark.parametrize("f", VIEWS)
def test_views_share_memory(f: Callable[[Tensor], Tensor]) -> None:
    x = tt.arange(12.0).reshape(3, 4)
    assert np.shares_memory(f(x).data, x.data)


@pytest.mark.parametrize("f", COPIES)
def test_copies_do_not(f: Callable[[Tensor], Tensor]) -> None:
    x = tt.arange(12.0).reshape(3, 4)
    assert not np.shares_memory(f(x).data, x.data)
    assert f(x).is_contiguous()


def test_view_as_bytes() -> None:
    assert Tensor([1.0]).view(tt.int32).tolist() == [0x3F800000]
    with pytest.raises(NotSupportedError, match=r"view\(dtype\) is not supported"):
        Tensor([1.0], requires_grad=True).view(tt.int32)


def test_numbers_without_dimensions() -> None:
    x = Tensor(2.0)
    for f in (
        x.t,
        x.squeeze,
        x.clone,
        x.contiguous,
        lambda: x.transpose(0, -1),
        lambda: x.flip(0),
        lambda: x.roll(1, 0),
    ):
        assert f().shape == ()
    assert x.T.shape == ()
    assert x.flatten().shape == x.ravel().shape == x.unsqueeze(0).shape == (1,)
    assert x.expand(2, 3).shape == x.repeat(2, 3).shape == (2, 3)


def test_joining_takes_the_common_type() -> None:
    assert tt.cat([Tensor([1]), Tensor([2.5])]).tolist() == [1.0, 2.5]
    assert tt.stack([Tensor(1), Tensor(True)]).dtype == tt.int64
    joined = tt.cat([Tensor([1.0], requires_grad=True), Tensor([2.0])])
    assert joined.requires_grad


def test_splitting_nothing() -> None:
    assert [part.shape for part in tt.zeros(0, 2).split(3)] == [(0, 2)]
    assert [part.shape for part in tt.zeros(0, 2).split([0, 0])] == [(0, 2)] * 2
    assert tt.zeros(0, 2).unbind() == ()


def test_padding_keeps_the_type() -> None:
    assert tt.pad(Tensor([1]), (1, 0), value=2).tolist() == [2, 1]
    assert tt.pad(Tensor([1.0]), (1, 0), value=-math.inf).tolist() == [-math.inf, 1.0]


SHAPE: Shape = (2, 3)
ERRORS: list[tuple[Callable[[Tensor], Any], str]] = [
    (lambda x: x.reshape(4), r"^reshape expected sizes whose product is 6, of shape \[2, 3\]; got \[4\]"),
    (lambda x: x.reshape(-1, -1), r"expected sizes whose product is 6, of shape \[2, 3\]; got \[-1, -1\]"),
    (lambda x: x.reshape(-2, -3), r"expected sizes whose product is 6, of shape \[2, 3\]; got \[-2, -3\]"),
    (lambda x: x.reshape(4, -1), r"expected sizes whose product is 6, of shape \[2, 3\]; got \[4, -1\]"),
    (lambda x: x[:0].reshape(-1, 0), r"expected sizes whose product is 0, of shape \[0, 3\]; got \[-1, 0\]"),
    (lambda x: x.T.view(6), r"memory that can be seen as \[6\] without a copy; it is not in order: use reshape"),
    (lambda x: x.permute(0, 0), r"expected each of the 2 dimensions once; got \(0, 0\)"),
    (lambda x: x.permute(0), r"expected each of the 2 dimensions once; got \(0,\)"),
    (lambda x: x.transpose(0, 2), "^transpose expected a dimension from -2 to 1; got 2"),
    (lambda x: x[None].t(), r"expected at most 2 dimensions for t\(\); got shape \[1, 2, 3\]"),
    (lambda x: x.flatten(1, 0), "expected start_dim not after end_dim; got 1 and 0"),
    (lambda x: x.unsqueeze(3), "^unsqueeze expected a dimension from -3 to 2; got 3"),
    (
        lambda x: x.expand(2, 4),
        r"expected sizes that repeat only dimensions of size 1 of \[2, 3\]; got \[2, 4\]$",
    ),
    (lambda x: x.split([1, 2]), r"^split expected sizes that add up to 2; got \[1, 2\]"),
    (lambda x: x.narrow(0, 1, 2), "expected start and length within dimension 0 of size 2; got 1 and 2"),
    (lambda x: x.narrow(0, -3, 1), "expected start and length within dimension 0 of size 2; got -3 and 1"),
    (lambda x: x.narrow(0, 1, -1), "expected start and length within dimension 0 of size 2; got 1 and -1"),
    (lambda x: x.select(1, 3), "expected an index within dimension 1 of size 3; got 3"),
    (lambda x: x.select(1, -4), "expected an index within dimension 1 of size 3; got -4"),
    (lambda x: x[None].diag(), r"expected a vector or a matrix for diag; got shape \[1, 2, 3\]"),
    (lambda x: tt.cat([x, x[0]]), "cat expected operands that fit"),
    (lambda x: tt.pad(x, (1, 1, 1, 1, 1, 1)), r"expected at most 2 pairs of widths; got \[1, 1, 1, 1, 1, 1\]"),
    (lambda x: x.repeat(2), r"expected a count for each of the 2 dimensions; got \[2\]"),
    (lambda x: tt.stack([x, x[0]]), r"expected tensors of one shape to stack; got \[\[2, 3\], \[3\]\]"),
    (lambda x: tt.broadcast_tensors(x, tt.zeros(4)), r"expected shapes that broadcast; got \[\[2, 3\], \[4\]\]"),
    (lambda x: x.view(4), "^view expected sizes whose product is 6"),
    (lambda x: tt.cat([x], 2), "^cat expected a dimension from -2 to 1; got 2"),
    (lambda x: tt.stack([x], 3), "^stack expected a dimension from -3 to 2; got 3"),
    (lambda x: x.flatten(0, 2), "^flatten expected a dimension"),
    (lambda x: x.sum(2), "^sum expected a dimension"),
    (lambda x: x.softmax(2), "^softmax expected a dimension"),
    (lambda x: x.expand(-1, -1, -1), r"^expand expected .* of \[2, 3\]; got \[-1, 2, 3\]"),
    (lambda x: x.unflatten(1, (2, 2)), "^unflatten expected sizes whose product is 6"),
    (lambda x: tt.cat([]), "expected at least one tensor to cat; got none"),
    (lambda x: tt.stack([]), r"expected tensors of one shape to stack; got \[\]"),
    (lambda x: tt.pad(x, (1, 1, 1)), r"expected at most 2 pairs of widths; got \[1, 1, 1\]"),
    (lambda x: x.movedim((0, 1), (0,)), r"expected a destination for each of the dimensions \[0, 1\]; got \[0\]"),
    (lambda x: x.movedim((0, 0), (0, 1)), "expected each of the 2 dimensions once"),
    (lambda x: x.sum().narrow(0, 0, 1), "expected a tensor with dimensions to take parts along dimension 0"),
    (lambda x: x.sum().select(0, 0), "expected a tensor with dimensions to take parts along dimension 0"),
    (lambda x: x.sum().split(1), "expected a tensor with dimensions to take parts along dimension 0"),
    (lambda x: x.sum().unbind(), "expected a tensor with dimensions to take parts along dimension 0"),
    (lambda x: x.split(0), "expected a size of at least 1 to split by; got 0"),
    (lambda x: x.split(-1), "expected a size of at least 1 to split by; got -1"),
    (lambda x: x.chunk(0), "chunk expected at least 1 part; got 0"),
    (lambda x: x.diagonal(0, 1, -1), "diagonal expected operands that fit"),
    (lambda x: x[0].tril(), r"expected at least 2 dimensions to have a triangle; got shape \[3\]"),
    (lambda x: x.roll((1, 1), 0), r"expected a shift for each of the dimensions \(0,\); got \(1, 1\)"),
    (lambda x: x.flip(0, 0), r"expected each dimension once; got \(0, 0\)"),
    (lambda x: x.unflatten(1, (-1, -1)), "expected sizes whose product is 6"),
    (lambda x: x.unflatten(1, (-1, 0)), "expected sizes whose product is 6"),
]


@pytest.mark.parametrize("call, message", ERRORS)
def test_shapes_that_do_not_fit(call: Callable[[Tensor], Any], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call(tt.zeros(SHAPE))


def test_modes_that_are_not_there() -> None:
    with pytest.raises(NotSupportedError, match="pad in tt-core supports mode 'constant'; got 'reflect'"):
        tt.pad(tt.zeros(2), (1, 1), mode="reflect")
    with pytest.raises(NotSupportedError, match="expected indexing 'ij' or 'xy'; got 'yx'"):
        tt.meshgrid(tt.zeros(2), indexing="yx")


@pytest.mark.parametrize(
    "call, name, kind",
    [
        (lambda: tt.reshape([1, 2], (2, 1)), "reshape", "list"),
        (lambda: tt.reshape(np.ones(2), (2, 1)), "reshape", "ndarray"),
        (lambda: tt.cat([[1, 2], tt.ones(1)]), "cat", "list"),
        (lambda: tt.stack([1.0, 2.0]), "stack", "float and float"),
    ],
)
def test_what_is_not_a_tensor_is_refused(call: Callable[[], Any], name: str, kind: str) -> None:
    with pytest.raises(DTypeError, match=f"expected tensors for {name}; got {kind}: make them tensors"):
        call()
