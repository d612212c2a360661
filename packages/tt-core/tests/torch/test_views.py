"""Changes in place through views, with gradients: the same programs through both libraries."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tt_core  # noqa: E402

A = np.random.default_rng(0).uniform(0.1, 1, (3, 4))
Program = Callable[[Any, Any, Any], Any]


def column_added(lib: Any, x: Any, p: Any) -> Any:
    y = x * 2
    y[:, 1] += x[:, 0]
    return (y * y).sum()


def row_zeroed(lib: Any, x: Any, p: Any) -> Any:
    y = x * 2
    y[0].zero_()
    return (y * y).sum()


def constant_filled_with_a_parameter(lib: Any, x: Any, p: Any) -> Any:
    y = lib.zeros(3, 4, dtype=lib.float64)
    y[0].copy_(p * 2)
    return (y * y).sum()


def constant_changed_by_a_parameter(lib: Any, x: Any, p: Any) -> Any:
    y = lib.zeros(3, 4, dtype=lib.float64)
    y[:, 1] += p[:3]
    y[2] *= 3
    return (y * y).sum()


def through_two_views(lib: Any, x: Any, p: Any) -> Any:
    y = x * 1
    y.view(-1)[2:7].add_(x.view(-1)[:5])
    return (y * y * y).sum()


def transposed(lib: Any, x: Any, p: Any) -> Any:
    y = x * 2
    y.t()[1].mul_(p[:3])
    return (y * y).sum()


def view_and_base_used(lib: Any, x: Any, p: Any) -> Any:
    y = x * 2
    v = y[1]
    v.mul_(p)
    return (y[1] * v).sum() + y.sum()


def item_of_a_view(lib: Any, x: Any, p: Any) -> Any:
    y = x * 2
    v = y[1:, ::2]
    v[0] += p[:2]
    return (y * y).sum() + (v * 3).sum()


def unrecorded(lib: Any, x: Any, p: Any) -> Any:
    y = x * 2
    with lib.no_grad():
        y[0].zero_()
    return (y * 3).sum()


def reshaped(lib: Any, x: Any, p: Any) -> Any:
    y = (x * 2).reshape(4, 3).reshape(2, 6)
    y[0] += p[0]
    y[:, 2:4] *= 3
    return (y * y).sum()


def rows_taken_apart(lib: Any, x: Any, p: Any) -> Any:
    a, b, c = (rows.clone() for rows in (x * 2).unbind(0))
    a[1:] += b[1:] * p[1:]
    c[0].mul_(a[1])
    return (a * b * c).sum()


PROGRAMS = [
    reshaped, rows_taken_apart,
    column_added, row_zeroed, constant_filled_with_a_parameter, constant_changed_by_a_parameter, through_two_views,
    transposed, view_and_base_used, item_of_a_view, unrecorded,
]  # fmt: skip


def run(lib: Any, program: Program) -> list[Any]:
    x, p = lib.tensor(A, requires_grad=True), lib.tensor(A[1], requires_grad=True)
    out = program(lib, x, p)
    out.backward()
    return [out.tolist(), *(None if leaf.grad is None else leaf.grad.tolist() for leaf in (x, p))]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_as_pytorch(program: Program) -> None:
    for ours, theirs in zip(run(tt_core, program), run(torch, program), strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
