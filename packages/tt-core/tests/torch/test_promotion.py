"""Which type a mixture gives: every pair of types, as tensors, single numbers and Python's own, as PyTorch decides."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch

import tt_core as tt

from .harness import DTYPES, compare_results, ours

PYTHON = [True, 2, 2.5]
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "less": operator.lt,
    "equal": operator.eq,
}


def operands() -> list[Any]:
    """Return a tensor and a single number of each type, and Python's numbers."""
    made = [torch.ones(shape, dtype=dtype) for dtype in DTYPES for shape in ((2,), ())]
    return [*made, *PYTHON]


def name(x: Any) -> str:
    return f"{x.dtype}[{x.ndim}]".removeprefix("torch.") if isinstance(x, torch.Tensor) else type(x).__name__


PAIRS = [
    (x, y) for x, y in product(operands(), operands()) if isinstance(x, torch.Tensor) or isinstance(y, torch.Tensor)
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_of_two_operands(operation: str) -> None:
    compute, compared = OPERATIONS[operation], 0
    for x, y in PAIRS:
        try:
            expected = compute(x, y)
        except (NotImplementedError, RuntimeError):  # PyTorch has no power of truth values
            continue
        compare_results(compute(ours(x), ours(y)), expected, f"{name(x)} {operation} {name(y)}")
        compared += 1
    assert compared > 400


def test_of_a_choice() -> None:
    mask = torch.tensor([True, False])
    for x, y in PAIRS:
        compare_results(tt.where(ours(mask), ours(x), ours(y)), torch.where(mask, x, y), f"{name(x)}, {name(y)}")


def test_of_tensors_joined() -> None:
    for x, y in product(DTYPES, DTYPES):
        pair = [torch.ones(2, dtype=x), torch.zeros(3, dtype=y)]
        compare_results(tt.cat(ours(pair)), torch.cat(pair), f"{x}, {y}")
        compare_results(tt.stack(ours([pair[0], pair[1][:2]])), torch.stack([pair[0], pair[1][:2]]), f"{x}, {y}")


def test_result_type_and_promote_types() -> None:
    for x, y in PAIRS:
        assert tt.result_type(ours(x), ours(y)) == DTYPES[torch.result_type(x, y)], f"{name(x)}, {name(y)}"
    for a, b in product(DTYPES, DTYPES):
        assert tt.promote_types(DTYPES[a], DTYPES[b]) == DTYPES[torch.promote_types(a, b)]


def test_of_numbers_in_bounds_and_clamped() -> None:
    for x, bound in product(operands(), PYTHON):
        if isinstance(x, torch.Tensor) and x.dtype is not torch.bool:
            compare_results(ours(x).clamp(min=bound), x.clamp(min=bound), f"{name(x)} {bound}")


@pytest.mark.parametrize("number", [-1, 255, 256, 300, -129, 2**31, -(2**31) - 1])
def test_numbers_too_large_for_an_integer_type_wrap_around(number: int) -> None:
    for dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        x = torch.tensor([0, 1, 100], dtype=dtype)
        for compute in (operator.add, operator.mul, operator.sub, operator.gt, operator.eq):
            compare_results(compute(ours(x), number), compute(x, number), f"{dtype} {compute} {number}")


@pytest.mark.parametrize("a, b", [(7, 2), (-7, 2), (7, -2), (-7, -2), (2**62 + 1, 3)])
def test_integer_quotients_are_exact(a: int, b: int) -> None:
    x, y = torch.tensor([a]), torch.tensor([b])
    for mode in ("floor", "trunc"):
        expected = torch.div(x, y, rounding_mode=mode)
        compare_results(tt.div(ours(x), ours(y), rounding_mode=mode), expected, f"{a} {mode} {b}")
    compare_results(ours(x) // b, x // b, "//")
    compare_results(ours(x) % b, x % b, "%")


def test_an_integer_divided_by_zero_is_an_error() -> None:
    x = tt.tensor([1, 2])
    for compute in (
        lambda: x // 0,
        lambda: x % tt.tensor([1, 0]),
        lambda: tt.div(x, 0, rounding_mode="floor"),
        lambda: tt.div(x, 0, rounding_mode="trunc"),
    ):
        with pytest.raises(ZeroDivisionError, match="expected no 0 among the divisors of integers"):
            compute()
