"""What is done with your code in lesson 03."""

from typing import Any

import numpy as np

import tt_core as tt
from tt_core import activations
from tt_core.naive import activations as loops
from tt_core.naive import scalars


def relu(x: Any) -> Any:
    """Call your kernel."""
    return loops.relu(x)


def relu_and_types(x: Any) -> Any:
    """Call your kernel; tell the element types of what goes in and what comes out, and the input afterwards."""
    y = loops.relu(x)
    return {"in": str(x.dtype), "out": str(y.dtype), "y": y, "x afterwards": x}


def gate(x: Any, y: Any) -> Any:
    """Call your kernel."""
    return loops.gate(x, y)


def gate_and_type(x: Any, y: Any) -> Any:
    """Call your kernel, and tell the element type of the result."""
    out = loops.gate(x, y)
    return {"type": str(out.dtype), "out": out}


def of_tensor(name: Any, x: Any, **settings: Any) -> Any:
    """Call a function of tt_core.activations with a tensor, on your loops."""
    with tt.use_backend("naive"):
        y = getattr(activations, name)(tt.tensor(x), **settings)
    return {"type": str(y.data.dtype), "y": y}


def of_numbers(name: Any, numbers: Any) -> Any:
    """Call a function of tt_core.naive.scalars with one number after the other."""
    return [float(getattr(scalars, name)(a)) for a in numbers]


def softplus(x: Any, beta: Any, threshold: Any) -> Any:
    """Call your kernel."""
    return loops.softplus(x, beta=beta, threshold=threshold)


def logsigmoid(x: Any) -> Any:
    """Call your kernel."""
    return loops.logsigmoid(x)


def phi(numbers: Any, approximate: Any) -> Any:
    """Call your function with one number after the other."""
    return [float(loops.phi(a, approximate)) for a in numbers]


def gelu(x: Any, approximate: Any) -> Any:
    """Call your kernel."""
    return loops.gelu(x, approximate=approximate)


def shares(numbers: Any) -> Any:
    """Call your function with a list of Python numbers."""
    return list(loops.shares(numbers))


def log_shares(numbers: Any) -> Any:
    """Call your function with a list of Python numbers."""
    return list(loops.log_shares(numbers))


def along(name: Any, x: Any, dim: Any) -> Any:
    """Call your kernel `softmax` or `log_softmax` along a dimension; tell the element type and the input afterwards."""
    y = getattr(loops, name)(x, dim=dim)
    return {"type": str(y.dtype), "y": y, "x afterwards": x}


def exponential_of_sum(x: Any, dim: Any) -> Any:
    """Return Σ e^y of your log_softmax y."""
    return np.exp(loops.log_softmax(x, dim=dim)).sum(axis=dim)
