"""Transforms against PyTorch's own ways to the same result."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_train import transforms as T

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("shape", [(5, 3, 12, 9), (5, 1, 7, 8)])
def test_affine_is_grid_sample(interpolation: Any, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x = rng.random(shape, np.float32)
    angle, scale = rng.uniform(-40, 40, 5), rng.uniform(0.7, 1.4, 5)
    dx, dy = rng.uniform(-2, 2, (2, 5))
    found = T.affine(tt.as_tensor(x), angle, (dx, dy), scale, interpolation=interpolation)

    height, width = shape[2:]
    theta = []
    for a, s, u, v in zip(np.radians(angle), scale, dx, dy, strict=True):
        turn = np.array([[math.cos(a), -math.sin(a), u], [math.sin(a), math.cos(a), v], [0, 0, 1]])
        back = np.linalg.inv(turn @ np.diag([s, s, 1]))
        units = np.diag([width / 2, height / 2, 1])  # from pixels to PyTorch's -1..1
        theta.append((np.linalg.inv(units) @ back @ units)[:2])
    grid = torch.nn.functional.affine_grid(torch.tensor(np.array(theta)).float(), shape, align_corners=False)
    expected = torch.nn.functional.grid_sample(torch.tensor(x), grid, interpolation, align_corners=False).numpy()
    close = np.isclose(found.data, expected, atol=1e-4)
    assert close.mean() > (0.995 if interpolation == "nearest" else 0.9999)  # a place between two pixels is either's


def test_pad_is_pytorchs() -> None:
    x = np.random.default_rng(0).random((2, 3, 5, 6), np.float32)
    for mode, name in (("constant", "constant"), ("reflect", "reflect"), ("edge", "replicate")):
        expected = torch.nn.functional.pad(torch.tensor(x), (1, 3, 2, 4), name)
        assert np.array_equal(T.pad(tt.as_tensor(x), (1, 2, 3, 4), padding_mode=mode).data, expected.numpy())
