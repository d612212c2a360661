"""Held against bytes that are counted by hand."""

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import functional as F
from tt_core import nn
from tt_train import optim
from tt_train.footprint import Footprint, footprint

INPUTS, HIDDEN, CLASSES = 8, 16, 4
PARAMETERS = 4 * (INPUTS * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))


def measure(batch: int, make: Any = lambda p: optim.SGD(p, lr=0.1)) -> Footprint:
    model = mlp()
    data = tt.randn(batch, INPUTS), tt.randint(0, CLASSES, (batch,))
    return footprint(model, nn.CrossEntropyLoss(), make(model.parameters()), data)


OPTIMIZERS = {
    "SGD": (lambda p: optim.SGD(p, lr=0.1), 0),
    "momentum": (lambda p: optim.SGD(p, lr=0.1, momentum=0.9), PARAMETERS),
    "Adam": (optim.Adam, 2 * PARAMETERS + 4 * 4),  # two moments, and for each of 4 parameters its step
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_mlp_with(name: str) -> None:
    make, state = OPTIMIZERS[name]
    found = measure(32, make)
    assert found.parameters == found.gradients == PARAMETERS
    assert found.optimizer == state
    assert found.buffers == 0
    assert found.data == 32 * (INPUTS * 4 + 8)
    assert found.activations == 32 * (HIDDEN + CLASSES) * 4 + 4, "relu's results, the log-probabilities, the loss"
    assert found.kept == 2 * PARAMETERS + state + found.data + found.activations
    at_least = PARAMETERS + state + found.data + max(PARAMETERS, found.activations)
    assert at_least <= found.peak <= found.kept + 32 * (HIDDEN + CLASSES) * 4 * 2
    assert found.samples == 32


def test_activations_grow_with_the_batch_and_nothing_else_does() -> None:
    small, large = measure(10), measure(1000)
    assert (large.activations - 4) == 100 * (small.activations - 4)
    assert large.data == 100 * small.data
    assert (large.parameters, large.gradients, large.optimizer) == (small.parameters, small.gradients, small.optimizer)


def test_buffers() -> None:
    from tt_train import nn as layers

    model = nn.Sequential(nn.Linear(3, 5), layers.BatchNorm1d(5))
    found = footprint(model, nn.MSELoss(), optim.SGD(model.parameters(), 0.1), (tt.randn(4, 3), tt.randn(4, 5)))
    assert found.buffers == 2 * 5 * 4 + 8, "running mean and variance, and how many batches"


def test_everything_is_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.5), nn.Linear(5, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    batch = tt.randn(4, 3), tt.randn(4, 2)
    F.mse_loss(model(batch[0]), batch[1]).backward()
    optimizer.step()
    weights = [p.data.copy() for p in model.parameters()]
    state = repr(optimizer.state_dict())
    numbers = tt.default_generator.get_state()
    footprint(model, nn.MSELoss(), optimizer, batch)
    assert all(np.array_equal(p.data, q) for p, q in zip(model.parameters(), weights, strict=True))
    assert repr(optimizer.state_dict()) == state
    assert tt.default_generator.get_state() == numbers
    assert all(p.grad is None for p in model.parameters())


def test_a_fresh_optimizer_stays_fresh() -> None:
    model = mlp()
    optimizer = optim.Adam(model.parameters())
    footprint(model, nn.CrossEntropyLoss(), optimizer, (tt.randn(4, INPUTS), tt.randint(0, CLASSES, (4,))))
    assert optimizer.state_dict()["state"] == {}


def test_everything_is_as_it_was_after_an_error() -> None:
    model = mlp()
    weights = [p.data.copy() for p in model.parameters()]
    with pytest.raises(ValueError, match="expected"):
        footprint(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), 0.1), (tt.randn(4, 3), tt.zeros(4)))
    assert all(np.array_equal(p.data, q) for p, q in zip(model.parameters(), weights, strict=True))


def test_batches_of_another_form() -> None:
    model = mlp()
    batch = {"x": tt.randn(6, INPUTS), "y": tt.randint(0, CLASSES, (6,))}
    optimizer = optim.SGD(model.parameters(), 0.1)
    found = footprint(
        model, F.cross_entropy, optimizer, batch, step=lambda each: F.cross_entropy(model(each["x"]), each["y"])
    )
    assert found.samples == 6
    assert found.data == 6 * (INPUTS * 4 + 8)


def test_the_table() -> None:
    found = Footprint(
        parameters=1000, buffers=0, gradients=1000, optimizer=2000, data=500, activations=5500, peak=12000, samples=32
    )
    assert str(found).splitlines() == [
        "what                       bytes    share",
        "parameters                 1,000    10.0%",
        "gradients                  1,000    10.0%",
        "optimizer                  2,000    20.0%",
        "data                         500     5.0%",
        "activations                5,500    55.0%",
        "together                  10,000   100.0%",
        "peak                      12,000   120.0%",
        "(one step with 32 samples)",
    ]
