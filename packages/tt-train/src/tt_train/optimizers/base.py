"""`Optimizer`: what all optimizers share; the loop over the parameters is here, and only here (module 08)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar

import numpy as np

from tt_core import Tensor, enable_grad
from tt_core.extend import Array
from tt_train.optimizers import groups, saving
from tt_train.optimizers.blocks import Pool, cut, whole
from tt_train.optimizers.groups import Params
from tt_train.optimizers.options import check_ranges, plain
from tt_train.optimizers.slots import Slot, share_memory

__all__ = ["Optimizer", "Options", "Params", "State"]

Options: TypeAlias = Mapping[str, Any]
State: TypeAlias = Mapping[str, Array]
T = TypeVar("T")


class Optimizer:
    """The base class: define `init`, what is kept for each parameter, and `update`, how one is changed.

    Args:
        params: the parameters; or (name, parameter) pairs; or groups, dicts with "params" and settings of their own.
        defaults: the settings of groups that do not say otherwise.

    Attributes:
        param_groups: dicts with "params" and every setting, which may be changed at any time: `["lr"]` above all.
        state: by parameter, what is kept for it as tensors, by PyTorch's names.
        elementwise: whether each number is updated by itself, so that parts of parameters can be.
        counted: whether `update` depends on how many there were, so that "step" is kept too.
        eager: whether state is made at once, not with the first gradient.
        decoupled: whether weight decay shrinks parameters by itself, instead of being part of the gradient.

    >>> from tt_core import nn
    >>> class SignDescent(Optimizer):
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...     def update(self, p, g, s, o, t, a):
    ...         p -= o["lr"] * np.sign(g)
    >>> w = nn.Parameter([1.0, 2.0])
    >>> (w * w).sum().backward()
    >>> SignDescent([w], lr=0.5).step()
    >>> w.tolist()
    [0.5, 1.5]
    """

    elementwise: ClassVar[bool] = True
    counted: ClassVar[bool] = True
    eager: ClassVar[bool] = False
    decoupled: ClassVar[bool] = False
    _slots: dict[Tensor, Slot]
    _tied: bool | None
    _pool: Pool

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._forget()
        for group in groups.split(params):
            self.add_param_group(group)

    # What an optimizer defines

    def init(self, o: Options) -> dict[str, float]:  # noqa: ARG002 - for those that override it
        """Return the names of the arrays that are kept for each parameter, of its size, and what they start at."""
        return {}

    def update(self, p: Array, g: Array, s: State, o: Options, t: int, a: Array) -> None:
        """Change p, and what is kept, in place: what is written is these arrays' memory, and no array is returned.

        Args:
            p: a parameter, or if elementwise any stretch of numbers from parameters; `p -= …` changes it.
            g: the gradient to descend along, of p's shape; it must not be changed, for it is the user's.
            s: what is kept, arrays of p's shape by the names of `init`; changed in place too.
            o: the settings of the group by their names, `o["lr"]` for one; numbers are Python's.
            t: which update of p it is, from 1; if not counted, 1 for the first and 2 for the others.
            a: scratch memory of p's shape, which holds anything before and may hold anything after.
        """
        message = f"expected {type(self).__name__} to define update(); it does not"
        raise NotImplementedError(message)

    def check(self, o: Options) -> None:
        """Refuse settings that cannot work.

        Raises:
            OptimizerError: a number is out of its range.
        """
        check_ranges(type(self).__name__, o)

    # What all of them do

    def step(self, closure: Callable[[], T] | None = None) -> T | None:
        """Update every parameter that has a gradient; return what the closure does.

        For each group, `_update_group` gets the list of its parameters whose `grad` is not None (one of zeros counts),
        and its settings: a dict of all but "params", each value made `plain`. A closure runs with gradients enabled,
        whatever is around it.

        Args:
            closure: computes the loss and its gradients anew; called first.

        Raises:
            OptimizerStateError: a gradient, or what is kept, has another shape than its parameter.
            GradientError: a parameter's memory must not be written to.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            o = {name: plain(value) for name, value in group.items() if name != "params"}
            self._update_group([p for p in group["params"] if p.grad is not None], o)
        return loss

    def _update_group(self, params: list[Tensor], o: Options) -> None:
        start = self.init(o)
        slots = [self._slot(p, start) for p in params]
        if self._tied is None:
            self._tied = share_memory(list(self._slots.values()))
        blocks = cut(slots, gather=not self._tied) if self.elementwise else whole(slots)

        def update(arrays: list[Array], t: int, a: Array, b: Array) -> None:
            p, g, *kept = arrays
            self.update(p, self._direction(p, g, o, b), dict(zip(start, kept, strict=True)), o, t, a)

        self._pool.run(blocks, update, at_once=self.elementwise and not self._tied)
        for slot in slots:
            slot.close(flat=self.elementwise)

    def _direction(self, p: Array, g: Array, o: Options, b: Array) -> Array:
        """Return where to descend: the gradient, turned around to maximize, with λ θ of weight decay; or shrink θ.

        Without weight decay it is g itself, or −g if the settings say "maximize". With a decay λ that is coupled it is
        λp + g, or λp − g. With one that is decoupled (the class says so, or the setting "decoupled_weight_decay"),
        p ← (1 − ηλ) p at once, and the direction is as without. The settings may lack any of these names but "lr".

        Args:
            p: the parameter, or a stretch of numbers; changed only by a decoupled decay.
            g: its gradient; never changed.
            o: the settings.
            b: scratch memory of p's shape, which holds the direction if that is not g.
        """
        decay = o.get("weight_decay")
        if decay and (self.decoupled or o.get("decoupled_weight_decay")):
            np.multiply(p, 1 - o["lr"] * decay, out=p)
        elif decay:
            np.multiply(p, decay, out=b)
            return (np.subtract if o.get("maximize") else np.add)(b, g, out=b)
        return np.negative(g, out=b) if o.get("maximize") else g

    def _slot(self, p: Tensor, start: dict[str, float]) -> Slot:
        slot = self._slots.get(p)
        state = self.state[p] if start or self.counted else {}
        if slot is None or not slot.holds(p, state, start):
            slot = self._slots[p] = Slot(p, state, start, counted=self.counted)
            self._tied = None
        return slot

    def _forget(self) -> None:
        """Drop what can be found again: where arrays are, and scratch memory."""
        self._slots = {}
        self._tied = None
        self._pool = Pool()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or put zeros in their place.

        A parameter without a gradient keeps none. Zeros are written into the gradient's own memory, and the record of
        how it came about is left behind: `p.grad.detach()` has the same memory and no record.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad = p.grad.detach().zero_()

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters, with settings of their own where the group has any.

        Raises:
            OptimizerError: a parameter is there already or no leaf, or a setting cannot work.
            TypeError: something among the parameters is no tensor.
        """
        group = {**groups.checked(param_group, self.param_groups)}
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.check(group)
        self.param_groups.append(group)
        if self.eager:
            for p in group["params"]:
                self._slot(p, self.init(group))

    # What it has learned

    def state_dict(self) -> dict[str, Any]:
        """Return the state and the settings in PyTorch's layout, parameters as numbers; tensors share memory."""
        return saving.pack(self.param_groups, self.state)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the state and the settings of an optimizer with the same groups; if one does not fit, none.

        Args:
            state_dict: with tensors or arrays of TinyTorch, NumPy or PyTorch, which are copied.

        Raises:
            OptimizerStateError: groups or shapes differ.
        """
        self.param_groups, self.state = saving.unpack(state_dict, self.param_groups, self.defaults)
        self._forget()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be found again."""
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def __repr__(self) -> str:
        """Return the settings of each group, as PyTorch shows them."""
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += [
                f"Parameter Group {i}",
                *(f"    {name}: {group[name]}" for name in sorted(group) if name != "params"),
            ]
        return "\n".join([*lines, ")"])
