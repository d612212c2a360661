"""Averages of weights, in a training from beginning to end."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tt_core import nn
from tt_train import optim
from tt_train.callbacks import BestModel, Callback, WeightAverage
from tt_train.training import Trainer


class Take(Callback):
    """Remember the weights after each step, and the last ones in the end, before an average takes their place."""

    def __init__(self) -> None:
        self.weights: list[Any] = []

    def on_batch_end(self, trainer: Trainer) -> None:
        self.weights.append(trainer.model[0].weight.data.copy())  # type: ignore[index]  # it is a Sequential


def test_the_equal_average_of_all_steps(problem: Any) -> None:
    take, average = Take(), WeightAverage(None)
    trainer = problem.trainer(callbacks=[take, average])
    trainer.fit(problem.loader(), epochs=2)
    np.testing.assert_allclose(trainer.model[0].weight.data, np.mean(take.weights, axis=0), rtol=1e-12)


def test_the_exponential_average_from_an_epoch_on(problem: Any) -> None:
    take, average = Take(), WeightAverage(0.9, start=1, every=2)
    trainer = problem.trainer(callbacks=[take, average])
    trainer.fit(problem.loader(), epochs=2)
    expected = take.weights[7]
    for weights in take.weights[9::2]:
        expected = 0.9 * expected + 0.1 * weights
    np.testing.assert_allclose(trainer.model[0].weight.data, expected, rtol=1e-12)


def test_what_is_learned_does_not_depend_on_it_and_the_average_is_validated(problem: Any) -> None:
    plain, take = Take(), Take()
    problem.trainer(callbacks=[plain]).fit(problem.loader(), epochs=3)
    average = WeightAverage(0.5)
    trainer = problem.trainer(callbacks=[take, average])
    history = trainer.fit(problem.loader(), problem.validation(), epochs=3)
    assert all(np.array_equal(x, y) for x, y in zip(plain.weights, take.weights, strict=True))
    assert trainer.evaluate(problem.validation())["loss"] == history[-1]["val_loss"]


def test_it_may_be_left_beside_the_model(problem: Any) -> None:
    take, average = Take(), WeightAverage(0.9, apply=False)
    trainer = problem.trainer(callbacks=[take, average])
    trainer.fit(problem.loader())
    assert np.array_equal(trainer.model[0].weight.data, take.weights[-1])
    assert average.average is not None
    assert not np.array_equal(average.average.module[0].weight.data, take.weights[-1])


def test_before_it_begins(problem: Any) -> None:
    take = Take()
    trainer = problem.trainer(callbacks=[take, WeightAverage(start=5)])
    trainer.fit(problem.loader(), problem.validation())
    assert np.array_equal(trainer.model[0].weight.data, take.weights[-1])


@pytest.mark.parametrize("keeper", ["before", "after", "folder"])
def test_the_best_weights_are_those_that_were_validated(problem: Any, tmp_path: Path, keeper: str) -> None:
    best, average = BestModel("val_loss"), WeightAverage(0.5)
    callbacks = {"before": [best, average], "after": [average, best], "folder": [average]}[keeper]
    options = {"folder": tmp_path, "monitor": "val_loss"} if keeper == "folder" else {}
    trainer = problem.trainer(callbacks=callbacks, **options)
    for rate in (0.5, 100.0):
        trainer.optimizer.param_groups[0]["lr"] = rate
        history = trainer.fit(problem.loader(), problem.validation())
    trainer.restore_best()
    found = trainer.evaluate(problem.validation())["loss"]
    assert found == min(history["val_loss"]) < history["val_loss"][-1]


@pytest.mark.parametrize("crash", [3, 8])
def test_a_crash_changes_nothing(problem: Any, tmp_path: Path, crash: int) -> None:
    class Crash(Callback):
        def on_batch_end(self, trainer: Trainer) -> None:
            if trainer.steps == crash:
                raise RuntimeError

    def run(folder: Path | None, *callbacks: Callback) -> nn.Module:
        model = problem.model(0.2)
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        options = {"folder": folder, "save_every": 2, "seed": 1, "callbacks": [WeightAverage(0.9), *callbacks]}
        problem.trainer(model, optimizer=optimizer, **options).fit(problem.loader(), problem.validation(), epochs=2)
        return model

    whole = run(None)
    with pytest.raises(RuntimeError):
        run(tmp_path, Crash())
    again = run(tmp_path)
    assert all(np.array_equal(p.data, q.data) for p, q in zip(again.parameters(), whole.parameters(), strict=True))
    over = run(tmp_path)
    assert all(np.array_equal(p.data, q.data) for p, q in zip(over.parameters(), whole.parameters(), strict=True))
