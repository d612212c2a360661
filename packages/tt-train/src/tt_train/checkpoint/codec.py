"""Nested states as JSON and arrays, and back, bit for bit.

JSON has text, whole numbers, finite floating ones, lists, and objects with text as keys. All else stands in an object
with one key that begins with "!":

    {"!float": "7ff8000000000000"}          nan and the infinities, by their bits
    {"!tuple": [1, 2]}                      a tuple
    {"!dict": [[0, "a"], [[1, 2], "b"]]}    a dict with keys that are not text, as pairs
    {"!tensor": "model.weight"}             a tensor, by its name among the arrays; also !array, and !scalar of NumPy's

What is none of these is refused by the path to it, not turned into something similar.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Protocol

import numpy as np

from tt_core import Tensor
from tt_core.dtypes import SUPPORTED, Array
from tt_core.extend import wrap
from tt_train.checkpoint.files import CheckpointError
from tt_train.checkpoint.safetensors import storable

DEEPEST = 64


class Stateful(Protocol):
    """What can be saved and restored: modules, optimizers, schedulers, loaders."""

    def state_dict(self) -> Mapping[str, Any]:
        """Return all that the future depends on: nested dicts, lists and tuples of numbers, text, None and arrays."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Go back to what `state_dict` returned."""


class Packer:
    """Turns states into JSON and gathers their arrays.

    Attributes:
        arrays: by name; memory that several states share is there once.

    >>> packer = Packer()
    >>> packer.pack({"lr": 0.1, "betas": (0.9, 0.99), "state": {0: np.ones(2)}}, "optimizer")
    {'lr': 0.1, 'betas': {'!tuple': [0.9, 0.99]}, 'state': {'!dict': [[0, {'!array': 'optimizer.state.0'}]]}}
    >>> packer.arrays
    {'optimizer.state.0': array([1., 1.])}
    """

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}
        self._names: dict[
            tuple[Any, ...], tuple[str, Array]
        ] = {}  # with the array: its address is its own while it lives

    def pack(self, value: Any, path: str, depth: int = 0) -> Any:
        """Return what stands for a value in JSON.

        Raises:
            CheckpointError: it holds something that cannot be stored, or is nested too deeply.
        """
        if depth > DEEPEST:
            message = f"{path}: expected a state that is nested at most {DEEPEST} deep"
            raise CheckpointError(message)
        kind = type(value)
        if value is None or kind in (bool, str, int):
            return value
        if kind is float:
            return value if isfinite(value) else {"!float": struct.pack(">d", value).hex()}
        if kind in (list, tuple):
            items = [self.pack(item, f"{path}.{i}", depth + 1) for i, item in enumerate(value)]
            return items if kind is list else {"!tuple": items}
        if kind is dict:
            return self._dict(value, path, depth + 1)
        return self._array(value, path)

    def _dict(self, value: dict[Any, Any], path: str, depth: int) -> Any:
        if all(type(key) is str and not key.startswith("!") for key in value):
            return {key: self.pack(item, f"{path}.{key}", depth) for key, item in value.items()}
        pairs = value.items()
        return {"!dict": [[self.pack(k, f"{path}.{k}", depth), self.pack(x, f"{path}.{k}", depth)] for k, x in pairs]}

    def _array(self, value: Any, path: str) -> Any:
        if isinstance(value, Tensor):
            return self._named("!tensor", value.detach().data, path)
        if type(value) is np.ndarray:
            return self._named("!array", value, path)
        if isinstance(value, np.generic):
            return self._named("!scalar", np.asarray(value), path)
        known = "numbers, text, None, lists, tuples, dicts, tensors and arrays"
        message = f"{path}: expected a state of {known}; got {type(value).__qualname__}"
        raise CheckpointError(message)

    def _named(self, mark: str, array: Array, path: str) -> Any:
        name = self._store(array, path)
        order = memory_order(array)
        return {mark: name} if order is None else {mark: name, "order": order}

    def _store(self, array: Array, path: str) -> str:
        stored = storable(array, path)
        place = (array.ctypes.data, array.shape, array.strides, array.dtype)
        if array.size and place in self._names:
            return self._names[place][0]
        name = path
        while name in self.arrays:  # {"a": {"b": x}, "a.b": y}
            name += "'"
        self.arrays[name] = stored
        self._names[place] = name, array
        return name


def memory_order(array: Array) -> list[int] | None:
    """Return the dimensions from the slowest to the fastest, None if that is their own order.

    Sums run along memory, so an array that comes back in another order would give other last bits.
    """
    order = sorted(range(array.ndim), key=lambda i: -abs(array.strides[i]))
    return None if array.flags.c_contiguous or order == sorted(order) else order


class Unpacker:
    """Turns JSON back into states, with arrays that `read` gives by name."""

    def __init__(self, read: Callable[[str], Array], names: Mapping[str, Any]) -> None:
        self._read = read
        self._names = names

    def unpack(self, value: Any, path: str, depth: int = 0) -> Any:
        """Return the value that `pack` was given.

        Raises:
            CheckpointError: no state was ever packed like this.
        """
        if depth > DEEPEST:
            message = f"{path}: expected a state that is nested at most {DEEPEST} deep"
            raise CheckpointError(message)
        if isinstance(value, list):
            return [self.unpack(item, f"{path}.{i}", depth + 1) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        mark = next(iter(value), "")
        if not mark.startswith("!"):
            return {key: self.unpack(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
        try:
            return self._marked(mark, value[mark], value.get("order"), path, depth + 1)
        except (TypeError, ValueError, LookupError, struct.error) as error:
            message = f"{path}: expected {mark} with what belongs to it; got {value!r:.80} ({error})"
            raise CheckpointError(message) from error

    def _marked(self, mark: str, value: Any, order: list[int] | None, path: str, depth: int) -> Any:
        if mark == "!float":
            return struct.unpack(">d", bytes.fromhex(value))[0]
        if mark == "!tuple":
            return tuple(self.unpack(list(value), path, depth - 1))
        if mark == "!dict":
            return {self.unpack(k, path, depth): self.unpack(x, f"{path}.{k}", depth) for k, x in value}
        self._names[value]  # a KeyError before anything is read
        array = ordered(self._read(value), order)
        if mark == "!tensor" and array.dtype in SUPPORTED:
            return wrap(array)
        return {"!array": array, "!scalar": array[()]}[mark]


def ordered(array: Array, order: list[int] | None) -> Array:
    """Return the array with its dimensions in this order in memory."""
    if order is None:
        return array
    inverse = np.argsort(order)
    return np.ascontiguousarray(array.transpose(order)).transpose(inverse)
