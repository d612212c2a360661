"""Layers that own weights: what they draw, what they are called, what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_train import functional as F
from tt_train import nn

KINDS = [nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_weights(kind: Any) -> None:
    first, second = (kind(4, 6, 3, generator=tt.Generator(1)) for _ in range(2))
    assert list(first.state_dict()) == ["weight", "bias"]
    assert all(tt.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not tt.equal(first.weight, kind(4, 6, 3, generator=tt.Generator(2)).weight)


@pytest.mark.parametrize("kind", KINDS)
def test_first_values_fill_the_range_of_the_inputs(kind: Any) -> None:
    layer = kind(16, 32, 3, groups=2)
    bound = 1 / math.sqrt(math.prod(layer.weight.shape[1:]))
    for parameter in layer.parameters():
        values = parameter.detach().numpy()
        assert 0.8 * bound < abs(values).max() <= bound
        assert abs(values.mean()) < bound / 2


def test_without_bias_there_is_none() -> None:
    layer = nn.Conv2d(4, 6, 3, bias=False)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert tt.equal(layer(tt.ones(1, 4, 3, 3)), F.conv2d(tt.ones(1, 4, 3, 3), layer.weight))


def test_no_channels_have_no_weights_to_draw() -> None:
    assert nn.Conv2d(0, 2, 3)(tt.zeros(1, 0, 3, 3)).shape == (1, 2, 1, 1)


def test_types_are_kept() -> None:
    assert nn.Conv2d(2, 3, 3, dtype="float64").weight.dtype == np.dtype("float64")
    with pytest.raises(DTypeError, match=r"one type in conv2d.*in Conv2d\(2, 3"):
        nn.Conv2d(2, 3, 3, dtype="float64")(tt.zeros(1, 2, 3, 3))


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_borders_of_any_kind_keep_the_size(mode: Any) -> None:
    layer = nn.Conv2d(2, 3, (2, 3), padding="same", padding_mode=mode)
    assert layer(tt.randn(2, 2, 5, 6)).shape == (2, 3, 5, 6)
    constant = nn.Conv2d(1, 1, 3, padding=1, padding_mode=mode, bias=False)(tt.ones(1, 1, 4, 4))
    inside = constant[0, 0, 1, 1].item()
    assert (abs(constant.detach().numpy() - inside).max() < 1e-6) == (mode != "zeros")


def test_reprs_say_what_is_not_usual() -> None:
    assert repr(nn.Conv2d(1, 2, 3)) == "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))"
    full = nn.Conv2d(2, 4, 3, 2, "valid", 2, 2, bias=False, padding_mode="circular")
    words = "stride=(2, 2), padding=valid, dilation=(2, 2), groups=2, bias=False, padding_mode=circular"
    assert repr(full) == f"Conv2d(2, 4, kernel_size=(3, 3), {words})"
    assert "output_padding=(1,)" in repr(nn.ConvTranspose1d(1, 2, 3, 2, output_padding=1))


def test_it_learns_an_edge_filter() -> None:
    x = tt.randn(8, 1, 10, 10, generator=tt.Generator(0))
    wanted = F.conv2d(x, tt.tensor([[[[-1.0, 0.0, 1.0]] * 3]]))
    layer = nn.Conv2d(1, 1, 3, generator=tt.Generator(0))
    for _ in range(200):
        layer.zero_grad()
        F.mse_loss(layer(x), wanted).backward()
        for p in layer.parameters():
            assert p.grad is not None
            p.data -= 0.1 * p.grad.data
    np.testing.assert_allclose(layer.weight.detach().numpy()[0, 0], [[-1, 0, 1]] * 3, atol=1e-2)


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ShapeError, "in_channels and out_channels of Conv2d that groups divide"),
        (lambda: nn.Conv2d(3, 4, 3, groups=0), ShapeError, "that groups divide; got 3, 4 and 0"),
        (lambda: nn.Conv2d(3, 4, 0), ShapeError, "kernel_size of at least 1"),
        (lambda: nn.Conv2d(3, 4, (1, 2, 3)), ShapeError, "kernel_size as one number or 2"),
        (
            lambda: nn.Conv2d(3, 4, 3, padding="full"),
            NotSupportedError,
            "padding of Conv2d as numbers, 'same'",
        ),
        (lambda: nn.Conv1d(3, 4, 3, 2, "same"), ShapeError, "stride 1 beside padding 'same' of Conv1d"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), NotSupportedError, "padding_mode of Conv2d.*'mirror'"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), NotSupportedError, "'zeros'.*'reflect'"),
        (lambda: nn.Conv2d(3, 4, 3, device="cuda"), NotSupportedError, "cuda"),
    ],
)
def test_settings_that_make_no_convolution_are_refused(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


def test_errors_name_the_layer() -> None:
    with pytest.raises(ShapeError, match=r"3 channels.*, in Conv2d\(3, 4, kernel_size"):
        nn.Conv2d(3, 4, 3)(tt.zeros(1, 2, 5, 5))
    with pytest.raises(ShapeError, match=r"3 channels.*, in ConvTranspose1d\(3, 4, kernel_size"):
        nn.ConvTranspose1d(3, 4, 3)(tt.zeros(1, 2, 5))


def test_an_output_size_chooses_among_those_that_the_stride_makes_alike() -> None:
    layer = nn.ConvTranspose2d(2, 3, 3, stride=3)
    x = tt.zeros(1, 2, 4, 5)
    assert layer(x).shape == (1, 3, 12, 15)
    assert layer(x, output_size=(13, 17)).shape == (1, 3, 13, 17)
    assert layer(x, (1, 3, 14, 15)).shape == (1, 3, 14, 15)
    with pytest.raises(ShapeError, match=r"output_size from \[12, 15\] to \[14, 17\]; got \[15, 15\]"):
        layer(x, 15)
