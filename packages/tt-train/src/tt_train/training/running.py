"""`Running`: what a trainer is around its loop: settings, where it is, how it begins, ends, and goes on later."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from tt_core import Tensor, manual_seed
from tt_core.nn import Module
from tt_train.callbacks import (
    EVENTS,
    BestModel,
    Callback,
    Checkpoints,
    ProgressBar,
    RunLog,
    Watch,
    WeightAverage,
    listeners,
    named,
)
from tt_train.checkpoint import RandomState, Stateful
from tt_train.distributed import SERIAL, Communicator, synchronize
from tt_train.logs import History, Row
from tt_train.metrics import Given, Mean, collect
from tt_train.training.interrupts import Interrupts
from tt_train.training.parts import (
    Optimizer,
    Scheduler,
    TrainingError,
    groups,
    length_of,
    merged,
    place_in,
    step_scheduler,
    total,
)


class Running:
    """The state of a training, and what happens between its steps; `Trainer` says what the arguments are."""

    def __init__(
        self,
        model: Module,
        loss: Callable[..., Tensor],
        optimizer: Optimizer,
        *,
        scheduler: Scheduler | None = None,
        schedule: Literal["epoch", "step"] = "epoch",
        metrics: Given = None,
        callbacks: Sequence[Callback] = (),
        accumulate: int = 1,
        clip_norm: float | None = None,
        seed: int | None = None,
        folder: str | PathLike[str] | None = None,
        save_every: int | None = None,
        keep: int = 3,
        monitor: str | None = None,
        mode: Literal["min", "max"] | None = None,
        stop_on_nan: bool = True,
        communicator: Communicator = SERIAL,
        progress: bool = True,
    ) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.scheduler, self.schedule = scheduler, schedule
        self.metrics = collect(metrics)
        self.accumulate, self.clip_norm, self.stop_on_nan = accumulate, clip_norm, stop_on_nan
        self.seed, self.communicator = seed, communicator
        self.watch = Watch(monitor, mode)
        self.callbacks = list(callbacks)
        if progress and communicator.rank == 0:
            self.callbacks.append(ProgressBar())
        if folder is not None and communicator.rank == 0:
            self.callbacks.append(RunLog(folder))
        if folder is not None:
            checkpoints = Path(folder, "checkpoints")
            self.callbacks.append(Checkpoints(checkpoints, every=save_every, keep=keep, monitor=monitor, mode=mode))

        self.epoch = self.batch = self.steps = self.goal = 0
        self.batches: int | None = None
        self.row: Row = {}
        self.history = History()
        self.stopped = ""
        self.settled = False
        self._check()
        self._listeners: dict[str, list[Callable[[Any], None]]]  # of the Trainer that this is
        self._listeners = {event: listeners(self.callbacks, event) for event in EVENTS}
        self._losses = Mean()
        self._watching = self.metrics
        self._train: Any = None
        self._place: Any = None
        self._through = self._resumed = False
        self._seconds = self._since = 0.0
        self._interrupts = Interrupts(wanted=False)

    # What callbacks use

    def figures(self) -> Row:
        """Return the mean loss and the metrics of the current epoch so far, as this process sees them."""
        return merged(self._losses, self.metrics, SERIAL)

    def stop(self, reason: str) -> None:
        """End the training after this step, or after this epoch if its steps are made."""
        self.stopped = reason

    def restore_best(self) -> None:
        """Put the weights of the best epoch into the model: from a `BestModel`, or from the run's folder.

        Raises:
            TrainingError: nobody keeps them.
        """
        for callback in self.callbacks:
            if isinstance(callback, BestModel):
                return callback.restore(self.model)
            if isinstance(callback, Checkpoints):
                return callback.load_best(self.model)
        message = (
            "expected somebody who keeps the best weights; got neither a BestModel among the callbacks nor a folder"
        )
        raise TrainingError(message)

    def judged(self) -> Module:
        """Return the model that is validated: the average of its weights, if a callback keeps one."""
        averages = [each.module() for each in self.callbacks if isinstance(each, WeightAverage)]
        return next((average for average in averages if average is not None), self.model)

    @property
    def samples(self) -> int:
        """How many samples of the current epoch have been learned from."""
        return int(self._losses.counts[1])

    def parts(self) -> dict[str, Stateful]:
        """Return what a checkpoint has to hold: "model", "optimizer", "scheduler" if there is one, "random", "trainer".

        The random numbers' is a `RandomState` of all ranks, which `communicator` joins; the trainer's own holds those
        of the callbacks and of the loader.
        """
        found: dict[str, Stateful] = {"model": self.model, "optimizer": self.optimizer}
        if self.scheduler is not None:
            found["scheduler"] = self.scheduler
        return {**found, "random": RandomState(self.communicator), "trainer": self}

    def state_dict(self) -> dict[str, Any]:
        """Return where the training is, between two steps; of processes that train together, all must ask."""
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "through": self._through,
            "steps": self.steps,
            "seconds": self._seconds_of_epoch(),
            "stopped": self.stopped,
            "history": self.history.state_dict(),
            "losses": total(self._losses, self.communicator).state_dict(),
            "metrics": {name: total(each, self.communicator).state_dict() for name, each in self.metrics.items()},
            "callbacks": {name: callback.state_dict() for name, callback in named(self.callbacks).items()},
            "loader": place_in(self._train) if self._place is None else self._place,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` returned; metrics and callbacks that it does not know begin anew."""
        self.epoch, self.batch, self.steps = state["epoch"], state["batch"], state["steps"]
        self._through, self._seconds, self.stopped = state["through"], state["seconds"], state["stopped"]
        self._place = state["loader"]
        self.history.load_state_dict(state["history"])
        self._losses.load_state_dict(state["losses"])
        for found, states in ((self.metrics, state["metrics"]), (named(self.callbacks), state["callbacks"])):
            for name in found.keys() & states.keys():
                found[name].load_state_dict(states[name])
        if self.communicator.rank > 0:  # rank 0 has what all had counted
            self._reset_counts()

    # Around the loop

    @contextmanager
    def _session(self, train: Any) -> Iterator[None]:
        """Begin and end a fit: with what was saved, with Ctrl-C held back, and with callbacks that want to know."""
        self._train, self.batches = train, length_of(train)
        self.settled = self.history.interrupted = failed = False
        with ExitStack() as leave:
            for listener in self._listeners["on_fit_end"]:
                leave.callback(listener, self)
            try:
                with Interrupts(wanted=self.communicator.size == 1) as self._interrupts:
                    failed = self.communicator.size > 1  # until it has not
                    self._resume()
                    self._settle("on_fit_start")
                    yield
                    self.settled, failed = True, False
            except KeyboardInterrupt:
                if not self.settled or self.communicator.size > 1:
                    raise
                self.history.interrupted = True
            finally:
                self.settled &= not failed  # the other ranks cannot be asked for their states any more
                self._interrupts = Interrupts(wanted=False)
                self.goal = min(self.goal, self.epoch)
                self._leave_off()

    def _leave_off(self) -> None:
        """Remember what a later fit needs to go on within an epoch."""
        if self.batch and self._place is None:
            self._place = place_in(self._train)
            self._seconds, self._since = self._seconds_of_epoch(), time.perf_counter()

    def _resume(self) -> None:
        """Begin where an earlier process stopped, the first time; later on, where this one did."""
        if self._resumed:
            self.stopped = ""
            return
        if self.seed is not None:
            manual_seed(self.seed + self.communicator.rank)  # each rank drops out other neurons
        self._call("on_resume")
        synchronize(self.model, self.communicator)
        self._resumed = True

    def _begin_epoch(self) -> None:
        self._since = time.perf_counter()
        self.model.train()
        self._call("on_epoch_start")

    def _remaining(self, train: Any) -> Iterator[list[Any]]:
        """Yield the batches of this epoch that are still to come, as many at a time as make one step.

        Raises:
            TrainingError: there were none at all.
        """
        place, self._place = self._place, None
        sampler: Any = getattr(train, "sampler", None)
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(self.epoch)
        if place is not None:
            train.load_state_dict(place)
        if not self._through:
            for group in groups(train, self.accumulate, 0 if place is not None else self.batch):
                self._through = len(group) < self.accumulate  # and then the loader already thinks of the next epoch
                yield group
        if not self.batch:
            message = "expected batches to train on; got none: an iterator can be gone through once only, a list often"
            raise TrainingError(message)
        self._through = True

    def _figures_of_epoch(self) -> Row:
        figures = merged(self._losses, self.metrics, self.communicator)
        rate = float(self.optimizer.param_groups[0]["lr"])
        return {"epoch": self.epoch + 1, "steps": self.steps, **figures, "lr": rate}

    def _end_epoch(self, row: Row) -> None:
        self.settled = False
        if self.scheduler is not None and self.schedule == "epoch":
            step_scheduler(self.scheduler, lambda: self.watch.of(row))
        self.history.rows.append({**row, "seconds": self._seconds_of_epoch()})
        self.epoch += 1
        self.batch, self._through = 0, False
        self._seconds, self._since = 0.0, time.perf_counter()
        self._reset_counts()
        self._settle("on_epoch_end")

    def _reset_counts(self) -> None:
        for metric in (self._losses, *self.metrics.values()):
            metric.reset()

    def _settle(self, event: str) -> bool:
        """Tell the callbacks of a moment after which the training can be left; return whether to go on."""
        self._call(event)
        self.settled = True
        self._interrupts.check()
        self.settled = False
        return not self.stopped

    def _call(self, event: str) -> None:
        """Tell all callbacks, in any case, so that none of them is a step behind the others."""
        for listener in self._listeners[event]:
            try:
                listener(self)
            except KeyboardInterrupt:
                self._interrupts.came = True

    def _seconds_of_epoch(self) -> float:
        return self._seconds + time.perf_counter() - self._since

    def _check(self) -> None:
        """Refuse settings that mean nothing.

        Raises:
            TrainingError: there is one.
        """
        if self.schedule not in {"epoch", "step"}:
            message = f"expected schedule to be 'epoch' or 'step'; got {self.schedule!r}"
            raise TrainingError(message)
        if self.accumulate < 1 or (self.clip_norm is not None and not self.clip_norm > 0):
            message = (
                "expected to accumulate at least 1 batch, and to clip at a norm above 0; "
                f"got accumulate={self.accumulate}, clip_norm={self.clip_norm}"
            )
            raise TrainingError(message)
