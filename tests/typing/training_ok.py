"""A user's training: it must type-check as it stands, against the installed wheels."""

from typing import assert_type

import numpy as np

import tt_core as tt
import tt_train.functional as F
from tt_core import Tensor
from tt_train import (
    Callback,
    Dataset,
    History,
    Trainer,
    datasets,
    load_safetensors,
    metrics,
    nn,
    optim,
    save_safetensors,
    transforms,
)
from tt_train.data import DataLoader, TensorDataset, random_split
from tt_train.optim import lr_scheduler

x = tt.randn(8, 3, 32, 32)
assert_type(F.conv2d(x, tt.randn(4, 3, 3, 3), padding="same"), Tensor)
assert_type(F.relu(F.avg_pool2d(x, 2, stride=(2, 2))), Tensor)

model = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2048, 10)
)
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
schedule = lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
assert_type(schedule.get_last_lr(), list[float])
optimizer.load_state_dict(optimizer.state_dict())
total: float = float(optim.clip_grad_norm_(model.parameters(), 1.0))


class Squares(Dataset[tuple[int, int]]):
    """A data set of the user's own."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> tuple[int, int]:
        return index, index**2


assert_type(Squares()[3], tuple[int, int])
learn, examine = random_split(TensorDataset(x, tt.arange(8)), [0.5, 0.5], generator=tt.Generator(0))
augment = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.Normalize((0.5,) * 3, (0.2,) * 3)])
batches = DataLoader(learn, 2, shuffle=True, generator=tt.Generator(0), num_workers=2)
for batch in batches:
    print(batch)


class Shout(Callback):
    """A callback of the user's own."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        print(trainer.epoch)


trainer = Trainer(
    model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": metrics.Accuracy()}, callbacks=[Shout()]
)
assert_type(trainer.fit(batches, epochs=2), History)
figures: dict[str, float] = trainer.evaluate(DataLoader(examine, 2))
save_safetensors(model.state_dict(), "model.safetensors")
assert_type(load_safetensors("model.safetensors"), dict[str, Tensor])
indices = np.arange(3)
print(datasets.digits("train").fetch(indices))
