"""The loop: what it computes, held against loops by hand."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import functional as F
from tt_core import nn
from tt_core.errors import TinyTorchError
from tt_train import metrics, optim
from tt_train.callbacks import BestModel, Callback
from tt_train.data import DataLoader, IterableDataset
from tt_train.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from tt_train.training import Trainer, TrainingError


def weights(model: nn.Module) -> list[Any]:
    return [p.data.copy() for p in model.parameters()]


def same(a: nn.Module, b: nn.Module) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(weights(a), weights(b), strict=True))


class Seen(Callback):
    """Which moments there were."""

    def __init__(self) -> None:
        self.moments: list[str] = []

    def on_resume(self, trainer: Trainer) -> None:
        self.moments.append("resume")

    def on_fit_start(self, trainer: Trainer) -> None:
        self.moments.append("fit start")

    def on_epoch_start(self, trainer: Trainer) -> None:
        self.moments.append(f"epoch start {trainer.epoch}")

    def on_batch_end(self, trainer: Trainer) -> None:
        self.moments.append(f"batch {trainer.batch}/{trainer.batches}, step {trainer.steps}")

    def on_validation_start(self, trainer: Trainer) -> None:
        self.moments.append("validation start")

    def on_validation_end(self, trainer: Trainer) -> None:
        self.moments.append("validation end")

    def on_epoch_end(self, trainer: Trainer) -> None:
        self.moments.append(f"epoch end {trainer.epoch}")

    def on_fit_end(self, trainer: Trainer) -> None:
        self.moments.append("fit end")


def by_hand(problem: Any, epochs: int, **options: Any) -> nn.Module:
    """Train as one does without a trainer."""
    model = problem.model(dropout=0.2)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = StepLR(optimizer, **options)
    loss_function = nn.CrossEntropyLoss()
    train = problem.loader()
    tt.manual_seed(5)
    for _ in range(epochs):
        model.train()
        for inputs, targets in train:
            optimizer.zero_grad()
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optim.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
        scheduler.step()
    return model


def test_a_loop_by_hand_gives_the_same_bits(problem: Any) -> None:
    model = problem.model(dropout=0.2)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
    trainer = problem.trainer(
        model, optimizer=optimizer, scheduler=scheduler, clip_norm=0.5, seed=5, metrics=[metrics.Accuracy()]
    )
    history = trainer.fit(problem.loader(), problem.validation(), epochs=5)
    assert same(model, by_hand(problem, 5, step_size=2, gamma=0.5))
    assert history["lr"] == [0.1, 0.1, 0.05, 0.05, 0.025]
    assert history["epoch"] == [1, 2, 3, 4, 5]
    assert history["steps"] == [6, 12, 18, 24, 30]
    assert history["loss"][-1] < history["loss"][0]
    assert history["val_accuracy"][-1] > 0.8


class TestAccumulation:
    @pytest.mark.parametrize("sizes", [[32, 32, 32], [30, 30, 30, 6], [10, 3, 1, 40, 2]])
    def test_equals_the_large_batch(self, problem: Any, sizes: list[int]) -> None:
        x, y = problem.train[: sum(sizes)]
        parts = list(zip(x.split(sizes), y.split(sizes), strict=True))
        small, large = problem.model(), problem.model()
        problem.trainer(small, accumulate=len(sizes)).fit(parts, epochs=3)
        problem.trainer(large).fit([(x, y)], epochs=3)
        for p, q in zip(weights(small), weights(large), strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-14)

    def test_an_uneven_end_of_an_epoch(self, problem: Any) -> None:
        """96 samples in batches of 20 are 4 of 20 and 1 of 16; by threes that makes steps of 60 and 36."""
        small, large = problem.model(), problem.model()
        trainer = problem.trainer(small, accumulate=3)
        history = trainer.fit(problem.loader(20, shuffle=False), epochs=2)
        same_order = problem.loader(60, shuffle=False)
        expected = problem.trainer(large).fit(same_order, epochs=2)
        assert trainer.steps == 4
        assert [len(x) for x, _ in same_order] == [60, 36]
        np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-12)
        for p, q in zip(weights(small), weights(large), strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-14)

    def test_of_a_loss_that_is_a_sum(self, problem: Any) -> None:
        x, y = problem.train[:50]
        found = []
        for parts in ([(x, y)], list(zip(x.split(20), y.split(20), strict=True))):
            model = problem.model()
            optimizer = optim.SGD(model.parameters(), lr=0.001)
            loss = nn.CrossEntropyLoss(reduction="sum")
            trainer = Trainer(model, loss, optimizer, accumulate=len(parts), progress=False)
            found.append((trainer.fit(parts, epochs=3)["loss"], weights(model)))
        np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-12)
        for p, q in zip(found[0][1], found[1][1], strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-14)

    def test_by_another_count(self, problem: Any) -> None:
        """A mean over what is not ignored is weighted by how much that is."""

        class Counted(Trainer):
            def count(self, batch: Any) -> int:
                return int((batch[1] != -100).sum())

        x, y = problem.train[:60]
        y[tt.arange(0, 25)] = -100
        found = []
        for parts in ([(x, y)], [*zip(x.split(20), y.split(20), strict=True)]):
            kept = [(a, b) for a, b in parts if bool((b != -100).any())]
            model = problem.model()
            trainer = Counted(
                model,
                nn.CrossEntropyLoss(),
                optim.SGD(model.parameters(), lr=0.1),
                accumulate=len(kept),
                progress=False,
            )
            trainer.fit(kept, epochs=2)
            found.append(weights(model))
        for p, q in zip(*found, strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12, atol=1e-14)


class TestSchedulers:
    def test_after_each_step(self, problem: Any) -> None:
        model = problem.model()
        optimizer = optim.SGD(model.parameters(), lr=1.0)
        trainer = problem.trainer(model, optimizer=optimizer, scheduler=StepLR(optimizer, 1, 0.5), schedule="step")
        trainer.fit(problem.loader(24))
        assert optimizer.param_groups[0]["lr"] == 0.5**4

    def test_plateau_lowers_the_rate(self, problem: Any) -> None:
        model = problem.model()
        optimizer = optim.SGD(model.parameters(), lr=1e-300)
        scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=0, eps=0.0)
        trainer = problem.trainer(model, optimizer=optimizer, scheduler=scheduler, monitor="val_loss")
        trainer.fit(problem.loader(shuffle=False), problem.validation(), epochs=3)
        assert optimizer.param_groups[0]["lr"] == 0.25e-300

    def test_an_unknown_schedule(self, problem: Any) -> None:
        with pytest.raises(TrainingError, match="expected schedule to be 'epoch' or 'step'; got 'batch'"):
            problem.trainer(schedule="batch")


class TestMoments:
    def test_in_order(self, problem: Any) -> None:
        seen = Seen()
        problem.trainer(callbacks=[seen]).fit(problem.loader(48), problem.validation(), epochs=2)
        epoch = [
            "epoch start {0}",
            "batch 1/2, step {1}",
            "batch 2/2, step {2}",
            "validation start",
            "validation end",
            "epoch end {3}",
        ]
        expected = [line.format(0, 1, 2, 1) for line in epoch] + [line.format(1, 3, 4, 2) for line in epoch]
        assert seen.moments == ["resume", "fit start", *expected, "fit end"]

    def test_the_end_comes_in_reverse_order_whatever_happens(self, problem: Any) -> None:
        said: list[str] = []

        class Leaving(Callback):
            def __init__(self, name: str) -> None:
                self.name = name

            def on_fit_end(self, trainer: Trainer) -> None:
                said.append(self.name)
                message = f"error of {self.name}"
                raise ValueError(message)

        trainer = problem.trainer(callbacks=[Leaving("first"), Leaving("second")])
        with pytest.raises(ValueError, match="error of first"):
            trainer.fit(problem.loader())
        assert said == ["second", "first"]

    def test_stopping_within_an_epoch_and_going_on(self, problem: Any) -> None:
        class Stop(Callback):
            def on_batch_end(self, trainer: Trainer) -> None:
                if trainer.steps in {4, 9}:
                    trainer.stop("enough")

        model, other = problem.model(), problem.model()
        trainer = problem.trainer(model, callbacks=[Stop()])
        loader = problem.loader()
        assert len(trainer.fit(loader, epochs=3)) == 0
        assert (trainer.stopped, trainer.epoch, trainer.batch, trainer.steps) == ("enough", 0, 4, 4)
        assert len(trainer.fit(loader, epochs=2)) == 1
        assert trainer.steps == 9
        assert trainer.fit(loader, epochs=2)["steps"] == [6, 12, 18]
        problem.trainer(other).fit(problem.loader(), epochs=3)
        assert same(model, other)

    def test_lists_go_on_where_they_were(self, problem: Any) -> None:
        class Stop(Callback):
            def on_batch_end(self, trainer: Trainer) -> None:
                if trainer.steps == 2:
                    trainer.stop("enough")

        batches = list(problem.loader())
        model, other = problem.model(), problem.model()
        trainer = problem.trainer(model, callbacks=[Stop()])
        trainer.fit(batches)
        trainer.fit(batches)
        problem.trainer(other).fit(batches)
        assert trainer.steps == 6
        assert same(model, other)


class TestEvaluation:
    def test_leaves_random_numbers_alone(self, problem: Any) -> None:
        """A loader without a generator draws one's seed; after a crash a new loader would draw again."""
        trainer = problem.trainer()
        tt.manual_seed(1)
        expected = tt.rand(3).tolist()
        tt.manual_seed(1)
        trainer.evaluate(DataLoader(problem.test, 16, shuffle=True))
        trainer.predict(DataLoader(problem.test, 16, shuffle=True))
        assert tt.rand(3).tolist() == expected

    def test_modes_and_gradients(self, problem: Any) -> None:
        model = problem.model(dropout=0.5)
        frozen = model[2]
        frozen.eval()
        modes: list[tuple[bool, bool]] = []

        class Watching(Trainer):
            def step(self, batch: Any) -> tt.Tensor:
                modes.append((self.model.training, tt.is_grad_enabled()))
                return super().step(batch)

        trainer = Watching(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), progress=False)
        first = trainer.evaluate(problem.validation())
        assert first == trainer.evaluate(problem.validation())
        assert set(modes) == {(False, False)}
        assert model.training
        assert not frozen.training
        trainer.fit(problem.loader(48), problem.validation())
        assert modes[-5:] == [(True, True)] * 2 + [(False, False)] * 3

    def test_figures_are_those_of_all_samples(self, problem: Any) -> None:
        trainer = problem.trainer(metrics={"acc": metrics.Accuracy(), "wrong": metrics.ConfusionMatrix()})
        found = trainer.evaluate(problem.validation())
        x, y = problem.test[:]
        logits = trainer.model(x)
        assert found["loss"] == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-12)
        assert found["acc"] == metrics.accuracy(logits, y)
        assert found["wrong"] == metrics.confusion_matrix(logits, y).tolist()

    def test_functions_are_metrics_too(self, problem: Any) -> None:
        found = problem.trainer(metrics=[metrics.accuracy, F.cross_entropy]).evaluate(problem.validation())
        assert list(found) == ["loss", "accuracy", "cross_entropy"]
        assert found["cross_entropy"] == pytest.approx(found["loss"])

    def test_predict(self, problem: Any) -> None:
        trainer = problem.trainer(problem.model(dropout=0.5))
        outputs = trainer.predict(problem.validation())
        x, _ = problem.test[:]
        assert not outputs.requires_grad
        assert trainer.model.training
        np.testing.assert_allclose(outputs, trainer.model.eval()(x).detach(), rtol=1e-12)
        assert np.array_equal(outputs, trainer.predict(inputs for inputs, _ in problem.validation()))

    def test_training_figures_are_those_of_the_epoch(self, problem: Any) -> None:
        model = problem.model()
        optimizer = optim.SGD(model.parameters(), lr=0.0)
        trainer = problem.trainer(model, optimizer=optimizer, metrics=[metrics.Accuracy()])
        history = trainer.fit(problem.loader(20), epochs=2)
        expected = trainer.evaluate(problem.loader())
        for epoch in history:
            assert epoch["loss"] == pytest.approx(expected["loss"])
            assert epoch["accuracy"] == expected["accuracy"]


class Words(Trainer):
    """Batches that are dicts."""

    def step(self, batch: dict[str, tt.Tensor]) -> tt.Tensor:
        outputs = self.model(batch["x"])
        self.observe(outputs, batch["y"])
        return self.loss(outputs, batch["y"])

    def outputs(self, batch: dict[str, tt.Tensor]) -> tt.Tensor:
        found: tt.Tensor = self.model(batch["x"])
        return found


class TestBatchesOfAnotherForm:
    def test_a_step_of_ones_own(self, problem: Any) -> None:
        dicts = [{"x": x, "y": y} for x, y in problem.loader()]
        model, other = problem.model(), problem.model()
        words = Words(
            model,
            F.cross_entropy,
            optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
            metrics=[metrics.Accuracy()],
            progress=False,
        )
        history = words.fit(dicts, dicts[:2], epochs=2)
        problem.trainer(other).fit(list(problem.loader()), epochs=2)
        assert same(model, other)
        assert history["val_accuracy"][-1] > 0.5
        assert words.predict(dicts).shape == (96, 3)

    @pytest.mark.parametrize(
        "batch,got", [(tt.zeros(3, 5), "a Tensor"), ((tt.zeros(3), tt.zeros(3), tt.zeros(3)), "a tuple of 3")]
    )
    def test_the_error_says_what_to_do(self, problem: Any, batch: Any, got: str) -> None:
        with pytest.raises(TrainingError, match=rf"expected batches of \(inputs, targets\); got {got}: override"):
            problem.trainer().fit([batch])

    def test_a_loss_that_is_many(self, problem: Any) -> None:
        model = problem.model()
        trainer = Trainer(
            model, nn.CrossEntropyLoss(reduction="none"), optim.SGD(model.parameters(), 0.1), progress=False
        )
        with pytest.raises(TrainingError, match=r"expected one number as the loss of a batch; got shape \[16\]"):
            trainer.fit(problem.loader())


class TestWhatGoesWrong:
    def test_nan_stops_before_it_spoils_the_weights(self, problem: Any) -> None:
        batches = list(problem.loader())
        bad = (batches[2][0] * math.nan, batches[2][1])
        model, other = problem.model(), problem.model()
        trainer = problem.trainer(model)
        message = (
            r"expected a finite loss; got nan in epoch 1, step 3: lower the learning rate, 0\.1, "
            r"clip gradients \(clip_norm=1\.0\), or look at the data"
        )
        with pytest.raises(TrainingError, match=message):
            trainer.fit([*batches[:2], bad, *batches[3:]])
        problem.trainer(other).fit(batches[:2])
        assert same(model, other)

    def test_nan_may_be_wanted(self, problem: Any) -> None:
        x, y = next(iter(problem.loader()))
        trainer = problem.trainer(stop_on_nan=False)
        assert math.isnan(trainer.fit([(x * math.nan, y)])[0]["loss"])

    def test_no_batches(self, problem: Any) -> None:
        with pytest.raises(TrainingError, match="expected batches to train on; got none"):
            problem.trainer().fit([])

    def test_an_iterator_that_is_spent(self, problem: Any) -> None:
        def batches() -> Iterator[Any]:
            yield from problem.loader()

        trainer = problem.trainer()
        with pytest.raises(TrainingError, match="got none: an iterator can be gone through once only"):
            trainer.fit(batches(), epochs=2)
        assert trainer.epoch == 1

    @pytest.mark.parametrize("options", [{"accumulate": 0}, {"clip_norm": 0.0}, {"clip_norm": math.nan}])
    def test_settings_that_mean_nothing(self, problem: Any, options: Any) -> None:
        with pytest.raises(TrainingError, match="to accumulate at least 1 batch, and to clip at a norm above 0"):
            problem.trainer(**options)

    def test_metrics_that_are_none(self, problem: Any) -> None:
        with pytest.raises(TinyTorchError, match="expected a metric such as Accuracy"):
            problem.trainer(metrics=["accuracy"])


def test_the_norm_before_clipping_is_logged(problem: Any) -> None:
    rows: list[dict[str, float]] = []

    class Take(Callback):
        def on_batch_end(self, trainer: Trainer) -> None:
            rows.append(dict(trainer.row))

    problem.trainer(callbacks=[Take()], clip_norm=1e-3).fit(problem.loader())
    assert [list(row) for row in rows] == [["loss", "grad_norm"]] * 6
    assert min(row["grad_norm"] for row in rows) > 1e-3


def test_a_seed_starts_the_default_generator(problem: Any) -> None:
    def trained(seed: int) -> nn.Module:
        model = problem.model(dropout=0.5)
        tt.manual_seed(1234)
        problem.trainer(model, seed=seed).fit(problem.loader(), epochs=1)
        return model

    assert same(trained(1), trained(1))
    assert not same(trained(1), trained(2))


def test_fits_add_up(problem: Any) -> None:
    model, other = problem.model(), problem.model()
    trainer = problem.trainer(model)
    loader = problem.loader()
    trainer.fit(loader, epochs=2)
    history = trainer.fit(loader, epochs=1)
    problem.trainer(other).fit(problem.loader(), epochs=3)
    assert history["epoch"] == [1, 2, 3]
    assert same(model, other)


def test_the_best_weights_can_be_restored(problem: Any, tmp_path: Path) -> None:
    def trained(**options: Any) -> tuple[Trainer, float]:
        trainer = problem.trainer(**options)
        rates = iter([0.5, 1.0, 100.0])  # the last one spoils it
        trainer.optimizer.param_groups[0]["momentum"] = 0.0
        for rate in rates:
            trainer.optimizer.param_groups[0]["lr"] = rate
            trainer.fit(problem.loader(), problem.validation())
        return trainer, trainer.history.best("val_loss")["val_loss"]

    for options in ({"callbacks": [BestModel("val_loss")]}, {"folder": tmp_path, "monitor": "val_loss"}):
        trainer, best = trained(**options)
        assert trainer.evaluate(problem.validation())["loss"] != best
        trainer.restore_best()
        assert trainer.evaluate(problem.validation())["loss"] == best


def test_nobody_keeps_the_best_weights(problem: Any) -> None:
    with pytest.raises(TrainingError, match="expected somebody who keeps the best weights"):
        problem.trainer().restore_best()


def test_footprint(problem: Any) -> None:
    x, y = problem.train[:10]
    trainer = problem.trainer(metrics=[metrics.Accuracy()])
    found = trainer.footprint((x, y))
    assert found.parameters == found.gradients == found.optimizer == 8 * (5 * 16 + 16 + 16 * 3 + 3)
    assert found.samples == 10
    assert math.isnan(trainer.metrics["accuracy"].compute()), "no sample was counted"


def test_data_without_a_length(problem: Any) -> None:
    class Stream(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            return (problem.train[i] for i in range(96))

    class Seen(Callback):
        def on_epoch_end(self, trainer: Trainer) -> None:
            assert trainer.batches is None

    model, other = problem.model(), problem.model()
    problem.trainer(model, callbacks=[Seen()]).fit(DataLoader(Stream(), 16), epochs=2)
    problem.trainer(other).fit(problem.loader(shuffle=False), epochs=2)
    assert same(model, other)
