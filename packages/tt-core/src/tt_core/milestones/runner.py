"""Run milestones, timed, so that one that breaks neither stops the others nor goes unnoticed."""

import time
import traceback
from dataclasses import dataclass, field
from typing import Literal

from tt_core.milestones import Milestone, Progress, Result, Settings, silent
from tt_core.milestones.registry import Broken


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one milestone went, with which `settings`: a `result`, or the `error` that came in its place."""

    name: str
    milestone: Milestone | None = None
    result: Result | None = None
    error: str = ""
    details: str = ""
    seconds: float = 0.0
    settings: Settings = field(default_factory=Settings)

    @property
    def status(self) -> Literal["passed", "missed", "broken"]:
        """Return ``passed``, ``missed`` (it ran, its bar was not reached) or ``broken`` (it did not run to its end)."""
        if self.result is None:
            return "broken"
        return "passed" if self.result.passed else "missed"


def run(milestone: Milestone | Broken, settings: Settings, progress: Progress = silent) -> Outcome:
    """Run one milestone and return its outcome, whatever happens in it (only an interrupt goes through)."""
    if isinstance(milestone, Broken):
        return Outcome(milestone.name, error=milestone.reason)
    start = time.perf_counter()
    try:
        settings = milestone.complete(settings)
        result = milestone.run(settings, progress)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a plug-in's run may raise anything
        return Outcome(
            milestone.name,
            milestone,
            error=f"{type(error).__name__}: {error}",
            details=traceback.format_exc(),
            seconds=time.perf_counter() - start,
            settings=settings,
        )
    return Outcome(milestone.name, milestone, result, seconds=time.perf_counter() - start, settings=settings)
