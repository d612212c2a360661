"""A training for one or more processes, which may be told to fail: see `test_mpi`."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

import tt_core as tt
import tt_core.functional as F
from tt_core import nn
from tt_train.checkpoint import RandomState, load_checkpoint, save_checkpoint, save_safetensors
from tt_train.data import DistributedSampler
from tt_train.distributed import Communicator, connect, synchronize

BATCH, EPOCHS, STEPS = 24, 3, 12


class Progress:
    """Steps that are made, and the optimizer's momentum."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"steps": 0, "velocity": []}

    def state_dict(self) -> dict[str, Any]:
        return self.state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.state = dict(state)


def batches(x: tt.Tensor, communicator: Communicator) -> list[list[int]]:
    """Return the indices of this rank's share of all batches of all epochs."""
    sampler, found = DistributedSampler(x, communicator.size, communicator.rank, seed=3), []
    for epoch in range(EPOCHS):
        sampler.set_epoch(epoch)
        order, share = list(sampler), BATCH // communicator.size
        found += [order[i : i + share] for i in range(0, len(order), share)]
    assert len(found) == STEPS
    return found


def fail(how: str) -> None:
    if how == "raise":
        message = "on purpose"
        raise ValueError(message)
    if how == "exit":
        sys.exit(5)
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, dropout: str, how: str = "", rank: str = "1", step: str = "7") -> None:
    communicator = connect()
    draw = np.random.default_rng(5)
    x = tt.as_tensor(draw.normal(size=(96, 6)).astype(np.float32))
    y = tt.as_tensor(draw.integers(0, 3, 96))
    tt.manual_seed(communicator.rank)  # the weights come from rank 0, dropout is each rank's own
    model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Dropout(float(dropout)), nn.Linear(16, 3))
    progress = Progress()
    parts = {"model": model, "progress": progress, "random": RandomState(communicator)}
    load_checkpoint(Path(folder, "run"), parts)
    synchronize(model, communicator)
    if communicator.rank == 0:
        print("from step", progress.state["steps"])
    for batch in batches(x, communicator)[progress.state["steps"] :]:
        if (how, progress.state["steps"], communicator.rank) == (how or None, int(step), int(rank)):
            fail(how)
        model.zero_grad()
        F.cross_entropy(model(x[batch]), y[batch]).backward()
        gradients = [p.grad.data for p in model.parameters() if p.grad is not None]
        communicator.average(gradients, weight=len(batch))
        before = progress.state["velocity"] or [np.zeros_like(g) for g in gradients]
        progress.state["velocity"] = [np.float32(0.9) * v + g for v, g in zip(before, gradients, strict=True)]
        for p, v in zip(model.parameters(), progress.state["velocity"], strict=True):
            p.data -= np.float32(0.1) * v
        progress.state["steps"] += 1
        if progress.state["steps"] % 3 == 0:
            if communicator.rank == 0:
                save_checkpoint(Path(folder, "run"), parts, step=progress.state["steps"])
            else:
                parts["random"].state_dict()  # which rank 0 asks all for
            communicator.barrier()
    save_safetensors(model.state_dict(), Path(folder, f"rank{communicator.rank}.safetensors"))


if __name__ == "__main__":
    main(*sys.argv[1:])
