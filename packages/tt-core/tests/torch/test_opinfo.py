"""The core on the samples that PyTorch tests its own operations with: values, types, first and second gradients.

`TT_OPINFO=reference` takes PyTorch's larger set (special values, strides, sizes): five times the samples, some minutes.
"""

from __future__ import annotations

import os
import random
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch

pytest.importorskip("expecttest", reason="torch.testing needs it")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # PyTorch's own, while it is imported
    from torch.testing._internal.common_methods_invocations import op_db

from .harness import DTYPES, TOTAL, check_sample, places, tensors

REFERENCE = os.environ.get("TT_OPINFO") == "reference"
LARGEST = 100_000  # elements of a sample; PyTorch's largest only take time

NAMES = [
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "neg",
    "abs",
    "sign",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sqrt",
    "rsqrt",
    "square",
    "reciprocal",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "sigmoid",
    "erf",
    "floor",
    "ceil",
    "round",
    "trunc",
    "clamp",
    "maximum",
    "minimum",
    "where",
    "lerp",
    "addcmul",
    "addcdiv",
    "logaddexp",
    "isnan",
    "isinf",
    "isfinite",
    "isclose",
    "allclose",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "masked_fill",
    "logical_and",
    "logical_or",
    "logical_xor",
    "equal",
    "floor_divide",
    "remainder",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_not",
    "logical_not",
    "__radd__",
    "__rsub__",
    "__rmul__",
    "__rdiv__",
    "__rmod__",
    "__rpow__",
    "__rmatmul__",
    "__rand__",
    "__ror__",
    "__rxor__",
    "sum",
    "mean",
    "prod",
    "var",
    "std",
    "var_mean",
    "std_mean",
    "amax",
    "amin",
    "max",
    "min",
    "argmax",
    "argmin",
    "logsumexp",
    "norm",
    "cumsum",
    "cumprod",
    "all",
    "any",
    "count_nonzero",
    "linalg.vector_norm",
    "linalg.norm",
    "softmax",
    "log_softmax",
    "matmul",
    "mm",
    "bmm",
    "mv",
    "dot",
    "outer",
    "einsum",
    "addmm",
    "baddbmm",
    "trace",
    "diag",
    "diagonal",
    "reshape",
    "reshape_as",
    "view",
    "view_as",
    "T",
    "mT",
    "transpose",
    "permute",
    "t",
    "movedim",
    "flatten",
    "unflatten",
    "ravel",
    "squeeze",
    "unsqueeze",
    "expand",
    "expand_as",
    "broadcast_to",
    "broadcast_tensors",
    "repeat",
    "tile",
    "repeat_interleave",
    "cat",
    "stack",
    "hstack",
    "vstack",
    "split",
    "chunk",
    "unbind",
    "narrow",
    "select",
    "flip",
    "roll",
    "tril",
    "triu",
    "contiguous",
    "clone",
    "meshgrid",
    "__getitem__",
    "gather",
    "scatter",
    "scatter_add",
    "index_select",
    "index_add",
    "index_put",
    "take",
    "take_along_dim",
    "masked_select",
    "nonzero",
    "topk",
    "sort",
    "argsort",
    "zeros",
    "ones",
    "full",
    "empty",
    "arange",
    "linspace",
    "eye",
    "new_zeros",
    "new_ones",
    "new_full",
    "zeros_like",
    "ones_like",
    "full_like",
    "empty_like",
    "rand_like",
    "randn_like",
    "randint_like",
    "bool",
    "byte",
    "char",
    "short",
    "int",
    "long",
    "half",
    "float",
    "double",
]

REFUSED = {  # what is named and not supported, by operation; anything else that is refused is a failure
    "norm": r"norm supports p as a number or 'fro'; got 'nuc'",
    "linalg.norm": r"linalg.norm supports the orders None and 'fro' of matrices; got ",
}

OPS = [op for op in op_db if op.name in NAMES]


def test_every_name_that_pytorch_has_samples_for_is_here() -> None:
    without = {"scatter_add", "index_put"} - {op.name for op in OPS}
    assert not without
    assert set(NAMES) == {op.name for op in OPS}


def samples(op: Any, dtype: torch.dtype, *, requires_grad: bool) -> Iterator[Any]:
    """Yield PyTorch's samples of an operation; the reference set begins with the usual one."""
    draw = (REFERENCE and op.reference_inputs_func) or op.sample_inputs_func
    try:
        for sample in draw(op, "cpu", dtype, requires_grad=requires_grad):
            if sum(x.numel() for x in tensors((sample.input, sample.args), torch.Tensor)) <= LARGEST:
                yield sample
    except ValueError as error:  # some reference sets ask for integers with a gradient, at their end
        if not REFERENCE or "is not supported for boolean and integral dtypes" not in str(error):
            raise


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: str(d).removeprefix("torch."))
@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name + (op.variant_test_name and f"-{op.variant_test_name}"))
@pytest.mark.filterwarnings(
    "ignore::UserWarning:torch",
    "ignore:The reduce argument:UserWarning",
    "ignore:(overflow|invalid value) encountered in (add|subtract|multiply):RuntimeWarning",
)
def test_results_and_gradients_are_pytorchs(op: Any, dtype: torch.dtype) -> None:
    if dtype not in op.dtypes:
        pytest.skip("PyTorch does not support this type here")
    found = places(op)
    assert found, f"{op.name} is missing"
    differentiable = dtype.is_floating_point and op.supports_autograd
    order = {torch.float64: 1 + op.supports_gradgrad, torch.float32: 1}.get(dtype, 0)
    before = dict(TOTAL.refused)
    for where, function in found:
        TOTAL.operations.add(where)
        torch.manual_seed(0)
        random.seed(0)
        for sample in samples(op, dtype, requires_grad=differentiable):
            check_sample(op, sample, where, function, order=order)
    for reason in TOTAL.refused.keys() - before.keys():
        assert op.name in REFUSED, reason
        assert re.search(REFUSED[op.name], reason), reason
