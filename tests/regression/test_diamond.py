"""A node with two ways to the result must be visited once, not once for each way.

Elsewhere, backward() called itself on each argument: sixteen doublings y = y + y took a noticeable time, and each
two more took four times as long, so that a residual network of sixty layers would not have ended. And an argument
used twice in one operation was visited before its gradient was complete.
"""

import tt_core as tt
from tt_core import Tensor


def test_sixty_doublings() -> None:
    x = y = Tensor(1.0, dtype="float64", requires_grad=True)
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 2.0**60


def test_sixty_residual_blocks() -> None:
    x = y = Tensor([0.1, -0.2], dtype="float64", requires_grad=True)
    for _ in range(60):
        y = y + (y * 0.5).tanh()
    y.sum().backward()
    assert x.grad is not None
    assert bool((x.grad > 1).all())


def test_ways_of_different_length() -> None:
    x = Tensor(3.0, requires_grad=True)
    a = x * x
    b = a * x
    (a * b + a + x).backward()  # x⁵ + x² + x
    assert x.grad is not None
    assert x.grad.item() == 5 * 81 + 6 + 1


def test_one_argument_twice() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x @ x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0, 4.0]
    (g,) = tt.grad((x / x).sum(), x)
    assert g is not None
    assert g.tolist() == [0.0, 0.0]
