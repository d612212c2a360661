"""Averages of weights, and the statistics of batch norms that belong to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn as core
from tt_core.errors import NotSupportedError
from tt_train import nn, optim
from tt_train.averaging import (
    AveragedModel,
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_avg_fn,
    get_swa_multi_avg_fn,
    update_bn,
)
from tt_train.optim import OptimizerError

VALUES = (1.0, 2.0, 6.0)
EMA = 0.7 * (0.7 * 1.0 + 0.3 * 2.0) + 0.3 * 6.0


def averaged(**options: Any) -> AveragedModel:
    model = core.Linear(2, 1)
    model.register_buffer("seen", tt.zeros(1))
    mean = AveragedModel(model, **options)
    with tt.no_grad():
        for value in VALUES:
            for x in (*model.parameters(), *model.buffers()):
                x.fill_(value)
            mean.update_parameters(model)
    return mean


@pytest.mark.parametrize(
    "options, weight, seen",
    [
        ({}, 3.0, 6.0),
        ({"use_buffers": True}, 3.0, 3.0),
        ({"avg_fn": get_swa_avg_fn()}, 3.0, 6.0),
        ({"multi_avg_fn": get_swa_multi_avg_fn(), "use_buffers": True}, 3.0, 3.0),
        ({"avg_fn": get_ema_avg_fn(0.7), "use_buffers": True}, EMA, EMA),
        ({"multi_avg_fn": get_ema_multi_avg_fn(0.7)}, EMA, 6.0),
    ],
)
def test_averages(options: dict[str, Any], weight: float, seen: float) -> None:
    mean = averaged(**options)
    np.testing.assert_allclose(mean.module.weight.data, [[weight] * 2], rtol=1e-6)
    np.testing.assert_allclose(mean.module.seen.data, [seen], rtol=1e-6)
    assert int(mean.n_averaged) == 3


def test_an_averaged_model_computes_and_is_saved() -> None:
    mean = averaged()
    assert mean(tt.ones(1, 2)).item() == pytest.approx(9.0)
    other = AveragedModel(core.Linear(2, 1))
    other.module.register_buffer("seen", tt.zeros(1))
    other.load_state_dict(mean.state_dict())
    assert int(other.n_averaged) == 3
    np.testing.assert_array_equal(other.module.weight.data, mean.module.weight.data)


def test_averaging_records_nothing_and_leaves_the_model_alone() -> None:
    model = core.Linear(2, 1)
    mean = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn())
    before = model.weight.data.copy()
    for _ in range(3):
        mean.update_parameters(model)
    assert all(p.is_leaf and p.requires_grad for p in mean.module.parameters())
    np.testing.assert_array_equal(model.weight.data, before)
    np.testing.assert_allclose(mean.module.weight.data, before, rtol=1e-6)


def test_what_is_refused() -> None:
    with pytest.raises(OptimizerError, match=r"expected a decay from 0 to 1; got 1\.5"):
        get_ema_multi_avg_fn(1.5)
    with pytest.raises(OptimizerError, match="at most one of avg_fn and multi_avg_fn"):
        AveragedModel(core.Linear(1, 1), avg_fn=get_swa_avg_fn(), multi_avg_fn=get_swa_multi_avg_fn())
    with pytest.raises(NotSupportedError, match="expected device 'cpu'"):
        AveragedModel(core.Linear(1, 1), "cuda")


def test_statistics_are_those_of_all_batches() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=0.3), nn.Dropout(0.0)).eval()
    batches = [tt.randn(8, 3) for _ in range(5)]
    update_bn([(x, tt.zeros(8)) for x in batches], model)
    norm = model[1]
    inputs = [model[0](x).data for x in batches]
    np.testing.assert_allclose(norm.running_mean.data, np.mean([x.mean(0) for x in inputs], 0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(norm.running_var.data, np.mean([x.var(0, ddof=1) for x in inputs], 0), rtol=1e-5)
    assert (norm.momentum, norm.training, model[2].training) == (0.3, False, False)


def test_a_model_without_statistics_sees_no_data() -> None:
    update_bn(iter(()), core.Linear(1, 1))


def test_the_index_has_them() -> None:
    assert optim.swa_utils.AveragedModel is AveragedModel
