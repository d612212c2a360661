"""The settings of a parameter group: those that only PyTorch needs, the ranges of the others, plain numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tt_core import Tensor
from tt_core.errors import NotSupportedError
from tt_train.optimizers.errors import OptimizerError

_POSITIVE: Final = (0.0, math.inf)
_RANGES: Final = {
    "lr": _POSITIVE,
    "momentum": _POSITIVE,
    "weight_decay": _POSITIVE,
    "eps": _POSITIVE,
    "alpha": _POSITIVE,
    "lr_decay": _POSITIVE,
    "initial_accumulator_value": _POSITIVE,
    "betas": (0.0, 1.0),
}
_PLAIN: Final = frozenset({float, int, bool, str, type(None)})


def hints(**given: bool | None) -> dict[str, bool | None]:
    """Return those of PyTorch's settings that say how to compute, not what.

    Raises:
        NotSupportedError: one asks for something else than speed: capturable (graphs of a GPU), differentiable.
        OptimizerError: foreach and fused are both wanted.
    """
    for name in ("capturable", "differentiable"):
        if given.get(name):
            message = (
                f"expected {name}=False; got {given[name]!r}: steps on a GPU or through the graph do not exist here"
            )
            raise NotSupportedError(message)
    if given.get("foreach") and given.get("fused"):
        message = "expected at most one of foreach=True and fused=True; got both"
        raise OptimizerError(message)
    return given


def check_ranges(kind: str, options: Mapping[str, Any]) -> None:
    """Refuse numbers that are out of their range.

    Raises:
        OptimizerError: one is.
    """
    for name, (low, high) in _RANGES.items():
        value = options.get(name, low)
        for number in value if isinstance(value, (tuple, list)) else (value,):
            if not low <= float(number) < high and not (number == high == math.inf):
                wanted = f"{name} of at least 0" if high == math.inf else f"{name} from 0 to less than 1"
                message = f"expected {wanted} for {kind}; got {value}"
                raise OptimizerError(message)


def plain(value: Any) -> Any:
    """Return a number as Python's own: NumPy's float64 would widen a float32 array.

    >>> plain(np.float64(0.5)), plain((0.9, np.float64(0.5)))
    (0.5, (0.9, 0.5))
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (tuple, list)):
        return tuple(map(plain, value))
    return value.item() if isinstance(value, (np.generic, np.ndarray, Tensor)) else value
