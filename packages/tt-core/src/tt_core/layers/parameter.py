"""`Parameter`: a tensor that a module learns."""

from __future__ import annotations

from typing import Any

from tt_core.graph import Recorded
from tt_core.tensor import Tensor


class Parameter(Tensor):
    """A tensor that becomes part of a module by being assigned to one of its attributes.

    Results of operations on it are plain tensors.

    Args:
        data: a tensor, whose memory is shared, or what `Tensor` makes a copy of: an array, numbers, lists of them.
        requires_grad: whether it is learned.

    >>> Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(() if isinstance(data, Recorded) else data)
        if isinstance(data, Recorded):
            self.data, self.version = data.data, data.version
        self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """Return a parameter with memory of its own; as in PyTorch, the gradient stays behind."""
        return type(self)(self.data, self.requires_grad)
