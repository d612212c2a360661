"""PyTorch's own samples run through TinyTorch: the same arguments in, the same values, types and gradients out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import tt_core
from tt_core import NotSupportedError, Tensor

DTYPES = {
    torch.float16: tt_core.float16,
    torch.float32: tt_core.float32,
    torch.float64: tt_core.float64,
    torch.int8: tt_core.int8,
    torch.int16: tt_core.int16,
    torch.int32: tt_core.int32,
    torch.int64: tt_core.int64,
    torch.uint8: tt_core.uint8,
    torch.bool: tt_core.bool,
}
TOLERANCE = {"float64": (1e-9, 1e-10), "float32": (1e-5, 1e-5), "float16": (2e-3, 2e-3)}


PROPERTIES = ("T", "mT")
METHODS = ("bool", "float")  # dtypes or Python's types as names of the module
RENAMED = {"__rdiv__": "__rtruediv__"}
ORDER: dict[str, Callable[[Any], Any]] = {  # OpInfo puts the tensors first
    "einsum": lambda f: lambda xs, equation: f(equation, *xs),
    "where": lambda f: (
        lambda x, condition, other: f(condition, x, other) if f is tt_core.where else f(x, condition, other)
    ),
}


class Untranslatable(Exception):  # noqa: N818 - not an error: a sample that has no meaning here
    """A sample with something that TinyTorch has no counterpart for, such as complex numbers."""


def ours(x: Any) -> Any:
    """Return a copy of PyTorch's argument as TinyTorch's: tensors keep their strides, types and need for a gradient."""
    if isinstance(x, torch.Tensor):
        if x.dtype not in DTYPES or x.layout is not torch.strided:
            raise Untranslatable(str(x.dtype))
        made = tt_core.from_numpy(_with_strides(x))
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


def _with_strides(x: torch.Tensor) -> Any:
    """Return a NumPy array that lies in memory as x does."""
    return copy.deepcopy(x.detach()).numpy(force=True)


def tensors(x: Any, kind: type) -> Iterator[Any]:
    """Yield all tensors of one library in nested arguments or results, in order."""
    if isinstance(x, kind):
        yield x
    elif isinstance(x, (list, tuple)):
        for part in x:
            yield from tensors(part, kind)
    elif isinstance(x, dict):
        for part in x.values():
            yield from tensors(part, kind)


@dataclass
class Tally:
    """What was compared, and what was not and why."""

    samples: int = 0
    comparisons: int = 0
    unsupported: dict[str, int] = field(default_factory=dict)


def _values(x: Any) -> Any:
    return x.detach().numpy(force=True)


def compare(mine: Any, theirs: torch.Tensor, what: str, scale: float = 1) -> None:
    """Fail unless shape, type and values are PyTorch's."""
    assert isinstance(mine, Tensor), f"{what}: expected a Tensor; got {type(mine).__name__}"
    assert tuple(mine.shape) == tuple(theirs.shape), f"{what}: shape {mine.shape}, PyTorch {tuple(theirs.shape)}"
    assert mine.dtype == DTYPES[theirs.dtype], f"{what}: type {mine.dtype}, PyTorch {theirs.dtype}"
    rtol, atol = TOLERANCE.get(mine.dtype.name, (0, 0))
    np.testing.assert_allclose(
        mine.detach().numpy(), theirs.detach().numpy(force=True), rtol * scale, atol * scale, err_msg=what, strict=True
    )


def compare_results(mine: Any, theirs: Any, what: str) -> int:
    """Fail unless two results agree, through tuples and lists; return how many tensors they hold."""
    if isinstance(theirs, torch.Tensor):
        compare(mine, theirs, what)
        assert mine.requires_grad == theirs.requires_grad, f"{what}: requires_grad {mine.requires_grad}"
        return 1
    if isinstance(theirs, (tuple, list)):
        assert isinstance(mine, (tuple, list)), f"{what}: expected a tuple; got {type(mine).__name__}"
        assert len(mine) == len(theirs), f"{what}: {len(mine)} results, PyTorch {len(theirs)}"
        return sum(compare_results(m, t, f"{what}[{i}]") for i, (m, t) in enumerate(zip(mine, theirs, strict=True)))
    assert mine == theirs, f"{what}: {mine!r}, PyTorch {theirs!r}"
    return 1


def compare_gradients(mine: tuple[Any, Any], theirs: tuple[Any, Any], what: str, *, twice: bool) -> int:
    """Fail unless the gradients of (arguments, results) agree, and with `twice` the gradients of those too."""
    mine_in, mine_out = (_with_gradient(side, Tensor) for side in mine)
    torch_in, torch_out = (_with_gradient(side, torch.Tensor) for side in theirs)
    if not torch_out:
        return 0
    rng = np.random.default_rng(0)
    seeds = [np.asarray(rng.standard_normal(tuple(y.shape))).astype(DTYPES[y.dtype]) for y in torch_out]
    mine_seeds = [tt_core.tensor(s, requires_grad=twice) for s in seeds]
    torch_seeds = [torch.tensor(s, requires_grad=twice) for s in seeds]
    options = {"create_graph": twice, "allow_unused": True}
    expected = torch.autograd.grad(torch_out, torch_in, torch_seeds, **options)
    got = tt_core.grad(mine_out, mine_in, mine_seeds, **options)
    count = 0
    for i, (m, t) in enumerate(zip(got, expected, strict=True)):
        count += _compare_gradient(m, t, f"{what} gradient {i}")
    if twice:
        count += compare_gradients(
            ([*mine_in, *mine_seeds], got), ([*torch_in, *torch_seeds], expected), f"{what} second", twice=False
        )
    return count


def _with_gradient(x: Any, kind: type) -> list[Any]:
    return [t for t in tensors(x, kind) if t.requires_grad]


def _compare_gradient(mine: Any, theirs: Any, what: str) -> int:
    """A gradient that one side says is None is zero on the other."""
    if mine is None or theirs is None:
        there = theirs if mine is None else mine
        assert there is None or not np.any(_values(there)), f"{what}: got {mine}, PyTorch {theirs}"
        return 0
    compare(mine, theirs, what)
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
    order = ORDER.get(op.name)
    return [(where, order(f) if order else f) for where, f in found if f is not None]


def check_sample(op: Any, sample: Any, where: str, function: Callable[..., Any], tally: Tally, *, twice: bool) -> None:
    """Run one sample through PyTorch and through `function`, forward and backward."""
    what = f"{where} {sample.summary() if hasattr(sample, 'summary') else sample}"[:600]
    theirs_in = leaves((sample.input, *sample.args, sample.kwargs))
    try:
        mine_in = ours(theirs_in)
    except Untranslatable:
        return
    theirs = op.op(*theirs_in[:-1], **theirs_in[-1])
    try:
        mine = function(*mine_in[:-1], **mine_in[-1])
    except NotSupportedError as reason:
        tally.unsupported[f"{where}: {reason}"] = tally.unsupported.get(f"{where}: {reason}", 0) + 1
        return
    tally.samples += 1
    tally.comparisons += compare_results(mine, theirs, what)
    tally.comparisons += compare_gradients((mine_in, mine), (theirs_in, theirs), what, twice=twice)
