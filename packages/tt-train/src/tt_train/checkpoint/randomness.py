"""The states of the random number generators that nobody made and everybody draws from."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from tt_core.random import default_generator


class Ranks(Protocol):
    """What is asked of a `Communicator` here."""

    @property
    def rank(self) -> int:
        """The number of this process."""

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all processes."""


class RandomState:
    """TinyTorch's default generator, and those of NumPy and Python, as a part of a checkpoint.

    Args:
        communicator: with one, the state holds every rank's own, since each drops out other neurons; all ranks must
            then call `state_dict`, though one writes it. A rank more than were saved goes on as it is.

    >>> from tt_core import rand
    >>> state = RandomState().state_dict()
    >>> x = rand(3)
    >>> RandomState().load_state_dict(state)
    >>> bool((rand(3) == x).all())
    True
    """

    def __init__(self, communicator: Ranks | None = None) -> None:
        self._communicator = communicator

    def state_dict(self) -> dict[str, Any]:
        """Return where each generator is, of each rank."""
        version, internal, spare = random.getstate()
        legacy = np.random.get_state(legacy=False)  # noqa: NPY002  # a user's code may draw from it
        ours = {
            "tinytorch": default_generator.get_state(),
            "numpy": {**legacy, "state": {**legacy["state"], "key": legacy["state"]["key"].tolist()}},
            "python": [version, list(internal), spare],
        }
        return {"ranks": [ours] if self._communicator is None else self._communicator.gather(ours)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Set each generator to where it was."""
        ranks = state_dict["ranks"]
        rank = 0 if self._communicator is None else self._communicator.rank
        if rank < len(ranks):
            default_generator.set_state(ranks[rank]["tinytorch"])
            np.random.set_state(ranks[rank]["numpy"])  # noqa: NPY002  # as above
            version, internal, spare = ranks[rank]["python"]
            random.setstate((version, tuple(internal), spare))
