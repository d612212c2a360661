"""What models are made of, under PyTorch's names: layers, activations, losses, and first values (`nn.init`)."""

from __future__ import annotations

from tt_core import initializers as init
from tt_core.layers.activations import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from tt_core.layers.containers import ModuleDict, ModuleList, Sequential
from tt_core.layers.dropout import Dropout
from tt_core.layers.linear import Flatten, Identity, Linear, Unflatten
from tt_core.layers.module import Module
from tt_core.layers.normalization import LayerNorm, RMSNorm
from tt_core.layers.parameter import Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Dropout",
    "Flatten",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "PReLU",
    "Parameter",
    "RMSNorm",
    "ReLU",
    "ReLU6",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "Unflatten",
    "init",
]
