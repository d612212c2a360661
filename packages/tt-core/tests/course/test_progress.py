import io

import pytest
from rich.console import Console

from tt_core.course import progress


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    return clock


def test_bars_show_name_share_and_note_of_each_run() -> None:
    out = io.StringIO()
    with progress.bars(Console(file=out, width=100, force_terminal=True, color_system=None)) as begin:
        begin("perceptron")(5, 10, "epoch 5")
        begin("xor")(10, 10, "loss 0.001")
    last = [line for line in out.getvalue().splitlines() if "%" in line][-2:]
    assert "perceptron" in last[0]
    assert "50%" in last[0]
    assert "epoch 5" in last[0]
    assert "100%" in last[1]
    assert "loss 0.001" in last[1]


def test_a_note_is_shown_as_it_is() -> None:
    out = io.StringIO()
    with progress.bars(Console(file=out, width=100, force_terminal=True, color_system=None)) as begin:
        begin("[bold]x[/]")(1, 2, "[/nothing] [red]a")
    assert "[bold]x[/]" in out.getvalue()
    assert "[/nothing] [red]a" in out.getvalue()


def test_lines_come_now_and_then_with_the_time_that_is_left(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    report = progress.lines("gpt", seconds=10)
    report(0, 100)
    clock.now += 9
    report(10, 100, "loss 5")
    clock.now += 2
    report(20, 100, "loss 4")
    report(21, 100, "loss 4")
    captured = capsys.readouterr()
    assert captured.err == "gpt: running\ngpt: 20%, about 44 s left; loss 4\n"
    assert captured.out == ""


def test_lines_say_nothing_of_a_share_before_the_first_step(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    report = progress.lines("gpt", seconds=10)
    clock.now += 60
    report(0, 100)
    assert capsys.readouterr().err == "gpt: running\n"


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress.quiet("gpt")(1, 2, "note")
    assert capsys.readouterr() == ("", "")
