"""A run that ends before its time goes on as if nothing had been."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn
from tt_train import metrics, optim
from tt_train.callbacks import BestModel, Callback, EarlyStopping
from tt_train.data import DataLoader
from tt_train.logs import read_log
from tt_train.optim.lr_scheduler import StepLR
from tt_train.training import Trainer, TrainingError


class Crash(Callback):
    """Ends the process, or nearly so, at some step."""

    def __init__(self, step: int, error: type[BaseException] = RuntimeError) -> None:
        self.step, self.error = step, error

    def on_batch_end(self, trainer: Trainer) -> None:
        if trainer.steps == self.step:
            raise self.error


def trainer_for(problem: Any, folder: Path | None, *callbacks: Callback, **options: Any) -> Trainer:
    """Return what a script makes whenever it is started: the state is in the folder only."""
    model = problem.model(dropout=0.3)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    return problem.trainer(
        model,
        optimizer=optimizer,
        scheduler=StepLR(optimizer, 2, 0.5),
        metrics=[metrics.Accuracy(), metrics.ConfusionMatrix(3)],
        callbacks=[EarlyStopping("val_loss", patience=50), BestModel("val_loss"), *callbacks],
        seed=5,
        folder=folder,
        **options,
    )


def run(problem: Any, trainer: Trainer, epochs: int = 4, *, own_seed: bool = False) -> Trainer:
    loader = DataLoader(problem.train, 16, shuffle=True) if own_seed else problem.loader()
    trainer.fit(loader, problem.validation(), epochs)
    return trainer


def outcome(trainer: Trainer) -> tuple[Any, ...]:
    """Return all that must not depend on how often the run was interrupted."""
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in trainer.history]
    best = next(each for each in trainer.callbacks if isinstance(each, BestModel))
    kept = {name: x.tolist() for name, x in best.weights.items()}
    state = {name: x.tolist() for name, x in trainer.model.state_dict().items()}
    return state, rows, best.best, best.epoch, kept, trainer.steps, tt.default_generator.get_state()


def log(folder: Path) -> list[Any]:
    rows = read_log(folder / "log.jsonl")
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


CRASHES = [(step, 1, False) for step in (1, 2, 5, 6, 7, 13)] + [
    (7, 1, True),
    (1, 4, False),
    (3, 4, False),
    (4, 4, True),
]


@pytest.mark.parametrize("crash,accumulate,own_seed", CRASHES)
def test_a_crash_changes_nothing(problem: Any, tmp_path: Path, crash: int, accumulate: int, own_seed: bool) -> None:
    options = {"accumulate": accumulate, "save_every": 3 if accumulate == 1 else 1}
    whole = outcome(run(problem, trainer_for(problem, tmp_path / "whole", **options), own_seed=own_seed))
    with pytest.raises(RuntimeError):
        run(problem, trainer_for(problem, tmp_path / "cut", Crash(crash), **options), own_seed=own_seed)
    tt.manual_seed(999)
    again = outcome(run(problem, trainer_for(problem, tmp_path / "cut", **options), own_seed=own_seed))
    assert again == whole
    assert log(tmp_path / "cut") == log(tmp_path / "whole")


@pytest.mark.parametrize("moment", ["on_validation_start", "on_validation_end", "on_epoch_start", "on_epoch_end"])
def test_a_crash_between_epochs(problem: Any, tmp_path: Path, moment: str) -> None:
    class Once(Callback):
        pass

    def crash(self: Once, trainer: Trainer) -> None:
        if trainer.steps == 12:
            raise RuntimeError

    setattr(Once, moment, crash)
    whole = outcome(run(problem, trainer_for(problem, None)))
    with pytest.raises(RuntimeError):
        run(problem, trainer_for(problem, tmp_path, Once()))
    assert outcome(run(problem, trainer_for(problem, tmp_path))) == whole


def test_a_run_that_is_over_is_not_trained_again(problem: Any, tmp_path: Path) -> None:
    whole = outcome(run(problem, trainer_for(problem, tmp_path)))
    assert outcome(run(problem, trainer_for(problem, tmp_path, Crash(25)))) == whole


def test_more_epochs_may_be_asked_for_later(problem: Any, tmp_path: Path) -> None:
    run(problem, trainer_for(problem, tmp_path), 2)
    assert outcome(run(problem, trainer_for(problem, tmp_path), 4)) == outcome(run(problem, trainer_for(problem, None)))


@pytest.mark.parametrize("crash", [3, 12, 15, 20])
def test_a_script_with_several_fits(problem: Any, tmp_path: Path, crash: int) -> None:
    def script(trainer: Trainer) -> Trainer:
        first, second = problem.loader(), problem.loader(24, generator=tt.Generator(12))
        trainer.fit(first, epochs=2)
        trainer.fit(second, problem.validation(), epochs=3)
        return trainer

    def make(folder: Path, *callbacks: Callback) -> Trainer:
        return problem.trainer(
            problem.model(0.3), folder=folder, save_every=2, seed=1, callbacks=[BestModel("loss"), *callbacks]
        )

    whole = outcome(script(make(tmp_path / "whole")))
    with pytest.raises(RuntimeError):
        script(make(tmp_path / "cut", Crash(crash)))
    assert outcome(script(make(tmp_path / "cut"))) == whole


def test_stopped_early_stays_stopped(problem: Any, tmp_path: Path) -> None:
    class Stop(Callback):
        def on_epoch_end(self, trainer: Trainer) -> None:
            if trainer.epoch == 2:
                trainer.stop("enough")

    whole = outcome(run(problem, trainer_for(problem, tmp_path, Stop())))
    again = run(problem, trainer_for(problem, tmp_path, Stop(), Crash(13)))
    assert again.stopped == "enough"
    assert outcome(again) == whole


def test_a_run_without_a_checkpoint_yet_begins(problem: Any, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        run(problem, trainer_for(problem, tmp_path, Crash(1)))
    assert outcome(run(problem, trainer_for(problem, tmp_path))) == outcome(run(problem, trainer_for(problem, None)))


def test_callbacks_may_come_and_go(problem: Any, tmp_path: Path) -> None:
    problem.trainer(folder=tmp_path, callbacks=[EarlyStopping("loss")]).fit(problem.loader())
    trainer = problem.trainer(folder=tmp_path, callbacks=[BestModel("loss")], metrics=[metrics.Accuracy()])
    assert trainer.fit(problem.loader(), epochs=2)["epoch"] == [1, 2]


class TestCtrlC:
    @pytest.mark.parametrize("step", [1, 3, 6, 13])
    def test_the_step_is_finished_and_saved(self, problem: Any, tmp_path: Path, step: int) -> None:
        class Press(Trainer):
            def step(self, batch: Any) -> tt.Tensor:
                if self.model.training and self.steps == step - 1:
                    signal.raise_signal(signal.SIGINT)
                return super().step(batch)

        whole = outcome(run(problem, trainer_for(problem, None)))
        before = signal.getsignal(signal.SIGINT)
        trainer = trainer_for(problem, tmp_path)
        trainer.__class__ = Press
        assert run(problem, trainer).history.interrupted
        assert trainer.steps == step
        assert signal.getsignal(signal.SIGINT) is before
        again = run(problem, trainer_for(problem, tmp_path))
        assert outcome(again) == whole
        assert not again.history.interrupted

    def test_and_the_same_trainer_goes_on(self, problem: Any) -> None:
        trainer = trainer_for(problem, None, Crash(8, KeyboardInterrupt))
        loader = problem.loader()
        validation = problem.validation()
        assert trainer.fit(loader, validation, 4).interrupted
        assert (trainer.epoch, trainer.batch) == (1, 2)
        assert not trainer.fit(loader, validation, 3).interrupted
        assert outcome(trainer) == outcome(run(problem, trainer_for(problem, None)))

    def test_in_validation(self, problem: Any, tmp_path: Path) -> None:
        pressed: list[bool] = []

        class Press(Trainer):
            def step(self, batch: Any) -> tt.Tensor:
                if not self.model.training and self.epoch == 1 and not pressed:
                    pressed.append(True)
                    signal.raise_signal(signal.SIGINT)
                return super().step(batch)

        trainer = trainer_for(problem, tmp_path)
        trainer.__class__ = Press
        assert run(problem, trainer).history.interrupted
        assert (trainer.epoch, trainer.batch) == (1, 6)
        assert trainer.evaluate(problem.validation())["loss"] > 0, "the interrupt is over"
        assert outcome(run(problem, trainer_for(problem, tmp_path))) == outcome(
            run(problem, trainer_for(problem, None))
        )

    def test_twice_interrupts_at_once_and_saves_nothing(self, problem: Any, tmp_path: Path) -> None:
        class Press(Trainer):
            def step(self, batch: Any) -> tt.Tensor:
                if self.steps == 8:
                    signal.raise_signal(signal.SIGINT)
                    signal.raise_signal(signal.SIGINT)
                return super().step(batch)

        trainer = trainer_for(problem, tmp_path)
        trainer.__class__ = Press
        with pytest.raises(KeyboardInterrupt):
            run(problem, trainer)
        assert sorted(path.name[7:] for path in (tmp_path / "checkpoints").glob("0*")) == ["step-6"]
        assert outcome(run(problem, trainer_for(problem, tmp_path))) == outcome(
            run(problem, trainer_for(problem, None))
        )

    def test_another_handler_is_left_alone(self, problem: Any) -> None:
        came: list[int] = []

        class Press(Callback):
            def on_batch_end(self, trainer: Trainer) -> None:
                signal.raise_signal(signal.SIGINT)

        before = signal.signal(signal.SIGINT, lambda *_: came.append(1))
        try:
            problem.trainer(callbacks=[Press()]).fit(problem.loader())
        finally:
            signal.signal(signal.SIGINT, before)
        assert len(came) == 6

    def test_other_threads_have_no_signals(self, problem: Any) -> None:
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(problem.trainer().fit(problem.loader())))
        thread.start()
        thread.join()
        assert len(found[0]) == 1


class TestFolder:
    def test_what_is_in_it(self, problem: Any, tmp_path: Path) -> None:
        run(problem, trainer_for(problem, tmp_path, save_every=4, keep=2, monitor="val_accuracy"))
        assert sorted(os.listdir(tmp_path)) == ["checkpoints", "epochs.csv", "log.jsonl", "log.parquet"]  # noqa: PTH208  # names
        steps = [int(path.name.rpartition("-")[2]) for path in (tmp_path / "checkpoints").glob("0*")]
        assert len(steps) <= 3
        assert sorted(steps)[-2:] == [24, 24]

    def test_the_best_can_be_loaded(self, problem: Any, tmp_path: Path) -> None:
        trainer = run(problem, trainer_for(problem, tmp_path, monitor="val_loss"))
        best = next(each for each in trainer.callbacks if isinstance(each, BestModel))
        model = problem.model()
        trainer.callbacks[-1].load_best(model)  # type: ignore[attr-defined]  # it is the Checkpoints
        for name, x in model.state_dict().items():
            assert np.array_equal(x, best.weights[name])

    def test_nothing_is_saved_after_an_error_in_a_step(self, problem: Any, tmp_path: Path) -> None:
        x, y = problem.train[:16]
        with pytest.raises(TrainingError):
            problem.trainer(folder=tmp_path).fit([(x, y), (x * np.nan, y)])
        assert not (tmp_path / "checkpoints").exists()
        assert [row["step"] for row in read_log(tmp_path / "log.jsonl")] == [1]

    def test_what_is_learned_is_saved_after_an_error_in_validation(self, problem: Any, tmp_path: Path) -> None:
        x, y = problem.train[:16]
        with pytest.raises(ValueError, match="expected"):
            problem.trainer(folder=tmp_path).fit([(x, y)], [(x, y[:3])])
        assert len(list((tmp_path / "checkpoints").glob("0*-step-1"))) == 1


def test_batch_norm_and_state_of_modules_too(problem: Any, tmp_path: Path) -> None:
    from tt_train import nn as layers

    def make(folder: Path, *callbacks: Callback) -> Trainer:
        tt.manual_seed(0)
        model = nn.Sequential(nn.Linear(5, 8), layers.BatchNorm1d(8), nn.Linear(8, 3)).double()
        return problem.trainer(model, folder=folder, save_every=1, callbacks=[BestModel("loss"), *callbacks])

    whole = outcome(run(problem, make(tmp_path / "whole"), 2))
    with pytest.raises(RuntimeError):
        run(problem, make(tmp_path / "cut", Crash(4)), 2)
    assert outcome(run(problem, make(tmp_path / "cut"), 2))[:-1] == whole[:-1]
