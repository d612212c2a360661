"""Hold what came against what was expected, and say where they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Difference", "difference", "shown"]

LONGEST = 400  # characters of a value in a sentence
MANY = 40  # elements of an array, of which more are left out


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

    Arrays and lists of the same shape are not alike; whole and other numbers of the same value are.
    """
    if isinstance(expected, np.generic):
        expected = expected.item()
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


def _differs(place: str, expected: Any, actual: Any, more: str = "") -> Difference:
    where = f"element {place}: " if place else ""
    wanted, got = apart(expected, actual)
    return Difference(f"{where}expected {wanted}, got {got}{more}", place, expected, actual)


def _of_numbers(expected: float, actual: Any, rtol: float, atol: float, place: str) -> Difference | None:
    if isinstance(actual, np.ndarray) and actual.ndim == 0:
        actual = actual.item()
    if isinstance(actual, float | int) and not isinstance(actual, bool) and near(expected, actual, rtol, atol):
        return None
    return _differs(place, expected, actual)


def near(expected: float, actual: float, rtol: float, atol: float) -> bool:
    """Tell whether two numbers are as good as equal; a whole number is only equal to itself.

    >>> near(0.3, 0.1 + 0.2, 1e-6, 0.0), near(3, 3.0000001, 1e-6, 0.0), near(math.nan, math.nan, 0.0, 0.0)
    (True, False, True)
    """
    if isinstance(expected, int) or expected == actual:
        return bool(expected == actual)
    if not (math.isfinite(expected) and isfinite(actual)):
        return math.isnan(expected) and actual != actual  # noqa: PLR0124  # a whole number may be too large for isnan
    return abs(actual - expected) <= atol + rtol * abs(expected)


def isfinite(value: float) -> bool:
    """Tell whether a number is one that a float can hold.

    >>> isfinite(1.0), isfinite(math.nan), isfinite(10**400)
    (True, False, False)
    """
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _of_arrays(expected: Any, actual: Any, rtol: float, atol: float, place: str) -> Difference | None:
    if expected.ndim == 0 and isinstance(actual, float | int):
        return difference(expected.item(), actual, rtol, atol, place)
    if not isinstance(actual, np.ndarray):
        return Difference(f"{_at(place)}expected an array, got {shown(actual)}", place, expected, actual)
    if actual.shape != expected.shape:
        text = f"{_at(place)}expected shape {expected.shape}, got {actual.shape}"
        return Difference(text, place, expected.shape, actual.shape)
    alike = _alike(expected, actual, rtol, atol)
    if alike.all():
        return None
    index = np.unravel_index(int(np.argmin(alike)), expected.shape)
    at = f"{place}[{', '.join(str(int(i)) for i in index)}]" if expected.ndim else place
    more = f" ({int((~alike).sum())} of {expected.size} elements differ)" if expected.size > 1 else ""
    return _differs(at, expected[index].item(), actual[index].item(), more)


def _alike(expected: Any, actual: Any, rtol: float, atol: float) -> Any:
    kinds = {expected.dtype.kind, actual.dtype.kind}
    if "U" in kinds and len(kinds) > 1:
        return np.zeros(expected.shape, bool)
    if kinds <= set("biuU"):
        return np.asarray(expected == actual)
    with np.errstate(all="ignore"):
        return np.asarray(np.isclose(actual.astype(float), expected.astype(float), rtol, atol, equal_nan=True))


def _of_sequences(expected: Sequence[Any], actual: Any, rtol: float, atol: float, place: str) -> Difference | None:
    if not isinstance(actual, list | tuple):
        return _differs(place, expected, actual)
    if len(actual) != len(expected):
        values = "1 value" if len(expected) == 1 else f"{len(expected)} values"
        text = f"{_at(place)}expected {values}, {shown(expected)}; got {len(actual)}: {shown(actual)}"
        return Difference(text, place, expected, actual)
    pairs = enumerate(zip(expected, actual, strict=True))
    found = (difference(a, b, rtol, atol, f"{place}[{i}]") for i, (a, b) in pairs)
    return next((each for each in found if each), None)


def _of_mappings(expected: Mapping[str, Any], actual: Any, rtol: float, atol: float, place: str) -> Difference | None:
    if not isinstance(actual, Mapping):
        return _differs(place, expected, actual)
    if set(actual) != set(expected):
        text = f"{_at(place)}expected the names {shown(list(expected))}, got {shown(list(actual))}"
        return Difference(text, place, list(expected), list(actual))
    found = (difference(expected[name], actual[name], rtol, atol, f'{place}["{name}"]') for name in expected)
    return next((each for each in found if each), None)


def _at(place: str) -> str:
    return f"at {place}: " if place else ""


def apart(expected: Any, actual: Any) -> tuple[str, str]:
    """Return two values as texts that differ if the values do.

    >>> apart(3.0, 4.0), apart(0.5, 0.50000001)
    (('3.0', '4.0'), ('0.5', '0.50000001'))
    """
    texts = shown(expected), shown(actual)
    numbers = all(type(each) in {float, int} and isfinite(each) for each in (expected, actual))
    alike = float(texts[0]) == float(texts[1]) if numbers else texts[0] == texts[1]
    return (repr(expected)[:LONGEST], repr(actual)[:LONGEST]) if alike else texts


def shown(value: Any) -> str:
    """Return a value as short text.

    >>> shown(np.ones((2, 2))), shown(0.1 + 0.2), shown("one"), shown(np.zeros((0, 3)))
    ('[[1.0, 1.0], [1.0, 1.0]]', '0.3', "'one'", '[] of shape (0, 3)')
    """
    text = _shown(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | tuple):
        inner = ", ".join(map(_shown, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shown(each)}" for key, each in value.items()) + "}"
    return repr(value)


def _array(value: Any) -> str:
    if value.size == 0:
        return f"[] of shape {value.shape}"
    text = np.array2string(value, separator=", ", threshold=MANY, edgeitems=3, formatter={"float_kind": number})
    return " ".join(text.split())


def number(value: Any) -> str:
    """Return a number with six digits; one that is not whole by its type does not look so.

    >>> number(3.0), number(1 / 3), number(1e-9), number(math.inf)
    ('3.0', '0.333333', '1e-09', 'inf')
    """
    text = f"{value:.6g}"
    return f"{text}.0" if text.lstrip("-").isdigit() else text
