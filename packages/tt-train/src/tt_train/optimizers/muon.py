"""`Muon`: momentum whose step is made a rotation, so that no direction of a matrix is left behind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tt_core.extend import Array
from tt_train.optimizers.arithmetic import mix
from tt_train.optimizers.base import Optimizer, Options, Params, State
from tt_train.optimizers.errors import OptimizerError

STEPS_LIMIT = 100


class Muon(Optimizer):
    """b ← μ b + (1 − μ) g, then θ ← (1 − ηλ) θ − η · r · U Vᵀ, where U S Vᵀ ≈ b and r depends on θ's shape.

    It is for the matrices of hidden layers; give embeddings, the last layer, biases and gains to AdamW. Where PyTorch
    rounds the iteration that finds U Vᵀ to bfloat16, we compute in the parameter's own precision.

    Args:
        params: the parameters, all of them matrices, or groups of them.
        lr: η, the learning rate.
        weight_decay: λ.
        momentum: μ.
        nesterov: whether to look ahead, with g + μ (b − g) in b's place.
        ns_coefficients: a, b and c of the iteration X ← aX + (bA + cA²)X with A = XXᵀ.
        eps: the least norm to divide by.
        ns_steps: how many iterations there are.
        adjust_lr_fn: "original" or None, r = √max(1, rows / columns); "match_rms_adamw", r = 0.2 √max(rows, columns).

    Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/;
    "match_rms_adamw": Liu et al. 2025, https://arxiv.org/abs/2502.16982
    """

    counted = False
    decoupled = True
    elementwise = False

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults: dict[str, Any] = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def check(self, o: Options) -> None:
        """Refuse what cannot work.

        Raises:
            OptimizerError: a parameter is no matrix, or a setting is out of its range.
        """
        super().check(o)
        for p in o["params"]:
            if p.ndim != 2:
                message = (
                    f"expected matrices for Muon; got a parameter of shape {list(p.shape)}: "
                    "give the others to an optimizer of their own, such as AdamW"
                )
                raise OptimizerError(message)
        if o["adjust_lr_fn"] not in {None, "original", "match_rms_adamw"}:
            message = f"expected adjust_lr_fn 'original', 'match_rms_adamw' or None; got {o['adjust_lr_fn']!r}"
            raise OptimizerError(message)
        if len(o["ns_coefficients"]) != 3 or not 0 <= o["ns_steps"] < STEPS_LIMIT:
            message = (
                f"expected 3 ns_coefficients and 0 to {STEPS_LIMIT - 1} ns_steps; "
                f"got {o['ns_coefficients']} and {o['ns_steps']}"
            )
            raise OptimizerError(message)

    def init(self, o: Options) -> dict[str, float]:  # noqa: ARG002 - the base's signature
        """Keep the velocity."""
        return {"momentum_buffer": 0.0}

    def update(self, p: Array, g: Array, s: State, o: Options, t: int, a: Array) -> None:  # noqa: ARG002 - the base's
        """Move p by the rotation that is nearest to the velocity."""
        b, momentum = s["momentum_buffer"], o["momentum"]
        mix(b, momentum, g, 1 - momentum, a)
        direction = g + momentum * (b - g) if o["nesterov"] else b
        rotation = orthogonalize(direction, o["ns_coefficients"], o["ns_steps"], o["eps"])
        np.subtract(p, o["lr"] * ratio(p.shape, o["adjust_lr_fn"]) * rotation, out=p)


def ratio(shape: tuple[int, ...], how: str | None) -> float:
    """Return by how much the learning rate of a matrix of this shape is larger."""
    rows, columns = shape
    return 0.2 * math.sqrt(max(rows, columns)) if how == "match_rms_adamw" else math.sqrt(max(1, rows / columns))


def orthogonalize(x: Array, coefficients: Sequence[float], steps: int, eps: float) -> Array:
    """Return about U Vᵀ of a matrix x = U S Vᵀ: its singular values come near 1, between 0.7 and 1.2.

    Each step applies the polynomial aσ + bσ³ + cσ⁵ to every singular value σ (Newton–Schulz).
    """
    a, b, c = coefficients
    wide = x if x.shape[0] <= x.shape[1] else x.T
    wide = wide / max(float(np.linalg.norm(wide)), eps)
    for _ in range(steps):
        gram = wide @ wide.T
        wide = a * wide + (b * gram + c * (gram @ gram)) @ wide
    return wide if x.shape[0] <= x.shape[1] else wide.T
