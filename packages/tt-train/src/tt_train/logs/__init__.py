"""What a training leaves to read: the history of its epochs in memory, and its log on disk (module 10)."""

from __future__ import annotations

from tt_train.logs.history import History, Row
from tt_train.logs.lines import JsonLines, read_log
from tt_train.logs.tables import write_csv, write_parquet

__all__ = ["History", "JsonLines", "Row", "read_log", "write_csv", "write_parquet"]
