"""`Adam` and `AdamW`: steps of one size in every direction, whatever the size of the gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tt_core.extend import Array
from tt_train.optimizers.arithmetic import add_quotient, mix, mix_square, root
from tt_train.optimizers.base import Optimizer, Options, Params, State
from tt_train.optimizers.options import hints


class Adam(Optimizer):
    """θ ← θ − η m̂ / (√v̂ + ε), of running averages m of the gradient and v of its square.

    m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g² begin at 0 and are therefore too small at first; m̂ = m / (1 − β₁ᵗ)
    and v̂ = v / (1 − β₂ᵗ) make up for that.

    Args:
        params: the parameters, or groups of them.
        lr: η, the learning rate.
        betas: β₁ and β₂.
        eps: ε.
        weight_decay: λ; λ θ is added to the gradient.
        amsgrad: divide by the largest v so far (Reddi et al. 2018).
        foreach: as `fused`, accepted; the update is always the same one, in blocks that fit into the cache.
        maximize: go up instead of down.
        capturable: True is not supported; nor is `differentiable`.
        differentiable: see `capturable`.
        fused: see `foreach`.
        decoupled_weight_decay: shrink θ to (1 − ηλ) θ instead: this is AdamW.

    Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            **hints(foreach=foreach, capturable=capturable, differentiable=differentiable, fused=fused),
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def init(self, o: Options) -> dict[str, float]:
        """Keep both averages, "exp_avg" and "exp_avg_sq", and for AMSGrad the largest second one, "max_exp_avg_sq".

        All of them start at 0.
        """
        largest = {"max_exp_avg_sq": 0.0} if o["amsgrad"] else {}
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0, **largest}

    def update(self, p: Array, g: Array, s: State, o: Options, t: int, a: Array) -> None:
        """Move p by −η m̂ / (√v̂ + ε), after m and v have taken in the gradient.

        With r² = 1 − β₂ᵗ it is −η r m̂ / (√v + r ε), so that v̂ need not be made: v itself must stay as it is for the
        next update. For AMSGrad the largest v of this and all former updates is kept, and stands in the place of v in
        the quotient. g stays as it is.
        """
        (beta1, beta2), m, v = o["betas"], s["exp_avg"], s["exp_avg_sq"]
        mix(m, beta1, g, 1 - beta1, a)
        mix_square(v, beta2, g, 1 - beta2, a)
        if o["amsgrad"]:
            v = np.maximum(v, s["max_exp_avg_sq"], out=s["max_exp_avg_sq"])
        r = math.sqrt(1 - beta2**t)
        add_quotient(p, m, root(v, r * o["eps"], a), -o["lr"] * r / (1 - beta1**t))


class AdamW(Adam):
    """Adam with decoupled weight decay: θ ← (1 − ηλ) θ before each step, which leaves m and v alone.

    The arguments are Adam's, with λ = 0.01.

    Source: Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101
    """

    decoupled = True

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
