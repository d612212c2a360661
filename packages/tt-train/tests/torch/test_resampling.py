"""Resizing and dropout beside PyTorch's: its own samples, and drawn sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core
from tt_train import functional as F
from tt_train import nn

torch = pytest.importorskip("torch", reason="PyTorch is what resizing is compared with")
pytest.importorskip("expecttest", reason="torch.testing needs it")

from .opinfo import DTYPES, check, compare, compare_gradients, operations  # noqa: E402 - it imports PyTorch

OPS = operations("nn.functional.interpolate")
REFUSED = {  # by mode; anything else that is refused is a failure
    "bilinear": "got uint8",
    "bicubic": "got uint8",
    "area": "got 5-D",
}


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: str(d).removeprefix("torch."))
@pytest.mark.parametrize("op", OPS, ids=lambda op: op.variant_test_name)
@pytest.mark.filterwarnings("ignore::UserWarning:torch")
def test_results_and_gradients_are_pytorchs(op: Any, dtype: Any) -> None:
    if dtype not in op.dtypes:
        pytest.skip("PyTorch does not support this type here")
    compared, refused = check(op, F.interpolate, dtype)
    assert compared or dtype is torch.uint8
    reason = REFUSED.get(op.variant_test_name)
    assert all(reason is not None and reason in message for message in refused), refused


sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))


@given(
    size=sizes,
    wanted=sizes | st.tuples(st.floats(1, 3), st.floats(1, 3)),
    mode=st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic", "area"]),
    align=st.booleans(),
)
@pytest.mark.filterwarnings("ignore::UserWarning:torch")
def test_drawn_sizes_and_factors(size: Any, wanted: Any, mode: Any, align: bool) -> None:
    x = np.random.default_rng(0).standard_normal((2, 2, *size))
    how: dict[str, Any] = {"size" if isinstance(wanted[0], int) else "scale_factor": wanted, "mode": mode}
    if mode.startswith("bi"):
        how["align_corners"] = align
    mine, theirs = tt_core.from_numpy(x).requires_grad_(), torch.from_numpy(x.copy()).requires_grad_()
    ours, expected = F.interpolate(mine, **how), torch.nn.functional.interpolate(theirs, **how)
    compare(ours, expected, str(how))
    compare_gradients((mine, ours), (theirs, expected), str(how), 2)


def test_where_rounding_decides_which_pixel_is_nearest() -> None:
    """Of images in float32: of signals in float64, PyTorch takes others now and then."""
    for size in range(1, 60):
        x = np.arange(size, dtype=np.float32).reshape(1, 1, size, 1)
        for count in (7, 29, 49, 61, 98):
            for mode in ("nearest", "nearest-exact"):
                ours = F.interpolate(tt_core.from_numpy(x), (count, 1), mode=mode)  # type: ignore[arg-type]
                theirs = torch.nn.functional.interpolate(torch.from_numpy(x), (count, 1), mode=mode)
                compare(ours, theirs, f"{size} {count} {mode}")


LAYERS: list[Any] = [
    lambda n: n.Upsample(scale_factor=2),
    lambda n: n.Upsample((2, 3), mode="bilinear"),
    lambda n: n.Dropout1d(0.2),
    lambda n: n.Dropout2d(),
    lambda n: n.AlphaDropout(),
]


@pytest.mark.parametrize("build", LAYERS)
def test_layers_look_like_pytorchs(build: Any) -> None:
    assert repr(build(nn)) == repr(build(torch.nn))
