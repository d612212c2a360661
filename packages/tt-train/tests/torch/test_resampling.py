"""Resizing and dropout beside PyTorch's: its own samples, and drawn sizes."""

from __future__ import annotations

from typing import Any

import pytest

from tt_train import functional as F

torch = pytest.importorskip("torch", reason="PyTorch is what resizing is compared with")
pytest.importorskip("expecttest", reason="torch.testing needs it")

from .opinfo import DTYPES, check, operations  # noqa: E402

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
