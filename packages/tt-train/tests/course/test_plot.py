from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("click")
pytest.importorskip("matplotlib")

from click.testing import CliRunner, Result

from tt_train.course.plot import plot
from tt_train.logs import JsonLines


@pytest.fixture
def run(tmp_path: Path) -> Path:
    log = JsonLines(tmp_path / "run" / "log.jsonl")
    for epoch in (1, 2):
        log.write({"kind": "step", "step": epoch, "epoch": epoch, "loss": 1.0})
        figures = {"loss": 1 / epoch, "val_confusion": [[3, 1], [0, 4]]}
        log.write({"kind": "epoch", "epoch": epoch, "steps": epoch, **figures})
    log.close()
    return log.path.parent


def call(*arguments: Any) -> Result:
    return CliRunner().invoke(plot, list(map(str, arguments)))


def test_pictures_into_the_run(run: Path) -> None:
    result = call(run)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "loss      █▁  1 → 0.5",
        str(run / "curves.svg"),
        str(run / "confusion.svg"),
    ]
    assert (run / "confusion.svg").read_bytes().startswith(b"<?xml")


def test_elsewhere_and_otherwise(run: Path, tmp_path: Path) -> None:
    result = call(run / "log.jsonl", "--output", tmp_path / "out", "--format", "png", "--classes", "cat, dog")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["confusion.png", "curves.png"]


def test_nothing_to_draw(tmp_path: Path) -> None:
    result = call(tmp_path)
    assert result.exit_code == 1
    assert "expected the log of a training" in result.output


def test_the_wrong_number_of_classes(run: Path) -> None:
    result = call(run, "--classes", "cat")
    assert result.exit_code == 1
    assert "a name for each class" in result.output


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert call(tmp_path / "none").exit_code == 2


def test_it_is_a_command_of_tt() -> None:
    found = {entry.name: entry.value for entry in entry_points(group="tt.commands")}
    if "plot" not in found:
        pytest.skip("tt-train is not installed here, only on the path")
    assert found["plot"] == "tt_train.course.plot:plot"
