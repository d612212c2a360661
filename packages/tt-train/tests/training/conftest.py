"""A small problem that every test can train on, and a trainer for it."""

from __future__ import annotations

from typing import Any

import pytest

import tt_core as tt
from tt_core import nn
from tt_train import optim
from tt_train.data import DataLoader, TensorDataset
from tt_train.training import Trainer


class Problem:
    """Three classes that lines separate, 96 samples to learn from and 40 to test with, in float64."""

    def __init__(self) -> None:
        generator = tt.Generator(7)
        x = tt.randn(136, 5, generator=generator, dtype=tt.float64)
        y = (x @ tt.randn(5, 3, generator=generator, dtype=tt.float64)).argmax(1)
        self.train, self.test = TensorDataset(x[:96], y[:96]), TensorDataset(x[96:], y[96:])

    def model(self, dropout: float = 0.0) -> nn.Module:
        tt.manual_seed(3)
        return nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, 3)).double()

    def loader(self, batch_size: int = 16, **options: Any) -> DataLoader[Any]:
        options = {"shuffle": True, "generator": tt.Generator(11), **options}
        return DataLoader(self.train, batch_size, **options)

    def validation(self) -> DataLoader[Any]:
        return DataLoader(self.test, 16)

    def trainer(self, model: nn.Module | None = None, **options: Any) -> Trainer:
        model = model or self.model()
        given = options.pop("optimizer", None) or optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        return Trainer(model, nn.CrossEntropyLoss(), given, **{"progress": False, **options})


@pytest.fixture
def problem() -> Problem:
    return Problem()
