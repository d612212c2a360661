"""What is done with your code in lesson 03."""

import numpy as np

import tt_core as tt
from tt_core import activations
from tt_core.naive import neural, scalars


def relu(x):
    """Call your kernel."""
    return neural.relu(x)


def relu_and_types(x):
    """Call your kernel; tell the element types of what goes in and what comes out, and the input afterwards."""
    y = neural.relu(x)
    return {"in": str(x.dtype), "out": str(y.dtype), "y": y, "x afterwards": x}


def gate(x, y):
    """Call your kernel."""
    return neural.gate(x, y)


def gate_and_type(x, y):
    """Call your kernel, and tell the element type of the result."""
    out = neural.gate(x, y)
    return {"type": str(out.dtype), "out": out}


def of_tensor(name, x, **settings):
    """Call a function of tt_core.activations with a tensor, on your loops."""
    with tt.use_backend("naive"):
        y = getattr(activations, name)(tt.tensor(x), **settings)
    return {"type": str(y.data.dtype), "y": y}


def of_numbers(name, numbers):
    """Call a function of tt_core.naive.scalars with one number after the other."""
    return [float(getattr(scalars, name)(a)) for a in numbers]


def softplus(x, beta, threshold):
    """Call your kernel."""
    return neural.softplus(x, beta=beta, threshold=threshold)


def logsigmoid(x):
    """Call your kernel."""
    return neural.logsigmoid(x)


def phi(numbers, approximate):
    """Call your function with one number after the other."""
    return [float(neural.phi(a, approximate)) for a in numbers]


def gelu(x, approximate):
    """Call your kernel."""
    return neural.gelu(x, approximate=approximate)


def shares(numbers):
    """Call your function with a list of Python numbers."""
    return list(neural.shares(numbers))


def log_shares(numbers):
    """Call your function with a list of Python numbers."""
    return list(neural.log_shares(numbers))


def along(name, x, dim):
    """Call your kernel `softmax` or `log_softmax` along a dimension; tell the element type and the input afterwards."""
    y = getattr(neural, name)(x, dim=dim)
    return {"type": str(y.dtype), "y": y, "x afterwards": x}


def exponential_of_sum(x, dim):
    """Return Σ e^y of your log_softmax y."""
    return np.exp(neural.log_softmax(x, dim=dim)).sum(axis=dim)
