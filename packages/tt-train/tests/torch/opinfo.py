"""PyTorch's own samples of its functions, run through TinyTorch: values, types, first and second gradients."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

import tt_core
from tt_core import NotSupportedError, Tensor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PyTorch's own, while it is imported
    from torch.testing._internal.common_methods_invocations import op_db

DTYPES = {getattr(torch, name): np.dtype(name) for name in ("float64", "float32", "float16", "int64", "uint8")}
TOLERANCE = {"float64": (1e-9, 1e-10), "float32": (1e-5, 1e-5), "float16": (1e-2, 2e-2)}


def ours(x: Any) -> Any:
    """Return PyTorch's arguments as TinyTorch's, tensors copied with their strides."""
    if isinstance(x, torch.Tensor):
        made = tt_core.from_numpy(x.detach().clone(memory_format=torch.preserve_format).numpy())
        return made.requires_grad_() if x.requires_grad else made
    if isinstance(x, (list, tuple)):
        return type(x)(map(ours, x))
    return {k: ours(v) for k, v in x.items()} if isinstance(x, dict) else x


def leaves(x: Any) -> Any:
    """Return the arguments with leaves in the place of views that a sample made."""
    if isinstance(x, torch.Tensor):
        return x.detach().clone(memory_format=torch.preserve_format).requires_grad_(x.requires_grad)
    if isinstance(x, (list, tuple)):
        return type(x)(map(leaves, x))
    return {k: leaves(v) for k, v in x.items()} if isinstance(x, dict) else x


def tensors(x: Any, kind: type) -> Iterator[Any]:
    """Yield all tensors of one library in nested arguments or results, in order."""
    if isinstance(x, kind):
        yield x
    elif isinstance(x, (list, tuple, dict)):
        for part in x.values() if isinstance(x, dict) else x:
            yield from tensors(part, kind)


def compare(mine: Any, theirs: Any, what: str) -> None:
    """Fail unless shape, type and values are PyTorch's."""
    got, expected = mine.detach().numpy(), theirs.detach().numpy()
    rtol, atol = TOLERANCE.get(got.dtype.name, (0, 0))
    np.testing.assert_allclose(got, expected, rtol, atol, err_msg=what, strict=True)


def compare_gradients(mine: tuple[Any, Any], theirs: tuple[Any, Any], what: str, order: int) -> None:
    """Fail unless the gradients of (arguments, results) agree, and theirs in turn for a higher order."""
    mine_in, mine_out = ([t for t in tensors(side, Tensor) if t.requires_grad] for side in mine)
    torch_in, torch_out = ([t for t in tensors(side, torch.Tensor) if t.requires_grad] for side in theirs)
    assert len(mine_out) == len(torch_out), f"{what}: {len(mine_out)} results with a gradient, not {len(torch_out)}"
    if not torch_out:
        return
    rng, more = np.random.default_rng(0), order > 1
    seeds = [rng.standard_normal(tuple(y.shape)).astype(DTYPES[y.dtype]) for y in torch_out]
    mine_seeds = [tt_core.tensor(s, requires_grad=more) for s in seeds]
    torch_seeds = [torch.tensor(s, requires_grad=more) for s in seeds]
    expected = torch.autograd.grad(torch_out, torch_in, torch_seeds, create_graph=more, allow_unused=True)
    got = tt_core.grad(mine_out, mine_in, mine_seeds, create_graph=more, allow_unused=True)
    for i, (m, t) in enumerate(zip(got, expected, strict=True)):
        if m is None or t is None:
            there = t if m is None else m
            assert there is None or not np.any(there.detach().numpy()), f"{what}: gradient {i} is {m}, not {t}"
        else:
            compare(m, t, f"{what}, gradient {i} with {order} to go")
    if more:
        compare_gradients(([*mine_in, *mine_seeds], got), ([*torch_in, *torch_seeds], expected), what, order - 1)


def operations(name: str, variant: str | None = None) -> list[Any]:
    """Return PyTorch's descriptions of a function, of one variant or of all."""
    return [op for op in op_db if op.name == name and variant in (None, op.variant_test_name)]


def check(op: Any, function: Callable[..., Any], dtype: torch.dtype, *, order: int = 2) -> tuple[int, set[str]]:
    """Run all samples of one type; return how many were compared, and why others were refused."""
    torch.manual_seed(0)
    random.seed(0)
    order = min(order, {torch.float64: 1 + op.supports_gradgrad, torch.float32: 1}.get(dtype, 0))
    gradients = order > 0
    compared, refused = 0, set()
    for sample in op.sample_inputs("cpu", dtype, requires_grad=gradients):
        what = f"{op.name} {sample.summary()}"[:600]
        theirs_in = leaves((sample.input, *sample.args, sample.kwargs))
        mine_in = ours(theirs_in)
        theirs = op.op(*theirs_in[:-1], **theirs_in[-1])
        try:
            mine = function(*mine_in[:-1], **mine_in[-1])
        except NotSupportedError as reason:
            refused.add(str(reason))
            continue
        compared += 1
        for m, t in zip(tensors(mine, Tensor), tensors(theirs, torch.Tensor), strict=True):
            compare(m, t, what)
        for m, t in zip(tensors(mine_in, Tensor), tensors(theirs_in, torch.Tensor), strict=True):
            compare(m, t, f"{what}: an argument afterwards")
        if order:
            compare_gradients((mine_in, mine), (theirs_in, theirs), what, order)
    return compared, refused
