"""A gradient must come back in its argument's shape.

Elsewhere, the gradient of a bias of shape (3,) added to a batch (2, 3) came back as (2, 3), was "fixed" in the
addition alone, and stayed wrong in the product, the division, the power and the comparison: each rule had undone
broadcasting by hand. Here the engine does it, once, for every rule.
"""

from collections.abc import Callable

import pytest

import tt_core as tt
from tt_core import Tensor

OPERATIONS: list[Callable[[Tensor, Tensor], Tensor]] = [
    tt.add, tt.sub, tt.mul, tt.div, tt.pow, tt.maximum, tt.minimum, tt.logaddexp, tt.remainder,
    lambda x, y: tt.where(x > y, x, y), lambda x, y: tt.lerp(x, y, 0.5), lambda x, y: tt.clamp(x, max=y),
    lambda x, y: tt.addcmul(x, y, y), lambda x, y: y - x, lambda x, y: x.masked_fill(x < 0, 0.0) * y,
]  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("shape", [(), (3,), (1, 3), (2, 1), (1, 1), (4, 2, 3)])
def test_shapes_of_gradients(operation: Callable[[Tensor, Tensor], Tensor], shape: tuple[int, ...]) -> None:
    x = tt.full((2, 3), 2.0, requires_grad=True)
    y = tt.full(shape, 1.5, requires_grad=True)
    operation(x, y).sum().backward()
    for leaf in (x, y):
        assert leaf.grad is not None
        assert leaf.grad.shape == leaf.shape


def test_the_bias_of_a_batch_adds_up_over_the_batch() -> None:
    bias = tt.zeros(3, requires_grad=True)
    (tt.ones(2, 3) + bias).sum().backward()
    assert bias.grad is not None
    assert bias.grad.tolist() == [2.0, 2.0, 2.0]
