"""A long computation must have a gradient, and must be freed without a crash.

Elsewhere, backward() recursed and stopped at Python's limit of 1,000 calls; where it was made a loop, the
interpreter still overflowed its stack when the chain of nodes was freed, each freeing the next.
"""

import gc
import subprocess
import sys

import tt_core as tt
from tt_core import Tensor

LENGTH = 100_000


def test_forward_backward_and_freeing() -> None:
    x = y = Tensor(1.0, requires_grad=True)
    for _ in range(LENGTH):
        y = y * 1.0
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 1.0
    del y
    gc.collect()


def test_freeing_without_backward() -> None:
    y = Tensor(1.0, requires_grad=True)
    for _ in range(LENGTH):
        y = y.exp().log()
    del y
    gc.collect()


def test_second_derivatives() -> None:
    x = y = Tensor(1.0, requires_grad=True)
    for _ in range(LENGTH // 20):
        y = y * 1.0 + 0.0
    (g,) = tt.grad(y * y, x, create_graph=True)
    assert g is not None
    (second,) = tt.grad(g, x)
    assert second is not None
    assert second.item() == 2.0


def test_leaving_the_interpreter_with_a_chain_alive() -> None:
    program = f"""
from tt_core import Tensor
y = Tensor(1.0, requires_grad=True)
for _ in range({LENGTH}):
    y = y + 1.0
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
