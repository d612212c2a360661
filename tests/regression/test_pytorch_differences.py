"""Where the core once gave another answer than PyTorch, in silence; found by its own samples and by drawn ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tt_core as tt
import tt_core.functional as F
from tt_core import Tensor


def test_an_integer_beside_a_list_leaves_the_lists_dimension_where_it_is() -> None:
    x = tt.arange(24).reshape(2, 3, 4)
    assert x[0, :, [1, 2]].tolist() == [[1, 2], [5, 6], [9, 10]]  # NumPy gives the transposed
    x[1, :, [0, 3]] = Tensor([[-1, -2], [-3, -4], [-5, -6]])
    assert x[1].tolist() == [[-1, 13, 14, -2], [-3, 17, 18, -4], [-5, 21, 22, -6]]


def test_the_gradient_of_such_an_assignment_goes_to_both_sides() -> None:
    x, v = tt.ones(2, 3, 4, requires_grad=True), tt.ones(3, 2, requires_grad=True)
    y = x * 2
    y[0, :, [1, 2]] = v * 5
    y.sum().backward()
    assert x.grad.sum() == 2 * (24 - 6)
    assert v.grad.tolist() == [[5, 5]] * 3


def test_integers_divided_by_zero_are_not_zero() -> None:
    for compute in (lambda x: x // 0, lambda x: x % 0, lambda x: tt.div(x, 0, rounding_mode="trunc")):
        with pytest.raises(ZeroDivisionError, match="expected no 0 among the divisors of integers"):
            compute(Tensor([1, 2]))


def test_large_integers_are_divided_exactly() -> None:
    assert tt.div(Tensor([2**62 + 1]), 1, rounding_mode="floor").item() == 2**62 + 1


def test_a_source_of_another_type_is_not_cut_off() -> None:
    with pytest.raises(tt.DTypeError, match="expected a source of type int64 for scatter; got float32"):
        tt.zeros(3, dtype=tt.int64).scatter(0, Tensor([0]), Tensor([1.5]))


def test_a_row_is_not_spread_over_the_slices_of_index_add() -> None:
    with pytest.raises(tt.ShapeError, match="expected 2 slices along dimension 0 of \\[3, 2\\]; got \\[2\\]"):
        tt.zeros(3, 2).index_add(0, Tensor([0, 1]), tt.ones(2))


def test_the_standard_deviation_of_equal_numbers_has_a_gradient_of_zero() -> None:
    x = tt.ones(4, requires_grad=True)
    x.std().backward()
    assert x.grad.tolist() == [0, 0, 0, 0]


def test_integers_keep_their_gradients_apart() -> None:
    with pytest.raises(tt.GradientError, match="expected a floating type to require a gradient; got int64"):
        tt.arange(3, requires_grad=True)


def test_a_sum_in_a_small_type_stays_in_it() -> None:
    assert tt.sum(tt.ones(3, dtype=tt.int8), dtype=tt.int8).dtype == tt.int8


def test_nan_lets_the_gradient_of_maximum_through_to_both() -> None:
    x, y = Tensor([float("nan")], requires_grad=True), tt.ones(1, requires_grad=True)
    tt.maximum(x, y).sum().backward()
    assert x.grad.item() == y.grad.item() == 1


def test_a_product_of_empty_batches_has_an_empty_gradient() -> None:
    x, y = tt.ones(5, 5, 0, requires_grad=True), tt.ones(0, 5, requires_grad=True)
    (x @ y).sum().backward()
    assert x.grad.shape == (5, 5, 0)
    assert y.grad.shape == (0, 5)


def test_a_number_written_into_float64_keeps_all_its_digits() -> None:
    x, mask = tt.zeros(2, dtype=tt.float64), Tensor([True, False])
    assert tt.where(mask, 0.1, x).tolist() == x.masked_fill(mask, 0.1).tolist() == [0.1, 0]
    assert x.scatter(0, Tensor([0]), 0.1).tolist() == [0.1, 0]
    x[0] = 0.1
    assert x.tolist() == [0.1, 0]
    assert x.fill_(0.1).tolist() == [0.1, 0.1]


def test_the_gradient_of_a_power_of_a_number_is_exact_in_float64() -> None:
    y = Tensor(2.0, dtype=tt.float64, requires_grad=True)
    (0.1**y).backward()
    assert abs(y.grad.item() - 0.1**2 * math.log(0.1)) < 1e-17


@pytest.mark.parametrize("first", [np.int64(1), np.bool_(True), np.int8(1), np.float16(1), np.float32(1), 1, True])
def test_a_list_that_begins_with_a_numpy_number_keeps_its_fractions(first: Any) -> None:
    x = tt.tensor([first, 2.5])
    assert (x.dtype, x.tolist()) == (tt.float32, [1.0, 2.5])  # the first number's type would cut 2.5 off


def test_nothing_is_cut_into_as_many_parts_as_asked_for() -> None:
    assert [part.shape for part in tt.zeros(2, 0).chunk(3, 1)] == [(2, 0)] * 3
    assert F.glu(tt.zeros(2, 0)).shape == (2, 0)
