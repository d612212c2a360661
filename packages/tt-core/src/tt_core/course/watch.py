"""`tt watch`: check again after each save what it affects, and stay at the first exercise that does not pass."""

from __future__ import annotations

import json
import queue
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.text import Text

from tt_core.course.arguments import complete_target
from tt_core.course.check import Target, TargetType, as_data, chosen
from tt_core.course.checks.drawing import DIM, Page, at_work, details, overview, title
from tt_core.course.checks.verdict import verdict
from tt_core.course.checks.watcher import Watcher
from tt_core.course.console import can_draw, json_option, make_console, plain_option
from tt_core.course.lessons import Lesson
from tt_core.course.state import State
from tt_core.course.workspace import Workspace, Wrong, find
from tt_core.overlay import FAMILY

__all__ = ["watch"]

GROUPING, STEP = 100, 20  # milliseconds: an editor's save is several events
PATIENCE = 0.2  # seconds: nothing wakes who waits for ever
LONG_AGO = 5.0  # seconds: a file that is moved into place may have been written long before


@click.command()
@click.argument("target", metavar="[N]", type=TargetType(), required=False, shell_complete=complete_target)
@json_option
@plain_option
def watch(target: Target | None, *, as_json: bool, plain: bool) -> None:
    """Check again after each save, exercise by exercise.

    Without N it is the module that you opened last. The first exercise that does not pass stays on the screen; when it
    passes, the next one comes, by itself. With --json each answer is one line. Ctrl-C ends it.

    Exit codes: 0 it was ended, 2 wrong usage.
    """
    home = find()
    lesson = chosen(home, target).lesson
    console = make_console()
    screen = Screen(home, lesson, Page(console, plain or not can_draw(console)), as_json=as_json)
    watcher = Watcher(lesson, home.root, home.environ())
    try:
        with asked_to_end(watcher) as end, saves(home.root, watcher, end) as saved:
            for moment in saved:
                answer(screen, watcher, moment)
    finally:
        watcher.close()
    if not as_json:
        click.echo("\nNo longer watching; your files are as you saved them.")


@contextmanager
def asked_to_end(watcher: Watcher) -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C sets, and end what is running then; a second Ctrl-C does not wait for that.

    The usual exception could come at any line, also at one that swallows it.
    """
    end = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal calls it
        if end.is_set():
            raise KeyboardInterrupt
        end.set()

    def hurry() -> None:
        end.wait()
        watcher.interrupt()

    before = signal.signal(signal.SIGINT, ask)
    threading.Thread(target=hurry, daemon=True).start()
    try:
        yield end
    finally:
        signal.signal(signal.SIGINT, before)


class Screen:
    """Shows the state of a module, each time on a clean screen where there is one."""

    def __init__(self, home: Workspace, lesson: Lesson, page: Page, *, as_json: bool) -> None:
        self.home, self.lesson, self.page, self.as_json = home, lesson, page, as_json
        self.width = max(len(each.name) for each in lesson.exercises)

    def show(self, watcher: Watcher, before: State, after: State, seconds: float) -> None:
        """Show all exercises, and what is wrong with the one at work."""
        found = list(watcher.known.values())
        if self.as_json:
            click.echo(json.dumps(as_data(Target(self.lesson), found)))
            return
        page, current = self.page, watcher.current
        if page.console.is_terminal and not page.plain:
            page.console.clear()
        page.line()
        page.line(title(self.lesson))
        page.line()
        for exercise in self.lesson.exercises:
            known = watcher.known.get(exercise.name)
            page.row(*(overview(known, self.width, plain=page.plain) if known else at_work(exercise, self.width)))
        page.line()
        shown = [known for known in found if current is None or known.exercise == current]
        page.lines(details(shown, self.home.root, page.console.width))
        page.lines(verdict(self.lesson, before, after, self.home.root, shown))
        page.line(Text(f"Answered in {seconds:.1f} s. Watching your files; Ctrl-C ends it.", DIM))


def answer(screen: Screen, watcher: Watcher, moment: float) -> None:
    """Check after a save, and show what came of it."""
    shown = None
    for found in watcher.answers():
        if watcher.hurry.is_set():
            return
        before = screen.home.state
        after = screen.home.record(screen.lesson, {each.exercise.name: each.outcome for each in found})
        picture = {name: each.outcome for name, each in watcher.known.items()}
        if picture != shown:
            screen.show(watcher, before, after, max(0.0, time.time() - moment))
        shown = picture
    watcher.prepare()


@contextmanager
def saves(root: Path, watcher: Watcher, end: threading.Event) -> Iterator[Iterator[float]]:
    """Yield the moments at which files were saved, the first at once; what runs when one comes is interrupted.

    Args:
        end: when it is set, no more are to come.

    Raises:
        Wrong: there is nothing to watch files with.
    """
    try:
        from watchfiles import watch as changes
    except ImportError as error:
        raise Wrong('tt watch needs watchfiles: run pip install "tt-core[course]" and try again.') from error
    moments: queue.SimpleQueue[float] = queue.SimpleQueue()
    moments.put(time.time())
    ended = threading.Event()

    def listen() -> None:
        for found in changes(
            root,
            watch_filter=lambda _, path: is_code(root, path),
            debounce=GROUPING,
            step=STEP,
            stop_event=ended,
            raise_interrupt=False,
        ):
            watcher.interrupt()
            moments.put(saved_at([Path(path) for _, path in found]))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield latest(moments, thread, end)
    finally:
        ended.set()
        thread.join()


def latest(moments: queue.SimpleQueue[float], thread: threading.Thread, end: threading.Event) -> Iterator[float]:
    """Yield the moment of the last save, as often as there is a new one, until the end or until nobody listens."""
    while not end.is_set() and (thread.is_alive() or not moments.empty()):
        try:
            moment = moments.get(timeout=PATIENCE)
            while not moments.empty():
                moment = moments.get()
        except queue.Empty:
            continue
        yield moment


def is_code(root: Path, path: str) -> bool:
    """Tell whether a path is one of the learner's modules."""
    parts = Path(path).parts[len(root.parts) :]
    return path.endswith(".py") and bool(parts) and parts[0] in FAMILY


def saved_at(paths: list[Path]) -> float:
    """Return when the last of the files was written; now, if that is not to be known."""
    now = time.time()
    times = []
    for path in paths:
        try:
            times.append(path.stat().st_mtime)
        except OSError:  # deleted
            continue
    return max([each for each in times if now - LONG_AGO < each <= now], default=now)
