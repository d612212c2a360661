"""The work that is measured, written once for each framework: a name, and how to set up a function that does it once.

Started as a program, `python workloads.py tt_core|torch|tuned THREADS`, it waits for lines `NAME REPEATS` on standard
input and answers each with the seconds that one repeat took: the frameworks never share a process, since their thread
pools would disturb each other.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import cached_property
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

    def train(self, model: Any) -> tuple[Any, Any]:
        """Return the model and what updates it."""
        from tt_train.optim import Adam

        return model, Adam(model.parameters(), lr=1e-3)

    def optimizer(self, kind: str, params: list[Any], options: dict[str, Any]) -> Any:
        """Return an optimizer of this kind."""
        from tt_train import optim

        return getattr(optim, kind)(params, **options)

    @cached_property
    def nn(self) -> Any:
        """The layers of networks that see."""
        from tt_train import nn

        return nn

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

    def train(self, model: Any) -> tuple[Any, Any]:
        """Return the model and what updates it."""
        return model, self.lib.optim.Adam(model.parameters(), lr=1e-3)

    def optimizer(self, kind: str, params: list[Any], options: dict[str, Any]) -> Any:
        """Return an optimizer of this kind, in the version for many tensors."""
        return getattr(self.lib.optim, kind)(params, foreach=True, **options)

    @property
    def nn(self) -> Any:
        """The layers of networks that see."""
        return self.lib.nn


class Tuned(Torch):
    """PyTorch as its experts would run it: the channels of a pixel together, and all parameters updated at once."""

    def tensor(self, array: Any, *, grad: bool = False) -> Any:
        made = self.lib.tensor(array)
        if made.ndim == 4:
            made = made.to(memory_format=self.lib.channels_last)
        return made.requires_grad_(grad)

    def train(self, model: Any) -> tuple[Any, Any]:
        """Return the model in this order of memory, and what updates it."""
        model = model.to(memory_format=self.lib.channels_last)
        return model, self.lib.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def optimizer(self, kind: str, params: list[Any], options: dict[str, Any]) -> Any:
        """Return an optimizer of this kind, in the version that makes one pass."""
        return getattr(self.lib.optim, kind)(params, fused=True, **options)


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


def convolution(*, backward: bool) -> Callable[[Any], Step]:
    """3×3 windows over 128 images of 32 channels, 64 outputs."""

    def setup(t: Any) -> Step:
        x, weight, bias = (t.tensor(numbers(*s), grad=backward) for s in ((128, 32, 32, 32), (64, 32, 3, 3), (64,)))
        layer = t.nn.Conv2d(32, 64, 3, padding=1)
        layer.weight, layer.bias = t.nn.Parameter(weight), t.nn.Parameter(bias)
        g = t.tensor(numbers(128, 64, 32, 32))

        def forward() -> Any:
            with t.lib.no_grad():
                return layer(x)

        def both() -> None:
            x.grad = layer.weight.grad = layer.bias.grad = None
            layer(x).backward(g)

        return both if backward else forward

    return setup


def lenet(t: Any) -> Any:
    """LeNet-5 with ReLU and maximum pooling, for 28×28 pixels."""
    nn = t.nn
    seeing = [
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]
    deciding = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return nn.Sequential(*seeing, nn.Flatten(), *deciding)


def cifar(t: Any) -> Any:
    """Five convolutions and two linear layers, for 32×32 pixels in color."""
    nn, layers, channels = t.nn, [], 3
    for outputs in (32, 32, 0, 64, 64, 0, 128, 0):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1), nn.ReLU()] if outputs else [nn.MaxPool2d(2)]
        channels = outputs or channels
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 128), nn.ReLU(), nn.Linear(128, 10))


def training(model: Callable[[Any], Any], *shape: int) -> Callable[[Any], Step]:
    """One step of training with Adam on a batch of this shape."""

    def setup(t: Any) -> Step:
        x, y = t.tensor(numbers(*shape)), t.tensor(np.arange(shape[0]) % 10)
        network, optimizer = t.train(model(t))

        def step() -> None:
            optimizer.zero_grad()
            t.F.cross_entropy(network(x), y).backward()
            optimizer.step()

        return step

    return setup


LENET = ((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,))
PERCEPTRON = tuple(shape for layer in LAYERS for shape in (layer, layer[:1]))
BLOCK = ((1152, 384), (1152,), (384, 384), (384,), (1536, 384), (1536,), (384, 1536), *[(384,)] * 5)
GPT = ((4000, 384), *BLOCK * 6)


def updating(shapes: Any, kind: str, **options: Any) -> Callable[[Any], Step]:
    """One step of an optimizer, without forward and backward."""

    def setup(t: Any) -> Step:
        params = [t.tensor(numbers(*shape), grad=True) for shape in shapes]
        for p in params:
            p.grad = p.detach() * 0.1
        step: Step = t.optimizer(kind, params, {"lr": 1e-6, **options}).step
        return step

    return setup


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
# the same for networks that see; here PyTorch comes in two versions, as it is and tuned
TRAINING: dict[str, tuple[int, int, Callable[[Any], Step]]] = {
    "conv2d_forward": (2, 3, convolution(backward=False)),
    "conv2d_both": (2, 2, convolution(backward=True)),
    "lenet_step": (2, 20, training(lenet, 64, 1, 28, 28)),
    "cifar_step": (2, 1, training(cifar, 128, 3, 32, 32)),
}
# one update of all parameters; PyTorch in both of its fast versions
MODELS: dict[str, tuple[int, Any]] = {
    "lenet": (300, LENET),
    "perceptron": (100, PERCEPTRON),
    "gpt_12m": (3, GPT),
    "one_1m": (100, ((1_000_000,),)),
    "one_50m": (1, ((50_000_000,),)),
}
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "adam": ("Adam", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "sgd": ("SGD", {}),
}
UPDATING: dict[str, tuple[int, int, Callable[[Any], Step]]] = {
    f"{rule}_{model}": (2, repeats, updating(shapes, kind, **options))
    for model, (repeats, shapes) in MODELS.items()
    for rule, (kind, options) in RULES.items()
}
FRAMEWORKS: dict[str, Callable[[int], Any]] = {"tt_core": TinyTorch, "torch": Torch, "tuned": Tuned}


def main(framework: str, threads: str) -> None:
    """Answer each line `NAME REPEATS` with seconds per repeat."""
    t = FRAMEWORKS[framework](int(threads))
    ready: dict[str, Step] = {}
    for line in sys.stdin:
        name, repeats = line.split()
        if name not in ready:
            ready[name] = (WORKLOADS | TRAINING | UPDATING)[name][2](t)
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
