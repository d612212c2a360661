"""`Adagrad`: steps that shrink, in each direction as fast as gradients have added up in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tt_core.extend import Array
from tt_train.optimizers.arithmetic import add_quotient, root
from tt_train.optimizers.base import Optimizer, Options, Params, State
from tt_train.optimizers.options import hints


class Adagrad(Optimizer):
    """v ← v + g², then θ ← θ − η / (1 + (t − 1) δ) · g / (√v + ε).

    Args:
        params: the parameters, or groups of them.
        lr: η, the learning rate.
        lr_decay: δ.
        weight_decay: λ; λ θ is added to the gradient.
        initial_accumulator_value: what v starts at.
        eps: ε.
        foreach: as `fused`, accepted; the update is always the same one, in blocks that fit into the cache.
        maximize: go up instead of down.
        differentiable: True is not supported.
        fused: see `foreach`.

    Source: Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html
    """

    eager = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
            **hints(foreach=foreach, differentiable=differentiable, fused=fused),
        }
        super().__init__(params, defaults)

    def init(self, o: Options) -> dict[str, float]:
        """Keep the sum of g², "sum", which starts at `initial_accumulator_value`."""
        return {"sum": o["initial_accumulator_value"]}

    def update(self, p: Array, g: Array, s: State, o: Options, t: int, a: Array) -> None:
        """Add g² to v, then p ← p − η / (1 + (t − 1) δ) · g / (√v + ε); g stays as it is."""
        v = s["sum"]
        np.multiply(g, g, out=a)
        np.add(v, a, out=v)
        add_quotient(p, g, root(v, o["eps"], a), -o["lr"] / (1 + (t - 1) * o["lr_decay"]))
