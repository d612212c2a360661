"""Pooling beside PyTorch's: its own samples, drawn windows, equal numbers and nan, and layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core
from tt_train import functional as F
from tt_train import nn

torch = pytest.importorskip("torch", reason="PyTorch is what pooling is compared with")
pytest.importorskip("expecttest", reason="torch.testing needs it")

from .opinfo import DTYPES, check, compare, compare_gradients, operations  # noqa: E402 - it imports PyTorch

NAMES = ["max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d", "max_unpool2d"]
NAMES += [f"adaptive_{kind}_pool{n}d" for kind in ("avg", "max") for n in (1, 2)]
OPS = [op for name in NAMES for op in operations(f"nn.functional.{name}")]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: str(d).removeprefix("torch."))
@pytest.mark.parametrize("op", OPS, ids=lambda op: f"{op.name}{op.variant_test_name}".removeprefix("nn.functional."))
@pytest.mark.filterwarnings("ignore::UserWarning:torch")
def test_results_and_gradients_are_pytorchs(op: Any, dtype: Any) -> None:
    if dtype not in op.dtypes:
        pytest.skip("PyTorch does not support this type here")
    function = getattr(F, op.name.rpartition(".")[2])
    overwritten = op.name == "nn.functional.max_unpool2d" and not op.variant_test_name  # ours lets only one have g
    compared, refused = check(op, function, dtype, order=0 if overwritten else 2)
    assert compared
    assert not refused


@st.composite
def settings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw windows that PyTorch has well defined: with a dilation, those in the padding have numbers all the same."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    stride = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    return {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": draw(st.booleans())}


def both(values: Any) -> tuple[Any, Any]:
    """Return a leaf of each library."""
    return tt_core.from_numpy(values).requires_grad_(), torch.from_numpy(values.copy()).requires_grad_()


images = st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(6, 9), st.integers(6, 9))
contents = st.sampled_from(["spread", "equal", "nan"])


def filled(shape: Any, content: str, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    if content == "spread":
        return rng.standard_normal(shape)
    return rng.choice([0.0, 1.0, 2.0] if content == "equal" else [0.0, np.nan, -np.inf, 3.0], shape)


@given(shape=images, how=settings(), dilation=st.integers(1, 2), content=contents, seed=st.integers(0, 99))
def test_max_pool2d_of_drawn_windows(shape: Any, how: Any, dilation: int, content: str, seed: int) -> None:
    mine, theirs = both(filled(shape, content, seed))
    ours = F.max_pool2d(mine, **how, dilation=dilation if max(how["kernel_size"]) < 4 else 1, return_indices=True)
    expected = torch.nn.functional.max_pool2d(
        theirs, **how, dilation=dilation if max(how["kernel_size"]) < 4 else 1, return_indices=True
    )
    for m, t in zip(ours, expected, strict=True):
        compare(m, t, str(how))
    compare_gradients((mine, ours[0]), (theirs, expected[0]), str(how), 2)


@given(shape=images, how=settings(), pad=st.booleans(), divisor=st.none() | st.integers(1, 5), seed=st.integers(0, 99))
def test_avg_pool2d_of_drawn_windows(shape: Any, how: Any, pad: bool, divisor: int | None, seed: int) -> None:
    mine, theirs = both(filled(shape, "spread", seed))
    ours = F.avg_pool2d(mine, **how, count_include_pad=pad, divisor_override=divisor)
    expected = torch.nn.functional.avg_pool2d(theirs, **how, count_include_pad=pad, divisor_override=divisor)
    compare(ours, expected, str(how))
    compare_gradients((mine, ours), (theirs, expected), str(how), 2)


@given(shape=images, wanted=st.tuples(st.integers(1, 12), st.integers(1, 12)), content=contents)
def test_adaptive_pools_of_drawn_sizes(shape: Any, wanted: Any, content: str) -> None:
    mine, theirs = both(filled(shape, content, 0))
    ours = F.adaptive_max_pool2d(mine, wanted, return_indices=True)
    expected = torch.nn.functional.adaptive_max_pool2d(theirs, wanted, return_indices=True)
    for m, t in zip(ours, expected, strict=True):
        compare(m, t, str(wanted))
    compare_gradients((mine, ours[0]), (theirs, expected[0]), str(wanted), 2)
    compare(F.adaptive_avg_pool2d(mine, wanted), torch.nn.functional.adaptive_avg_pool2d(theirs, wanted), str(wanted))


LAYERS: list[Any] = [
    lambda n: n.MaxPool1d(3, 2, 1, return_indices=True),
    lambda n: n.MaxPool2d((2, 1), ceil_mode=True),
    lambda n: n.MaxUnpool2d(2),
    lambda n: n.AvgPool1d((3,), 2),
    lambda n: n.AvgPool2d(2, (2, 1), ceil_mode=True),
    lambda n: n.AdaptiveAvgPool1d(3),
    lambda n: n.AdaptiveAvgPool2d((2, None)),
    lambda n: n.AdaptiveMaxPool1d(3, True),
    lambda n: n.AdaptiveMaxPool2d(2),
]


@pytest.mark.parametrize("build", LAYERS)
def test_layers_look_like_pytorchs(build: Any) -> None:
    assert repr(build(nn)) == repr(build(torch.nn))
