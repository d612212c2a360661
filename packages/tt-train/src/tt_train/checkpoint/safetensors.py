"""Arrays as safetensors files: the format of the weights that people share.

A header of names, types, shapes and places, then the numbers: nothing in it can be run, and every library reads it.

Source: https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.numpy import save_file

from tt_core import Tensor
from tt_core.dtypes import SUPPORTED, Array
from tt_core.extend import wrap
from tt_train.checkpoint.files import CheckpointError, need_file, told
from tt_train.files import replacing

TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}
WIDENED = "BF16"  # NumPy has no bfloat16; each of its numbers is a float32 whose last 16 bits are 0
RESERVED = "__metadata__"


def save_safetensors(
    tensors: Mapping[str, Tensor | Array], path: str | PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors to a safetensors file, whole or not at all: what stood there stays until the new one is ready.

    Args:
        tensors: tensors or arrays by name, such as a module's `state_dict()`; shared ones are written for each name.
        path: the file; its folder must be there.
        metadata: text by name, which `load_metadata` reads.

    Raises:
        CheckpointError: a name or a type has no place in the format, or the file cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> from tt_core import nn
    >>> with TemporaryDirectory() as folder:
    ...     save_safetensors(nn.Linear(2, 3).state_dict(), f"{folder}/linear.safetensors")
    ...     {name: x.shape for name, x in load_safetensors(f"{folder}/linear.safetensors").items()}
    {'bias': (3,), 'weight': (3, 2)}
    """
    arrays = {name: storable(value, repr(name)) for name, value in tensors.items()}
    target = Path(path).absolute()
    with told(f"cannot write {target}"), replacing(target) as temporary:
        write_arrays(arrays, temporary, metadata)


def load_safetensors(path: str | PathLike[str]) -> dict[str, Tensor]:
    """Read all tensors of a safetensors file, of whatever library; bfloat16 becomes float32, exactly.

    Raises:
        CheckpointError: it cannot be read, is no safetensors file, is damaged, or has a type that tensors cannot have.
    """
    with reading(Path(path).resolve()) as file:
        return {name: _tensor(file.read(name), f"{path}: {name}") for name in file.types}


def load_metadata(path: str | PathLike[str]) -> dict[str, str]:
    """Read the text that a safetensors file holds beside its tensors.

    Raises:
        CheckpointError: it cannot be read, is no safetensors file, or is damaged.
    """
    with reading(Path(path).resolve()) as file:
        return file.metadata


class ArrayFile:
    """An open safetensors file, of which each array is read when it is asked for."""

    def __init__(self, handle: Any, path: Path) -> None:
        self.types: dict[str, str] = {name: handle.get_slice(name).get_dtype() for name in handle.keys()}  # noqa: SIM118  # no Mapping
        self.metadata: dict[str, str] = handle.metadata() or {}
        self._handle = handle
        self._path = path

    def read(self, name: str) -> Array:
        """Return a new array with the numbers that stand under a name.

        Raises:
            CheckpointError: their type is none of NumPy's.
        """
        found = self.types[name]
        if found == WIDENED:
            return self._widened(name)
        if found not in TYPES:
            message = (
                f"cannot read {self._path}: {name!r} is of type {found}; known are {', '.join(TYPES)} and {WIDENED}"
            )
            raise CheckpointError(message)
        array: Array = self._handle.get_tensor(name)
        return array

    def _widened(self, name: str) -> Array:
        everything = deserialize(self._path.read_bytes())  # type: ignore[no-untyped-call]  # its stubs name no types
        raw = dict(everything)[name]
        halves = np.frombuffer(raw["data"], "<u2").reshape(raw["shape"])
        return (halves.astype(np.uint32) << 16).view(np.float32)


@contextmanager
def reading(path: Path) -> Iterator[ArrayFile]:
    """Open a safetensors file.

    Raises:
        CheckpointError: it cannot be read, is no safetensors file, or is damaged.
    """
    need_file(path)
    try:
        with told(f"cannot read {path}"), safe_open(path, framework="np") as handle:
            yield ArrayFile(handle, path)
    except SafetensorError as error:
        message = f"cannot read {path}: it is no safetensors file, or damaged ({error})"
        raise CheckpointError(message) from error


def write_arrays(arrays: Mapping[str, Array], path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write arrays that are `storable`.

    Raises:
        CheckpointError: a name is reserved, or the metadata are not text.
        OSError: the file cannot be written.
    """
    texts = dict(metadata or {})
    if RESERVED in arrays or not all(isinstance(x, str) for x in (*arrays, *texts, *texts.values())):
        message = f"expected text as names and metadata, and no array named {RESERVED!r}; got {[*arrays]} and {texts}"
        raise CheckpointError(message)
    path.touch()
    mode = path.stat().st_mode
    try:
        save_file(dict(arrays), path, texts or None)
        path.chmod(mode)  # the library's own file is for nobody but its owner
    except SafetensorError as error:
        raise OSError(str(error)) from error


def storable(value: Any, name: str) -> Array:
    """Return the array of a value in the order and bytes of the format; without a copy where that is what it has.

    Raises:
        CheckpointError: it is no array, or of a type that the format has no place for.
    """
    array = value.detach().data if isinstance(value, Tensor) else value
    if not isinstance(array, np.ndarray) or array.dtype.newbyteorder("<") not in map(np.dtype, TYPES.values()):
        found = array.dtype if isinstance(array, np.ndarray) else type(value).__name__
        message = f"{name}: expected a tensor or an array of {', '.join(TYPES.values())}; got {found}"
        raise CheckpointError(message)
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def _tensor(array: Array, name: str) -> Tensor:
    if array.dtype not in SUPPORTED:
        message = (
            f"{name} is of type {array.dtype}, which tensors cannot have; known are {', '.join(map(str, SUPPORTED))}"
        )
        raise CheckpointError(message)
    return wrap(array)
