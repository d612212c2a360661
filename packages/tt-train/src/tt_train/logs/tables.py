"""A log as a table for other programs: CSV for a spreadsheet, Parquet for all that reads Arrow."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tt_train.files import replacing
from tt_train.logs.history import Row


def write_csv(rows: Sequence[Row], path: str | os.PathLike[str]) -> None:
    """Write rows as CSV, at once: all names of any row are columns, and lists are written as JSON."""
    with replacing(Path(path)) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, _names(rows), restval="")
        table.writeheader()
        table.writerows({name: _plain(value) for name, value in row.items()} for row in rows)


def write_parquet(rows: Sequence[Row], path: str | os.PathLike[str]) -> None:
    """Write rows as Parquet, at once: all names of any row are columns, with null where a row lacks one."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and not needed to train
    from pyarrow import parquet  # noqa: PLC0415

    table = pa.table({name: pa.array([row.get(name) for row in rows]) for name in _names(rows)})
    with replacing(Path(path)) as temporary:
        parquet.write_table(table, temporary)


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (list, dict)) else value
