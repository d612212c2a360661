"""`Lion`: steps of the same size for every number, of which only the sign is decided by gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from tt_core.extend import Array
from tt_train.optimizers.arithmetic import mix
from tt_train.optimizers.base import Optimizer, Options, Params, State
from tt_train.optimizers.options import hints


class Lion(Optimizer):
    """θ ← (1 − ηλ) θ − η sign(β₁ m + (1 − β₁) g), then m ← β₂ m + (1 − β₂) g.

    PyTorch has no Lion; names and defaults are those of the authors' implementation.

    Args:
        params: the parameters, or groups of them.
        lr: η, the learning rate; a third to a tenth of AdamW's.
        betas: β₁ and β₂.
        weight_decay: λ; three to ten times AdamW's.
        maximize: go up instead of down.
        foreach: as `fused`, accepted; the update is always the same one, in blocks that fit into the cache.
        capturable: True is not supported; nor is `differentiable`.
        differentiable: see `capturable`.
        fused: see `foreach`.

    Source: Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2
    """

    counted = False
    decoupled = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "betas": betas,
            "weight_decay": weight_decay,
            "maximize": maximize,
            **hints(foreach=foreach, capturable=capturable, differentiable=differentiable, fused=fused),
        }
        super().__init__(params, defaults)

    def init(self, o: Options) -> dict[str, float]:  # noqa: ARG002 - the base's signature
        """Keep one average of the gradient."""
        return {"exp_avg": 0.0}

    def update(self, p: Array, g: Array, s: State, o: Options, t: int, a: Array) -> None:  # noqa: ARG002 - the base's
        """Move p by η against the sign of what the average will be."""
        (beta1, beta2), m = o["betas"], s["exp_avg"]
        np.subtract(g, m, out=a)
        np.multiply(a, 1 - beta1, out=a)
        np.add(a, m, out=a)
        np.sign(a, out=a)
        np.multiply(a, o["lr"], out=a)
        np.subtract(p, a, out=p)
        mix(m, beta2, g, 1 - beta2, a)
