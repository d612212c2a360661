"""The training of `by_hand` with a `Trainer`, and with all that has a state: see `test_mpi`."""

import sys
from pathlib import Path

import numpy as np
from by_hand import BATCH, fail

import tt_core as tt
from tt_train import nn, optim
from tt_train.callbacks import Callback
from tt_train.checkpoint import save_safetensors
from tt_train.data import DataLoader, DistributedSampler, TensorDataset
from tt_train.distributed import connect
from tt_train.metrics import Accuracy
from tt_train.training import Trainer


class Fail(Callback):
    """Fails on one rank, in training or, after `validation-`, in validation."""

    def __init__(self, how: str, rank: int, step: int) -> None:
        self.how, self.rank, self.step = how, rank, step

    def on_fit_start(self, trainer: Trainer) -> None:
        if trainer.communicator.rank == 0:
            print("from step", trainer.steps)

    def on_batch_end(self, trainer: Trainer) -> None:
        if not self.how.startswith("validation-"):
            self.perhaps(trainer, self.how)

    def on_validation_end(self, trainer: Trainer) -> None:
        if self.how.startswith("validation-"):
            self.perhaps(trainer, self.how.removeprefix("validation-"))

    def perhaps(self, trainer: Trainer, how: str) -> None:
        if how and trainer.communicator.rank == self.rank and trainer.steps >= self.step:
            fail(how)


def main(folder: str, dropout: str, how: str = "", rank: str = "1", step: str = "7") -> None:
    communicator = connect()
    draw = np.random.default_rng(5)
    data = TensorDataset(
        tt.as_tensor(draw.normal(size=(96, 6)).astype(np.float32)), tt.as_tensor(draw.integers(0, 3, 96))
    )
    tt.manual_seed(communicator.rank)
    model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Dropout(float(dropout)), nn.Linear(16, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        scheduler=optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.1),
        metrics=[Accuracy()],
        callbacks=[Fail(how, int(rank), int(step))],
        clip_norm=1.0,
        seed=9,
        folder=Path(folder, "run"),
        save_every=3,
        communicator=communicator,
        progress=False,
    )
    share = BATCH // communicator.size
    sampler = DistributedSampler(data, communicator.size, communicator.rank, seed=3)
    calm = DistributedSampler(data, communicator.size, communicator.rank, shuffle=False)
    trainer.fit(DataLoader(data, share, sampler=sampler), DataLoader(data, share, sampler=calm), epochs=3)
    if communicator.rank == 0:
        print([f"{row['loss']:.4f} {row['val_accuracy']:.4f}" for row in trainer.history])
    save_safetensors(model.state_dict(), Path(folder, f"rank{communicator.rank}.safetensors"))


if __name__ == "__main__":
    main(*sys.argv[1:])
