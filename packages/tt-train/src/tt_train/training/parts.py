"""What a trainer asks of the things that it is given, and how it takes batches from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from itertools import islice
from typing import Any, Protocol

import numpy as np

from tt_core import Tensor
from tt_core.errors import TinyTorchError
from tt_core.nn import Module
from tt_train.checkpoint import RandomState
from tt_train.distributed import Communicator
from tt_train.logs import Row
from tt_train.metrics import Mean, Metric
from tt_train.metrics.base import add
from tt_train.optim.lr_scheduler import ReduceLROnPlateau


class TrainingError(TinyTorchError, RuntimeError):
    """A training that cannot begin or go on: no data, batches of another form, a loss that is not a number."""


class Optimizer(Protocol):
    """What changes the weights; those of `tt_train.optim` are such."""

    param_groups: list[dict[str, Any]]

    def step(self) -> Any:
        """Change the parameters by their gradients."""

    def zero_grad(self) -> Any:
        """Drop the gradients."""

    def state_dict(self) -> Mapping[str, Any]:
        """Return all that the next steps depend on."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Go back to what `state_dict` returned."""


class Scheduler(Protocol):
    """What changes the learning rate; those of `tt_train.optim.lr_scheduler` are such."""

    @property
    def step(self) -> Any:
        """Change the learning rate: a method, with a figure as its argument or without."""

    def state_dict(self) -> Mapping[str, Any]:
        """Return all that the next steps depend on."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Go back to what `state_dict` returned."""


def size_of(batch: Any) -> int:
    """Return how many samples a batch has: the length of its first entry, however deep in dicts, tuples and lists.

    The first entry is the first thing that is none of these, and has a length: a tensor, a NumPy array, or the like.

    >>> import tt_core as tt
    >>> size_of((tt.zeros(3, 2), tt.zeros(3))), size_of({"ids": tt.zeros(5)})
    (3, 5)
    """
    if isinstance(batch, Mapping):
        return size_of(next(iter(batch.values())))
    if isinstance(batch, (tuple, list)):
        return size_of(batch[0])
    return len(batch)


def groups(batches: Iterable[Any], size: int, start: int = 0) -> Iterator[list[Any]]:
    """Yield lists of `size` batches, the last one with what is left, without the first `start` batches.

    >>> list(groups("abcdefg", 2, start=1))
    [['b', 'c'], ['d', 'e'], ['f', 'g']]
    """
    remaining = islice(batches, start, None)
    while group := list(islice(remaining, size)):
        yield group


def length_of(loader: Any) -> int | None:
    """Return how many batches a loader has, None if it does not know."""
    try:
        return len(loader)
    except TypeError:
        return None


def place_in(loader: Any) -> Any:
    """Return where a loader is, None if it cannot tell."""
    return loader.state_dict() if hasattr(loader, "load_state_dict") else None


def pair(batch: Any) -> tuple[Any, Any]:
    """Return the inputs and targets of a batch.

    Raises:
        TrainingError: it is something else.
    """
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        got = f"{type(batch).__name__} of {len(batch)}" if isinstance(batch, (tuple, list)) else type(batch).__name__
        message = f"expected batches of (inputs, targets); got a {got}: override Trainer.step to say what to do with it"
        raise TrainingError(message)
    return batch[0], batch[1]


def inputs_of(batch: Any) -> Any:
    """Return the inputs of a batch that may have targets, or none."""
    return batch[0] if isinstance(batch, (tuple, list)) else batch


def number(loss: Tensor) -> float:
    """Return a loss as a number.

    Raises:
        TrainingError: it is more than one.
    """
    if loss.data.size != 1:
        message = f"expected one number as the loss of a batch; got shape {list(loss.shape)}: take its mean"
        raise TrainingError(message)
    return float(loss.data.item())


def step_scheduler(scheduler: Any, figure: Callable[[], float]) -> None:
    """Make a scheduler's step; one that watches a figure is shown it."""
    if isinstance(scheduler, ReduceLROnPlateau):
        scheduler.step(figure())
    else:
        scheduler.step()


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Switch a model to evaluation in a `with` block, and each of its modules back to what it was, also after an error.

    A part may be in evaluation already, on purpose, and stays so. Random numbers go on after it as if nothing had been:
    to validate, or not, must not change what is learned. `RandomState()` has their `state_dict` and `load_state_dict`.
    """
    before = [(module, module.training) for module in model.modules()]
    random, numbers = RandomState(), RandomState().state_dict()
    model.eval()
    try:
        yield
    finally:
        for module, mode in before:
            module.train(mode)  # and all inside, whose turn comes later
        random.load_state_dict(numbers)


def merged(losses: Mean, metrics: Mapping[str, Metric[Any]], communicator: Communicator) -> Row:
    """Return the loss and the metrics of what all ranks have counted, as JSON can hold them."""
    found = {name: total(metric, communicator).compute() for name, metric in {"loss": losses, **metrics}.items()}
    return {name: value if isinstance(value, (int, float)) else value.tolist() for name, value in found.items()}


def total(metric: Metric[Any], communicator: Communicator) -> Metric[Any]:
    """Return a metric that has counted what all ranks have."""
    if communicator.size == 1:
        return metric
    metric = copy(metric)
    shapes = communicator.gather(list(metric.counts.shape))
    metric.counts = add(metric.counts, np.zeros(np.max(shapes, axis=0), metric.counts.dtype))
    communicator.sum([metric.counts])
    return metric
