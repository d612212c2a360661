"""Showing how far a training is: a bar with a curve on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from tt_train.callbacks.base import Callback
from tt_train.plots.sparkline import sparkline

if TYPE_CHECKING:
    from tt_train.logs import Row
    from tt_train.training import Trainer

REFRESH = 0.1
QUIET = 10.0
POINTS = 1024
BAR, LONGEST, WIDE = 10, 24, 100


class Display(Protocol):
    """What a progress is shown on.

    Attributes:
        pause: how many seconds there have to be between two updates.
    """

    pause: float

    def update(self, title: str, done: int, total: int | None, note: str, losses: list[float]) -> None:
        """Show where we are."""

    def say(self, line: str) -> None:
        """Show a line that stays."""

    def close(self) -> None:
        """Leave the screen as it should remain."""


class Lines:
    """Plain lines on a stream."""

    pause = QUIET

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def update(self, title: str, done: int, total: int | None, note: str, losses: list[float]) -> None:  # noqa: ARG002  # lines have no curves
        """Write a line."""
        self.say(f"{title}: {done}{f'/{total}' if total else ''} batches, {note}")

    def say(self, line: str) -> None:
        """Write a line; what the stream's encoding lacks becomes an escape."""
        encoding = self.stream.encoding or "utf-8"
        self.stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        self.stream.flush()

    def close(self) -> None:
        """Leave it as it is."""


class Bar:
    """A bar with figures and the curve of the loss, which moves; lines are written above it."""

    pause = REFRESH

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415  # slow to import

        self.curve = not console.options.ascii_only
        columns = (
            TextColumn("{task.description}", style="bold", markup=False),
            BarColumn(bar_width=BAR, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[note]}", markup=False),
            TextColumn("{task.fields[curve]}", style="cyan", markup=False),
        )
        self.progress = Progress(*columns, console=console, auto_refresh=False, transient=True)
        self.task = self.progress.add_task("", total=None, visible=False, note="", curve="")
        self.progress.start()

    def update(self, title: str, done: int, total: int | None, note: str, losses: list[float]) -> None:
        """Draw it anew; the curve gets the room that is left."""
        width = self.progress.console.width
        note = note.replace(" samples/s", "/s") if width < WIDE else note
        room = min(max(width - len(title) - BAR - len(note) - 4, 0), LONGEST)
        curve = sparkline(losses, room) if self.curve else ""
        self.progress.update(
            self.task, description=title, completed=done, total=total, visible=True, note=note, curve=curve
        )
        self.progress.refresh()

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        self.progress.console.print(line, markup=False, highlight=False)

    def close(self) -> None:
        """Take the bar away; the lines stay."""
        self.progress.stop()


def display(stream: TextIO) -> Display:
    """Return a bar if the stream is a terminal that can move its cursor or a notebook, else lines."""
    from rich.console import Console  # noqa: PLC0415  # slow to import

    console = Console(file=stream)
    moves = (console.is_terminal and not console.is_dumb_terminal) or console.is_jupyter
    return Bar(console) if moves else Lines(stream)


class ProgressBar(Callback):
    """Show loss, metrics, speed, and the time that an epoch will still take; a line for each epoch stays.

    Args:
        stream: where to; by default the standard error.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream
        self.losses: list[float] = []
        self._stride = self._skipped = 1
        self._display: Display | None = None
        self._next = self._began = 0.0
        self._samples = self._batch = 0

    def on_fit_start(self, trainer: Trainer) -> None:
        """Open the display."""
        self._display = display(self.stream or sys.stderr)
        if trainer.steps and not trainer.stopped:
            self._display.say(f"going on after epoch {trainer.epoch}, step {trainer.steps}")

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Start the clock."""
        self._began = time.monotonic()
        self._next = self._began + (self._display.pause if self._display else 0.0)
        self._samples, self._batch = trainer.samples, trainer.batch

    def on_batch_end(self, trainer: Trainer) -> None:
        """Show it, if it is time."""
        self._take(trainer.row["loss"])
        now = time.monotonic()
        if self._display and now >= self._next:
            self._next = now + self._display.pause
            note = f"{in_words(trainer.figures())}, {self._speed(trainer, now)}"
            self._display.update(_title(trainer), trainer.batch, trainer.batches, note, self.losses)

    def on_validation_start(self, trainer: Trainer) -> None:
        """Say that it will take some time."""
        if self._display and self._display.pause == REFRESH:
            self._display.update(_title(trainer), trainer.batch, trainer.batches, "validating", self.losses)

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Write the line that stays."""
        if self._display:
            row = trainer.history[-1]
            figures = {name: value for name, value in row.items() if name not in {"epoch", "steps", "lr", "seconds"}}
            self._display.say(
                f"epoch {trainer.epoch}/{max(trainer.goal, trainer.epoch)}: {in_words(figures)}, {row['seconds']:.1f} s"
            )

    def on_fit_end(self, trainer: Trainer) -> None:
        """Close the display, and say why if the end came early."""
        if self._display:
            self._display.close()
            reason = "Ctrl-C" if trainer.history.interrupted else trainer.stopped
            if reason:
                self._display.say(f"stopped after epoch {trainer.epoch}, step {trainer.steps}: {reason}")
        self._display = None

    def _take(self, loss: float) -> None:
        """Remember a loss; when there are many, every second one, and so on."""
        self._skipped += 1
        if self._skipped >= self._stride:
            self._skipped = 0
            self.losses.append(loss)
            if len(self.losses) >= POINTS:
                self.losses = self.losses[::2]
                self._stride *= 2

    def _speed(self, trainer: Trainer, now: float) -> str:
        seconds = max(now - self._began, 1e-9)
        text = f"{(trainer.samples - self._samples) / seconds:,.0f} samples/s"
        if trainer.batches:
            left = (trainer.batches - trainer.batch) * seconds / (trainer.batch - self._batch)
            text += f", {clock(left)} left"
        return text


def in_words(figures: Row) -> str:
    """Return figures that are single numbers as text.

    >>> in_words({"loss": 0.123456, "accuracy": 0.98, "confusion": [[1]]})
    'loss 0.1235, accuracy 0.9800'
    """
    return ", ".join(f"{name} {_short(value)}" for name, value in figures.items() if isinstance(value, (int, float)))


def _short(value: float) -> str:
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.4g}"


def clock(seconds: float) -> str:
    """Return a time as a clock shows it.

    >>> clock(75), clock(3725)
    ('1:15', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _title(trainer: Trainer) -> str:
    return f"epoch {trainer.epoch + 1}/{trainer.goal}"
