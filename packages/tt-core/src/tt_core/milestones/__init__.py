"""A milestone: one famous experiment, run again on the framework, with a bar that says whether it worked.

A package announces its milestones in the entry-point group ``tt.milestones``, name to `Milestone`:

    [project.entry-points."tt.milestones"]
    lenet = "tt_train.milestones.lenet:MILESTONE"

``tt milestone lenet`` finds it, calls ``MILESTONE.run(settings, progress)`` and shows the `Result`. Nothing in
this package knows how it is shown: no terminal, no HTML. Pictures come as finished SVG or PNG.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from tt_core.errors import TinyTorchError

__all__ = ["Bar", "Measure", "Milestone", "Picture", "Progress", "Rehearsal", "Result", "Settings", "Source", "silent"]


class Progress(Protocol):
    """Hear how far a run is: `done` of `total` equal steps, and a few words about now."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Take one report; callers may call it as often as they like."""


def silent(done: int, total: int, note: str = "") -> None:
    """Ignore the progress of a run."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the one who starts a run may choose; new fields come with a default.

    `data` names a data set and `budget` says how many seconds to train. Left at "" and None they are the milestone's
    own, and `run` gets them filled in.
    """

    seed: int = 0
    data: str = ""
    budget: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A paper or a data set to name, with a link where there is a lasting one."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured value with its name and unit.

    >>> str(Measure("accuracy", 97.5, "%")), str(Measure("parameters", 1_201_630))
    ('97.5 %', '1,201,630')
    """

    name: str
    value: float
    unit: str = ""

    def __str__(self) -> str:
        whole = float(self.value).is_integer() and abs(self.value) < 1e12  # beyond, digits say little
        return f"{self.value:,.{'0f' if whole else '6g'}} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Bar:
    """The value that a run has to reach, set before it runs; NaN never reaches it.

    >>> Bar(90.0).met(97.5), Bar(0.1, "at most").met(0.3)
    (True, False)
    """

    limit: float
    side: Literal["at least", "at most"] = "at least"

    def met(self, value: float) -> bool:
        """Tell whether `value` is on the right side of the limit, or on it."""
        return value >= self.limit if self.side == "at least" else value <= self.limit


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, with what to see in it (`caption`) and the same for one who cannot see it (`alt`)."""

    title: str
    caption: str
    alt: str
    data: bytes = field(repr=False)
    media_type: Literal["image/svg+xml", "image/png"] = "image/svg+xml"


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found: one measure before and after learning, the bar for the latter, and all that explains it."""

    before: Measure
    after: Measure
    bar: Bar
    measures: tuple[Measure, ...] = ()
    pictures: tuple[Picture, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether the measure after learning meets the bar."""
        return self.bar.met(self.after.value)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A small part of a run: `done` of `total` units of work, and the seconds that they took.

    >>> Rehearsal(2.0, 4, 14_420).whole
    7210.0
    """

    seconds: float
    done: int
    total: int
    unit: str = "images"

    @property
    def whole(self) -> float:
        """How many seconds the whole run would take at this pace."""
        return self.seconds * self.total / self.done


@dataclass(frozen=True, slots=True)
class Milestone:
    """An experiment of the field's history: its story, the course modules that it needs, and how to run it.

    Args:
        name: what it is called by, as its entry point.
        year: when the experiment was first made.
        title: what it shows, in a few words.
        story: what happened, and why it matters.
        requires: the numbers of the course modules whose code the run goes through, as ``"04"``.
        run: the experiment.
        sources: papers and data sets.
        data: the data sets that it can run on, its default first; none if there is nothing to choose.
        budget: how many seconds it trains unless told otherwise; None if that is not to choose.
        extended: whether it needs real data or much time, and so runs only when it is named, not under ``all``.
        rehearse: a training step of a few examples, timed; for a run that is too long for a slow backend.

    """

    name: str
    year: int
    title: str
    story: str
    requires: tuple[str, ...]
    run: Callable[[Settings, Progress], Result] = field(repr=False)
    sources: tuple[Source, ...] = ()
    data: tuple[str, ...] = ()
    budget: float | None = None
    extended: bool = False
    rehearse: Callable[[Settings], Rehearsal] | None = field(default=None, repr=False)

    def complete(self, settings: Settings) -> Settings:
        """Return the settings with this milestone's own data set and budget where they leave it open.

        >>> lenet = Milestone("lenet", 1998, "Digits", "A story.", ("09",), ..., data=("digits", "mnist"))
        >>> lenet.complete(Settings(seed=1))
        Settings(seed=1, data='digits', budget=None)

        Raises:
            TinyTorchError: it does not know the data set, takes no budget, or the budget is not a time.

        """
        return replace(settings, data=self._data(settings.data), budget=self._budget(settings.budget))

    def _data(self, name: str) -> str:
        if name and not self.data:
            raise TinyTorchError(f"{self.name} has no data set to choose, and got {name!r}; leave it out")
        if name and name not in self.data:
            known = " or ".join([f"{self.data[0]} (the default)", *self.data[1:]])
            raise TinyTorchError(f"{self.name} does not know the data set {name!r}; it runs on {known}")
        return name or (self.data[0] if self.data else "")

    def _budget(self, seconds: float | None) -> float | None:
        if seconds is None:
            return self.budget
        if self.budget is None:
            raise TinyTorchError(f"{self.name} trains as long as it needs and takes no budget; leave it out")
        if not 0 < seconds < math.inf:
            raise TinyTorchError(f"{self.name} expected a budget of more than 0 seconds; got {seconds}")
        return seconds
