"""Modules of normalisation: what they own, what training leaves behind, and what evaluation makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import DTypeError, ShapeError
from tt_train import functional as F
from tt_train import nn


def test_training_moves_averages_and_evaluation_uses_them() -> None:
    layer, x = nn.BatchNorm2d(3, momentum=1.0), tt.randn(8, 3, 4, 4) * 2 + 5
    layer(x)
    assert layer.num_batches_tracked is not None
    assert layer.num_batches_tracked.item() == 1
    before = layer.state_dict()
    out = layer.eval()(x)
    assert tt.equal(out, F.batch_norm(x, layer.running_mean, layer.running_var, layer.weight, layer.bias))
    assert all(tt.equal(tt.as_tensor(a), b) for a, b in zip(before.values(), layer.state_dict().values(), strict=True))


def test_without_momentum_the_averages_are_those_of_all_batches() -> None:
    layer = nn.BatchNorm1d(2, momentum=None)
    batches = [tt.randn(6, 2) + i for i in range(3)]
    for x in batches:
        layer(x)
    assert layer.running_mean is not None
    np.testing.assert_allclose(layer.running_mean.numpy(), np.mean([x.numpy().mean(0) for x in batches], 0), 1e-5, 1e-6)


def test_without_averages_evaluation_takes_the_batch() -> None:
    layer, x = nn.BatchNorm1d(2, track_running_stats=False), tt.randn(6, 2)
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert tt.equal(layer(x), layer.eval()(x))
    layer.reset_parameters()


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(3), nn.InstanceNorm2d(3, affine=True, track_running_stats=True)])
def test_everything_can_be_forgotten(layer: Any) -> None:
    fresh = {name: value.tolist() for name, value in layer.state_dict().items()}
    layer(tt.randn(4, 3, 5, 5))
    with tt.no_grad():
        layer.weight.mul_(3)
        layer.bias.add_(3)
    assert {name: value.tolist() for name, value in layer.state_dict().items()} != fresh
    layer.reset_parameters()
    layer.num_batches_tracked.zero_()
    assert {name: value.tolist() for name, value in layer.state_dict().items()} == fresh


def names(layer: nn.Module) -> list[str]:
    return list(layer.state_dict())


def test_which_parameters_there_are() -> None:
    buffers = ["running_mean", "running_var", "num_batches_tracked"]
    assert names(nn.BatchNorm1d(3)) == ["weight", "bias", *buffers]
    assert names(nn.BatchNorm1d(3, bias=False)) == ["weight", *buffers]
    assert names(nn.BatchNorm1d(3, affine=False)) == buffers
    assert names(nn.InstanceNorm1d(3)) == []
    assert names(nn.GroupNorm(1, 3)) == ["weight", "bias"]
    assert names(nn.GroupNorm(1, 3, bias=False)) == ["weight"]
    assert names(nn.GroupNorm(1, 3, affine=False)) == names(nn.LocalResponseNorm(2)) == []
    double = nn.BatchNorm1d(3, dtype="float64").state_dict()
    assert [str(value.dtype) for value in double.values()] == ["float64"] * 4 + ["int64"]


def test_images_without_a_batch() -> None:
    x = tt.randn(3, 4, 5)
    for layer, y in ((nn.InstanceNorm2d(3), x), (nn.InstanceNorm1d(3), x[:, 0])):
        out = layer(y)
        assert out.shape == y.shape
        np.testing.assert_allclose(out.numpy().reshape(3, -1).mean(1), 0, atol=1e-6)


def test_other_layers_are_their_functions() -> None:
    x = tt.randn(2, 4, 3, 3)
    assert tt.equal(nn.GroupNorm(2, 4)(x), F.group_norm(x, 2, tt.ones(4), tt.zeros(4)))
    assert tt.equal(nn.LocalResponseNorm(3, 0.1, 0.5, 2)(x), F.local_response_norm(x, 3, 0.1, 0.5, 2))
    layer = nn.GroupNorm(2, 4, affine=False)
    layer.reset_parameters()
    assert tt.equal(layer(x), F.group_norm(x, 2))


@pytest.mark.parametrize(
    "layer, x, message",
    [
        (nn.BatchNorm2d(3), tt.ones(2, 3), r"x with 4 dimensions; got shape \[2, 3\], in BatchNorm2d\(3"),
        (nn.BatchNorm1d(3), tt.ones(2, 3, 1, 1), r"x with 2 or 3 dimensions.*in BatchNorm1d\(3"),
        (nn.BatchNorm1d(3), tt.ones(2, 4), r"a number for each of 4 channels; got shape \[3\], in BatchNorm1d\(3"),
        (nn.InstanceNorm2d(3), tt.ones(2, 3), r"x with 3 or 4 dimensions.*in InstanceNorm2d\(3"),
        (nn.InstanceNorm1d(3), tt.ones(2, 3, 1), r"more than one pixel.*in InstanceNorm1d\(3"),
        (nn.GroupNorm(2, 4), tt.ones(2, 6), r"each of 6 channels; got shape \[4\], in GroupNorm\(2, 4"),
        (nn.LocalResponseNorm(2), tt.ones(2, 6), r"in LocalResponseNorm\(2, alpha=0.0001"),
    ],
)
def test_errors_name_the_layer(layer: Any, x: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        layer(x)


def test_groups_must_divide_the_channels() -> None:
    with pytest.raises(ShapeError, match=r"num_groups of GroupNorm that divides 4 channels; got 3"):
        nn.GroupNorm(3, 4)
    with pytest.raises(DTypeError, match=r"int64.*in BatchNorm1d"):
        nn.BatchNorm1d(3)(tt.ones(2, 3).long())
