"""`Communicator`: what training asks of the other processes, and `SERIAL`, which has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from tt_core.errors import TinyTorchError
from tt_core.extend import Array
from tt_core.nn import Module


class DistributedError(TinyTorchError, RuntimeError):
    """Processes that do not fit together, or that cannot be reached."""


class Communicator(Protocol):
    """How a process, the rank, works together with others. All of them call the same methods in the same order.

    Attributes:
        rank: the number of this process; 0 is the one that writes files and talks to the user.
        size: how many there are.
    """

    @property
    def rank(self) -> int:
        """The number of this process, from 0 on."""

    @property
    def size(self) -> int:
        """How many processes there are."""

    def average(self, arrays: Sequence[Array], weight: float = 1.0) -> None:
        """Put the mean over all ranks, Σ weight·x / Σ weight, in the place of each array.

        Args:
            arrays: floating-point numbers, of the same shapes on all ranks.
            weight: of this rank: how many samples its gradients are the mean of, if ranks have different numbers.
        """

    def sum(self, arrays: Sequence[Array]) -> None:
        """Put the sum over all ranks in the place of each array."""

    def broadcast(self, arrays: Sequence[Array]) -> None:
        """Put what rank 0 has in the place of each array."""

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, in their order, to all. They are sent as JSON: tuples become lists."""

    def barrier(self) -> None:
        """Wait until all ranks are here."""


class Serial:
    """One process alone, which has nobody to wait for."""

    rank: Final = 0
    size: Final = 1

    def average(self, arrays: Sequence[Array], weight: float = 1.0) -> None:
        """Do nothing: the mean of one is itself."""

    def sum(self, arrays: Sequence[Array]) -> None:
        """Do nothing."""

    def broadcast(self, arrays: Sequence[Array]) -> None:
        """Do nothing."""

    def gather(self, value: Any) -> list[Any]:
        """Return the one value."""
        return [value]

    def barrier(self) -> None:
        """Do not wait."""

    def __repr__(self) -> str:
        return "SERIAL"


SERIAL: Final[Communicator] = Serial()


def synchronize(module: Module, communicator: Communicator) -> None:
    """Give the parameters and buffers of rank 0's module to those of all other ranks."""
    communicator.broadcast([x.data for x in (*module.parameters(), *module.buffers())])
