import csv
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyarrow import parquet

from tt_core.errors import TinyTorchError
from tt_train.callbacks import LearningRateMonitor, RunLog, TensorBoard
from tt_train.logs import read_log

ROWS = [{"epoch": 1, "loss": 0.5, "val_confusion": [[1, 0], [0, 1]]}, {"epoch": 2, "loss": 0.25}]


class TestRunLog:
    def test_steps_and_epochs(self, play: Any, tmp_path: Path) -> None:
        play(RunLog(tmp_path), *ROWS, steps=2)
        assert read_log(tmp_path / "log.jsonl") == [
            {"kind": "step", "step": 1, "epoch": 1, "loss": 0.5},
            {"kind": "step", "step": 2, "epoch": 1, "loss": 0.5},
            {"kind": "epoch", **ROWS[0]},
            {"kind": "step", "step": 3, "epoch": 2, "loss": 0.5},
            {"kind": "step", "step": 4, "epoch": 2, "loss": 0.5},
            {"kind": "epoch", **ROWS[1]},
        ]

    def test_tables_say_the_same(self, play: Any, tmp_path: Path) -> None:
        play(RunLog(tmp_path), *ROWS, steps=1)
        table = parquet.read_table(tmp_path / "log.parquet").to_pylist()
        shown = [{name: value for name, value in row.items() if value is not None} for row in table]
        assert shown == read_log(tmp_path / "log.jsonl")
        with (tmp_path / "epochs.csv").open(newline="") as file:
            assert [row["loss"] for row in csv.DictReader(file)] == ["0.5", "0.25"]

    def test_fewer_rows(self, play: Any, tmp_path: Path) -> None:
        play(RunLog(tmp_path / "some", every=3, formats=()), *ROWS, steps=4)
        play(RunLog(tmp_path / "none", every=0, formats=["csv"]), *ROWS, steps=4)
        assert [row.get("step") for row in read_log(tmp_path / "some" / "log.jsonl")] == [3, None, 6, None]
        assert [row["kind"] for row in read_log(tmp_path / "none" / "log.jsonl")] == ["epoch", "epoch"]
        assert not (tmp_path / "some" / "log.parquet").exists()
        assert (tmp_path / "none" / "epochs.csv").exists()

    def test_a_fit_that_did_not_begin(self, tmp_path: Path) -> None:
        RunLog(tmp_path).on_fit_end(SimpleNamespace())  # type: ignore[arg-type]  # it is not looked at
        assert not list(tmp_path.iterdir())


def test_learning_rates() -> None:
    stage: Any = SimpleNamespace(row={"loss": 1.0}, optimizer=SimpleNamespace(param_groups=[{"lr": 0.1}]))
    LearningRateMonitor().on_batch_end(stage)
    assert stage.row == {"loss": 1.0, "lr": 0.1}
    stage.optimizer.param_groups.append({"lr": 0.2})
    stage.row = {}
    LearningRateMonitor().on_batch_end(stage)
    assert stage.row == {"lr0": 0.1, "lr1": 0.2}


class TestTensorBoard:
    def test_what_is_written(self, play: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        said: list[Any] = []

        class Writer:
            def __init__(self, folder: str, purge_step: int) -> None:
                said.append((folder, purge_step))

            def add_scalar(self, name: str, value: float, step: int) -> None:
                said.append((name, value, step))

            def close(self) -> None:
                said.append("closed")

        monkeypatch.setitem(sys.modules, "tensorboardX", SimpleNamespace(SummaryWriter=Writer))
        board = TensorBoard(tmp_path, every=2)
        play(board, ROWS[0], steps=3)
        assert said == [
            (str(tmp_path), 1),
            ("step/loss", 0.5, 2),
            ("epoch/epoch", 1, 3),
            ("epoch/loss", 0.5, 3),
            "closed",
        ]
        board.on_fit_end(SimpleNamespace())  # type: ignore[arg-type]  # it is not looked at

    def test_with_the_real_one(self, play: Any, tmp_path: Path) -> None:
        pytest.importorskip("tensorboardX")
        play(TensorBoard(tmp_path, every=1), *ROWS, steps=2)
        assert [path.stat().st_size > 100 for path in tmp_path.glob("events.*")] == [True]

    def test_without_it(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setitem(sys.modules, "tensorboardX", None)
        with pytest.raises(TinyTorchError, match=r"needs tensorboardX, .* pip install 'tt-train\[tensorboard\]'"):
            TensorBoard(tmp_path)
