"""PyTorch's own samples run through TinyTorch: the same arguments in; the same values, types and gradients out."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import tt_core
from tt_core import NotSupportedError, Tensor

DTYPES = {
    torch.float64: tt_core.float64,
    torch.float32: tt_core.float32,
    torch.float16: tt_core.float16,
    torch.int8: tt_core.int8,
    torch.int16: tt_core.int16,
    torch.int32: tt_core.int32,
    torch.int64: tt_core.int64,
    torch.uint8: tt_core.uint8,
    torch.bool: tt_core.bool,
}
TOLERANCE = {"float64": (1e-9, 1e-10), "float32": (1e-5, 1e-5), "float16": (1e-2, 2e-2)}

PROPERTIES = ("T", "mT")
METHODS = ("bool", "float", "int")  # as names of the module, these are types
RENAMED = {"__rdiv__": "__rtruediv__"}
RANDOM = ("empty", "empty_like", "rand_like", "randn_like", "randint_like")  # the type and the shape are all there is
SORTING = ("sort", "argsort", "topk")  # of equal elements, either may come first unless stable=True
ORDER: dict[str, Callable[[Any], Any]] = {  # OpInfo calls these with the tensor first
    "einsum": lambda f: lambda xs, equation: f(equation, *xs),
    "where": lambda f: lambda x, mask, y: f(mask, x, y) if f is tt_core.where else f(x, mask, y),
}


class Untranslatable(Exception):  # noqa: N818 - not an error: a sample that has no meaning here
    """A sample with something that TinyTorch has no counterpart for, such as complex numbers."""


@dataclass
class Tally:
    """What was compared, and what was refused and why."""

    operations: set[str] = field(default_factory=set)
    samples: int = 0
    comparisons: int = 0
    refused: Counter[str] = field(default_factory=Counter)


TOTAL = Tally()


def ours(x: Any) -> Any:
    """Return a copy of PyTorch's argument as TinyTorch's: tensors keep strides, type and need for a gradient."""
    if isinstance(x, torch.Tensor):
        if x.dtype not in DTYPES or x.layout is not torch.strided or x.ndim > 64:
            raise Untranslatable(str(x.dtype))
        made = tt_core.from_numpy(copy.deepcopy(x.detach()).numpy(force=True))
        return made.requires_grad_() if x.requires_grad else made
    if isinstance(x, torch.dtype):
        if x not in DTYPES:
            raise Untranslatable(str(x))
        return DTYPES[x]
    if isinstance(x, (torch.memory_format, torch.layout, complex)):
        raise Untranslatable(str(x))
    if isinstance(x, torch.device):
        return str(x)
    if isinstance(x, (list, tuple)):
        return type(x)(map(ours, x)) if type(x) in (list, tuple) else tuple(map(ours, x))
    return {k: ours(v) for k, v in x.items()} if isinstance(x, dict) else x


def leaves(x: Any) -> Any:
    """Return PyTorch's arguments with leaves in the place of views that a sample made, on the same memory."""
    if isinstance(x, torch.Tensor):
        return x.detach().requires_grad_(x.requires_grad)
    if type(x) in (list, tuple):
        return type(x)(map(leaves, x))
    return {k: leaves(v) for k, v in x.items()} if isinstance(x, dict) else x


def tensors(x: Any, kind: type) -> Iterator[Any]:
    """Yield all tensors of one library in nested arguments or results, in order."""
    if isinstance(x, kind):
        yield x
    elif isinstance(x, (list, tuple, dict)):
        for part in x.values() if isinstance(x, dict) else x:
            yield from tensors(part, kind)


def values(x: Any) -> Any:
    """Return the array that a tensor of either library holds."""
    return x.detach().numpy(force=True)


def compare(mine: Any, theirs: torch.Tensor, what: str, *, valued: bool = True, ignore_nan: bool = False) -> None:
    """Fail unless shape, type and (if `valued`) values are PyTorch's; nan of theirs may be a number where ignored."""
    assert isinstance(mine, Tensor), f"{what}: expected a Tensor; got {type(mine).__name__}"
    assert tuple(mine.shape) == tuple(theirs.shape), f"{what}: shape {mine.shape}, PyTorch {tuple(theirs.shape)}"
    assert mine.dtype == DTYPES[theirs.dtype], f"{what}: type {mine.dtype}, PyTorch {theirs.dtype}"
    assert type(mine.data) is np.ndarray, f"{what}: holds {type(mine.data)}"
    if not valued:
        return
    rtol, atol = TOLERANCE.get(mine.dtype.name, (0, 0))
    got, expected = values(mine), values(theirs)
    if ignore_nan:
        got = np.where(np.isnan(expected), np.nan, got)
    np.testing.assert_allclose(got, expected, rtol, atol, err_msg=what, strict=True)


def compare_results(mine: Any, theirs: Any, what: str, *, valued: bool = True) -> int:
    """Fail unless two results agree, through tuples and lists; return how many tensors they hold."""
    if isinstance(theirs, torch.Tensor):
        compare(mine, theirs, what, valued=valued)
        assert mine.requires_grad == theirs.requires_grad, f"{what}: requires_grad {mine.requires_grad}"
        return 1
    if isinstance(theirs, (tuple, list)):
        assert isinstance(mine, (tuple, list)), f"{what}: expected a tuple; got {type(mine).__name__}"
        assert len(mine) == len(theirs), f"{what}: {len(mine)} results, PyTorch {len(theirs)}"
        pairs = enumerate(zip(mine, theirs, strict=True))
        return sum(compare_results(m, t, f"{what}[{i}]", valued=valued) for i, (m, t) in pairs)
    assert mine == theirs or mine is theirs or (math.isnan(mine) and math.isnan(theirs)), f"{what}: {mine}, {theirs}"
    return 1


def compare_sorted(mine: Any, theirs: Any, sample: Any, what: str) -> int:
    """Fail unless the sorted values agree and the indices lead to them."""
    x = np.atleast_1d(values(sample.input))
    position = 1 if isinstance(theirs, torch.return_types.topk) else 0
    dim = sample.kwargs.get("dim", sample.args[position] if len(sample.args) > position else -1)
    indices = mine if isinstance(mine, Tensor) else mine.indices
    reached = np.take_along_axis(x, np.atleast_1d(values(indices)), dim).reshape(indices.shape)
    wanted = theirs if isinstance(theirs, torch.Tensor) else theirs.indices
    found = np.take_along_axis(x, np.atleast_1d(values(wanted)), dim).reshape(tuple(wanted.shape))
    compare(indices, wanted, what, valued=False)
    np.testing.assert_array_equal(reached, found, err_msg=what, strict=True)
    return 1 if isinstance(mine, Tensor) else 1 + compare_results(mine.values, theirs.values, what)


def compare_gradients(mine: tuple[Any, Any], theirs: tuple[Any, Any], what: str, *, order: int, first: int = 1) -> int:
    """Fail unless the gradients of (arguments, results) agree, up to those of the gradients for `order` 2."""
    mine_in, mine_out = ([t for t in tensors(side, Tensor) if t.requires_grad] for side in mine)
    torch_in, torch_out = ([t for t in tensors(side, torch.Tensor) if t.requires_grad] for side in theirs)
    if not torch_out:
        return 0
    rng, more = np.random.default_rng(0), order > first
    seeds = [np.asarray(rng.standard_normal(tuple(y.shape))).astype(DTYPES[y.dtype]) for y in torch_out]
    mine_seeds = [tt_core.tensor(s, requires_grad=more) for s in seeds]
    torch_seeds = [torch.tensor(s, requires_grad=more) for s in seeds]
    try:
        expected = torch.autograd.grad(torch_out, torch_in, torch_seeds, create_graph=more, allow_unused=True)
    except RuntimeError:  # PyTorch lacks some: remainder by an integer tensor, clamp by a broadcast bound
        return 0
    got = tt_core.grad(mine_out, mine_in, mine_seeds, create_graph=more, allow_unused=True)
    count = 0
    for i, (m, t) in enumerate(zip(got, expected, strict=True)):
        count += compare_gradient(m, t, f"{what}, gradient {i} of order {first}", ignore_nan=first > 1)
    if more:
        later = (([*mine_in, *mine_seeds], got), ([*torch_in, *torch_seeds], expected))
        count += compare_gradients(*later, what, order=order, first=first + 1)
    return count


def compare_gradient(mine: Any, theirs: Any, what: str, *, ignore_nan: bool) -> int:
    """Fail unless two gradients agree; None on one side is zero on the other."""
    if mine is None or theirs is None:
        there = theirs if mine is None else mine
        assert there is None or np.allclose(values(there), 0, atol=1e-10), f"{what}: got {mine}, PyTorch {theirs}"
        return 0
    compare(mine, theirs, what, ignore_nan=ignore_nan)
    return 1


def places(op: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Return where an operation of PyTorch's is found in TinyTorch: as a function, and as a method."""
    module, _, name = op.name.rpartition(".")
    if name in PROPERTIES:
        return [(f"Tensor.{name}", lambda x: getattr(x, name))]
    owner = {"": tt_core, "nn.functional": tt_core.functional, "linalg": tt_core.linalg}[module]
    found = [] if name in METHODS else [(f"{owner.__name__}.{name}", getattr(owner, name, None))]
    if op.method_variant is not None and not module:
        found.append((f"Tensor.{name}", getattr(Tensor, RENAMED.get(name, name), None)))
    order = ORDER.get(op.name, lambda f: f)
    return [(where, order(f)) for where, f in found if f is not None]


def check_sample(op: Any, sample: Any, where: str, function: Callable[..., Any], *, order: int = 1) -> None:
    """Run one sample through PyTorch and through `function`, and compare results and gradients up to `order`."""
    what = f"{where} {sample.summary()}"[:600]
    theirs_in = leaves((sample.input, *sample.args, sample.kwargs))
    try:
        mine_in = ours(theirs_in)
    except Untranslatable:
        return
    try:
        theirs = op.op(*theirs_in[:-1], **theirs_in[-1])
    except RuntimeError:  # a few of the reference samples are not for this type
        return
    if theirs is NotImplemented:
        return
    try:
        mine = function(*mine_in[:-1], **mine_in[-1])
    except NotSupportedError as reason:
        TOTAL.refused[f"{where}: {reason}"] += 1
        return
    TOTAL.samples += 1
    if op.name in SORTING and not sample.kwargs.get("stable"):
        TOTAL.comparisons += compare_sorted(mine, theirs, sample, what)
    else:
        TOTAL.comparisons += compare_results(mine, theirs, what, valued=op.name not in RANDOM)
    if order:
        TOTAL.comparisons += compare_gradients((mine_in, mine), (theirs_in, theirs), what, order=order)
