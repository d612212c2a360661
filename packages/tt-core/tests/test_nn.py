import importlib
import inspect

import pytest

import tt_core
from tt_core import initializers, nn

LAYERS = [
    "CELU", "ELU", "GELU", "GLU", "SELU", "Dropout", "Flatten", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity",
    "LayerNorm", "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax", "Mish", "Module", "ModuleDict", "ModuleList",
    "PReLU", "Parameter", "RMSNorm", "ReLU", "ReLU6", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus",
    "Softsign", "Tanh", "Unflatten",
]  # fmt: skip
LOSSES = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "NLLLoss",
    "SmoothL1Loss",
]  # fmt: skip


@pytest.mark.parametrize("name", LAYERS + LOSSES)
def test_a_name_of_the_api_is_a_class_with_a_docstring(name: str) -> None:
    assert name in nn.__all__
    found = getattr(nn, name)
    assert inspect.isclass(found)
    assert found.__name__ == name
    assert found.__doc__


def test_every_layer_with_a_module_is_listed() -> None:
    for name in ("activations", "containers", "dropout", "linear", "module", "normalization", "parameter"):
        module = importlib.import_module(f"tt_core.layers.{name}")
        classes = [c for c in vars(module).values() if inspect.isclass(c) and c.__module__ == module.__name__]
        shared = {"Activation", "HasForward", "Normalization", "Ordered"}
        assert {c.__name__ for c in classes} - shared <= set(nn.__all__)


def test_initializers_are_nn_init() -> None:
    assert nn.init is initializers
    assert tt_core.nn is nn
