"""From Parquet files to a file of the cache, a few thousand rows at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyarrow import parquet

from tt_train.data.bar import progress_bar
from tt_train.data.converters import Map, Place, class_names, converter_for, features_of
from tt_train.data.errors import DataError

CHUNK = 2**21  # bytes of a source's rows that are converted at a time; decoded images take up to ten times as many


class Source(NamedTuple):
    """An open Parquet file and the names of the columns to take from it."""

    path: Path
    file: parquet.ParquetFile
    columns: list[str]

    def chunks(self) -> Iterator[tuple[pa.RecordBatch, Place]]:
        """Yield the rows, so many at a time that they take up little memory, and where they begin."""
        meta = self.file.metadata
        size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        rows = min(max(CHUNK * meta.num_rows // max(size, 1), 1), CHUNK)
        row = 0
        try:
            for batch in self.file.iter_batches(rows, columns=self.columns):
                yield batch, Place(self.path, row)
                row += len(batch)
        except (pa.ArrowException, OSError) as error:
            message = f"expected a whole Parquet file; got {error} in {Place(self.path, row)} or later"
            raise DataError(message) from None


def convert(paths: Sequence[Path], columns: Sequence[str] | None, mode: str | None, target: Path) -> None:
    """Write the rows of all files to `target`, in the Arrow IPC format, images decoded.

    Raises:
        DataError: a file is damaged, lacks a column, or has a row that is null or no image.
        NotSupportedError: a column is of a type for which there is no tensor.
    """
    sources = [_open(path, columns) for path in paths]
    total = sum(source.file.metadata.num_rows for source in sources)
    if not total:
        message = f"expected at least one row; got none in {', '.join(map(str, paths))}"
        raise DataError(message)
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool, progress_bar("decoding", total) as advance:
        batches = _converted(sources, mode, pool.map)
        first = next(batches)
        with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, first.schema) as writer:
            for batch in chain([first], batches):
                writer.write_batch(batch)
                advance(len(batch))


def _converted(sources: Sequence[Source], mode: str | None, threads: Map) -> Iterator[pa.RecordBatch]:
    """Yield the rows of all files as the cache holds them."""
    schema = sources[0].file.schema_arrow
    features = features_of(schema)
    fields = [schema.field(name) for name in sources[0].columns]
    start = Place(sources[0].path, 0)
    converters = [converter_for(field, features.get(field.name), mode, threads, start) for field in fields]
    classes = next(filter(None, (class_names(features.get(field.name)) for field in fields)), ())
    for source in sources:
        _expect(fields, source)
        for batch, place in source.chunks():
            arrays = [each(batch.column(each.name), place) for each in converters]
            kept = pa.schema([each.field for each in converters], metadata={"classes": json.dumps(classes)})
            yield pa.record_batch(arrays, schema=kept)


def _open(path: Path, columns: Sequence[str] | None) -> Source:
    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        message = f"expected a Parquet file; got {path}, which cannot be read as one: {error}"
        raise DataError(message) from None
    names = file.schema_arrow.names
    missing = [name for name in columns or () if name not in names]
    if missing:
        message = f"expected the column {missing[0]!r} in {path}; it has {', '.join(names)}"
        raise DataError(message)
    return Source(path, file, list(columns or names))


def _expect(fields: Sequence[pa.Field], source: Source) -> None:
    """Make sure that a further file has the same columns as the first one."""
    schema = source.file.schema_arrow
    for field in fields:
        if field.name not in schema.names or schema.field(field.name).type != field.type:
            found = schema.field(field.name).type if field.name in schema.names else "no such column"
            message = (
                f"expected {field.type} in column {field.name!r}, as in the first file; got {found} in {source.path}"
            )
            raise DataError(message)
