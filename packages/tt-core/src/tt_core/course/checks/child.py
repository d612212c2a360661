"""The learner's process: calls probes with the inputs that come, and sends back what they return.

It is run as a script, and imports nothing of TinyTorch before the probes do: what breaks in a learner's file breaks
there, and is told as any other error. One line of JSON comes in for each call, one goes out. The descriptors that
carry them are taken away from standard input and output first, so that a `print` is only a `print`.

The parent imports `encode` and `decode` from here, so that both sides agree.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import math
import os
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any, TextIO

import numpy as np

ARRAY, FLOAT, TUPLE = "__array__", "__float__", "__tuple__"
KINDS = "biufU"


def encode(value: Any) -> Any:
    """Return plain data as what JSON can hold; a tensor counts as its array.

    Raises:
        TypeError: it is something else.
    """
    value = plain(value)
    if value is None or type(value) in {bool, int, str}:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {FLOAT: repr(value)}
    if type(value) is list:
        return [encode(each) for each in value]
    if type(value) is tuple:
        return {TUPLE: [encode(each) for each in value]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: encode(each) for key, each in value.items()}
    if type(value) is np.ndarray and value.dtype.kind in KINDS:
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {ARRAY: [value.dtype.str, list(value.shape), data]}
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise TypeError(f"expected a number, a text, an array or a tensor, or a list of them; got {kind}")


def plain(value: Any) -> Any:
    """Return the array of a tensor and the number of a NumPy scalar."""
    if isinstance(value, np.generic):
        return value.item()
    data = None if type(value) is np.ndarray else getattr(value, "data", None)
    return data if type(data) is np.ndarray else value


def decode(value: Any) -> Any:
    """Return what was encoded.

    Raises:
        ValueError: it was not.
    """
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    if FLOAT in value:
        return float(value[FLOAT])
    if TUPLE in value:
        return tuple(decode(each) for each in value[TUPLE])
    if ARRAY in value:
        return decode_array(*value[ARRAY])
    return {key: decode(each) for key, each in value.items()}


def decode_array(kind: str, shape: list[int], data: str) -> np.ndarray[Any, Any]:
    """Return the array that its type, its shape and its bytes describe.

    Raises:
        ValueError: they do not fit together.
    """
    dtype = np.dtype(kind)
    if dtype.kind not in KINDS:
        raise ValueError(f"expected an array of numbers; got one of {kind}")
    return np.frombuffer(base64.b64decode(data), dtype).reshape(shape).copy()


def told(error: BaseException) -> dict[str, Any]:
    """Return an error as plain data: its classes, its message, and where it happened."""
    found: dict[str, Any] = {
        "classes": [each.__name__ for each in type(error).__mro__],
        "message": str(error),
        "frames": [
            [f.filename, f.lineno or 0, f.name, f.line or ""] for f in traceback.extract_tb(error.__traceback__)
        ],
    }
    if isinstance(error, SyntaxError):
        found["syntax"] = [error.filename or "", error.lineno or 0, error.offset or 0, error.text or ""]
    return found


def attempt(action: Callable[[], Any]) -> dict[str, Any]:
    """Return what an action returns, or the error that it ends with."""
    try:
        return {"result": encode(action())}
    except BaseException as error:  # noqa: BLE001 - whatever a learner's code raises is told, not raised
        return {"raised": told(error)}


def load(file: str) -> ModuleType:
    """Return the probes, and with them the learner's modules."""
    spec = importlib.util.spec_from_file_location("probes", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"there are no probes at {file}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def streams() -> tuple[TextIO, TextIO]:
    """Return what carries requests and answers, and leave an empty input and the error stream in their places."""
    requests = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return requests, answers


def main(file: str) -> None:
    """Load the probes, then answer one request after the other."""
    requests, answers = streams()
    probes: list[ModuleType] = []

    def answer(found: dict[str, Any]) -> None:
        sys.stdout.flush()
        answers.write(json.dumps(found) + "\n")
        answers.flush()

    answer(attempt(lambda: probes.append(load(file))))
    for line in requests:
        request = json.loads(line)
        inputs = decode(request["inputs"])
        answer(attempt(lambda: getattr(probes[0], request["probe"])(**inputs)))  # noqa: B023 - called at once


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file, whose names are not for learners
    main(sys.argv[1])
