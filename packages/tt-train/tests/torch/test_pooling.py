"""Pooling beside PyTorch's: its own samples, drawn windows, and corners."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tt_core as tt
from tt_train import functional as F
from tt_train import nn

torch = pytest.importorskip("torch", reason="PyTorch is what pooling is compared with")
pytest.importorskip("expecttest", reason="torch.testing needs it")

from .opinfo import DTYPES, check, compare, compare_gradients, operations

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
