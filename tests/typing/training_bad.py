"""Misuse of the training that the types must catch: an ignore that nothing needs is an error here."""

import tt_core as tt
import tt_train.functional as F
from tt_train import Trainer, nn, optim
from tt_train.data import DataLoader, TensorDataset

x = tt.zeros(2, 3, 8, 8)
model = nn.Sequential(nn.Conv2d(3, 4, 3))

F.conv2d(x, tt.zeros(4, 3, 3, 3), stride="2")  # type: ignore[arg-type]
F.conv2d(x)  # type: ignore[call-arg]
F.max_pool2d(x, "2")  # type: ignore[arg-type]
nn.Conv2d(3, 4)  # type: ignore[call-arg]
nn.Conv2d(3, 4, 3, padding=None)  # type: ignore[arg-type]
nn.BatchNorm2d("8")  # type: ignore[arg-type]
optim.SGD(model.parameters(), rate=0.1)  # type: ignore[call-arg]
optim.Adam(model)  # type: ignore[arg-type]
DataLoader(TensorDataset(x), "64")  # type: ignore[arg-type]
DataLoader(TensorDataset(x), shuffled=True)  # type: ignore[call-arg]
Trainer(model, nn.MSELoss())  # type: ignore[call-arg]
Trainer(model, "mse", optim.SGD(model.parameters()))  # type: ignore[arg-type]
