import csv
from pathlib import Path

import pytest
from pyarrow import parquet

from tt_train.logs import write_csv, write_parquet

ROWS = [{"epoch": 1, "loss": 1}, {"epoch": 2, "loss": 0.25, "confusion": [[1, 0], [0, 1]], "note": "a,b"}]


def test_csv(tmp_path: Path) -> None:
    write_csv(ROWS, tmp_path / "log.csv")
    with (tmp_path / "log.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"epoch": "1", "loss": "1", "confusion": "", "note": ""},
            {"epoch": "2", "loss": "0.25", "confusion": "[[1, 0], [0, 1]]", "note": "a,b"},
        ]


def test_parquet(tmp_path: Path) -> None:
    write_parquet(ROWS, tmp_path / "log.parquet")
    assert parquet.read_table(tmp_path / "log.parquet").to_pylist() == [
        {"epoch": 1, "loss": 1.0, "confusion": None, "note": None},
        ROWS[1],
    ]


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_no_rows(tmp_path: Path, write: object) -> None:
    write([], tmp_path / "log")  # type: ignore[operator]  # either takes rows and a path
    assert list(tmp_path.iterdir()) == [tmp_path / "log"]
