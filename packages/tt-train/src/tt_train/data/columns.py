"""Columns of the cache, which are gathered straight from the mapped file: a whole batch at once, nothing per row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view

from tt_core import Tensor
from tt_core.extend import Array, wrap

Part: TypeAlias = Tensor | list[Tensor] | list[str]

NUMBERS = (np.uint8, np.int8, np.int16, np.int32, np.int64, np.float16, np.float32, np.float64)
DTYPES = {pa.from_numpy_dtype(kind): np.dtype(kind) for kind in NUMBERS}


class Column(Protocol):
    """A column of the data set; `ends` are the rows at which its record batches end."""

    ends: Array

    def gather(self, rows: Array) -> Part:
        """Return the values of these rows, numbers from 0 to the last row."""


class FixedColumn:
    """Numbers of one shape in every row. They lie in the file one row after the other, batch after batch.

    The whole file is looked at as windows of one row's bytes, at every place where a row could begin, so that one
    indexing takes rows out of any number of record batches. No window is looked into that is not asked for.

    Attributes:
        shape, dtype: of a row.
        width: how many bytes a row has.
        ends: (batches,) the number of the first row after each record batch.
        origins: (batches,) where in the file row 0 would begin if all rows lay as those of this record batch do: row r
            of the batch begins at byte `origins[batch] + r * width`.
        windows: (bytes − width + 1, width) of uint8; `windows[k]` are the bytes of the file from k on, not copied.
        image: whether a row is an image (H, W, C).
    """

    def __init__(self, field: pa.Field, chunks: Sequence[pa.Array], file: pa.Buffer) -> None:
        tensor = isinstance(field.type, pa.FixedShapeTensorType)
        self.shape = tuple(field.type.shape) if tensor else ()
        self.image = tensor and bool(field.type.dim_names)
        element = field.type.value_type if tensor else field.type
        truth = b"truth" in (field.metadata or {})
        self.dtype = np.dtype(np.bool_) if truth else DTYPES[element]
        self.width = self.dtype.itemsize * int(np.prod(self.shape, dtype=np.int64))
        lengths = [len(chunk) for chunk in chunks]
        self.ends = np.cumsum(lengths)
        starts = [_numbers(chunk).buffers()[1].address - file.address for chunk in chunks]
        self.origins = np.array(starts) - (self.ends - lengths) * self.width  # of row 0, were there one batch
        self.bytes = np.frombuffer(file, np.uint8)
        self.windows = sliding_window_view(self.bytes, self.width)

    def gather(self, rows: Array) -> Tensor:
        """Return the rows, numbers (B,) of int64 from 0 on, as one tensor (B, …) of the column's type and shape.

        Which record batch a row is in, `ends` says; one indexing of `windows` copies the bytes of all rows, which are
        then looked at as numbers. Images (H, W, C) in memory show themselves as (C, H, W).
        """
        if len(self.ends) == 1:
            offsets = rows * self.width + self.origins[0]
        else:
            offsets = rows * self.width + self.origins[self.ends.searchsorted(rows, side="right")]
        found = self.windows[offsets].view(self.dtype).reshape(len(rows), *self.shape)
        return wrap(found.transpose(0, 3, 1, 2) if self.image else found)

    def blocks(self) -> list[Array]:
        """Return the numbers of each record batch as a view of the mapped file."""
        firsts = [0, *self.ends[:-1].tolist()]
        starts = self.origins + np.array(firsts) * self.width
        stops = starts + (self.ends - firsts) * self.width
        return [self.bytes[a:b].view(self.dtype).reshape(-1, *self.shape) for a, b in zip(starts, stops, strict=True)]


class LooseColumn:
    """Rows of different lengths: lists of numbers, and text."""

    def __init__(self, field: pa.Field, chunks: Sequence[pa.Array]) -> None:
        self.chunks = chunks
        self.ends = np.cumsum([len(chunk) for chunk in chunks])
        self.text = pa.types.is_large_string(field.type)
        self.truth = b"truth" in (field.metadata or {})

    def gather(self, rows: Array) -> Part:
        """Return the rows as a list, of tensors or of strings."""
        where = self.ends.searchsorted(rows, side="right")
        order = np.argsort(where, kind="stable")
        touched, counts = np.unique(where, return_counts=True)
        groups = np.split(rows[order], np.cumsum(counts)[:-1])
        taken = [self._take(chunk, group) for chunk, group in zip(touched, groups, strict=False)]  # no rows: one group
        found = pa.concat_arrays(taken or [self.chunks[0][:0]]).take(pa.array(np.argsort(order)))
        return found.to_pylist() if self.text else self._split(found)

    def _take(self, chunk: Any, rows: Array) -> pa.Array:
        first = self.ends[chunk] - len(self.chunks[chunk])
        return self.chunks[chunk].take(pa.array(rows - first))

    def _split(self, lists: pa.Array) -> list[Tensor]:
        numbers = lists.values.to_numpy()  # fresh memory: `take` has just made it
        kind = np.bool_ if self.truth else numbers.dtype
        bounds = lists.offsets.to_numpy()
        return [wrap(numbers[a:b].astype(kind)) for a, b in pairwise(bounds)]


def open_columns(path: str) -> tuple[pa.Schema, list[Column]]:
    """Map a cache file and return its schema and columns. No data are read before rows are asked for."""
    with pa.memory_map(path) as mapped:
        file = mapped.read_buffer()
        reader = pa.ipc.open_file(file)
        batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
    return reader.schema, [_column(field, i, batches, file) for i, field in enumerate(reader.schema)]


def _column(field: pa.Field, i: int, batches: Sequence[pa.RecordBatch], file: pa.Buffer) -> Column:
    chunks = [batch.column(i) for batch in batches]
    loose = pa.types.is_large_string(field.type) or pa.types.is_large_list(field.type)
    return LooseColumn(field, chunks) if loose else FixedColumn(field, chunks, file)


def _numbers(chunk: pa.Array) -> pa.Array:
    return chunk.storage.values if isinstance(chunk, pa.ExtensionArray) else chunk
