"""The communicator behind which stands MPI, through mpi4py: https://mpi4py.readthedocs.io.

It is imported when it is asked for, since importing it connects the process to the others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from tt_core.errors import DTypeError
from tt_core.extend import Array
from tt_train.distributed.communicator import SERIAL, Communicator, DistributedError

if TYPE_CHECKING:
    from mpi4py.MPI import Intracomm

RANKS = "TT_RANKS"  # how many `tt launch` has started
STARTED = (RANKS, "PMI_SIZE", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE")  # of these, an MPI's starter sets at least one
INSTALL = 'pip install "tt-train[mpi]" mpich'  # on a cluster without mpich: its own MPI is better


def connect() -> Communicator:
    """Return the communicator of all processes that `tt launch` or `mpiexec` has started; alone, `SERIAL`.

    Raises:
        DistributedError: mpi4py is missing, or is that of another MPI than the one that started the processes.
    """
    return MPICommunicator() if any(name in os.environ for name in STARTED) else SERIAL


class MPICommunicator:
    """The processes of an MPI communicator.

    Numbers travel in one buffer for each type, which is kept for the next time. MPI adds in an order that depends on
    nothing but the number of ranks, and all ranks get the same bits.

    Args:
        world: mpi4py's communicator; all processes of the job if None.
    """

    def __init__(self, world: Intracomm | None = None) -> None:
        try:
            from mpi4py import MPI  # noqa: PLC0415  # an extra
        except (ImportError, RuntimeError) as error:  # RuntimeError: mpi4py is there and finds no MPI
            message = f"expected mpi4py and an MPI, to work with other processes: run {INSTALL} ({error})"
            raise DistributedError(message) from error
        self._world = MPI.COMM_WORLD if world is None else world
        self._in_place = MPI.IN_PLACE
        self._buffers: dict[np.dtype[Any], Array] = {}
        self.rank = self._world.Get_rank()
        self.size = self._world.Get_size()
        if world is None:
            _need_all(self.size)

    def average(self, arrays: Sequence[Array], weight: float = 1.0) -> None:
        """Put the mean over all ranks, Σ weight·x / Σ weight, in the place of each array.

        Raises:
            DTypeError: an array's numbers are not floating.
            DistributedError: the ranks have different numbers of elements, or no weight.
        """
        wrong = [x.dtype.name for x in arrays if x.dtype.kind != "f"]
        if wrong:
            message = f"expected floating-point numbers to average; got {', '.join(wrong)}"
            raise DTypeError(message)
        total = self._agree(arrays, weight)
        if not total > 0:
            message = f"expected weights with a positive sum to average by; got {total:g}"
            raise DistributedError(message)
        self._add(arrays, weight / total)

    def sum(self, arrays: Sequence[Array]) -> None:
        """Put the sum over all ranks in the place of each array.

        Raises:
            DistributedError: the ranks have different numbers of elements.
        """
        self._agree(arrays)
        self._add(arrays)

    def broadcast(self, arrays: Sequence[Array]) -> None:
        """Put what rank 0 has in the place of each array.

        Raises:
            DistributedError: the ranks have different numbers of elements.
        """
        self._agree(arrays)
        for array in arrays:
            flat = np.ascontiguousarray(array).reshape(-1)
            self._world.Bcast(flat.view(np.uint8))
            array[...] = flat.reshape(array.shape)

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, in their order, to all. They are sent as JSON: tuples become lists."""
        sent = np.frombuffer(json.dumps(value).encode(), np.uint8)
        lengths = np.zeros(self.size, np.int64)
        lengths[self.rank] = sent.size
        self._world.Allreduce(self._in_place, lengths)
        received = np.zeros((self.size, int(lengths.max())), np.uint8)
        received[self.rank, : sent.size] = sent
        self._world.Allreduce(self._in_place, received)  # of each row all ranks but one send zeros
        return [json.loads(row[:length].tobytes()) for row, length in zip(received, lengths, strict=True)]

    def barrier(self) -> None:
        """Wait until all ranks are here."""
        self._world.Barrier()

    def __repr__(self) -> str:
        return f"MPICommunicator(rank {self.rank} of {self.size})"

    def _agree(self, arrays: Sequence[Array], weight: float = 0.0) -> float:
        """Return the sum of the weights.

        Raises:
            DistributedError: the ranks have different numbers of elements: MPI would wait, or mix them up.
        """
        table = np.zeros((self.size, 2))
        table[self.rank] = weight, sum(x.size for x in arrays)
        self._world.Allreduce(self._in_place, table)
        if (table[:, 1] != table[0, 1]).any():
            counts = ", ".join(f"{count:.0f}" for count in table[:, 1])
            message = f"expected arrays of as many elements on every rank; got {counts}: send zeros for what is missing"
            raise DistributedError(message)
        return float(table[:, 0].sum())

    def _add(self, arrays: Sequence[Array], factor: float | None = None) -> None:
        for dtype, group in _by_type(arrays):
            buffer = self._buffer(dtype, sum(x.size for x in group))
            for x, place in _places(group, buffer):
                if factor is None:
                    place[...] = x
                else:
                    np.multiply(x, dtype.type(factor), out=place)
            self._world.Allreduce(self._in_place, buffer)
            for x, place in _places(group, buffer):
                x[...] = place

    def _buffer(self, dtype: np.dtype[Any], size: int) -> Array:
        kept = self._buffers.get(dtype)
        if kept is None or kept.size < size:
            kept = self._buffers[dtype] = np.empty(size, dtype)
        return kept[:size]


def _need_all(size: int) -> None:
    """Compare with how many processes were started.

    Raises:
        DistributedError: mpi4py belongs to another MPI than mpiexec, so that each process believes to be alone.
    """
    wanted = os.environ.get(RANKS, str(size))
    if wanted != str(size):
        message = (
            f"expected the {wanted} ranks that were started; MPI tells of {size}: mpiexec and mpi4py are of different "
            f"MPIs, so install both in one environment: {INSTALL}"
        )
        raise DistributedError(message)


def _by_type(arrays: Sequence[Array]) -> Iterator[tuple[np.dtype[Any], list[Array]]]:
    """Yield the arrays by the type in which they travel: MPI has no float16, and few whole numbers that NumPy has."""

    def travels_as(x: Array) -> str:
        return ("float64" if x.dtype == np.float64 else "float32") if x.dtype.kind == "f" else "int64"

    for name, group in groupby(sorted(arrays, key=travels_as), travels_as):
        yield np.dtype(name), list(group)


def _places(arrays: Sequence[Array], buffer: Array) -> Iterator[tuple[Array, Array]]:
    """Yield each array with its place in the buffer, in its shape."""
    end = 0
    for x in arrays:
        start, end = end, end + x.size
        yield x, buffer[start:end].reshape(x.shape)
