"""State dicts of optimizers in PyTorch's layout: {"state": {0: {…}}, "param_groups": [{…, "params": [0, 1]}]}."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
from itertools import chain
from typing import Any

import numpy as np

from tt_core import Tensor, as_tensor, no_grad
from tt_core.dtypes import is_floating
from tt_train.optimizers.errors import OptimizerStateError

Groups = list[dict[str, Any]]
States = defaultdict[Tensor, dict[str, Any]]


def pack(groups: Groups, state: Mapping[Tensor, dict[str, Any]]) -> dict[str, Any]:
    """Return groups and state with numbers in the parameters' place."""
    numbers = {p: i for i, p in enumerate(chain.from_iterable(group["params"] for group in groups))}
    packed = [{**group, "params": [numbers[p] for p in group["params"]]} for group in groups]
    return {"state": {numbers.get(p, p): dict(entry) for p, entry in state.items()}, "param_groups": packed}


def unpack(saved: Mapping[str, Any], groups: Groups, defaults: Mapping[str, Any]) -> tuple[Groups, States]:
    """Return groups and state with the parameters of `groups` in the numbers' place; everything is copied.

    Raises:
        OptimizerStateError: something does not fit.
    """
    given = saved["param_groups"] if "param_groups" in saved and "state" in saved else None
    sizes = [len(group["params"]) for group in groups]
    if given is None or [len(group["params"]) for group in given] != sizes:
        got = "another dict" if given is None else f"groups of {[len(group['params']) for group in given]}"
        message = f"expected the state dict of an optimizer with groups of {sizes} parameters; got {got}"
        raise OptimizerStateError(message)
    numbers = chain.from_iterable(group["params"] for group in given)
    params = dict(zip(numbers, chain.from_iterable(group["params"] for group in groups), strict=True))
    state: States = defaultdict(dict)
    for number, entry in saved["state"].items():
        key = params.get(int(number) if isinstance(number, str) else number)
        if key is None:
            message = f"expected state of parameters {sorted(params)}; got state of {number!r}"
            raise OptimizerStateError(message)
        state[key] = {name: _value(value, name, key) for name, value in entry.items()}
    return [_group(new, old, defaults) for new, old in zip(given, groups, strict=True)], state


def _group(new: Mapping[str, Any], old: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    settings = {name: deepcopy(value) for name, value in new.items() if name != "params"}
    names = {"param_names": old["param_names"]} if "param_names" in old else {}
    return {"params": old["params"], **defaults, **names, **settings}


def _value(value: Any, name: str, p: Tensor) -> Any:
    """Return a copy of what is kept: of the parameter's type and order if it is of its shape; numbers as they are.

    Raises:
        OptimizerStateError: it is an array of another shape.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    with no_grad():
        found = as_tensor(value)
    if name == "step":
        return found.clone()
    if found.shape != p.shape:
        message = f"expected {name!r} of its parameter's shape {list(p.shape)}; got {list(found.shape)}"
        raise OptimizerStateError(message)
    like = np.empty_like(p.data, dtype=p.dtype if is_floating(found.dtype) else found.dtype)
    like[...] = found.data
    return as_tensor(like)
