"""`ArrowDataset`: Parquet files, decoded once into a file that is mapped into memory (module 07)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from operator import index
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from tt_core import Tensor
from tt_core.extend import Array
from tt_train.data.cache import cache_folder, file_sha256, locked, publish, remembered, temporary_file
from tt_train.data.columns import FixedColumn, Part, open_columns
from tt_train.data.dataset import Dataset
from tt_train.data.errors import DataError, DataNotFoundError

FORMAT = 1  # of the cache: raised whenever the same files would give another cache
MODES = (None, "L", "RGB", "RGBA")
FilePath: TypeAlias = str | os.PathLike[str]


class ArrowDataset(Dataset[tuple[Part, ...]]):
    """The rows of Parquet files, of which none is read before it is asked for.

    The first time, the files are decoded into one Arrow IPC file in the cache folder, named by the digest of what they
    hold; from then on it is mapped into memory. All processes that use it share the pages that the operating system
    keeps of it, and it may be larger than the memory. Changed files make a new cache, and a damaged cache is made anew.

    A column of images in Hugging Face's layout (a struct of a PNG's or JPEG's bytes and its path) gives uint8 tensors
    (C, H, W); numbers and lists of fixed length give tensors; other lists a tensor of its own length per row; text
    gives strings.

    Args:
        files: one Parquet file, or several that have the same columns.
        columns: the columns to read, in this order; all of them by default.
        classes: names of the classes, if the files do not tell them or others are wanted.
        mode: "L", "RGB" or "RGBA", to convert all images to; None keeps what they are.
        cache_dir: where the cache is kept; by default in `TT_CACHE_DIR`, or else in the user's cache folder.

    Raises:
        DataNotFoundError: a file is not there.
        DataError: a file is damaged, lacks a column, or has a row that does not fit; the message names file and row.
        NotSupportedError: a column is of a type for which there is no tensor.
    """

    def __init__(
        self,
        files: FilePath | Iterable[FilePath],
        columns: str | Sequence[str] | None = None,
        *,
        classes: Sequence[str] | None = None,
        mode: str | None = None,
        cache_dir: FilePath | None = None,
    ) -> None:
        named = [files] if isinstance(files, (str, os.PathLike)) else list(files)
        columns = [columns] if isinstance(columns, str) else columns
        if mode not in MODES or not (columns is None or len(columns)):
            message = f"expected at least one column, and a mode out of {MODES}; got {columns} and {mode!r}"
            raise DataError(message)
        self.files = tuple(Path(file).absolute() for file in named)
        self.options = (None if columns is None else tuple(columns), mode)
        self.named = None if classes is None else tuple(classes)
        self.folder = cache_folder(cache_dir)
        self._open(self._prepare())

    def _prepare(self) -> Path:
        """Return the cache of these files, made if there is none that is whole."""
        key = self._key()
        found = self._find(key)  # without a lock, which a folder that may only be read does not allow
        if found is None:
            with locked(self.folder / f"{key}.lock"):
                found = self._find(key) or self._build(key)
        return found

    def _find(self, key: str) -> Path | None:
        """Return the cache if it is there; remove it if it is damaged."""
        for path in self.folder.glob(f"{key}-*.arrow"):
            if path.stem.endswith(self._digest(path)[:32]):
                return path
            with suppress(OSError):  # somebody else may have removed it, or (on Windows) still have it open
                path.unlink()
        return None

    def _key(self) -> str:
        """Return a digest of all that the cache depends on."""
        if not self.files:
            message = "expected at least one Parquet file for ArrowDataset; got none"
            raise DataError(message)
        for file in self.files:
            if not file.is_file():
                message = f"expected a Parquet file at {file}; there is none"
                raise DataNotFoundError(message)
        digests = [self._digest(file) for file in self.files]
        return sha256(json.dumps([FORMAT, self.options, digests]).encode()).hexdigest()[:32]

    def _digest(self, file: Path) -> str:
        found: str = remembered(file, "sha256", lambda: file_sha256(file), self.folder)
        return found

    def _build(self, key: str) -> Path:
        """Decode the files. The cache is named by its own digest too, so that damage shows."""
        from tt_train.data.conversion import convert  # noqa: PLC0415 - it takes time to load, and is needed once

        columns, mode = self.options
        with temporary_file(self.folder) as temporary:
            convert(self.files, columns, mode, temporary)
            path = self.folder / f"{key}-{file_sha256(temporary)[:32]}.arrow"
            publish(temporary, path)
        return path

    def _open(self, path: Path) -> None:
        self.cache = path
        schema, self._columns = open_columns(str(path))
        self.column_names: tuple[str, ...] = tuple(schema.names)
        self.classes: tuple[str, ...] = self.named or tuple(json.loads(schema.metadata[b"classes"]))
        self._length = int(self._columns[0].ends[-1])

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what another process needs to map the same file: paths, not data."""
        return _reopen, (self.files, self.options, self.named, self.folder, self.cache)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, i: int) -> tuple[Any, ...]:
        """Return row i, a tensor or a string per column."""
        return tuple(part[0] for part in self.fetch([index(i)]))

    def fetch(self, indices: Sequence[int] | Array | Tensor) -> tuple[Part, ...]:
        """Return many rows at once, gathered straight from the mapped file: per column a tensor, or a list.

        Raises:
            IndexError: there is no such row.
        """
        rows = np.asarray(indices, np.int64)
        if rows.size and (rows.min() < 0 or rows.max() >= self._length):
            rows = self._counted(rows)
        return tuple([column.gather(rows) for column in self._columns])

    def _counted(self, rows: Array) -> Array:
        """Count negative numbers from the end."""
        wrong = rows[(rows < -self._length) | (rows >= self._length)]
        if wrong.size:
            message = f"row {wrong[0]} is out of range for a data set of {self._length:,} rows"
            raise IndexError(message)
        return np.where(rows < 0, rows + self._length, rows)

    def blocks(self, column: str) -> list[Array]:
        """Return a column of numbers as arrays that are views of the mapped file; images are (N, H, W, C)."""
        return self._fixed(column).blocks()

    def _fixed(self, column: str) -> FixedColumn:
        found = self._columns[self.column_names.index(column)] if column in self.column_names else None
        if not isinstance(found, FixedColumn):
            message = (
                f"expected a column of numbers or images; got {column!r}; there are {', '.join(self.column_names)}"
            )
            raise DataError(message)
        return found

    @property
    def mean(self) -> tuple[float, ...]:
        """The mean of each channel of the images, scaled to 0..1."""
        return self._statistics[0]

    @property
    def std(self) -> tuple[float, ...]:
        """The standard deviation of each channel of the images, scaled to 0..1."""
        return self._statistics[1]

    @cached_property
    def _statistics(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        images = [column for column in self._columns if isinstance(column, FixedColumn) and column.image]
        if not images:
            message = f"expected images to take the mean of; got the columns {', '.join(self.column_names)}"
            raise DataError(message)
        mean, std = remembered(self.cache, "statistics", lambda: image_statistics(images[0].blocks()), self.folder)
        return tuple(mean), tuple(std)


def image_statistics(blocks: Iterable[Array]) -> tuple[list[float], list[float]]:
    """Return mean and standard deviation of each channel of uint8 images (N, H, W, C), scaled to 0..1."""
    counts = sum(_histograms(block) for block in _pieces(blocks))  # (C, 256)
    values = np.arange(256) / 255
    chances = counts / counts.sum(1, keepdims=True)
    mean = chances @ values
    spread = (chances * (values - mean[:, None]) ** 2).sum(1)
    return mean.tolist(), np.sqrt(spread).tolist()


def _pieces(blocks: Iterable[Array]) -> Iterator[Array]:
    """Yield images few at a time, since counting needs eight times their memory."""
    for block in blocks:
        rows = max(2**20 // block[0].size, 1)
        yield from (block[i : i + rows] for i in range(0, len(block), rows))


def _histograms(images: Array) -> Any:
    return np.stack([np.bincount(images[..., c].reshape(-1), minlength=256) for c in range(images.shape[-1])])


def _reopen(files: Any, options: Any, named: Any, folder: Path, cache: Path) -> ArrowDataset:
    """Map in this process what another process has mapped; if it is gone, make it anew."""
    if not cache.exists():
        return ArrowDataset(files, options[0], classes=named, mode=options[1], cache_dir=folder)
    made = ArrowDataset.__new__(ArrowDataset)
    made.files, made.options, made.named, made.folder = files, options, named, folder
    made._open(cache)  # noqa: SLF001 - this is how `__init__` ends too
    return made
