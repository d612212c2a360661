"""Hold what came against what was expected, and say where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Difference", "difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two values differ.

    Attributes:
        what: the sentence.
        place: the index of the first element that differs, as it is written behind a name: `[0, 2]` or `["loss"]`.
        expected: the value there.
        actual: the value there.
    """

    what: str
    place: str = ""
    expected: Any = None
    actual: Any = None


def difference(expected: Any, actual: Any, rtol: float, atol: float, place: str = "") -> Difference | None:
    """Return the first difference of two values of plain data, None if there is none.

    Arrays and lists of the same shape are alike; so are whole and other numbers of the same value.
    """
    if isinstance(expected, np.ndarray):
        return _of_arrays(expected, actual, rtol, atol, place)
    if isinstance(expected, Mapping):
        return _of_mappings(expected, actual, rtol, atol, place)
    if isinstance(expected, list | tuple):
        return _of_sequences(expected, actual, rtol, atol, place)
    if isinstance(expected, float | int) and not isinstance(expected, bool):
        return _of_numbers(expected, actual, rtol, atol, place)
    same = type(expected) is type(actual) and expected == actual
    return None if same else _differs(place, expected, actual)


def _differs(place: str, expected: Any, actual: Any) -> Difference:
    where = f"at {place}: " if place else ""
    return Difference(f"{where}expected {shown(expected)}, got {shown(actual)}", place, expected, actual)


def _of_numbers(expected: float, actual: Any, rtol: float, atol: float, place: str) -> Difference | None:
    if isinstance(actual, np.ndarray) and actual.ndim == 0:
        actual = actual.item()
    fits = isinstance(actual, float | int) and not isinstance(actual, bool)
    exact = isinstance(expected, int)
    if fits and (expected == actual if exact else np.isclose(actual, expected, rtol, atol, equal_nan=True)):
        return None
    return _differs(place, expected, actual)


def _of_arrays(expected: Any, actual: Any, rtol: float, atol: float, place: str) -> Difference | None:
    if not isinstance(actual, np.ndarray):
        if expected.ndim == 0 and isinstance(actual, float | int):
            actual = np.asarray(actual)
        else:
            return Difference(f"expected an array, got {shown(actual)}", place, expected, actual)
    if actual.shape != expected.shape:
        text = f"expected the shape {list(expected.shape)}, got {list(actual.shape)}"
        return Difference(text, place, list(expected.shape), list(actual.shape))
    alike = _alike(expected, actual, rtol, atol)
    if alike.all():
        return None
    index = np.unravel_index(int(np.argmin(alike)), expected.shape)
    at = f"{place}[{', '.join(str(int(i)) for i in index)}]" if expected.ndim else place
    found = _differs(at, expected[index].item(), actual[index].item())
    wrong = int((~alike).sum())
    more = f" ({wrong} of {expected.size} elements differ)" if expected.size > 1 else ""
    return Difference(found.what + more, found.place, found.expected, found.actual)


def _alike(expected: Any, actual: Any, rtol: float, atol: float) -> Any:
    if {expected.dtype.kind, actual.dtype.kind} <= set("biu"):
        return np.asarray(expected == actual)
    if "U" in {expected.dtype.kind, actual.dtype.kind}:
        return (
            np.asarray(expected == actual)
            if expected.dtype.kind == actual.dtype.kind
            else np.zeros(expected.shape, bool)
        )
    return np.isclose(actual, expected, rtol, atol, equal_nan=True)


def _of_sequences(expected: Sequence[Any], actual: Any, rtol: float, atol: float, place: str) -> Difference | None:
    if not isinstance(actual, list | tuple):
        return _differs(place, expected, actual)
    if len(actual) != len(expected):
        text = f"expected {len(expected)} values, got {len(actual)}: {shown(actual)}"
        return Difference(text, place, expected, actual)
    pairs = enumerate(zip(expected, actual, strict=True))
    found = (difference(a, b, rtol, atol, f"{place}[{i}]") for i, (a, b) in pairs)
    return next((each for each in found if each), None)


def _of_mappings(expected: Mapping[str, Any], actual: Any, rtol: float, atol: float, place: str) -> Difference | None:
    if not isinstance(actual, Mapping) or set(actual) != set(expected):
        names = list(actual) if isinstance(actual, Mapping) else actual
        text = f"expected the names {list(expected)}, got {shown(names)}"
        return Difference(text, place, list(expected), names)
    found = (difference(expected[name], actual[name], rtol, atol, f'{place}["{name}"]') for name in expected)
    return next((each for each in found if each), None)


def shown(value: Any) -> str:
    """Return a value as short text.

    >>> shown(np.ones((2, 2))), shown(0.1 + 0.2), shown("one")
    ('[[1., 1.], [1., 1.]]', '0.3', "'one'")
    """
    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=6, separator=", ", threshold=40, edgeitems=3)
        return " ".join(text.split())
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, list | tuple):
        inner = ", ".join(map(shown, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(each)}" for key, each in value.items()) + "}"
    return repr(value)
