"""`RMSprop`: each direction scaled by how large its gradient usually is."""

from __future__ import annotations

from typing import Any

import numpy as np

from tt_core.extend import Array
from tt_train.optimizers.arithmetic import add, add_quotient, mix, mix_square, root
from tt_train.optimizers.base import Optimizer, Options, Params, State
from tt_train.optimizers.options import hints


class RMSprop(Optimizer):
    """v ← α v + (1 − α) g², then θ ← θ − η g / (√v + ε).

    Args:
        params: the parameters, or groups of them.
        lr: η, the learning rate.
        alpha: α.
        eps: ε.
        weight_decay: λ; λ θ is added to the gradient.
        momentum: μ; with it b ← μ b + g / (√v + ε), and θ ← θ − η b.
        centered: divide by the root of the gradient's variance, v less the square of a running average of g.
        capturable: True is not supported; nor is `differentiable`.
        foreach: accepted; the update is always the same one, in blocks that fit into the cache.
        maximize: go up instead of down.
        differentiable: see `capturable`.

    Source: Hinton 2012, lecture 6, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf;
    centered: Graves 2013, https://arxiv.org/abs/1308.0850
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
            **hints(capturable=capturable, foreach=foreach, differentiable=differentiable),
        }
        super().__init__(params, defaults)

    def init(self, o: Options) -> dict[str, float]:
        """Keep the average of g², the velocity if there is momentum, and the average of g if it is taken off."""
        names = ["square_avg"] + ["momentum_buffer"] * (o["momentum"] > 0) + ["grad_avg"] * bool(o["centered"])
        return dict.fromkeys(names, 0.0)

    def update(self, p: Array, g: Array, s: State, o: Options, t: int, a: Array) -> None:  # noqa: ARG002 - the base's
        """Move p by g / (√v + ε), or along the velocity of that."""
        v = s["square_avg"]
        mix_square(v, o["alpha"], g, 1 - o["alpha"], a)
        if o["centered"]:
            mean = s["grad_avg"]
            mix(mean, o["alpha"], g, 1 - o["alpha"], a)
            np.multiply(mean, mean, out=a)
            v = np.subtract(v, a, out=a)
        divisor = root(v, o["eps"], a)
        if o["momentum"] > 0:
            b = s["momentum_buffer"]
            mix(b, o["momentum"], np.divide(g, divisor, out=a), 1, a)
            add(p, b, -o["lr"], a)
        else:
            add_quotient(p, g, divisor, -o["lr"])
