"""What is done with your losses. No expected values stand here: they are computed elsewhere, from the same inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

import tt_core as tt
from tt_core import functional as F
from tt_core.losses import reduction as shared
from tt_core.naive import losses as loops


def tensors(*arrays: Any) -> list[Any]:
    """Return a tensor for each array; all else as it is."""
    return [tt.from_numpy(a) if isinstance(a, np.ndarray) else a for a in arrays]


def shown(x: Any) -> dict[str, Any]:
    """Return a tensor's numbers and the type of its elements."""
    return {"type": str(x.dtype), "numbers": x.data}


def same_shape(input: Any, target: Any) -> Any:
    """Have two tensors looked at."""
    return shared.same_shape("my_loss", *tensors(input, target))


def same_tensor(input: Any, target: Any) -> bool:
    """Tell whether the tensor that comes back is the very one that went in."""
    x, y = tensors(input, target)
    return shared.same_shape("my_loss", x, y) is x


def reduce(losses: Any, reduction: str) -> Any:
    """Reduce losses."""
    (x,) = tensors(losses)
    return shared.reduce(x, reduction)


def reduce_weighted(losses: Any, weight: Any, reduction: str) -> Any:
    """Reduce losses that have weights."""
    x, w = tensors(losses, weight)
    return shared.reduce_weighted(x, w, reduction)


def regression(name: str, input: Any, target: Any, reduction: str = "mean", **settings: Any) -> Any:
    """Call mse_loss, l1_loss, huber_loss or smooth_l1_loss."""
    if "weight" in settings:
        settings["weight"] = tt.from_numpy(settings["weight"])
    return getattr(F, name)(*tensors(input, target), reduction=reduction, **settings)


def regression_twice(name: str, input: Any, target: Any) -> dict[str, Any]:
    """Call a loss, and return its type and what its arguments hold afterwards."""
    x, y = tensors(input, target)
    return {**shown(getattr(F, name)(x, y)), "input": x, "target": y}


def log_of_sum(numbers: list[float]) -> float:
    """Return log Σ e^a of a list."""
    return loops.log_of_sum(numbers)


def logsumexp_of_rows(x: Any) -> Any:
    """Return log Σ e^x of each row, by the loops."""
    with tt.use_backend("naive"):
        return tt.from_numpy(x).logsumexp(-1)


def cross_entropy_kernel(x: Any, target: Any) -> dict[str, Any]:
    """Call the loops of cross_entropy, and return what x holds afterwards too."""
    found = loops.cross_entropy(x, target)
    return {"type": str(found.dtype), "losses": found, "x": x}


def cross_entropy(input: Any, target: Any, weight: Any = None, **settings: Any) -> Any:
    """Call cross_entropy."""
    return F.cross_entropy(*tensors(input, target, weight), **settings)


def cross_entropy_type(input: Any, target: Any, weight: Any = None, **settings: Any) -> dict[str, Any]:
    """Call cross_entropy, and return the type of its result too."""
    return shown(F.cross_entropy(*tensors(input, target, weight), **settings))


def nll_loss(input: Any, target: Any, **settings: Any) -> Any:
    """Call nll_loss, which shares its bookkeeping with cross_entropy."""
    return F.nll_loss(*tensors(input, target), **settings)


def surprise(pairs: list[list[float]]) -> list[float]:
    """Return the loss of each pair of a probability and its target."""
    return [float(loops.surprise(p, t)) for p, t in pairs]


def binary_cross_entropy(input: Any, target: Any) -> Any:
    """Call binary_cross_entropy on the loops."""
    with tt.use_backend("naive"):
        return F.binary_cross_entropy(*tensors(input, target), reduction="none")


def with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: str = "none"
) -> dict[str, Any]:
    """Call binary_cross_entropy_with_logits."""
    x, t, w, p = tensors(input, target, weight, pos_weight)
    return shown(F.binary_cross_entropy_with_logits(x, t, w, pos_weight=p, reduction=reduction))


def kl_div(input: Any, target: Any, **settings: Any) -> Any:
    """Call kl_div."""
    return F.kl_div(*tensors(input, target), **settings)
