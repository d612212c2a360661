"""Training by several processes at once, each on its own part of every batch (module 10).

    communicator = connect()
    sampler = DistributedSampler(data, communicator.size, communicator.rank)
    trainer = Trainer(model, loss, optimizer, communicator=communicator)

`tt launch -n 2 script.py` starts the processes, the ranks. Each computes the gradients of its share; `average` makes
of them the gradients of the whole batch, which all ranks then have, so that all make the same step. Since this is all
they exchange, two ranks with batches of 32 learn what one process learns with batches of 64. Only what a layer computes
over the batch in forward differs, as in PyTorch: batch norm's statistics are those of each rank's share.
"""

from __future__ import annotations

from tt_train.distributed.communicator import SERIAL, Communicator, DistributedError, synchronize
from tt_train.distributed.mpi import MPICommunicator, connect

__all__ = ["SERIAL", "Communicator", "DistributedError", "MPICommunicator", "connect", "synchronize"]
