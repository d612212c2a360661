import sys
from pathlib import Path

import pytest

from tt_core.environment.files import count_cpus, parse_size, read, run, sysctl


def test_read_strips_white_space(tmp_path: Path) -> None:
    (tmp_path / "size").write_text(" 48K\n")
    assert read(tmp_path / "size") == "48K"


def test_read_of_what_is_no_file_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "missing") == ""
    assert read(tmp_path) == ""


def test_read_survives_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"cpu \xff")
    assert read(tmp_path / "name").startswith("cpu ")


def test_run_returns_the_output() -> None:
    assert run([sys.executable, "-c", "print(' 42 ')"]) == "42"


def test_run_passes_the_environment() -> None:
    assert run([sys.executable, "-I", "-c", "import os; print(os.environ['PET'])"], {"PET": "cat"}) == "cat"


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "print('half'); raise ValueError"])
def test_run_of_a_program_that_fails_is_empty(code: str) -> None:
    assert run([sys.executable, "-c", code]) == ""


def test_run_of_a_missing_program_is_empty(tmp_path: Path) -> None:
    assert run([str(tmp_path / "nothing")]) == ""


def test_sysctl_of_an_unknown_name_is_empty() -> None:
    assert sysctl("tt.no_such_name") == ""


@pytest.mark.parametrize(
    "text,size", [("32K", 32768), ("1m", 1048576), ("2G", 2147483648), ("7", 7), ("", 0), ("K", 0), ("big", 0)]
)
def test_parse_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("listing,count", [("0", 1), ("0-1", 2), ("0-3,8-11", 8), ("0,2,4", 3), ("", 0)])
def test_count_cpus(listing: str, count: int) -> None:
    assert count_cpus(listing) == count
