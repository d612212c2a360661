import io
import re
from types import SimpleNamespace
from typing import Any

import pytest

from tt_train.callbacks import ProgressBar, progress
from tt_train.callbacks.progress import Lines, display
from tt_train.logs import History


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(progress, "time", found)
    return found


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def training(bar: ProgressBar, clock: Clock, *, steps: int = 4, seconds: float = 5.0, batches: int | None = 4) -> Any:
    """Play two epochs of steps that take some seconds each."""
    stage: Any = SimpleNamespace(
        epoch=0, goal=2, steps=0, batch=0, batches=batches, samples=0, stopped="", history=History(), row={}
    )
    stage.figures = lambda: {"loss": 0.5 / (stage.batch + 1), "accuracy": 0.75, "confusion": [[1]]}
    bar.on_fit_start(stage)
    for epoch in range(2):
        stage.batch = stage.samples = 0
        bar.on_epoch_start(stage)
        for _ in range(steps):
            clock.now += seconds
            stage.steps, stage.batch, stage.samples = stage.steps + 1, stage.batch + 1, stage.samples + 1000
            stage.row = {"loss": 1 / stage.steps}
            bar.on_batch_end(stage)
        bar.on_validation_start(stage)
        stage.history.rows.append({"epoch": epoch + 1, "steps": stage.steps, "loss": 0.25, "lr": 0.1, "seconds": 20.0})
        stage.epoch += 1
        bar.on_epoch_end(stage)
    bar.on_fit_end(stage)
    return stage


class TestLines:
    def test_now_and_then_and_after_each_epoch(self, clock: Clock) -> None:
        stream = io.StringIO()
        training(ProgressBar(stream), clock)
        assert stream.getvalue().splitlines() == [
            "epoch 1/2: 2/4 batches, loss 0.1667, accuracy 0.7500, 200 samples/s, 0:10 left",
            "epoch 1/2: 4/4 batches, loss 0.1000, accuracy 0.7500, 200 samples/s, 0:00 left",
            "epoch 1/2: loss 0.2500, 20.0 s",
            "epoch 2/2: 2/4 batches, loss 0.1667, accuracy 0.7500, 200 samples/s, 0:10 left",
            "epoch 2/2: 4/4 batches, loss 0.1000, accuracy 0.7500, 200 samples/s, 0:00 left",
            "epoch 2/2: loss 0.2500, 20.0 s",
        ]

    def test_short_epochs_are_one_line(self, clock: Clock) -> None:
        stream = io.StringIO()
        training(ProgressBar(stream), clock, seconds=1.0)
        assert len(stream.getvalue().splitlines()) == 2

    def test_a_loader_without_a_length(self, clock: Clock) -> None:
        stream = io.StringIO()
        training(ProgressBar(stream), clock, batches=None)
        assert stream.getvalue().splitlines()[0] == (
            "epoch 1/2: 2 batches, loss 0.1667, accuracy 0.7500, 200 samples/s"
        )

    def test_why_it_stopped_and_where_it_goes_on(self, clock: Clock) -> None:
        stream = io.StringIO()
        bar = ProgressBar(stream)
        stage: Any = SimpleNamespace(steps=7, epoch=3, stopped="", history=History())
        bar.on_fit_start(stage)
        stage.stopped = "no better"
        bar.on_fit_end(stage)
        bar.on_fit_end(stage)
        bar.on_fit_start(stage)
        stage.history.interrupted = True
        bar.on_fit_end(stage)
        assert stream.getvalue().splitlines() == [
            "going on after epoch 3, step 7",
            "stopped after epoch 3, step 7: no better",
            "stopped after epoch 3, step 7: Ctrl-C",
        ]

    def test_what_the_encoding_lacks(self) -> None:
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, "ascii")
        Lines(stream).say("1 → 2")
        assert raw.getvalue().splitlines() == [b"1 \\u2192 2"]


class TestBar:
    def test_it_moves_and_its_lines_stay(self, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "120")
        stream = Terminal()
        training(ProgressBar(stream), clock)
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
        assert "epoch 1/2" in shown
        assert "loss 0.2500, accuracy 0.7500, 200 samples/s, 0:15 left" in shown
        assert "validating" in shown
        assert "█▃▁" in shown.replace("\n", "") or "█▄▂▁" in shown
        assert "epoch 2/2: loss 0.2500, 20.0 s" in shown

    @pytest.mark.parametrize("width", [40, 70, 80, 120])
    def test_fits_into_one_line(self, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(width))
        stream = Terminal()
        bar = display(stream)
        note = "loss 0.3123, accuracy 0.9120, 12,345 samples/s, 0:08 left"
        bar.update("epoch 3/10", 120, 469, note, [1 / (n + 1) for n in range(100)])
        bar.close()
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
        lines = [line for line in re.split(r"[\r\n]+", shown) if line.strip()]
        assert max(map(len, lines)) <= width
        assert ("0:08 left" in lines[0]) == (width >= 70)
        assert ("12,345 samples/s" in lines[0]) == (width >= 100)
        assert ("▁" in lines[0]) == (width >= 80)

    def test_is_drawn_ten_times_a_second_at_most(self, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "xterm")
        drawn: list[int] = []
        bar = ProgressBar(Terminal())
        monkeypatch.setattr(progress.Bar, "update", lambda _, title, done, *__: drawn.append(done))
        training(bar, clock, steps=100, seconds=1 / 32)
        assert len(drawn) == 2 * (25 + 1), "every fourth step, and the validation"

    @pytest.mark.parametrize("term", ["dumb", "unknown"])
    def test_a_terminal_that_cannot_move_gets_lines(self, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", term)
        assert isinstance(display(Terminal()), Lines)


def test_many_losses_take_little_room(clock: Clock) -> None:
    bar = ProgressBar(io.StringIO())
    training(bar, clock, steps=5000, seconds=0.0)
    assert 512 <= len(bar.losses) <= 1024
    assert bar.losses[0] == 1.0
    assert bar.losses == sorted(bar.losses, reverse=True)
    assert bar.losses[-1] < 1 / 9900
