"""The parent's side of checks: starts the learner's process, asks it, keeps time, and judges what comes back."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np

from tt_core.course.checks import Check, Raised, checks_of, child
from tt_core.course.checks.comparing import difference
from tt_core.course.checks.results import Frame, Outcome, Result
from tt_core.course.lessons import Exercise, Lesson
from tt_core.overlay import VARIABLE

__all__ = ["Launch", "Process", "launch_here", "run"]

Launch: TypeAlias = Callable[[Path], "subprocess.Popen[bytes]"]

LONGEST_ANSWER = 64 * 2**20
LONGEST_PRINT = 20_000
START = 30.0


def launch_here(workspace: Path, environ: Mapping[str, str] | None = None) -> Launch:
    """Return how to start a process that sees the learner's files in place of ours."""

    def launch(probes: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own script
            [sys.executable, child.__file__, str(probes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environ or {}), VARIABLE: str(workspace)},
            start_new_session=True,
        )

    return launch


class Process:
    """A learner's process that answers one request after the other."""

    def __init__(self, launch: Launch, probes: Path) -> None:
        self.popen = launch(probes)
        self.answers: queue.Queue[bytes] = queue.Queue()
        self.printed = bytearray()
        for target, stream in ((self._listen, self.popen.stdout), (self._overhear, self.popen.stderr)):
            threading.Thread(target=target, args=(stream,), daemon=True).start()

    def _listen(self, stream: IO[bytes]) -> None:
        while line := stream.readline(LONGEST_ANSWER):
            self.answers.put(line)
        self.answers.put(b"")

    def _overhear(self, stream: IO[bytes]) -> None:
        while part := os.read(stream.fileno(), 65536):
            self.printed += part[: max(0, LONGEST_PRINT - len(self.printed))]

    def ask(self, request: Mapping[str, Any]) -> None:
        """Send a request; a process that has ended shows when the answer is read."""
        stream = self.popen.stdin
        try:
            if stream is not None:
                stream.write(json.dumps(request).encode() + b"\n")
                stream.flush()
        except OSError:
            pass

    def answer(self, seconds: float) -> dict[str, Any]:
        """Return the next answer.

        Raises:
            TimeoutError: none came in time.
            EOFError: the process has ended.
            ValueError: what came is no answer.
        """
        try:
            line = self.answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if not line:
            raise EOFError
        found = json.loads(line)
        if not isinstance(found, dict):
            raise ValueError("the answer is not an object")  # noqa: TRY004 - as json's own errors
        return found

    def heard(self) -> str:
        """Return what was printed since the last call."""
        text = self.printed.decode(errors="replace")
        self.printed.clear()
        return text

    def end(self) -> None:
        """Kill the process with all that it has started."""
        self.popen.kill()
        self.popen.wait()


def run(
    lesson: Lesson,
    workspace: Path,
    *,
    exercises: Iterable[str] | None = None,
    seed: int = 0,
    environ: Mapping[str, str] | None = None,
    launch: Launch | None = None,
) -> Iterator[Result]:
    """Yield what comes of each check of a lesson, one after the other.

    Args:
        workspace: whose files are checked.
        exercises: the names of those to check; all if None.
        seed: what the inputs are drawn from.
        environ: variables for the learner's process, besides those of this one.
        launch: how to start that process; as a child without a sandbox if None.
    """
    wanted = None if exercises is None else set(exercises)
    checks = [check for check in checks_of(lesson) if wanted is None or check.exercise in wanted]
    asker = Asker(lesson, workspace, launch or launch_here(workspace, environ))
    try:
        for place, check in enumerate(checks):
            yield asker.run(check, np.random.default_rng((seed, int(lesson.number), place)))
    finally:
        asker.close()


class Asker:
    """Runs checks in one process, and in a new one after it has ended or had to be ended."""

    def __init__(self, lesson: Lesson, workspace: Path, launch: Launch) -> None:
        self.lesson, self.workspace, self.launch = lesson, workspace, launch
        self.process: Process | None = None
        self.broken: dict[str, Any] | None = None

    def run(self, check: Check, rng: np.random.Generator) -> Result:
        """Return what comes of one check."""
        inputs = check.drawn(rng)
        wanted = None if check.verify else check.wanted(inputs)
        started = time.perf_counter()
        try:
            found = self._found(check, inputs)
        except TimeoutError:
            self.close()
            return self._result(
                check, inputs, started, "timed out", f"it was not done after {check.seconds:g} s", wanted
            )
        except (EOFError, ValueError, RecursionError):
            self.close()
            return self._result(check, inputs, started, "crashed", "the program ended in the middle of it", wanted)
        return self._judged(check, inputs, started, found, wanted)

    def _found(self, check: Check, inputs: dict[str, Any]) -> dict[str, Any]:
        process = self._ready()
        if self.broken:
            return self.broken
        process.ask({"probe": check.probe, "inputs": child.encode(inputs)})
        return process.answer(check.seconds)

    def _ready(self) -> Process:
        if self.process is None:
            self.process = Process(self.launch, self.lesson.folder / "probes.py")
            found = self.process.answer(START)
            self.broken = found if "raised" in found else None
        return self.process

    def _judged(
        self, check: Check, inputs: dict[str, Any], started: float, found: dict[str, Any], wanted: Any
    ) -> Result:
        if "raised" in found:
            return self._raised(check, inputs, started, found["raised"], wanted)
        actual = child.decode(found.get("result"))
        if isinstance(wanted, Raised):
            return self._result(check, inputs, started, "failed", f"expected {wanted}, but none came", wanted, actual)
        if check.verify:
            what = check.verify(actual, **inputs)
            return self._result(check, inputs, started, "failed" if what else "passed", what, None, actual)
        off = difference(wanted, actual, check.rtol, check.atol)
        outcome: Outcome = "failed" if off else "passed"
        place = off.place if off else ""
        return self._result(check, inputs, started, outcome, off.what if off else "", wanted, actual, place)

    def _raised(
        self, check: Check, inputs: dict[str, Any], started: float, error: dict[str, Any], wanted: Any
    ) -> Result:
        classes, message = error["classes"], error["message"]
        own = tuple(Frame(*frame) for frame in error["frames"] if Path(frame[0]).is_relative_to(self.workspace))
        if "syntax" in error and Path(error["syntax"][0]).is_relative_to(self.workspace):
            file, line, _, text = error["syntax"]
            own = (*own, Frame(file, line, "", text.strip()))
        if isinstance(wanted, Raised) and wanted.name in classes and "NotImplementedError" not in classes:
            missing = [word for word in wanted.mentions if word not in message]
            what = f"the message should mention {' and '.join(missing)}; it says: {message}" if missing else ""
            outcome: Outcome = "failed" if missing else "passed"
            return self._result(check, inputs, started, outcome, what, wanted, message, frames=own)
        if "NotImplementedError" in classes:
            return self._result(check, inputs, started, "not built", message, wanted, frames=own)
        return self._result(check, inputs, started, "crashed", f"{classes[0]}: {message}", wanted, frames=own)

    def _result(
        self,
        check: Check,
        inputs: dict[str, Any],
        started: float,
        outcome: Outcome,
        what: str,
        expected: Any = None,
        actual: Any = None,
        place: str = "",
        frames: tuple[Frame, ...] = (),
    ) -> Result:
        exercise: Exercise = self.lesson.exercise(check.exercise)
        printed = self.process.heard() if self.process else ""
        seconds = time.perf_counter() - started
        return Result(exercise, check, outcome, what, inputs, expected, actual, place, frames, printed, seconds)

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.end()
            self.process = None
