"""TinyTorch's modules beside PyTorch's: the same names, the same pictures, the same numbers with the same weights."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import pytest

import tt_core
from tt_core import nn

torch = pytest.importorskip("torch", reason="PyTorch is what the modules are compared with")


@pytest.fixture(autouse=True)
def seeded() -> None:
    tt_core.manual_seed(0)
    torch.manual_seed(0)


def mlp(n: Any) -> Any:
    names = ["flat", "hidden", "norm", "act", "out"]
    layers = [n.Flatten(), n.Linear(12, 8), n.LayerNorm(8), n.GELU(), n.Linear(8, 3, bias=False)]
    return n.Sequential(OrderedDict(zip(names, layers, strict=True)))


def tied(n: Any) -> Any:
    layer = n.Linear(4, 4)
    return n.Sequential(layer, n.Tanh(), layer, n.RMSNorm(4))


def nested(n: Any) -> Any:
    class Block(n.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.heads = n.ModuleDict({"a": n.Linear(4, 2), "b": n.Sequential(n.Linear(4, 2), n.Sigmoid())})
            self.layers = n.ModuleList([n.Linear(4, 4) for _ in range(3)] + [n.PReLU(4)])
            self.register_buffer("scale", as_tensor(n, np.full(2, 3.0, np.float32)))
            self.register_buffer("scratch", as_tensor(n, np.zeros(1)), persistent=False)
            self.register_parameter("missing", None)
            self.gain = n.Parameter(as_tensor(n, np.array([2.0, 0.5], np.float32)))

        def forward(self, x: Any) -> Any:
            for layer in self.layers:
                x = layer(x)
            return self.scale * self.heads["a"](x) + self.gain * self.heads["b"](x)

    return Block()


def as_tensor(n: ModuleType, array: Any) -> Any:
    return tt_core.tensor(array) if n is nn else torch.tensor(array)


MODELS = [(mlp, (5, 3, 4)), (tied, (5, 4)), (nested, (5, 4))]
every_model = pytest.mark.parametrize("build, shape", MODELS, ids=[build.__name__ for build, _ in MODELS])


def arrays(state: Any) -> dict[str, Any]:
    return {name: value.numpy() for name, value in state.items()}


def assert_same(ours: Any, theirs: Any, rtol: float = 1e-5) -> None:
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol, rtol / 10, strict=True)


def pair(build: Any) -> tuple[Any, Any]:
    """Return our model and PyTorch's, with its weights."""
    theirs, ours = build(torch.nn), build(nn)
    ours.load_state_dict(arrays(theirs.state_dict()))
    return ours, theirs


@every_model
def test_names_shapes_and_types_are_the_same(build: Any, shape: tuple[int, ...]) -> None:
    ours, theirs = build(nn), build(torch.nn)

    def described(model: Any) -> list[tuple[str, Any, str]]:
        return [(k, tuple(v.shape), str(v.numpy().dtype)) for k, v in model.state_dict().items()]

    assert described(ours) == described(theirs)
    for members in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        assert [k for k, _ in getattr(ours, members)()] == [k for k, _ in getattr(theirs, members)()]
    assert len(ours(tt_core.ones(shape))) == shape[0]


@every_model
def test_the_picture_is_the_same(build: Any, shape: tuple[int, ...]) -> None:
    ours, theirs = build(nn), build(torch.nn)
    assert repr(ours) == repr(theirs)
    assert len(ours(tt_core.ones(shape))) == shape[0]


@every_model
def test_with_pytorchs_weights_numbers_and_gradients_are_the_same(build: Any, shape: tuple[int, ...]) -> None:
    ours, theirs = pair(build)
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    a, b = tt_core.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    mine, other = ours(a), theirs(b)
    assert_same(mine, other)
    (mine * mine).sum().backward()
    (other * other).sum().backward()
    assert_same(a.grad, b.grad)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), 1e-4, 1e-5, err_msg=name, strict=True)


@every_model
def test_weights_move_both_ways(build: Any, shape: tuple[int, ...]) -> None:
    ours, theirs = build(nn), build(torch.nn)
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in arrays(ours.state_dict()).items()})
    x = np.ones(shape, np.float32)
    assert_same(ours(tt_core.tensor(x)), theirs(torch.tensor(x)))
    again = build(nn)
    again.load_state_dict(theirs.state_dict())  # PyTorch's own tensors will do
    for name, value in again.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), ours.state_dict()[name].numpy(), strict=True)


Builder: TypeAlias = Callable[[Any], Any]  # from a library's nn

ACTIVATIONS: list[Builder] = [
    lambda n: n.ReLU(),
    lambda n: n.ReLU6(),
    lambda n: n.LeakyReLU(),
    lambda n: n.LeakyReLU(0.2),
    lambda n: n.PReLU(),
    lambda n: n.PReLU(4),
    lambda n: n.ELU(),
    lambda n: n.ELU(2.0),
    lambda n: n.SELU(),
    lambda n: n.CELU(),
    lambda n: n.CELU(1.5),
    lambda n: n.GELU(),
    lambda n: n.GELU("tanh"),
    lambda n: n.GELU(approximate="tanh"),
    lambda n: n.SiLU(),
    lambda n: n.Mish(),
    lambda n: n.Softplus(),
    lambda n: n.Softplus(2, 10),
    lambda n: n.Hardtanh(),
    lambda n: n.Hardtanh(-2, 2.5),
    lambda n: n.Hardsigmoid(),
    lambda n: n.Hardswish(),
    lambda n: n.Sigmoid(),
    lambda n: n.LogSigmoid(),
    lambda n: n.Tanh(),
    lambda n: n.Softsign(),
    lambda n: n.GLU(),
    lambda n: n.GLU(1),
    lambda n: n.Softmax(dim=-1),
    lambda n: n.Softmax(1),
    lambda n: n.LogSoftmax(0),
]
LAYERS: list[Builder] = [
    lambda n: n.Linear(3, 4),
    lambda n: n.Linear(3, 4, bias=False),
    lambda n: n.Linear(in_features=3, out_features=4, bias=True),
    lambda n: n.Identity(),
    lambda n: n.Flatten(),
    lambda n: n.Flatten(0, 2),
    lambda n: n.Unflatten(1, (2, 3)),
    lambda n: n.Dropout(),
    lambda n: n.Dropout(0.25),
    lambda n: n.Dropout(p=0),
    lambda n: n.LayerNorm(3),
    lambda n: n.LayerNorm((3, 4), eps=1e-3),
    lambda n: n.LayerNorm([3], elementwise_affine=False),
    lambda n: n.LayerNorm(3, bias=False),
    lambda n: n.RMSNorm(3),
    lambda n: n.RMSNorm((3, 4), 1e-6),
    lambda n: n.RMSNorm(3, elementwise_affine=False),
    lambda n: n.Sequential(),
    lambda n: n.Sequential(n.ReLU(), n.Linear(2, 3))[1:],
    lambda n: n.Sequential(n.ReLU(), n.ReLU(), n.Tanh())[::2],
    lambda n: n.ModuleList(),
    lambda n: n.ModuleList([n.ReLU(), n.ReLU(), n.Linear(2, 3)]),
    lambda n: n.ModuleList([n.Sequential(n.ReLU()), n.Sequential(n.ReLU())]),
    lambda n: n.ModuleDict(),
    lambda n: n.ModuleDict({"x": n.ReLU(), "y": n.ModuleList([n.Tanh()])}),
    lambda n: n.Sequential(n.Sequential(n.Linear(2, 3), n.Sequential()), n.ModuleList([n.GELU()])),
]


def picture(build: Builder) -> str:
    return repr(build(nn))


@pytest.mark.parametrize("build", LAYERS + ACTIVATIONS, ids=picture)
def test_a_layer_looks_as_pytorchs(build: Builder) -> None:
    assert picture(build) == repr(build(torch.nn))


@pytest.mark.parametrize("build", ACTIVATIONS, ids=picture)
def test_an_activation_computes_as_pytorchs(build: Builder) -> None:
    x = np.linspace(-9, 9, 96).reshape(2, 4, 12)
    a, b = tt_core.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    ours, theirs = build(nn).double()(a), build(torch.nn).double()(b)
    assert_same(ours, theirs, 1e-9)
    ours.sum().backward()
    theirs.sum().backward()
    assert_same(a.grad, b.grad, 1e-9)


@pytest.mark.parametrize("sizes", [(20, 30), (5, 2000)])
def test_first_values_are_spread_as_pytorchs(sizes: tuple[int, int]) -> None:
    ours, theirs = nn.Linear(*sizes), torch.nn.Linear(*sizes)
    for name in ("weight", "bias"):
        a, b = (getattr(layer, name).detach().numpy() for layer in (ours, theirs))
        assert np.abs(a).max() == pytest.approx(np.abs(b).max(), rel=0.15)
        assert a.dtype == b.dtype


def test_gains_are_pytorchs() -> None:
    for name in ("linear", "conv1d", "conv_transpose2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert nn.init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))
    assert nn.init.calculate_gain("leaky_relu", 0.3) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.3))


@pytest.mark.parametrize("name", [n for n in nn.init.__all__ if n.endswith("_") and n not in ("constant_", "eye_")])
def test_initializers_are_spread_as_pytorchs(name: str) -> None:
    ours = getattr(nn.init, name)(tt_core.zeros(120, 100)).numpy()
    theirs = getattr(torch.nn.init, name)(torch.zeros(120, 100)).numpy()
    quantiles = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0] if "uniform" in name else [0.02, 0.25, 0.5, 0.75, 0.98]
    np.testing.assert_allclose(
        np.quantile(ours, quantiles), np.quantile(theirs, quantiles), rtol=0.05, atol=0.1 * theirs.std()
    )


def test_deletion_and_growth_name_as_pytorch_does() -> None:
    def changed(n: Any) -> Any:
        model = n.Sequential(*[n.Linear(i + 1, i + 2) for i in range(5)])
        del model[1]
        model.insert(0, n.ReLU())
        model.append(n.Tanh())
        model.extend([n.Sigmoid()])
        return model

    assert repr(changed(nn)) == repr(changed(torch.nn))


def test_hooks_see_what_pytorchs_see() -> None:
    def trace(n: Any) -> list[Any]:
        seen = list[Any]()
        model = n.Sequential(n.Linear(2, 2), n.Tanh())
        for p in model.parameters():
            p.data[...] = 0.5
        model[0].register_full_backward_hook(lambda m, gi, go: seen.append(("back", shown(gi), shown(go))))
        model[1].register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
        model[0].register_forward_pre_hook(lambda m, args: (args[0] + 1,))
        model[1].register_forward_hook(lambda m, args, out: seen.append(("out", shown(args), shown([out]))))
        x = as_tensor(n, np.array([[0.1, 0.2]], np.float32))
        x.requires_grad_()
        model(x).sum().backward()
        seen.append(shown([x.grad]))
        return seen

    def shown(tensors: Any) -> list[Any]:
        return [np.round(t.detach().numpy(), 5).tolist() for t in tensors]

    assert str(trace(nn)) == str(trace(torch.nn))
