"""`Metric`: counts that add up over batches and processes, and what is computed of them in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import numpy as np

from tt_core.errors import StateError, TinyTorchError
from tt_core.extend import Array
from tt_train.metrics.inputs import as_array

V_co = TypeVar("V_co", float, Array, float | Array, covariant=True)
M = TypeVar("M", bound="Metric[Any]")


class Metric(Generic[V_co]):
    """The base class: a subclass adds to `counts` in `update`, and divides in `compute`.

    Attributes:
        name: what logs and tables call it.
        counts: all that it knows of the samples so far; those of several batches or processes are added.

    >>> from tt_train.metrics import Accuracy
    >>> m = Accuracy()
    >>> m.update([1, 0, 2], [1, 0, 0])
    >>> m.update([2], [2])
    >>> m.compute()
    0.75
    """

    name = "metric"
    counts: Array

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all samples."""
        self.counts = np.zeros(2)

    def update(self, predictions: Any, targets: Any, /) -> None:
        """Count a batch."""
        raise NotImplementedError

    def compute(self) -> V_co:
        """Return the value for all samples so far."""
        raise NotImplementedError

    def merge(self, other: Metric[Any]) -> None:
        """Add what another one, of the same kind, has counted.

        Raises:
            StateError: it is of another kind.
        """
        if type(other) is not type(self):
            message = f"expected a {type(self).__name__} to merge into one; got {type(other).__name__}"
            raise StateError(message)
        self.counts = add(self.counts, other.counts)

    def state_dict(self) -> dict[str, Any]:
        """Return the counts."""
        return {"counts": self.counts.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to counts that `state_dict` returned."""
        self.counts = as_array(state["counts"]).copy()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.compute()})"


class Mean(Metric[float]):
    """The mean of numbers, such as the losses of batches, each with the weight that it is given.

    >>> m = Mean()
    >>> m.update(2.0, 3)
    >>> m.update(4.0)
    >>> m.compute()
    2.5
    """

    name = "mean"

    def update(self, value: Any, weight: Any = 1.0, /) -> None:
        """Take a number, or many, that each stand for `weight` samples.

        Σ value · weight is added to `counts[0]`, the sum of the weights to `counts[1]`. The weight is one number for
        all values, or an array with one for each.
        """
        values, weights = as_array(value), as_array(weight)
        self.counts[0] += float((values * weights).sum())
        self.counts[1] += float(weights.sum()) if weights.shape == values.shape else float(weights) * values.size

    def compute(self) -> float:
        """Return Σ value · weight / Σ weight of all updates; nan of none."""
        return ratio(self.counts[0], self.counts[1])


class Averaged(Metric[float]):
    """A function of predictions and targets, averaged over batches by their size: exact if it is a mean itself."""

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        super().__init__()
        self.function = function
        self.name = name or str(getattr(function, "__name__", "metric"))

    def update(self, predictions: Any, targets: Any, /) -> None:
        """Compute the function of a batch."""
        size = len(as_array(targets))
        self.counts += (float(self.function(predictions, targets)) * size, size)

    def compute(self) -> float:
        """Return the mean over all samples."""
        return ratio(self.counts[0], self.counts[1])


Given = Mapping[str, Any] | Iterable[Any] | None


def collect(given: Given) -> dict[str, Metric[Any]]:
    """Return metrics by name: of a mapping, or of a sequence of metrics and functions, which bring their own names.

    Raises:
        TinyTorchError: two have one name, or something is neither a metric nor a function.
    """
    named = given.items() if isinstance(given, Mapping) else [(_name(m), m) for m in given or ()]
    found: dict[str, Metric[Any]] = {}
    for name, metric in named:
        if name in found or name == "loss":
            message = f"expected a different name for each metric, and not 'loss'; got {name!r} again: give a dict"
            raise TinyTorchError(message)
        found[name] = metric if isinstance(metric, Metric) else Averaged(_callable(metric), name)
    return found


def _name(metric: Any) -> str:
    return str(getattr(metric, "name", None) or getattr(metric, "__name__", type(metric).__name__))


def _callable(metric: Any) -> Callable[[Any, Any], Any]:
    if not callable(metric) or isinstance(metric, type):
        message = f"expected a metric such as Accuracy(), or a function of predictions and targets; got {metric!r}"
        raise TinyTorchError(message)
    return metric  # type: ignore[no-any-return]  # it is callable, and more cannot be known


def once(metric: M, predictions: Any, targets: Any) -> M:
    """Return the metric with all samples counted at once: what the functions are made of."""
    metric.update(predictions, targets)
    return metric


def add(a: Array, b: Array) -> Array:
    """Add counts, of which one may know of more classes than the other."""
    if a.shape == b.shape:
        return a + b
    out = np.zeros(np.maximum(a.shape, b.shape), a.dtype)
    for counts in (a, b):
        out[tuple(slice(n) for n in counts.shape)] += counts
    return out


def ratio(above: Any, below: Any) -> float:
    """Return the quotient of two counts; of no samples it is nan."""
    return float(above) / float(below) if below else float("nan")
