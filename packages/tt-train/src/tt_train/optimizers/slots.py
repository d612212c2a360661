"""A parameter with what an optimizer keeps for it, as flat arrays in the order of the parameter's memory."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from tt_core import Tensor
from tt_core.errors import GradientError
from tt_core.extend import Array, wrap
from tt_core.graph import touch
from tt_train.optimizers.errors import OptimizerStateError

Axes = tuple[int, ...]


class Slot:
    """One parameter's place in an optimizer: found once, and good as long as no array of it is replaced.

    Args:
        p: the parameter.
        state: what the optimizer keeps for it; what is missing of it is added.
        start: the names of what is kept, and what each starts at.
        counted: whether "step", the number of updates so far, belongs to it.

    Raises:
        OptimizerStateError: something kept has another shape than the parameter.
        GradientError: the parameter's memory must not be written to.
    """

    __slots__ = ("axes", "data", "dense", "flats", "fresh", "kept", "names", "p", "start", "step")

    def __init__(self, p: Tensor, state: dict[str, Any], start: dict[str, float], *, counted: bool) -> None:
        if not p.data.flags.writeable:
            message = f"expected parameters in memory that can be changed; got one of shape {list(p.shape)} that cannot"
            raise GradientError(message)
        self.p, self.data, self.start = p, p.data, start
        self.fresh = any(state.get(name) is None for name in start)
        self.step = _count(state) if counted else None
        self.kept = [_kept(state, name, value, p) for name, value in start.items()]
        self.axes = memory_order(p.data)
        self.dense = in_order(p.data, self.axes).flags.c_contiguous
        self.flats = [flatten(x, self.axes) for x in (p.data, *self.kept)]

    def holds(self, p: Tensor, state: dict[str, Any], start: dict[str, float]) -> bool:
        """Tell whether nothing has been replaced since."""
        if self.data is not p.data or self.start != start:
            return False
        if self.step is not None and getattr(state.get("step"), "data", None) is not self.step:
            return False
        return all(getattr(state.get(name), "data", None) is kept for name, kept in zip(start, self.kept, strict=True))

    def count(self) -> int:
        """Return the number of the update that begins; if not counted, 1 for the first and 2 for the others."""
        if self.step is None:
            t = 1 if self.fresh else 2
            self.fresh = False
        else:
            t = int(self.step) + 1
            self.step.fill(t)
        return t

    def arrays(self, *, flat: bool) -> list[Array]:
        """Return the parameter, its gradient and what is kept for it, flat or in their shape.

        Raises:
            OptimizerStateError: the gradient has another shape.
        """
        g = self.p.grad.data  # type: ignore[union-attr]  # only parameters with a gradient are asked
        if g.shape != self.data.shape:
            message = f"expected a gradient of its parameter's shape {list(self.data.shape)}; got {list(g.shape)}"
            raise OptimizerStateError(message)
        if not flat:
            return [self.data, g, *self.kept]
        if not self.dense:
            self.flats[0] = flatten(self.data, self.axes)
        return [self.flats[0], flatten(g, self.axes), *self.flats[1:]]

    def close(self, *, flat: bool) -> None:
        """Write a parameter back whose memory has gaps, and note that it has changed."""
        if flat and not self.dense:
            spread = in_order(self.data, self.axes)
            spread[...] = self.flats[0].reshape(spread.shape)
        touch(self.p)


def memory_order(x: Array) -> Axes | None:
    """Return the dimensions from the one with the largest step in memory to the one with the smallest; None if sorted.

    >>> memory_order(np.zeros((2, 3, 4)).transpose(2, 0, 1))
    (1, 2, 0)
    """
    if x.flags.c_contiguous:
        return None
    return tuple(sorted(range(x.ndim), key=lambda d: -abs(x.strides[d])))


def in_order(x: Array, axes: Axes | None) -> Array:
    """Return x with its dimensions in this order."""
    return x if axes is None else x.transpose(axes)


def flatten(x: Array, axes: Axes | None) -> Array:
    """Return x as a vector, dimension by dimension in this order: a view if x lies so in memory, a copy if not."""
    return in_order(x, axes).reshape(-1)


def _count(state: dict[str, Any]) -> Array:
    step = state.get("step")
    if not isinstance(step, Tensor) or step.shape != () or step.dtype != np.float32:
        state["step"] = step = wrap(np.array(0 if step is None else float(step), np.float32), "step")
    return step.data


def _kept(state: dict[str, Any], name: str, value: float, p: Tensor) -> Array:
    """Return what is kept under a name: new, or in the type and order of the parameter if it was not."""
    found = state.get(name)
    if found is None:
        state[name] = made = wrap(np.full_like(p.data, value, subok=False), name)
        return made.data
    if found.shape != p.shape:
        message = (
            f"expected {name!r} of its parameter's shape {list(p.shape)}; got {list(found.shape)}: "
            "load a state dict that belongs to this model, or clear optimizer.state"
        )
        raise OptimizerStateError(message)
    if found.dtype != p.dtype or found.data.strides != np.empty_like(p.data).strides:
        like = np.empty_like(p.data)
        like[...] = found.data
        found.data = wrap(like, name).data
    kept: Array = found.data
    return kept


def share_memory(slots: list[Slot]) -> bool:
    """Tell whether two of the parameters use the same memory."""
    spans = sorted(np.lib.array_utils.byte_bounds(slot.data) for slot in slots if slot.data.size)
    return any(end > start for (_, end), (start, _) in pairwise(spans))
