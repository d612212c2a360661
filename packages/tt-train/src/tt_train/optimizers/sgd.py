"""`SGD`: stochastic gradient descent, with momentum."""

from __future__ import annotations

from typing import Any

import numpy as np

from tt_core.extend import Array
from tt_train.optimizers.arithmetic import add, mix
from tt_train.optimizers.base import Optimizer, Options, Params, State
from tt_train.optimizers.errors import OptimizerError
from tt_train.optimizers.options import hints


class SGD(Optimizer):
    """b ← μ b + (1 − d) g, then θ ← θ − η b; without momentum, θ ← θ − η g.

    The first b is g itself. With Nesterov's momentum the step is along g + μ b, where the next b will lead.

    Args:
        params: the parameters, or groups of them.
        lr: η, the learning rate.
        momentum: μ.
        dampening: d.
        weight_decay: λ; λ θ is added to the gradient.
        nesterov: whether to look ahead.
        maximize: go up instead of down.
        foreach: as `fused`, accepted; the update is always the same one, in blocks that fit into the cache.
        differentiable: True is not supported.
        fused: see `foreach`.

    Source: Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html

    >>> from tt_core import nn
    >>> w = nn.Parameter([1.0, 2.0])
    >>> (w * w).sum().backward()
    >>> SGD([w], lr=0.1).step()
    >>> w.tolist()
    [0.800000011920929, 1.600000023841858]
    """

    counted = False

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            **hints(foreach=foreach, differentiable=differentiable, fused=fused),
        }
        super().__init__(params, defaults)

    def check(self, o: Options) -> None:
        """Refuse what cannot work.

        Raises:
            OptimizerError: a number is out of its range, or nesterov is set without momentum or with dampening.
        """
        super().check(o)
        if o["nesterov"] and (o["momentum"] <= 0 or o["dampening"] != 0):
            message = (
                "expected nesterov=True together with a momentum above 0 and dampening 0; "
                f"got momentum={o['momentum']} and dampening={o['dampening']}"
            )
            raise OptimizerError(message)

    def init(self, o: Options) -> dict[str, float]:
        """Keep the velocity, "momentum_buffer", which starts at 0, if there is momentum; nothing if there is none."""
        return {"momentum_buffer": 0.0} if o["momentum"] else {}

    def update(self, p: Array, g: Array, s: State, o: Options, t: int, a: Array) -> None:
        """Move p along the velocity, or along the gradient if there is no momentum.

        Without momentum p ← p − η g. With it b ← μ b + (1 − d) g, but b ← μ b + g, which is g, in the first update
        (t is 1), and p ← p − η b; with Nesterov's, p ← p − η (g + μ b). g stays as it is.
        """
        momentum, b = o["momentum"], g
        if momentum:
            b = s["momentum_buffer"]
            mix(b, momentum, g, 1 if t == 1 else 1 - o["dampening"], a)
        if momentum and o["nesterov"]:
            np.multiply(b, momentum, out=a)
            np.add(a, g, out=a)
            b = a
        add(p, b, -o["lr"], a)
