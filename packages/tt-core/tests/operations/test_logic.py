"""Questions about two tensors; PyTorch's samples of them stand in `torch/test_opinfo.py`."""

import math

import numpy as np
from hypothesis import given
from numpy.testing import assert_array_equal

import tt_core as tt
from tt_core import Tensor

from ..strategies import Array, arrays


@given(x=arrays())
def test_truth_tables(x: Array) -> None:
    a, b = Tensor(np.sign(np.trunc(x))), Tensor(np.trunc(x)[::-1].copy()) if x.ndim else Tensor(0)
    assert_array_equal(a.logical_and(b).data, np.logical_and(a.data, b.data))
    assert_array_equal(a.logical_or(b).data, np.logical_or(a.data, b.data))
    assert_array_equal(tt.logical_xor(a, b).data, np.logical_xor(a.data, b.data))


def test_equal_is_one_answer() -> None:
    x = Tensor([1.0, 2.0])
    assert x.equal(Tensor([1.0, 2.0])) is True
    assert tt.equal(x, Tensor([1.0, 3.0])) is False
    assert not x.equal(Tensor([[1.0, 2.0]]))
    assert not x.equal(Tensor([1.0]))
    assert not Tensor([math.nan]).equal(Tensor([math.nan]))


def test_only_tensors_are_tensors() -> None:
    assert tt.is_tensor(tt.nn.Parameter([1.0]))
    assert not any(tt.is_tensor(x) for x in (1.0, [1.0], np.ones(1), None))
