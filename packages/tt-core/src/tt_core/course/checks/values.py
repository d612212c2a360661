"""Values as learners read them: small arrays whole, in rows and columns, large ones with their corners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tt_core.course.checks import Raised
from tt_core.course.checks.comparing import MANY, difference, shown

__all__ = ["differing", "rows"]

ROWS = 8
WIDTH = 76


def differing(expected: Any, actual: Any, rtol: float, atol: float) -> tuple[Any, Any]:
    """Return what differs of two dictionaries, all of two other values.

    >>> differing({"a": 1, "b": 2}, {"a": 1, "b": 3}, 0, 0), differing([1, 2], [1, 3], 0, 0)
    (({'b': 2}, {'b': 3}), ([1, 2], [1, 3]))
    """
    if not (isinstance(expected, Mapping) and isinstance(actual, Mapping)):
        return expected, actual
    both = expected.keys() & actual.keys()
    same = {name for name in both if difference(expected[name], actual[name], rtol, atol) is None}
    left, right = ({name: each for name, each in value.items() if name not in same} for value in (expected, actual))
    return left, right


def rows(value: Any, width: int = WIDTH, *, kinds: bool = True) -> list[str]:
    """Return the lines of a value, with the element types of arrays or without.

    >>> rows(np.eye(2)), rows(np.eye(2), kinds=False)[0], rows((2, 3))
    (['(2, 2) float64', '[[1. 0.]', ' [0. 1.]]'], '(2, 2)', ['(2, 3)'])
    """
    if isinstance(value, Mapping) and value:
        column = max(len(str(name)) for name in value) + 2
        return _named({str(name): each for name, each in value.items()}, column, width, kinds=kinds)
    if isinstance(value, list | tuple) and any(isinstance(each, np.ndarray) for each in value):
        return _named({f"[{place}]": each for place, each in enumerate(value)}, 5, width, kinds=kinds)
    if isinstance(value, np.ndarray) and value.ndim:
        return _array(value, width, kinds=kinds)
    return [clip(str(value) if isinstance(value, Raised) else shown(value), width)]


def _named(values: Mapping[str, Any], column: int, width: int, *, kinds: bool) -> list[str]:
    """Return the lines of several values, each behind its name."""
    found = []
    for name, value in values.items():
        first, *others = rows(value, width - column, kinds=kinds)
        found += [f"{name:<{column}}{first}", *(f"{'':<{column}}{line}" for line in others)]
    return found


def _array(value: Any, width: int, *, kinds: bool) -> list[str]:
    kind = f"{value.shape} {value.dtype}" if kinds else f"{value.shape}"
    if value.size == 0:
        return [f"{kind}, empty"]
    with np.printoptions(precision=4, suppress=True, threshold=MANY, edgeitems=2, linewidth=width):
        lines = str(value).splitlines()
    if len(lines) == 1 and len(lines[0]) + len(kind) + 2 <= width:
        return [f"{lines[0]}  {kind}"]
    return [kind, *(clip(line, width) for line in shortened([line for line in lines if line.strip()]))]


def shortened(lines: list[str]) -> list[str]:
    """Return the first lines and the last, if there are many."""
    return lines if len(lines) <= ROWS else [*lines[: ROWS - 2], " …", lines[-1]]


def clip(text: str, width: int) -> str:
    """Return a text that is not longer than a line."""
    return text if len(text) <= width else text[: width - 1] + "…"
