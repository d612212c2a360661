"""What `tt watch` does between a save and its answer: what the save affects first, in order, then the rest."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from tt_core.course.checks.affected import affected, texts
from tt_core.course.checks.process import Process, launch_here
from tt_core.course.checks.session import run
from tt_core.course.checks.summary import Summary, summaries
from tt_core.course.lessons import Exercise, Lesson

__all__ = ["Watcher"]


class Watcher:
    """Knows how far a module is, and checks after each save what the save affects.

    The first exercise that is not passed is the one at work: nothing behind it is checked, and when it passes, the next
    one is, by itself.
    """

    def __init__(self, lesson: Lesson, workspace: Path, environ: Mapping[str, str]) -> None:
        self.lesson, self.workspace = lesson, workspace
        self.known: dict[str, Summary] = {}
        self.texts: dict[str, str] = {}
        self.hurry = threading.Event()
        self._lock = threading.Lock()
        self._launch = launch_here(workspace, environ)
        self._busy: subprocess.Popen[bytes] | None = None
        self._spare: Process | None = None

    @property
    def current(self) -> Exercise | None:
        """The exercise at work: the first that is not known to pass."""
        return next((each for each in self.lesson.exercises if not self.is_passed(each)), None)

    def is_passed(self, exercise: Exercise) -> bool:
        """Tell whether an exercise passed when it was last checked."""
        found = self.known.get(exercise.name)
        return found is not None and found.outcome == "passed"

    def answers(self) -> Iterator[list[Summary]]:
        """Yield what was checked after a save: first what the save affects, then the rest, if time is left."""
        with self._lock:
            self.hurry.clear()
        before, self.texts = self.texts, texts(self.workspace)
        changed = affected(self.lesson, before, self.texts)
        self.known = {name: each for name, each in self.known.items() if name not in changed}
        first = list(self._checked(each for each in self.lesson.exercises if not self.is_passed(each)))
        yield first
        done = {summary.exercise.name for summary in first}
        rest = [each for each in self.lesson.exercises if self.is_passed(each) and each.name not in done]
        broken = any(summary.wrong and summary.wrong.at_import for summary in first)
        if rest and not broken and not self.hurry.is_set():
            yield list(self._checked(rest))

    def _checked(self, exercises: Iterable[Exercise]) -> Iterator[Summary]:
        """Yield the summaries of some exercises in their order, up to the first that does not pass."""
        names = [exercise.name for exercise in exercises]
        process, self._spare = self._spare, None
        with self._lock:
            self._busy = process.popen if process else None
        results = run(
            self.lesson, self.workspace, exercises=names, launch=self._launched, process=process, locating=True
        )
        with closing(results):
            for summary in summaries(results):
                if self.hurry.is_set():  # what was cut off says nothing
                    return
                self.known[summary.exercise.name] = summary
                yield summary
                if summary.outcome != "passed":
                    return

    def _launched(self, probes: Path) -> subprocess.Popen[bytes]:
        process = self._launch(probes)
        with self._lock:
            self._busy = process
        return process

    def prepare(self) -> None:
        """Start a process before it is needed: importing NumPy takes as long as most checks."""
        with self._lock:
            self._busy = None
        if self._spare is None:
            self._spare = Process(self._launch, self.lesson.folder / "probes.py")

    def interrupt(self) -> None:
        """End what is running: the files have changed again. To be called from another thread."""
        with self._lock:
            self.hurry.set()
            if self._busy is not None:
                self._busy.kill()

    def close(self) -> None:
        """End the spare process."""
        if self._spare is not None:
            self._spare.end()
            self._spare = None
