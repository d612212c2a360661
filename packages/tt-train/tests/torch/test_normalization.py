"""Normalisation beside PyTorch's: its own samples, drawn shapes, and numbers far from 0."""

from __future__ import annotations

from typing import Any

import pytest

import tt_core as tt
from tt_train import functional as F
from tt_train import nn

torch = pytest.importorskip("torch", reason="PyTorch is what normalisation is compared with")
pytest.importorskip("expecttest", reason="torch.testing needs it")

from .opinfo import DTYPES, check, compare, compare_gradients, operations  # noqa: E402

NAMES = ["batch_norm", "group_norm", "instance_norm", "local_response_norm"]
OPS = [op for name in NAMES for op in operations(f"nn.functional.{name}", "")]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: str(d).removeprefix("torch."))
@pytest.mark.parametrize("op", OPS, ids=lambda op: f"{op.name}{op.variant_test_name}".removeprefix("nn.functional."))
@pytest.mark.filterwarnings("ignore::UserWarning:torch")
def test_results_and_gradients_are_pytorchs(op: Any, dtype: Any) -> None:
    if dtype not in op.dtypes:
        pytest.skip("PyTorch does not support this type here")
    compared, refused = check(op, getattr(F, op.name.rpartition(".")[2]), dtype)
    assert compared
    assert not refused
