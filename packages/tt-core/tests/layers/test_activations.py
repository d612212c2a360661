from typing import Any

import pytest

import tt_core as tt
from tt_core import NotSupportedError, nn
from tt_core import activations as F

X = tt.linspace(-8, 8, 34).reshape(2, 17)
EVEN = tt.linspace(-8, 8, 32).reshape(2, 16)

CASES: list[tuple[nn.Module, Any]] = [
    (nn.ReLU(), F.relu(X)),
    (nn.ReLU6(), F.relu6(X)),
    (nn.LeakyReLU(), F.leaky_relu(X)),
    (nn.LeakyReLU(0.3), F.leaky_relu(X, 0.3)),
    (nn.PReLU(), F.prelu(X, tt.full((1,), 0.25))),
    (nn.PReLU(17, init=1), F.prelu(X, tt.ones(17))),
    (nn.ELU(), F.elu(X)),
    (nn.ELU(2.0), F.elu(X, 2.0)),
    (nn.SELU(), F.selu(X)),
    (nn.CELU(), F.celu(X)),
    (nn.CELU(2.0), F.celu(X, 2.0)),
    (nn.GELU(), F.gelu(X)),
    (nn.GELU("tanh"), F.gelu(X, approximate="tanh")),
    (nn.SiLU(), F.silu(X)),
    (nn.Mish(), F.mish(X)),
    (nn.Softplus(), F.softplus(X)),
    (nn.Softplus(2.0, 3.0), F.softplus(X, 2.0, 3.0)),
    (nn.Hardtanh(), F.hardtanh(X)),
    (nn.Hardtanh(-2.0, 3.0), F.hardtanh(X, -2.0, 3.0)),
    (nn.Hardsigmoid(), F.hardsigmoid(X)),
    (nn.Hardswish(), F.hardswish(X)),
    (nn.Sigmoid(), F.sigmoid(X)),
    (nn.LogSigmoid(), F.logsigmoid(X)),
    (nn.Tanh(), F.tanh(X)),
    (nn.Softsign(), F.softsign(X)),
    (nn.Softmax(0), F.softmax(X, 0)),
    (nn.Softmax(dim=-1), F.softmax(X, -1)),
    (nn.LogSoftmax(1), F.log_softmax(X, 1)),
]


@pytest.mark.parametrize("module, expected", CASES, ids=[repr(module) for module, _ in CASES])
def test_a_class_computes_its_function(module: nn.Module, expected: tt.Tensor) -> None:
    assert module(X).tolist() == expected.tolist()


def test_glu_halves() -> None:
    assert nn.GLU()(EVEN).tolist() == F.glu(EVEN).tolist()
    assert nn.GLU(0)(EVEN).tolist() == F.glu(EVEN, 0).tolist()


def test_every_activation_of_nn_is_tried() -> None:
    found = {
        name for name in nn.__all__ if getattr(getattr(nn, name), "__module__", "") == "tt_core.layers.activations"
    }
    assert found == {type(module).__name__ for module, _ in CASES} | {"GLU"}


def test_prelu_learns_its_slopes() -> None:
    module = nn.PReLU()
    module(tt.tensor([-2.0, 3.0])).sum().backward()
    assert module.weight.grad is not None
    assert module.weight.grad.tolist() == [-2]
    assert list(module.state_dict()) == ["weight"]
    assert nn.PReLU(dtype=tt.float64).weight.dtype == tt.float64


@pytest.mark.parametrize("kind", [nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU, nn.Hardtanh])
def test_in_place_is_refused_when_the_module_is_made(kind: Any) -> None:
    with pytest.raises(NotSupportedError, match=f"expected inplace=False; {kind.__name__} always returns a new tensor"):
        kind(inplace=True)
