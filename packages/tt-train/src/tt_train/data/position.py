"""Where a loader is: the pass over the data, its seed, and how much of it has been used (module 07)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tt_core import StateError
from tt_train.data.fetching import Mark

Found: TypeAlias = tuple[Any, int, Mark | None]  # a batch, the worker who made it, and how far that leads


@dataclass
class Position:
    """One pass over the data.

    Attributes:
        epoch: its number.
        seed: what decides its order and the random numbers of its transforms.
        batch: how many batches have been used (not merely made).
        sampler: the state of a sampler that has one, before the pass.
        marks: of an iterable data set, how far each worker's batches that have been used lead.
        turn: the worker whose batch is next.
        done: whether the end has been reached.
        dropped: whether nobody wants its batches any more, so that who waits for one need not.
    """

    epoch: int
    seed: int
    batch: int = 0
    sampler: Any = None
    marks: list[Mark] = field(default_factory=list)
    turn: int = 0
    done: bool = False
    dropped: bool = False

    def use(self, worker: int, mark: Mark | None) -> None:
        """Note that a batch of this worker is being used."""
        self.batch += 1
        if mark is not None:
            self.marks[worker] = mark
            self.turn = (worker + 1) % len(self.marks)

    def to_state(self) -> dict[str, Any]:
        """Return the place as what JSON can hold; after the end, it is the start of the next epoch."""
        if self.done:
            return fresh_state(self.epoch + 1)
        marks = [mark._asdict() for mark in self.marks]
        here = {"batch": self.batch, "seed": self.seed, "sampler": self.sampler, "workers": marks, "turn": self.turn}
        return {**fresh_state(self.epoch), **here}


def fresh_state(epoch: int) -> dict[str, Any]:
    """Return the start of an epoch, whose seed is not drawn yet."""
    return {"epoch": epoch, "batch": 0, "seed": None, "sampler": None, "workers": [], "turn": 0}


def from_state(state: Mapping[str, Any], readers: int) -> Position | None:
    """Return the pass that a state is in the middle of, None if that has yet to begin.

    Args:
        readers: how many processes read an iterable data set, 0 for another data set.

    Raises:
        StateError: it is not a loader's state, or that of another number of workers.
    """
    missing = sorted(set(fresh_state(0)) - set(state))
    if missing:
        message = f"expected the state of a DataLoader; {', '.join(missing)} is missing"
        raise StateError(message)
    if state["seed"] is None:
        return None
    marks = [Mark(**mark) for mark in state["workers"]]
    if len(marks) != readers:
        message = (
            f"expected {len(marks)} processes to read an iterable data set, as when the state was saved; "
            f"got {readers}: the order of the batches depends on it"
        )
        raise StateError(message)
    return Position(state["epoch"], state["seed"], state["batch"], state["sampler"], marks, state["turn"])
