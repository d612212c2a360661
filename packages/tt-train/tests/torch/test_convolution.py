"""Convolution, windows as columns and borders beside PyTorch's: its own samples, drawn settings, and layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core
from tt_train import functional as F
from tt_train import nn

torch = pytest.importorskip("torch", reason="PyTorch is what convolution is compared with")
pytest.importorskip("expecttest", reason="torch.testing needs it")
pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel:UserWarning")

from .opinfo import DTYPES, check, compare_gradients, operations  # noqa: E402 - it imports PyTorch

NAMES = ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "pad", "unfold", "fold"]
OPS = [op for name in NAMES for op in operations(f"nn.functional.{name}")]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: str(d).removeprefix("torch."))
@pytest.mark.parametrize("op", OPS, ids=lambda op: f"{op.name} {op.variant_test_name}".removeprefix("nn.functional."))
def test_results_and_gradients_are_pytorchs(op: Any, dtype: Any) -> None:
    if dtype not in op.dtypes:
        pytest.skip("PyTorch does not support this type here")
    if "transpose" in op.name and dtype is torch.float16:
        pytest.skip("PyTorch adds up in float16, and loses what ours keeps: see the next test")
    compared, refused = check(op, getattr(F, op.name.rpartition(".")[2]), dtype)
    assert compared
    assert not refused


@pytest.mark.parametrize("function", [F.conv2d, F.conv_transpose2d])
def test_float16_is_what_float32_gives_rounded(function: Any) -> None:
    x, weight, bias = (tt_core.randn(*s).to("float16") for s in ((2, 4, 7, 7), (4, 4, 3, 3), (4,)))
    wide = getattr(torch.nn.functional, function.__name__)(
        *[torch.from_numpy(a.numpy()).float() for a in (x, weight, bias)]
    )
    got = function(x, weight, bias)
    assert got.dtype == tt_core.float16
    np.testing.assert_allclose(got.float().numpy(), wide.numpy(), 2e-3, 2e-3)


settings = st.fixed_dictionaries(
    {
        "stride": st.tuples(*[st.integers(1, 3)] * 2),
        "padding": st.tuples(*[st.integers(0, 3)] * 2),
        "dilation": st.tuples(*[st.integers(1, 3)] * 2),
        "groups": st.integers(1, 3),
    }
)


@given(
    settings,
    st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 2)),
    st.tuples(*[st.integers(1, 9)] * 2),
    st.tuples(*[st.integers(1, 3)] * 2),
    st.booleans(),
    st.sampled_from([(0, 1, 2, 3), (0, 2, 3, 1), (3, 2, 1, 0)]),
)
def test_drawn_convolutions_are_pytorchs_up_to_second_gradients(
    options: Any, counts: Any, size: Any, kernel: Any, biased: bool, order: Any
) -> None:
    batch, inputs, outputs = counts
    lines = list(zip(size, kernel, options["dilation"], options["padding"], strict=True))
    size = tuple(max(n, d * (k - 1) + 1 - 2 * p, 1) for n, k, d, p in lines)
    rng, groups = np.random.default_rng(0), options["groups"]
    x = rng.standard_normal((batch, groups * inputs, *size))
    x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    weight = rng.standard_normal((groups * outputs, inputs, *kernel))
    bias = rng.standard_normal(groups * outputs) if biased else None
    arrays = [a for a in (x, weight, bias) if a is not None]
    mine, theirs = ([to(a) for a in arrays] for to in (ours, torchs))
    got, expected = F.conv2d(*mine, **options), torch.nn.functional.conv2d(*theirs, **options)
    np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), 1e-9, 1e-10)
    compare_gradients((mine, got), (theirs, expected), str(options), 2 if batch else 1)


@given(
    settings,
    st.tuples(*[st.integers(0, 2)] * 2),
    st.tuples(*[st.integers(1, 5)] * 2),
    st.tuples(*[st.integers(1, 3)] * 2),
)
def test_drawn_transposed_convolutions_are_pytorchs_up_to_second_gradients(
    options: Any, more: Any, size: Any, kernel: Any
) -> None:
    lines = list(zip(more, options["stride"], options["dilation"], strict=True))
    options["output_padding"] = tuple(min(extra, max(s, d) - 1) for extra, s, d in lines)
    rng, groups = np.random.default_rng(0), options["groups"]
    x = rng.standard_normal((2, groups * 2, *size))
    weight = rng.standard_normal((groups * 2, 2, *kernel))
    arrays = (x, weight, rng.standard_normal(groups * 2))
    mine, theirs = ([to(a) for a in arrays] for to in (ours, torchs))
    try:
        expected = torch.nn.functional.conv_transpose2d(*theirs, **options)
    except RuntimeError:
        with pytest.raises(tt_core.errors.ShapeError):
            F.conv_transpose2d(*mine, **options)
        return
    got = F.conv_transpose2d(*mine, **options)
    np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), 1e-9, 1e-10)
    compare_gradients((mine, got), (theirs, expected), str(options), 2)


def ours(a: Any) -> Any:
    return tt_core.from_numpy(a).requires_grad_()


def torchs(a: Any) -> Any:
    return torch.from_numpy(a.copy()).requires_grad_()


LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[int, ...]]] = [
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1}, (2, 4, 9)),
    ("Conv1d", (4, 6, 3), {"padding": "same", "padding_mode": "reflect"}, (4, 9)),
    ("Conv2d", (4, 6, 3), {}, (2, 4, 7, 8)),
    ("Conv2d", (4, 6, (2, 3), (2, 1), (1, 0), (1, 2), 2, False), {}, (2, 4, 7, 8)),
    ("Conv2d", (4, 6, 4), {"padding": "same", "dilation": 2}, (2, 4, 7, 8)),
    ("Conv2d", (4, 6, 3), {"padding": "valid", "padding_mode": "circular"}, (4, 7, 8)),
    ("Conv2d", (4, 6, 4), {"padding": "same", "padding_mode": "replicate"}, (2, 4, 7, 8)),
    ("Conv2d", (4, 6, 3), {"padding": (1, 2), "padding_mode": "circular"}, (2, 4, 7, 8)),
    ("Conv2d", (4, 4, 3), {"padding": 2, "padding_mode": "reflect", "groups": 4}, (2, 4, 7, 8)),
    ("ConvTranspose1d", (4, 6, 3, 2, 1, 1), {}, (2, 4, 5)),
    ("ConvTranspose2d", (4, 6, (2, 3), 2, 0, (1, 0), 2, False, (1, 2)), {}, (2, 4, 5, 4)),
    ("ZeroPad2d", (1,), {}, (2, 3, 4, 5)),
    ("ConstantPad2d", ((1, 0, -1, 2), 3.5), {}, (2, 3, 4, 5)),
    ("ReflectionPad2d", ((1, 2, 3, 0),), {}, (3, 4, 5)),
    ("ReplicationPad2d", (2,), {}, (2, 3, 4, 5)),
    ("CircularPad2d", ((3, 0, 0, 4),), {}, (2, 3, 4, 5)),
    ("Unfold", ((2, 3),), {"padding": 1, "stride": 2}, (2, 3, 4, 5)),
    ("Fold", ((4, 5), 2), {"stride": (2, 3)}, (2, 12, 4)),
]


@pytest.mark.parametrize("name, args, options, shape", LAYERS, ids=str)
def test_layers_take_pytorchs_arguments_and_states(name: str, args: Any, options: Any, shape: Any) -> None:
    theirs = getattr(torch.nn, name)(*args, **options, dtype=torch.float64) if "Conv" in name else None
    theirs = theirs or getattr(torch.nn, name)(*args, **options)
    mine = getattr(nn, name)(*args, **options)
    mine.double().load_state_dict({k: tt_core.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    x = np.random.default_rng(0).standard_normal(shape)
    a, b = ours(x), torchs(x)
    got, expected = mine(a), theirs(b)
    np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), 1e-9, 1e-10)
    compare_gradients(([a, *mine.parameters()], got), ([b, *theirs.parameters()], expected), name, 2)
    assert repr(mine) == repr(theirs)


@pytest.mark.parametrize("size", [(9, 8), [2, 6, 10, 9]])
def test_an_output_size_is_found_as_pytorch_finds_it(size: Any) -> None:
    theirs = torch.nn.ConvTranspose2d(4, 6, 2, stride=2, dtype=torch.float64)
    mine = nn.ConvTranspose2d(4, 6, 2, stride=2, dtype="float64")
    mine.load_state_dict({k: tt_core.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((2, 4, size[-2] // 2, size[-1] // 2))
    got, expected = mine(ours(x), size), theirs(torchs(x), size)
    np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), 1e-9, 1e-10)


@pytest.mark.parametrize("name", ["Conv2d", "ConvTranspose2d"])
def test_first_values_spread_as_pytorchs(name: str) -> None:
    theirs = getattr(torch.nn, name)(24, 32, 3, groups=2)
    mine = getattr(nn, name)(24, 32, 3, groups=2, generator=tt_core.Generator(0))
    for m, t in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert m.shape == tuple(t.shape)
        assert float(abs(m.detach().numpy()).max()) == pytest.approx(float(t.detach().abs().max()), rel=0.1)
