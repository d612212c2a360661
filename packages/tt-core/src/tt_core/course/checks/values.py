"""Values as learners read them: small arrays whole, in rows and columns, large ones with their corners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from tt_core.course.checks import Raised
from tt_core.course.checks.comparing import MANY, shown

__all__ = ["rows"]

ROWS = 8
WIDTH = 76


def rows(value: Any, width: int = WIDTH) -> list[str]:
    """Return the lines of a value.

    >>> rows(np.eye(2)), rows((2, 3))
    (['(2, 2) float64', '[[1. 0.]', ' [0. 1.]]'], ['(2, 3)'])
    """
    if isinstance(value, Mapping) and value:
        return [line for name, each in value.items() for line in _named(str(name), each, value, width)]
    if isinstance(value, list | tuple) and any(isinstance(each, np.ndarray) for each in value):
        return [line for place, each in enumerate(value) for line in _named(f"[{place}]", each, value, width)]
    if isinstance(value, np.ndarray) and value.ndim:
        return _array(value, width)
    return [clip(str(value) if isinstance(value, Raised) else shown(value), width)]


def _named(name: str, value: Any, others: Iterable[Any], width: int) -> Iterator[str]:
    """Yield the lines of one value of several, behind its name."""
    column = max(len(str(each)) for each in others) + 2 if isinstance(others, Mapping) else 5
    for place, line in enumerate(rows(value, width - column)):
        yield f"{'' if place else name:<{column}}{line}"


def _array(value: Any, width: int) -> list[str]:
    kind = f"{value.shape} {value.dtype}"
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
