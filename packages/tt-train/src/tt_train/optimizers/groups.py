"""Parameter groups: what users give an optimizer, brought into one form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from tt_core import Tensor
from tt_train.optimizers.errors import OptimizerError

Params: TypeAlias = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[Mapping[str, Any]]


def split(params: Params) -> list[Mapping[str, Any]]:
    """Return the groups; parameters without one are a group.

    Raises:
        TypeError: there is a single tensor and no collection.
        OptimizerError: there are none.
    """
    if isinstance(params, Tensor):
        message = "expected a list of parameters, or of groups of them; got a single Tensor: put it in brackets"
        raise TypeError(message)
    given: list[Any] = list(params)
    if not given:
        message = (
            "expected parameters to optimize; got none (an iterator such as model.parameters() can be used only once)"
        )
        raise OptimizerError(message)
    return given if isinstance(given[0], Mapping) else [{"params": given}]


def checked(group: Any, others: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a group with its parameters as a list, and their names if they came with names.

    Raises:
        TypeError: the group is no dict, or something in it no tensor, or they have no order.
        OptimizerError: a parameter is there already or no leaf, or some have names and some not.
    """
    if not isinstance(group, Mapping) or "params" not in group:
        message = f"expected a parameter group, a dict with 'params'; got {group!r}"
        raise TypeError(message)
    given = group["params"]
    if isinstance(given, (set, frozenset)):
        message = "expected parameters in an order that is the same in every run; got a set: use a list"
        raise TypeError(message)
    members = [given] if isinstance(given, Tensor) else list(given)
    names = [member[0] for member in members if isinstance(member, tuple)]
    params = [member[1] if isinstance(member, tuple) else member for member in members]
    _check_members(params, {id(p) for other in others for p in other["params"]})
    if 0 < len(names) < len(params) or any(bool(names) != ("param_names" in other) for other in others):
        message = "expected either every parameter with a name or none; got some of each"
        raise OptimizerError(message)
    return {**group, "params": params} | ({"param_names": names} if names else {})


def _check_members(params: list[Any], known: set[int]) -> None:
    for p in params:
        if not isinstance(p, Tensor):
            message = f"expected tensors to optimize; got {type(p).__name__}"
            raise TypeError(message)
        if not p.is_leaf:
            message = f"expected leaves to optimize; got a result of shape {list(p.shape)}: optimize what it came from"
            raise OptimizerError(message)
        if id(p) in known:
            message = f"expected each parameter once; got one of shape {list(p.shape)} twice"
            raise OptimizerError(message)
        known.add(id(p))
