"""What becomes of a column of a Parquet file on its way into the cache: one converter for each kind of column."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
from pyarrow import compute

from tt_core.errors import NotSupportedError
from tt_core.extend import Array
from tt_train.data.columns import DTYPES
from tt_train.data.errors import DataError
from tt_train.data.images import decode_image

Map: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]

PIXELS = ["height", "width", "channels"]
WIDER = {pa.bool_(): pa.uint8(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64()}
PIECE = 32  # images that a thread decodes at a time


class Place(NamedTuple):
    """Where a chunk of rows comes from."""

    file: Path
    row: int

    def __add__(self, rows: Any) -> Place:
        return Place(self.file, self.row + rows)

    def __str__(self) -> str:
        return f"{self.file}, row {self.row:,}"


class Converter(Protocol):
    """A way from a column's chunks in Parquet to those in the cache; `field` is known after the first one."""

    name: str
    field: pa.Field

    def __call__(self, chunk: pa.Array, place: Place) -> pa.Array:
        """Return the chunk as the cache holds it."""


def features_of(schema: pa.Schema) -> dict[str, Any]:
    """Return what Hugging Face's library noted about the columns; nothing if the file is not from there."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, TypeError, ValueError):
        return {}
    return features if isinstance(features, dict) else {}


def class_names(feature: Any) -> tuple[str, ...] | None:
    """Return the names of the classes if this is a feature with labels."""
    known = isinstance(feature, Mapping) and feature.get("_type") == "ClassLabel"
    return tuple(map(str, feature.get("names") or ())) if known else None


def converter_for(field: pa.Field, feature: Any, mode: str | None, threads: Map, place: Place) -> Converter:
    """Return the converter for a column of this type.

    Raises:
        NotSupportedError: there is none.
    """
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        return Images(field.name, mode, threads)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return Cast(pa.field(field.name, pa.large_string()))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        element = _element(kind.value_type)
        if element is not None:
            return Cast(_field(field.name, pa.large_list(element), kind.value_type))
    inner, shape = _unnest(kind)
    element = pa.int64() if class_names(feature) and pa.types.is_integer(inner) else _element(inner)
    if element is None or 0 in shape:
        message = (
            f"expected columns of images, numbers, text or lists of numbers; got {field.type} in column {field.name!r} "
            f"of {place.file}: name the columns to read in columns="
        )
        raise NotSupportedError(message)
    return Numbers(field.name, inner, element, shape)


class Cast:
    """Text, and lists of numbers of any length."""

    def __init__(self, field: pa.Field) -> None:
        self.name, self.field = field.name, field

    def __call__(self, chunk: pa.Array, place: Place) -> pa.Array:
        """Return the chunk with wide offsets."""
        _refuse_nulls(chunk, self.name, place)
        if pa.types.is_large_list(self.field.type):
            numbers = chunk.flatten()
            found = _first_null(numbers)
            if found is not None:
                row = compute.list_parent_indices(chunk)[found].as_py()
                _refuse_nulls(numbers[found:], self.name, place + row, "a null in the list")
        return chunk.cast(self.field.type)


class Numbers:
    """Numbers, and lists of them whose length is part of the type, nested or not."""

    def __init__(self, name: str, inner: pa.DataType, element: pa.DataType, shape: tuple[int, ...]) -> None:
        self.name, self.element, self.shape = name, element, shape
        self.field = _field(name, pa.fixed_shape_tensor(element, shape) if shape else element, inner)

    def __call__(self, chunk: pa.Array, place: Place) -> pa.Array:
        """Return the numbers of the chunk, one after the other."""
        if isinstance(chunk, pa.ExtensionArray):
            chunk = chunk.storage
        _refuse_nulls(chunk, self.name, place)
        rows = len(chunk)
        while pa.types.is_fixed_size_list(chunk.type):
            chunk = chunk.flatten()
            found = _first_null(chunk)
            if found is not None:
                _refuse_nulls(chunk[found:], self.name, place + found * rows // len(chunk), "a null in the list")
        chunk = chunk.cast(self.element)
        return _shaped(chunk, self.field.type) if self.shape else chunk


class Images:
    """Images as Hugging Face keeps them: a struct of the bytes of a file and its path."""

    field: pa.Field

    def __init__(self, name: str, mode: str | None, threads: Map) -> None:
        self.name, self.mode, self.threads = name, mode, threads
        self.shape: tuple[int, ...] | None = None

    def __call__(self, chunk: pa.Array, place: Place) -> pa.Array:
        """Return the pixels of the chunk's images, several decoded at a time.

        Raises:
            DataError: an image is missing, damaged, or not of the size of the first one.
        """
        files = compute.struct_field(chunk, "bytes")
        _refuse_nulls(files, self.name, place, "no bytes of an image")
        data = files.to_pylist()
        if self.shape is None:
            self._expect(_decode(data[0], self.mode, place).shape)
        pieces = [(data[i : i + PIECE], place + i) for i in range(0, len(data), PIECE)]
        pixels = np.concatenate(list(self.threads(self._decode, pieces)))
        return _shaped(pa.array(pixels.reshape(-1)), self.field.type)

    def _expect(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.field = _field(self.name, pa.fixed_shape_tensor(pa.uint8(), shape, dim_names=PIXELS), pa.uint8())

    def _decode(self, piece: tuple[Sequence[bytes], Place]) -> Array:
        """Decode some images, in a thread of its own."""
        data, place = piece
        out = np.empty((len(data), *(self.shape or ())), np.uint8)
        for i, each in enumerate(data):
            pixels = _decode(each, self.mode, place + i)
            if pixels.shape != self.shape:
                message = (
                    f"expected all images to be as the first, {_size(self.shape)}; got {_size(pixels.shape)} in "
                    f"{place + i}: bring them to one size first, or choose one mode, as in mode='RGB'"
                )
                raise DataError(message)
            out[i] = pixels
        return out


def _decode(data: bytes, mode: str | None, place: Place) -> Array:
    try:
        return decode_image(data, mode)
    except DataError as error:
        message = f"{error}, in {place}"
        raise DataError(message) from None


def _size(shape: Any) -> str:
    height, width, channels = shape
    return f"{height} × {width} with {channels} channel{'s' * (channels > 1)}"


def _element(kind: pa.DataType) -> pa.DataType | None:
    """Return the type in which tensors can have such numbers."""
    return kind if kind in DTYPES else WIDER.get(kind)


def _unnest(kind: pa.DataType) -> tuple[pa.DataType, tuple[int, ...]]:
    """Return the type of the numbers in lists of fixed length, and the lengths."""
    if isinstance(kind, pa.FixedShapeTensorType):
        return kind.value_type, tuple(kind.shape)
    shape: tuple[int, ...] = ()
    while pa.types.is_fixed_size_list(kind):
        kind, shape = kind.value_type, (*shape, kind.list_size)
    return kind, shape


def _field(name: str, kind: pa.DataType, inner: pa.DataType) -> pa.Field:
    """Return a field of the cache, which has no bits: truth values are bytes, and a note says so."""
    return pa.field(name, kind, nullable=False, metadata={"truth": "yes"} if pa.types.is_boolean(inner) else None)


def _shaped(numbers: pa.Array, kind: pa.FixedShapeTensorType) -> pa.Array:
    storage = pa.FixedSizeListArray.from_arrays(numbers, kind.storage_type.list_size)
    return pa.ExtensionArray.from_storage(kind, storage.cast(kind.storage_type))


def _refuse_nulls(chunk: pa.Array, column: str, place: Place, what: str = "null") -> None:
    row = _first_null(chunk)
    if row is not None:
        message = f"expected a value in every row of column {column!r}; got {what} in {place + row}"
        raise DataError(message)


def _first_null(chunk: pa.Array) -> int | None:
    found: int = compute.index(chunk.is_null(), pa.scalar(value=True)).as_py() if chunk.null_count else -1
    return None if found < 0 else found
