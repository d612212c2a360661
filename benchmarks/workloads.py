"""The work that is measured, written once for each framework: a name, and how to set up a function that does it once.

Started as a program, `python workloads.py tt_core|torch THREADS`, it waits for lines `NAME REPEATS` on standard input
and answers each with the seconds that one repeat took: the frameworks never share a process, since their thread pools
would disturb each other.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

Step = Callable[[], object]
PAUSE = 0.3  # seconds, for the other process's threads to stop spinning in wait for more work
LAYERS = ((512, 784), (256, 512), (10, 256))


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    """Normally distributed float32, the same in every framework."""
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


class TinyTorch:
    """tt_core, with BLAS's own number of threads."""

    def __init__(self, threads: int) -> None:
        os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
        import tt_core

        self.lib: Any = tt_core
        self.F: Any = tt_core.functional

    def tensor(self, array: Any, *, grad: bool = False) -> Any:
        return self.lib.tensor(array, requires_grad=grad)


class Torch:
    """PyTorch on the CPU."""

    def __init__(self, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self.lib: Any = torch
        self.F: Any = torch.nn.functional

    def tensor(self, array: Any, *, grad: bool = False) -> Any:
        return self.lib.tensor(array, requires_grad=grad)


def small_add(t: Any) -> Step:
    """`a + b` on 10 elements, recorded."""
    a, b = t.tensor(numbers(10), grad=True), t.tensor(numbers(10), grad=True)
    return lambda: a + b


def small_add_unrecorded(t: Any) -> Step:
    """`a + b` on 10 elements, not recorded."""
    a, b = t.tensor(numbers(10)), t.tensor(numbers(10))
    return lambda: a + b


def chain_30(t: Any) -> Step:
    """30 operations on 10 elements, forward and backward."""
    a, b = t.tensor(numbers(10), grad=True), t.tensor(numbers(10), grad=True)

    def step() -> None:
        a.grad = b.grad = None
        z = a
        for _ in range(10):
            z = (z * b + a).tanh()
        z.sum().backward()

    return step


def elementwise_1m(t: Any) -> Step:
    """tanh(x · w + b) · y over a million elements, forward and backward."""
    x, w, y, b = (t.tensor(numbers(*s), grad=True) for s in ((1000, 1000), (1000, 1000), (1000, 1000), (1000,)))

    def step() -> None:
        x.grad = w.grad = y.grad = b.grad = None
        ((x * w + b).tanh() * y).mean().backward()

    return step


def matmul(n: int) -> Callable[[Any], Step]:
    """The product of two square matrices."""

    def setup(t: Any) -> Step:
        a, b = t.tensor(numbers(n, n)), t.tensor(numbers(n, n))
        return lambda: a @ b

    return setup


def mlp_parts(t: Any, batch: int) -> tuple[Step, Step]:
    """A perceptron 784-512-256-10 with ReLU and cross-entropy: how to drop its gradients, and forward and backward."""
    weights = [(t.tensor(numbers(*s) * 0.05, grad=True), t.tensor(numbers(s[0]), grad=True)) for s in LAYERS]
    x, y = t.tensor(numbers(batch, 784)), t.tensor(np.arange(batch) % 10)

    def clear() -> None:
        for w, b in weights:
            w.grad = b.grad = None

    def step() -> None:
        h = x
        for i, (w, b) in enumerate(weights):
            h = t.F.linear(h if i == 0 else t.F.relu(h), w, b)
        t.F.cross_entropy(h, y).backward()

    return clear, step


def mlp(t: Any) -> Step:
    """The perceptron on a batch of 64."""
    clear, step = mlp_parts(t, 64)
    return lambda: (clear(), step())


# name -> (threads, repeats of one measurement, setup)
WORKLOADS: dict[str, tuple[int, int, Callable[[Any], Step]]] = {
    "small_add": (1, 5000, small_add),
    "small_add_unrecorded": (1, 5000, small_add_unrecorded),
    "chain_30": (1, 100, chain_30),
    "elementwise_1m": (2, 5, elementwise_1m),
    "matmul_64": (2, 500, matmul(64)),
    "matmul_256": (2, 50, matmul(256)),
    "matmul_1024": (2, 3, matmul(1024)),
    "mlp": (2, 50, mlp),
}
FRAMEWORKS: dict[str, Callable[[int], Any]] = {"tt_core": TinyTorch, "torch": Torch}


def main(framework: str, threads: str) -> None:
    """Answer each line `NAME REPEATS` with seconds per repeat."""
    t = FRAMEWORKS[framework](int(threads))
    ready: dict[str, Step] = {}
    for line in sys.stdin:
        name, repeats = line.split()
        if name not in ready:
            ready[name] = WORKLOADS[name][2](t)
            ready[name]()
        step, n = ready[name], int(repeats)
        time.sleep(PAUSE)
        step()
        start = time.perf_counter()
        for _ in range(n):
            step()
        print((time.perf_counter() - start) / n, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
