from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tt_train.data import bar
from tt_train.datasets.download import download_file

from .server import Server

CONTENT = np.random.default_rng(0).bytes(300_000)


@pytest.fixture
def server() -> Any:
    with Server(CONTENT) as running:
        yield running


def test_a_file_is_downloaded(tmp_path: Path, server: Server) -> None:
    download_file(server.address, tmp_path / "new" / "x.part", "x")
    assert (tmp_path / "new" / "x.part").read_bytes() == CONTENT


def test_a_broken_download_goes_on_where_it_broke_off(tmp_path: Path, server: Server) -> None:
    server.breaks = 200_000
    with pytest.raises(OSError, match="200000 bytes read"):
        download_file(server.address, tmp_path / "x.part", "x")
    server.breaks = None
    kept = (tmp_path / "x.part").stat().st_size
    assert 0 < kept <= 200_000
    download_file(server.address, tmp_path / "x.part", "x")
    assert server.asked == ["bytes=0-", f"bytes={kept}-"]
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_a_server_that_sends_no_parts_is_asked_for_the_whole(tmp_path: Path, server: Server) -> None:
    (tmp_path / "x.part").write_bytes(b"something else")
    server.ranges = False
    download_file(server.address, tmp_path / "x.part", "x")
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_a_finished_download_is_not_repeated(tmp_path: Path, server: Server) -> None:
    (tmp_path / "x.part").write_bytes(CONTENT)
    download_file(server.address, tmp_path / "x.part", "x")
    assert (tmp_path / "x.part").read_bytes() == CONTENT


def test_an_error_of_the_server_is_an_oserror_and_keeps_the_part(tmp_path: Path, server: Server) -> None:
    (tmp_path / "x.part").write_bytes(CONTENT[:10])
    server.status = 503
    with pytest.raises(OSError, match="503"):
        download_file(server.address, tmp_path / "x.part", "x")
    assert (tmp_path / "x.part").read_bytes() == CONTENT[:10]


@pytest.mark.parametrize("sizes", [True, False])
def test_a_terminal_shows_how_far_a_long_work_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sizes: Any
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(bar, "PATIENCE", -1.0)
    with bar.progress_bar("copying", 100, sizes=sizes) as advance:
        advance(100)
    assert "copying" in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_short_works_and_files_show_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    else:
        monkeypatch.delenv("FORCE_COLOR", raising=False)
        monkeypatch.setattr(bar, "PATIENCE", -1.0)
    with bar.progress_bar("copying", 100) as advance:
        advance(100)
    assert capsys.readouterr().err == ""
