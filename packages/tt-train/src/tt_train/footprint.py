"""Where the memory of a training step goes (module 10): the table that modules 15 to 19 try to make smaller.

print(footprint(model, F.cross_entropy, optimizer, batch))

what              bytes       share
parameters        2,644       24.9%
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import Any, Protocol

from tt_core import Tensor
from tt_core.memory import Usage, scope, track
from tt_core.nn import Module
from tt_core.random import default_generator


class Optimizer(Protocol):
    """What changes the weights."""

    def step(self) -> Any:
        """Change the parameters by their gradients."""

    def state_dict(self) -> Mapping[str, Any]:
        """Return its state, with tensors that share its memory."""

    def load_state_dict(self, state_dict: Any, /) -> Any:
        """Go back to what `state_dict` returned."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """The bytes of one training step, by what they are for. All but the last two add up to `kept`.

    Attributes:
        parameters: what is learned.
        buffers: what modules hold besides, such as running means.
        gradients: one number for each one that is learned.
        optimizer: what the optimizer keeps from step to step: nothing for SGD, twice the parameters for Adam.
        data: the batch.
        activations: what forward leaves behind for backward, and the loss; grows with the batch.
        peak: the most that tensors held at one time; what it is more than the parts at that time was needed in passing.
        samples: in the batch.
    """

    parameters: int
    buffers: int
    gradients: int
    optimizer: int
    data: int
    activations: int
    peak: int
    samples: int

    @property
    def kept(self) -> int:
        """All parts together: more than the peak if not all of them are there at one time."""
        return sum(size for _, size in self.parts())

    def parts(self) -> Iterator[tuple[str, int]]:
        """Yield the parts and their bytes."""
        for each in fields(self):
            if each.name not in {"peak", "samples"}:
                yield each.name, getattr(self, each.name)

    def __str__(self) -> str:
        """Return a table: bytes, and the share of all parts."""
        all_parts = self.kept or 1
        lines = [f"{'what':<16}{'bytes':>16}{'share':>9}"]
        lines += [f"{name:<16}{size:>16,}{size / all_parts:>9.1%}" for name, size in self.parts() if size]
        lines += [
            f"{'together':<16}{self.kept:>16,}{1:>9.1%}",
            f"{'peak':<16}{self.peak:>16,}{self.peak / all_parts:>9.1%}",
        ]
        return "\n".join([*lines, f"(one step with {self.samples:,} samples)"])


def footprint(
    model: Module,
    loss: Callable[..., Tensor],
    optimizer: Optimizer,
    batch: Any,
    *,
    step: Callable[[Any], Tensor] | None = None,
) -> Footprint:
    """Make one training step and measure it; then put weights, optimizer and random numbers back to what they were.

    Gradients are dropped. Only what tensors hold is seen, as `tt_core.memory` says.

    Args:
        model: what learns.
        loss: a function of the model's outputs and the targets.
        optimizer: of the model's parameters.
        batch: (inputs, targets), or what `step` takes.
        step: computes the loss of a batch, instead of `loss(model(inputs), targets)`: a trainer's own `step`, say.

    >>> import tt_core as tt
    >>> from tt_train.optim import Adam
    >>> model = tt.nn.Linear(100, 10)
    >>> found = footprint(model, tt.nn.MSELoss(), Adam(model.parameters()), (tt.zeros(8, 100), tt.zeros(8, 10)))
    >>> found.parameters, found.gradients, found.data
    (4040, 4040, 3520)
    """

    def simple_step(batch: Any) -> Tensor:
        inputs, targets = batch
        return loss(model(inputs), targets)

    with _put_back(model, optimizer):
        return _measure(model, optimizer, batch, step or simple_step)


def _measure(model: Module, optimizer: Optimizer, batch: Any, step: Callable[[Any], Tensor]) -> Footprint:
    """Make a step and count its bytes with `tt_core.memory`: `watch` is shown what is there, a `scope` has what is new.

    Before forward, parameters, buffers, the optimizer's state and the batch are there. "activations" is what is alive
    once the loss is there. "gradients" is what backward has made, and each `p.grad`, which `step` may have made itself;
    it is looked at before the optimizer's step, which may drop them, and in which the loss is not alive any more.
    "optimizer" is what was kept from before and from this step; arrays of NumPy are seen by `watch` only. The peak is
    the tracker's.
    """
    with track() as m:
        m.watch(list(model.parameters()), "parameters")
        m.watch(list(model.buffers()), "buffers")
        m.watch(_state(optimizer), "optimizer")
        m.watch(batch, "data")
        with scope("activations"):
            found = step(batch)
        activations = m.by_scope().get("activations", _NONE).live
        with scope("gradients"):
            found.backward()
        del found
        m.watch([p.grad for p in model.parameters() if p.grad is not None], "gradients")
        gradients = m.by_scope().get("gradients", _NONE).live
        with scope("optimizer"):
            optimizer.step()
        m.watch(_state(optimizer), "optimizer")
    live = {name: usage.live for name, usage in m.by_scope().items()}
    parameters, buffers, kept, data = (live.get(name, 0) for name in ("parameters", "buffers", "optimizer", "data"))
    return Footprint(parameters, buffers, gradients, kept, data, activations, m.peak, _samples(batch))


_NONE = Usage(0, 0, 0)


def _state(optimizer: Optimizer) -> Any:
    """Return the arrays of an optimizer; the numbers of its groups are none."""
    return optimizer.state_dict()["state"]


def _samples(batch: Any) -> int:
    first = batch
    while isinstance(first, (tuple, list, Mapping)):
        first = next(iter(first.values() if isinstance(first, Mapping) else first))
    return len(first)


@contextmanager
def _put_back(model: Module, optimizer: Optimizer) -> Iterator[None]:
    before = deepcopy((model.state_dict(), dict(optimizer.state_dict()), default_generator.get_state()))
    model.zero_grad()
    try:
        yield
    finally:
        model.load_state_dict(before[0])
        optimizer.load_state_dict(before[1])
        default_generator.set_state(before[2])
        model.zero_grad()
