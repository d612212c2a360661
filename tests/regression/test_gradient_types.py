"""A gradient has the type of what it is the gradient of, whatever type the caller gave.

Elsewhere, int64 ones given to backward() made the grad of a float32 leaf an int64 tensor. Adding half a step to it
rounded to nothing. PyTorch casts what is given to the output's type.
"""

import pytest

import tt_core as tt
from tt_core.dtypes import DType

TYPES = [tt.bool, tt.int64, tt.float16, tt.float64]


@pytest.mark.parametrize("dtype", TYPES)
def test_a_leaf_that_is_its_own_output_gets_its_own_type(dtype: DType) -> None:
    x = tt.tensor([1.0, 2.0], requires_grad=True)
    x.backward(tt.ones(2, dtype=dtype))
    assert x.grad is not None
    assert (x.grad.dtype, x.grad.tolist()) == (tt.float32, [1.0, 1.0])


@pytest.mark.parametrize("dtype", TYPES)
def test_hooks_see_the_type_of_the_result(dtype: DType) -> None:
    x = tt.tensor([1.0, 2.0], requires_grad=True)
    y, seen = x * 2, []
    y.register_hook(lambda g: seen.append(g.dtype))
    (found,) = tt.grad(y, x, tt.ones(2, dtype=dtype))
    assert (seen, found.dtype, found.tolist()) == ([tt.float32], tt.float32, [2.0, 2.0])


def test_a_gradient_that_is_cast_can_be_differentiated() -> None:
    x = tt.tensor([1.0, 2.0], requires_grad=True)
    g = tt.tensor([3.0, 4.0], dtype=tt.float64, requires_grad=True)
    (found,) = tt.grad(x * x, x, g, create_graph=True)
    found.sum().backward()
    assert g.grad is not None
    assert (g.grad.dtype, g.grad.tolist()) == (tt.float64, [2.0, 4.0])
