"""Averages of a model's weights over its training, which often judge better than the last weights do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias

from tt_core import Tensor, no_grad, tensor
from tt_core.dtypes import int64
from tt_core.extend import need_cpu
from tt_core.nn import Module
from tt_train.optimizers.errors import OptimizerError

Average: TypeAlias = Callable[[Tensor, Tensor, Any], Tensor]
Averages: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_swa_avg_fn() -> Average:
    """Return the function that keeps an equal average: a ← a + (x − a) / (n + 1)."""
    return lambda average, current, count: average + (current - average) / (int(count) + 1)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the function that keeps an exponential average: a ← decay · a + (1 − decay) · x.

    Raises:
        OptimizerError: decay is not from 0 to 1.
    """
    _check_decay(decay)
    return lambda average, current, _: average * decay + current * (1 - decay)


def get_swa_multi_avg_fn() -> Averages:
    """Return the function that keeps equal averages of many tensors, in place."""
    return lambda averages, currents, count: _blend_all(averages, currents, 1 / (int(count) + 1))


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """Return the function that keeps exponential averages of many tensors, in place.

    Raises:
        OptimizerError: decay is not from 0 to 1.
    """
    _check_decay(decay)
    return lambda averages, currents, _: _blend_all(averages, currents, 1 - decay)


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        message = f"expected a decay from 0 to 1; got {decay}"
        raise OptimizerError(message)


def _blend_all(averages: Sequence[Tensor], currents: Sequence[Tensor], weight: float) -> None:
    """Move each average by a part `weight` of the way, a ← a + (x − a) · weight, in place and unrecorded.

    It keeps its type: whole numbers, such as counters, are cut off.
    """
    with no_grad():
        for a, x in zip(averages, currents, strict=True):
            a.copy_((a + (x - a) * weight).to(a.dtype))


class AveragedModel(Module):
    """A copy of a model whose weights are averages: equal ones (SWA) unless a function says otherwise.

    Args:
        model: what to copy.
        device: "cpu" or None.
        avg_fn: from an average, a weight and the number of models so far to the new average.
        multi_avg_fn: the same for all of them at once, in place: `get_ema_multi_avg_fn(0.999)` for EMA.
        use_buffers: average buffers too, instead of taking over the model's.

    Raises:
        OptimizerError: both functions are given.

    Source: Izmailov et al. 2018, https://arxiv.org/abs/1803.05407; Polyak & Juditsky 1992

    >>> from tt_core import nn
    >>> model = nn.Linear(1, 1)
    >>> average = AveragedModel(model)
    >>> for weight in (1.0, 2.0, 6.0):
    ...     with no_grad():
    ...         _ = model.weight.fill_(weight)
    ...     average.update_parameters(model)
    >>> average.module.weight.item(), int(average.n_averaged)
    (3.0, 3)
    """

    n_averaged: Tensor
    module: Module

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        need_cpu(device)
        if avg_fn is not None and multi_avg_fn is not None:
            message = "expected at most one of avg_fn and multi_avg_fn; got both"
            raise OptimizerError(message)
        self.module = deepcopy(model)
        self.register_buffer("n_averaged", tensor(0, dtype=int64))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the averaged model does."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the model's weights into the averages; the first ones are copied.

        `_averaged` lists the averages (of `self.module`) and the model's weights. While `n_averaged` is 0 they are
        copied (`_copy_all`); then `avg_fn(average, weight, n)` gives each new average, if there is one, or else
        `multi_avg_fn`, by default `get_swa_multi_avg_fn()`, changes all of them in place. Buffers are copied from the
        model, unless they are averaged too, and `n_averaged` grows by 1.
        """
        averages, currents = (self._averaged(of) for of in (self.module, model))
        count = int(self.n_averaged)
        if count == 0:
            _copy_all(averages, currents)
        elif self.avg_fn is not None:
            new = [self.avg_fn(a, x, count) for a, x in zip(averages, currents, strict=True)]
            _copy_all(averages, new)
        else:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(averages, currents, count)
        if not self.use_buffers:
            _copy_all(list(self.module.buffers()), list(model.buffers()))
        self.n_averaged.fill_(count + 1)

    def _averaged(self, model: Module) -> list[Tensor]:
        return [x.detach() for x in chain(model.parameters(), model.buffers() if self.use_buffers else ())]


def _copy_all(targets: Sequence[Tensor], sources: Sequence[Tensor]) -> None:
    for target, source in zip(targets, sources, strict=True):
        target.copy_(source.to(target.dtype))


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Measure anew the running means and variances of a model's batch norms, as averages over one pass of the data.

    Args:
        loader: batches, tensors or tuples whose first element goes into the model.
        model: whose averaged weights have never seen data.
        device: "cpu" or None.

    Raises:
        NotSupportedError: the device is another.
    """
    need_cpu(device)
    layers: list[Any] = [m for m in model.modules() if hasattr(m, "running_mean") and hasattr(m, "reset_running_stats")]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    training = [(module, module.training) for module in model.modules()]
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    for batch in loader:
        model(batch[0] if isinstance(batch, (list, tuple)) else batch)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    for module, was in training:
        module.training = was
