"""Numbers at the edge (nan, ±∞, -0.0, 1e±38) and gradients at kinks, as in PyTorch."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

import tt_core as tt

from .harness import compare, compare_gradients, compare_results, ours

EDGES = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.5, 1e38, -1e38, 1e-38, 1e-45, 88.0, -104.0]
UNARY = [
    *("abs", "neg", "sign", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "square", "reciprocal"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sigmoid", "erf", "floor", "ceil", "round"),
    *("trunc", "isnan", "isinf", "isfinite", "logical_not"),
]
BINARY = [
    *("add", "sub", "mul", "div", "pow", "maximum", "minimum", "logaddexp", "remainder", "floor_divide"),
    *("eq", "ne", "lt", "le", "gt", "ge", "isclose"),
]
FUNCTIONAL = ["relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "hardtanh", "hardswish"]
SMOOTH = ["softplus", "softsign", "logsigmoid", "sigmoid", "tanh"]
NO_GRADIENT = ("floor_divide",)

pytestmark = pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")


def both(values: Any, dtype: torch.dtype, *, grad: bool = True) -> tuple[torch.Tensor, tt.Tensor]:
    theirs = torch.tensor(values, dtype=dtype, requires_grad=grad)
    return theirs, ours(theirs)


def check(f: Any, g: Any, arguments: list[Any], what: str, dtype: torch.dtype) -> None:
    theirs_in = [torch.tensor(a, dtype=dtype, requires_grad=True) for a in arguments]
    mine_in = ours(theirs_in)
    theirs, mine = f(*theirs_in), g(*mine_in)
    if theirs.requires_grad:
        compare_results(mine, theirs, what)
        compare_gradients((mine_in, mine), (theirs_in, theirs), what, order=1)
    else:
        compare(mine, theirs, what)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", UNARY)
def test_one_number(name: str, dtype: torch.dtype) -> None:
    check(getattr(torch, name), getattr(tt, name), [EDGES], name, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", [*FUNCTIONAL, *SMOOTH])
def test_activations(name: str, dtype: torch.dtype) -> None:
    edges = [*EDGES[3:10], *EDGES[12:], 3.0, -3.0, 6.0, 20.0, 20.5]  # beyond, PyTorch's types and activations differ
    check(getattr(torch.nn.functional, name), getattr(tt.functional, name), [edges], name, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", BINARY)
def test_two_numbers(name: str, dtype: torch.dtype) -> None:
    edges = [e for e in EDGES if name != "remainder" or abs(e) not in (1e-38, 1e-45)]  # PyTorch gives nan in float32
    x, y = map(list, zip(*product(edges, edges), strict=True))
    if name in NO_GRADIENT:
        theirs, mine = (
            (torch.tensor(v, dtype=dtype) for v in (x, y)),
            (tt.tensor(np.array(v, str(dtype)[6:])) for v in (x, y)),
        )
        compare(getattr(tt, name)(*mine), getattr(torch, name)(*theirs), name)
    else:
        check(getattr(torch, name), getattr(tt, name), [x, y], name, dtype)


REDUCTIONS = ["sum", "mean", "prod", "amax", "amin", "logsumexp", "norm", "cumsum", "cumprod", "max", "min", "argmax"]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize(
    "row",
    [[math.nan, 1, 2], [math.inf, -math.inf, 1], [-math.inf, -math.inf], [1e38, 1e38, 3e38], [2, 0, 0], [0, 5, 5]],
)
def test_of_many_numbers(name: str, row: list[float]) -> None:
    theirs, mine = both([row], torch.float32)
    arguments = (2, 1) if name == "norm" else (1,)
    expected, got = getattr(torch, name)(theirs, *arguments), getattr(tt, name)(mine, *arguments)
    compare_results(got, expected, name)
    if name != "argmax" and not (name in ("prod", "logsumexp") and not math.isfinite(row[0])):  # ours is not nan
        compare_gradients((mine, got), (theirs, expected), name, order=1)


KINKS = {
    "abs at 0": lambda m, x: m.abs(x),
    "sign": lambda m, x: m.sign(x),
    "max of all": lambda m, x: m.max(x),
    "max along": lambda m, x: m.max(x, 0)[0],
    "min of all": lambda m, x: m.min(x),
    "amax": lambda m, x: m.amax(x, 0),
    "amin": lambda m, x: m.amin(x, 0),
    "maximum with itself": lambda m, x: m.maximum(x, x * 1),
    "minimum with 0": lambda m, x: m.minimum(x, x * 0),
    "clamp at its bounds": lambda m, x: m.clamp(x, -1, 1),
    "clamp from below": lambda m, x: m.clamp(x, min=0),
    "clamp crossed": lambda m, x: m.clamp(x, 1, -1),
    "pow 0": lambda m, x: x**0,
    "pow 0.0": lambda m, x: x**0.0,
    "pow 1": lambda m, x: x**1,
    "pow 2": lambda m, x: x**2,
    "pow 3": lambda m, x: x**3,
    "0 to the x": lambda m, x: 0.0**x,
    "2 to the x": lambda m, x: 2**x,
    "x to the x": lambda m, x: m.abs(x) ** m.abs(x),
    "sqrt at 0": lambda m, x: m.sqrt(m.abs(x)),
    "norm": lambda m, x: m.norm(x * 0),
    "norm 1": lambda m, x: m.norm(x, 1),
    "norm inf": lambda m, x: m.norm(x, math.inf),
    "norm 3 of 0": lambda m, x: m.norm(x * 0, 3),
    "prod with zeros": lambda m, x: m.prod(x, 0),
    "cumprod with zeros": lambda m, x: m.cumprod(x, 0),
    "logsumexp": lambda m, x: m.logsumexp(x, 0),
    "std of equals": lambda m, x: m.std(x * 0),
    "sort with ties": lambda m, x: m.sort(x, dim=0, stable=True)[0],
    "where": lambda m, x: m.where(x > 0, m.log(x), x),
    "round": lambda m, x: m.round(x),
    "remainder": lambda m, x: m.remainder(x, 1.0),
    "div floor": lambda m, x: m.div(x, 2.0, rounding_mode="floor"),
    "div trunc by 0": lambda m, x: m.div(x, x * 0, rounding_mode="trunc"),
}


@pytest.mark.parametrize("kink", KINKS)
def test_gradients_at_kinks(kink: str) -> None:
    theirs, mine = both([-1.0, 0.0, 1.0, 0.0, 1.0, -1.0], torch.float64)
    expected, got = KINKS[kink](torch, theirs), KINKS[kink](tt, mine)
    compare_results(got, expected, kink)
    compare_gradients((mine, got), (theirs, expected), kink, order=1)
