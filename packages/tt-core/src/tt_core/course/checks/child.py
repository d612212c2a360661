"""The learner's process: calls probes with the inputs that come, and sends back what they return.

It is run as a script, and imports nothing of TinyTorch before the first request loads the probes: what breaks in a
learner's file breaks there, and is told as any other error. One line of JSON comes in for each call, one goes out. The
descriptors that carry them are taken away from standard input and output first, so that a `print` is only a `print`;
a mark behind what was printed tells the parent that it has heard it all.

The parent imports `encode` and `decode` from here, so that both sides agree.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import math
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any, TextIO

import numpy as np

ARRAY, FLOAT, TUPLE = "__array__", "__float__", "__tuple__"
KINDS = "biufU"
OUTERMOST, INNERMOST = 10, 20  # frames that are told of an error
LONGEST = 2000  # characters of a message


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
    array = np.frombuffer(base64.b64decode(data), dtype).reshape(shape).copy()
    if dtype.kind == "U":
        array.tolist()  # bytes that are no characters show here
    return array


def told(error: BaseException) -> dict[str, Any]:
    """Return an error as plain data: its classes, its message, and where it happened."""
    frames = traceback.extract_tb(error.__traceback__)
    if len(frames) > OUTERMOST + INNERMOST:  # a recursion without end
        frames[OUTERMOST:-INNERMOST] = []
    found: dict[str, Any] = {
        "classes": [each.__name__ for each in type(error).__mro__],
        "message": message_of(error),
        "frames": [[f.filename, f.lineno or 0, f.name, f.line or ""] for f in frames],
    }
    if isinstance(error, SyntaxError):
        text = error.msg, error.filename or "", error.lineno or 0, error.offset or 0, error.text or ""
        found["syntax"] = list(text)
    return found


def message_of(error: BaseException) -> str:
    """Return what an error says; its class may be a learner's."""
    try:
        return str(error)[:LONGEST]
    except Exception as second:  # noqa: BLE001  # __str__ may do anything
        return f"(its message cannot be shown: {type(second).__name__})"


def attempt(action: Callable[[], Any]) -> dict[str, Any]:
    """Return what an action returns, or the error that it ends with."""
    try:
        return {"result": encode(action())}
    except BaseException as error:  # noqa: BLE001  # whatever a learner's code raises is told, not raised
        return {"raised": told(error)}


@contextmanager
def watched(functions: Iterable[tuple[str, str, bool]]) -> Iterator[list[int]]:
    """Note which of some functions are called, in order; some only if none of the others calls them.

    Args:
        functions: each a file, a name, and whether it counts though another calls it.
    """
    functions = list(functions)
    places = {(file, name): place for place, (file, name, _) in enumerate(functions)}
    called: list[int] = []

    def place(frame: FrameType) -> int | None:
        code = frame.f_code
        return places.get((code.co_filename, code.co_qualname.replace("<locals>.", "")))

    def note(frame: FrameType, event: str, _: object) -> None:
        found = place(frame) if event == "call" else None
        if found is None or found in called:
            return
        before = None if functions[found][2] else frame.f_back
        while before and place(before) is None:
            before = before.f_back
        if before is None:
            called.append(found)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


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
    """Answer one request after the other: the first loads the probes, each other calls one."""
    requests, answers = streams()
    probes: list[ModuleType] = []

    def act(request: dict[str, Any]) -> Any:
        if "probe" not in request:
            return probes.append(load(file))
        if "functions" in request:
            return called_by(request)
        return getattr(probes[0], request["probe"])(**decode(request["inputs"]))

    def called_by(request: dict[str, Any]) -> list[int]:
        with watched(request.pop("functions")) as called:
            attempt(lambda: act(request))
        return called

    for line in requests:
        request = json.loads(line)
        found = json.dumps({**attempt(lambda: act(request)), "mark": request["mark"]})  # noqa: B023  # called at once
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(2, request["mark"].encode())
        answers.write(found + "\n")
        answers.flush()


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file, whose names are not for learners
    main(sys.argv[1])
