import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tt_core.errors import ShapeError, TinyTorchError
from tt_train.logs import JsonLines
from tt_train.plots import Run, plot_confusion, plot_curves, read_run
from tt_train.plots.curves import POINTS, thinned, wide


def rows(epochs: int = 3, steps: int = 10) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for epoch in range(1, epochs + 1):
        found += [
            {"kind": "step", "step": step, "epoch": epoch, "loss": 1 / step, "lr": 0.1, "grad_norm": 2.0}
            for step in range((epoch - 1) * steps + 1, epoch * steps + 1)
        ]
        confusion = [[5 * epoch, 1], [2, 5]]
        figures = {"loss": 1 / epoch, "accuracy": 0.5, "confusion": [[1, 1], [1, 1]], "val_loss": 2 / epoch}
        found.append(
            {
                "kind": "epoch",
                "epoch": epoch,
                "steps": epoch * steps,
                **figures,
                "val_confusion": confusion,
                "seconds": 1.0,
            }
        )
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = JsonLines(tmp_path / "first run" / "log.jsonl")
    for row in rows():
        log.write(row)
    log.close()
    return log.path.parent


class TestRun:
    def test_what_is_in_a_log(self, folder: Path) -> None:
        run = read_run(folder)
        assert run == read_run(folder / "log.jsonl")
        assert (run.name, len(run.steps), len(run.epochs)) == ("first run", 30, 3)
        assert run.names() == ["loss", "accuracy", "grad_norm", "lr"]
        assert run.matrix().tolist() == [[15, 1], [2, 5]]  # type: ignore[union-attr]  # there is one

    def test_steps_are_placed_among_the_epochs(self, folder: Path) -> None:
        at, loss = read_run(folder).over_steps("loss")
        np.testing.assert_allclose(at, np.arange(1, 31) / 10)
        np.testing.assert_allclose(loss, 1 / np.arange(1, 31))

    def test_an_epoch_that_is_not_finished(self) -> None:
        found = rows(2, 4)
        run = Run("", [row for row in found if row["kind"] == "step"], [found[4]])
        np.testing.assert_allclose(run.over_steps("loss")[0], np.arange(1, 9) / 4)

    def test_no_epoch_is_finished(self) -> None:
        run = Run("", rows(1, 5)[:5], [])
        assert run.over_steps("loss")[0].tolist() == [1, 2, 3, 4, 5]
        assert run.names() == ["loss", "grad_norm", "lr"]
        assert run.matrix() is None

    def test_epochs_only(self) -> None:
        run = Run("", [], [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": None}, {"epoch": 3, "loss": 0.5}])
        assert [x.tolist() for x in run.over_epochs("loss")] == [[1, 3], [1.0, 0.5]]
        assert run.over_steps("loss")[0].size == 0

    def test_no_log(self, tmp_path: Path) -> None:
        with pytest.raises(TinyTorchError, match="expected the log of a training"):
            read_run(tmp_path)
        (tmp_path / "log.jsonl").write_text('{"a": 1}\n')
        with pytest.raises(TinyTorchError, match=r"expected steps or epochs in the log .*; got 1 rows without either"):
            read_run(tmp_path)


def texts(svg: Path) -> int:
    """Return how many pieces of text an SVG shows."""
    return sum("text" in (each.get("id") or "") for each in ET.parse(svg).iter())


class TestPictures:
    def test_curves(self, folder: Path) -> None:
        pytest.importorskip("matplotlib")
        path = plot_curves(read_run(folder), folder / "new" / "curves.svg")
        first = path.read_bytes()
        assert texts(path) > 20
        assert plot_curves(read_run(folder), path).read_bytes() == first
        assert [each.name for each in path.parent.iterdir()] == ["curves.svg"]

    def test_a_loss_that_falls_far_gets_a_logarithmic_axis(self, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib")
        run = Run("", [], [{"epoch": epoch, "steps": epoch, "loss": 100.0**-epoch} for epoch in (1, 2, 3)])
        linear = Run("", [], [{"epoch": epoch, "steps": epoch, "loss": 1.0 / epoch} for epoch in (1, 2, 3)])
        pictures = [plot_curves(each, tmp_path / "curves.svg").read_text() for each in (run, linear)]
        assert [picture.count('id="ytick_') > 20 for picture in pictures] == [True, False], "small ticks in between"

    @pytest.mark.parametrize("steps,epochs", [(0, 2), (3, 0), (1, 1)])
    def test_curves_of_little(self, tmp_path: Path, steps: int, epochs: int) -> None:
        pytest.importorskip("matplotlib")
        found = rows(max(epochs, 1), steps)
        run = Run("", [r for r in found if r["kind"] == "step"], [r for r in found if r["kind"] == "epoch"][:epochs])
        assert plot_curves(run, tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")

    @pytest.mark.parametrize("classes", [1, 3, 12, 30])
    def test_confusion(self, tmp_path: Path, classes: int) -> None:
        pytest.importorskip("matplotlib")
        matrix = np.random.default_rng(0).integers(1, 100, (classes, classes))
        path = plot_confusion(matrix, tmp_path / "confusion.svg")
        numbers = classes * classes if classes <= 20 else 0
        assert texts(path) >= 2 * classes + 3 + numbers

    def test_names_of_classes(self, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib")
        plain = plot_confusion([[3, 0], [0, 0]], tmp_path / "a.svg").read_bytes()
        assert plot_confusion([[3, 0], [0, 0]], tmp_path / "b.svg", ["cat", "aeroplane"]).read_bytes() != plain

    @pytest.mark.parametrize("matrix,classes", [([[1, 2]], None), ([[1]], ["a", "b"])])
    def test_a_matrix_that_is_none(self, tmp_path: Path, matrix: Any, classes: Any) -> None:
        with pytest.raises(ShapeError, match="expected a square matrix, and a name for each class"):
            plot_confusion(matrix, tmp_path / "confusion.svg", classes)

    def test_a_format_that_is_none(self, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib")
        with pytest.raises(TinyTorchError, match=r"expected a file that ends in \.svg, \.png .*; got 'a\.mp3'"):
            plot_confusion([[1]], tmp_path / "a.mp3")

    def test_without_matplotlib(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        with pytest.raises(TinyTorchError, match=r"plots need matplotlib, .* pip install 'tt-train\[plot\]'"):
            plot_confusion([[1]], tmp_path / "a.svg")


def test_points_are_thinned() -> None:
    x, y = thinned(np.arange(10 * POINTS + 5.0), np.ones(10 * POINTS + 5))
    assert len(x) <= POINTS
    assert set(y) == {1.0}
    assert len(thinned(np.arange(7.0), np.arange(7.0))[0]) == 7


def test_which_axes_are_logarithmic() -> None:
    assert wide(np.array([1.0, 31.0, np.nan]))
    assert not wide(np.array([1.0, 29.0]))
    assert not wide(np.array([0.0, 1000.0]))
    assert not wide(np.array([]))
