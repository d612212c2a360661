"""Collation: from a list of items to one batch (module 07).

Source: `torch/utils/data/_utils/collate.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from tt_core import DTypeError, ShapeError, Tensor, as_tensor, float64, stack, tensor
from tt_core.extend import wrap

Combine = Callable[[Any], Any]


def default_collate(batch: Sequence[Any]) -> Any:
    """Return one batch of several items: what they consist of gets a first dimension more.

    Numbers, arrays and tensors become tensors (Python floats float64, as in PyTorch); strings and bytes stay;
    dicts, named tuples, lists and tuples are collated member by member, tuples into a list.

    Raises:
        DTypeError: an item is something else; the loader needs a `collate_fn`.
        ShapeError: items have different shapes or lengths.

    >>> default_collate([(0, "a"), (1, "b")])
    [tensor([0, 1]), ('a', 'b')]
    """
    return collate(batch, list)


def collate(batch: Sequence[Any], of_tuples: Combine) -> Any:
    """Return one batch of items that are all like the first; `of_tuples(members)` makes what becomes of tuples.

    Tensors are stacked by `_stack_tensors`; arrays and NumPy's numbers, of a type whose `kind` is in "biuf", by
    `_stack`, and wrapped. Python's bools and ints become a tensor, floats one of float64; strings and bytes stay the
    sequence that they are. All else has members, and goes to `_collate_members`.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return _stack_tensors(batch)
    if isinstance(first, (np.ndarray, np.generic)) and first.dtype.kind in "biuf":
        return wrap(_stack(batch))
    if isinstance(first, (bool, int)):
        return tensor(batch)
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, (str, bytes)):
        return batch
    return _collate_members(batch, first, of_tuples)


def _collate_members(batch: Sequence[Any], first: Any, of_tuples: Combine) -> Any:
    """Collate mappings key by key, and sequences place by place: a list of rows becomes a row of collated columns.

    `_like_mapping` and `_like_sequence` put the columns into something like `first`.

    Raises:
        DTypeError: the items are neither mappings nor sequences; the message asks for a `collate_fn`.
        ShapeError: they are sequences of different lengths; the message has the lengths.

    >>> _collate_members([{"x": 1}, {"x": 2}], {"x": 1}, tuple)
    {'x': tensor([1, 2])}
    """
    if isinstance(first, Mapping):
        return _like_mapping(first, {key: collate([item[key] for item in batch], of_tuples) for key in first})
    if not isinstance(first, Sequence):
        message = (
            "expected tensors, arrays, numbers, strings, dicts, tuples or lists to make a batch of; "
            f"got {type(first).__name__}: give the loader a collate_fn"
        )
        raise DTypeError(message)
    if len({len(item) for item in batch}) > 1:
        message = f"expected items of one length to make a batch of; got lengths {[len(item) for item in batch]}"
        raise ShapeError(message)
    members = [collate(column, of_tuples) for column in zip(*batch, strict=True)]
    return _like_sequence(first, members, of_tuples)


def _stack_tensors(batch: Sequence[Tensor]) -> Tensor:
    """Stack along a new first dimension; the record of gradients goes on where there is one."""
    if any(x.requires_grad for x in batch):
        return stack(batch)
    return wrap(_stack([x.data for x in batch]))


def _stack(arrays: Sequence[Any]) -> Any:
    """Stack B arrays (…) along a new first dimension, to (B, …), by a copy.

    Raises:
        ShapeError: the shapes differ; the message has each shape once, written as a list, `[2, 3]`.
    """
    try:
        return np.stack(arrays)
    except ValueError:
        shapes = sorted({np.shape(a) for a in arrays})
        message = f"expected items of one shape to make a batch of; got shapes {[list(shape) for shape in shapes]}"
        raise ShapeError(message) from None


def _like_mapping(first: Any, members: dict[Any, Any]) -> Any:
    """Return the members in a mapping like the items'."""
    if isinstance(first, MutableMapping):
        made = copy.copy(first)
        made.update(members)
        return made
    try:
        return type(first)(members)
    except TypeError:  # it is made in a way of its own
        return members


def _like_sequence(first: Any, members: list[Any], of_tuples: Combine) -> Any:
    """Return the members in a sequence like the items'."""
    if hasattr(first, "_fields"):
        return type(first)(*members)
    if isinstance(first, tuple):
        return of_tuples(members)
    if isinstance(first, MutableSequence):
        made = copy.copy(first)
        made[:] = members
        return made
    return members


def default_convert(data: Any) -> Any:
    """Return an item with tensors in the place of arrays; all else stays (tuples become lists, as in PyTorch)."""
    return convert(data, list)


def convert(data: Any, of_tuples: Combine) -> Any:
    """Do as `default_convert` does; `of_tuples` makes what becomes of tuples."""
    if isinstance(data, (np.ndarray, np.generic)):
        return as_tensor(data) if data.dtype.kind in "biuf" else data
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: convert(value, of_tuples) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _like_sequence(data, [convert(value, of_tuples) for value in data], of_tuples)
    return data
