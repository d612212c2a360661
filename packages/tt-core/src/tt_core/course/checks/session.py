"""The parent's side of checks: asks the learner's process, keeps time, and judges what comes back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tt_core.course.checks import Check, Raised, checks_of, child, quoted
from tt_core.course.checks.comparing import difference
from tt_core.course.checks.places import functions
from tt_core.course.checks.process import Ended, Launch, Process, launch_here
from tt_core.course.checks.results import Frame, Outcome, Result
from tt_core.course.lessons import Exercise, Lesson
from tt_core.overlay import file_of

__all__ = ["Launch", "Process", "launch_here", "run"]

SLOWER = 3.0  # how much longer a check may take while its calls are watched
START = 30.0  # seconds to import what the probes need, which is more than the learner's files


def run(
    lesson: Lesson,
    workspace: Path,
    *,
    exercises: Iterable[str] | None = None,
    seed: int = 0,
    environ: Mapping[str, str] | None = None,
    launch: Launch | None = None,
    process: Process | None = None,
    whole: bool = True,
    starting: Callable[[Check], None] = lambda _: None,
    locating: bool = False,
    patience: float = 1.0,
) -> Generator[Result]:
    """Yield what comes of each check of a lesson, one after the other.

    Args:
        workspace: whose files are checked.
        exercises: the names of those to check; all if None.
        seed: what the inputs are drawn from.
        environ: variables for the learner's process, besides those of this one.
        launch: how to start that process; as a child without a sandbox if None.
        process: one that has been started before it was needed.
        whole: whether all files of the exercises must be in the workspace; if not, the reference's stand in for them.
        starting: told of each check before it runs, since one may take long.
        locating: whether to find out which functions are at fault where a check fails: it runs once more for that.
        patience: how many times its limit a check may take, on a machine that is busy.
    """
    workspace = workspace.absolute()
    wanted = None if exercises is None else set(exercises)
    asker = Asker(lesson, workspace, launch or launch_here(workspace, environ), process, whole=whole)
    known = (replace(each, seconds=patience * each.seconds) for each in checks_of(lesson))
    checks = [(k, each) for k, each in enumerate(known) if wanted is None or each.exercise in wanted]
    ends = {check.exercise: place for place, check in checks}
    try:
        for place, check in checks:
            starting(check)
            rng = np.random.default_rng((seed, int(lesson.number), place))
            result = replace(asker.run(check, rng), is_last=place == ends[check.exercise])
            yield asker.located(result) if locating else result
    finally:
        asker.close()


class Verdict(NamedTuple):
    """What is to be said of a check besides its inputs and its time."""

    outcome: Outcome
    what: str = ""
    expected: Any = None
    actual: Any = None
    place: str = ""
    frames: tuple[Frame, ...] = ()
    at_import: bool = False


class Asker:
    """Runs checks in one process, and in a new one after it has ended or had to be ended."""

    def __init__(
        self, lesson: Lesson, workspace: Path, launch: Launch, process: Process | None = None, *, whole: bool = True
    ) -> None:
        self.lesson, self.workspace, self.launch, self.process, self.whole = lesson, workspace, launch, process, whole
        self.loaded = False
        self.broken: Verdict | None = None  # why the probes cannot be loaded
        self.failed: dict[str, Exercise] = {}  # whose failure has been looked into
        self.given_up = ""  # the exercise that hung or ended the process

    def run(self, check: Check, rng: np.random.Generator) -> Result:
        """Return what comes of one check."""
        inputs = check.drawn(rng)
        sent = child.encode(inputs)
        wanted = None if check.verify else check.wanted(inputs)
        started = time.perf_counter()
        verdict = self._verdict(check, inputs, sent, wanted)
        seconds = time.perf_counter() - started
        printed = self.process.heard() if self.process else ""
        if self.given_up == check.exercise:
            self.close()
        exercise = self.lesson.exercise(check.exercise)
        outcome, what, expected, actual, place, frames, at_import = verdict
        return Result(
            exercise, check, outcome, what, inputs, expected, actual, place, frames, printed, seconds, at_import
        )

    def _verdict(self, check: Check, inputs: dict[str, Any], sent: dict[str, Any], wanted: Any) -> Verdict:
        if check.exercise == self.given_up:
            return Verdict("not reached", "not tried, since the one before did not come to an end", wanted)
        if missing := self._missing(check.exercise):
            return Verdict("not built", f"there is no {missing} in the workspace: tt start writes it again", wanted)
        process = self._ready()
        if self.broken:
            return self.broken._replace(expected=wanted)
        found = self._answer(process, check, sent)
        if isinstance(found, Verdict):
            self.given_up = check.exercise
            return found._replace(expected=wanted)
        if "raised" in found:
            return self._of_error(found["raised"], wanted)
        return judged(check, inputs, found.get("result"), wanted)

    def _answer(self, process: Process, check: Check, sent: dict[str, Any]) -> dict[str, Any] | Verdict:
        try:
            return process.call({"probe": check.probe, "inputs": sent}, check.seconds)
        except TimeoutError:
            return Verdict("timed out", f"it was not done after {check.seconds:g} s: does a loop never end?")
        except Ended as error:
            return Verdict("crashed", str(error))

    def located(self, result: Result) -> Result:
        """Return a result, with the functions that the first failure of an exercise may be due to."""
        if result.outcome != "failed" or result.frames or result.exercise.name in self.failed:
            return result
        own = functions(result.exercise, self.workspace)
        earlier = {frame: each for each in self.failed.values() for frame in functions(each, self.workspace)}
        self.failed[result.exercise.name] = result.exercise
        if result.check.symbol:
            return replace(result, called=tuple(each for each in own if each.function == result.check.symbol))
        if len(result.exercise.symbols) == 1 and not earlier:
            return replace(result, called=own)
        called = self._watched(result, own, tuple(earlier))
        uses = next((earlier[frame] for frame in called if frame in earlier), None)
        return (
            replace(result, uses=uses)
            if uses
            else replace(result, called=called or (own if len(result.exercise.symbols) == 1 else ()))
        )

    def _watched(self, result: Result, own: Sequence[Frame], earlier: Sequence[Frame]) -> tuple[Frame, ...]:
        """Return which functions the probe calls, the last first; of its own none that another of them calls."""
        found = [*own, *(each for each in earlier if each not in own)]
        request = {"probe": result.check.probe, "inputs": child.encode(result.inputs)}
        request["functions"] = [[each.file, each.function, each not in own] for each in found]
        try:
            process = self._ready()
            answer = process.call(request, SLOWER * result.check.seconds)
            process.heard()
            return tuple(found[place] for place in reversed(answer["result"]))
        except (TimeoutError, Ended):
            self.close()
        except (KeyError, IndexError, TypeError):  # a learner's process may answer anything
            pass
        return ()

    def _missing(self, exercise: str) -> str:
        """Return a module of an exercise for which the reference would stand in, "" if there is none."""
        modules = self.lesson.exercise(exercise).modules if self.whole else ()
        return next((module for module in modules if file_of(module, self.workspace) is None), "")

    def _ready(self) -> Process:
        if self.process is None:
            self.process, self.loaded = Process(self.launch, self.lesson.folder / "probes.py"), False
        if not self.loaded and not self.broken:
            self.loaded = True
            found = self._load(self.process)
            self.broken = found._replace(at_import=True) if found else None
        return self.process

    def _load(self, process: Process) -> Verdict | None:
        try:
            found = process.call({}, START)
        except TimeoutError:
            return Verdict("timed out", f"your files were not imported after {START:g} s")
        except Ended as error:
            return Verdict("crashed", f"{error}, while your files were imported")
        return self._of_error(found["raised"], None) if "raised" in found else None

    def _of_error(self, told: Any, wanted: Any) -> Verdict:
        try:
            classes, message, frames = list(told["classes"]), str(told["message"]), self._own(told)
        except (KeyError, TypeError, ValueError):
            return Verdict("crashed", "what came back is no answer", wanted)
        if is_skeleton(classes, message, wanted):
            return Verdict("not built", message, wanted, frames=frames)
        if isinstance(wanted, Raised) and wanted.name in classes:
            missing = [word for word in wanted.mentions if word not in message]
            what = f"the message should mention {quoted(missing)}; it says: {message}" if missing else ""
            return Verdict("failed" if missing else "passed", what, wanted, message, frames=frames)
        what = f"{classes[0]}: {message}" if message else str(classes[0])
        return Verdict("crashed", what, wanted, frames=frames)

    def _own(self, told: dict[str, Any]) -> tuple[Frame, ...]:
        found = [Frame(str(file), int(line), str(name), str(text)) for file, line, name, text in told["frames"]]
        if "syntax" in told:
            _, file, line, column, text = told["syntax"]
            found.append(Frame(str(file), int(line), "", str(text).rstrip(), int(column)))
        return tuple(frame for frame in found if Path(frame.file).is_relative_to(self.workspace))

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.end()
            self.process = None


def is_skeleton(classes: list[str], message: str, wanted: Any) -> bool:
    """Tell whether an error says that something is not built yet; a check may want a NotImplementedError of its own."""
    own = isinstance(wanted, Raised) and wanted.name == "NotImplementedError"
    return classes[:1] == ["NotImplementedError"] and (not own or re.match(r"\d\d\.\d+ ", message) is not None)


def judged(check: Check, inputs: dict[str, Any], sent: Any, wanted: Any) -> Verdict:
    """Hold what a probe returned against what must come out."""
    try:
        actual = child.decode(sent)
    except Exception:  # noqa: BLE001  # a learner's process may send anything
        return Verdict("failed", "what came back is no number, text, array or tensor", wanted)
    if isinstance(wanted, Raised):
        return Verdict("failed", f"expected {wanted}, but none came", wanted, actual)
    if check.verify:
        what = examined(check, inputs, actual)
        return Verdict("failed" if what else "passed", what, None, actual)
    off = difference(wanted, actual, check.rtol, check.atol)
    if off is None:
        return Verdict("passed", "", wanted, actual)
    label = f"{check.probe.replace('_', ' ')}: " if isinstance(wanted, bool) else ""
    return Verdict("failed", f"{label}{off.what}", wanted, actual, off.place)


def examined(check: Check, inputs: dict[str, Any], actual: Any) -> str:
    """Return what a check's own function says of a result, which may be of any kind."""
    try:
        return check.verify(actual, **inputs) if check.verify else ""
    except Exception as error:  # noqa: BLE001  # a number where it expects an array, and so on
        kind = type(actual).__name__
        return f"what came back, of type {kind}, is not of the expected kind ({type(error).__name__}: {error})"
