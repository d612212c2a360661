"""Weights go to PyTorch and come back, through the format that both know."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_train import nn
from tt_train.checkpoint import load_safetensors, save_checkpoint, save_safetensors

torch = pytest.importorskip("torch")
theirs = pytest.importorskip("safetensors.torch")


def network(nn: Any) -> Any:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 5))


def outputs(ours: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)
    return ours.eval()(tt.as_tensor(x)).detach().numpy(), other.eval()(torch.from_numpy(x)).detach().numpy()


def test_pytorch_loads_our_weights(tmp_path: Path) -> None:
    model, other = network(nn), network(torch.nn)
    save_safetensors(model.state_dict(), tmp_path / "model.safetensors")
    other.load_state_dict(theirs.load_file(tmp_path / "model.safetensors"))
    np.testing.assert_allclose(*outputs(model, other), rtol=1e-4, atol=1e-5)


def test_we_load_pytorchs_weights(tmp_path: Path) -> None:
    model, other = network(nn), network(torch.nn)
    theirs.save_file(other.state_dict(), tmp_path / "model.safetensors", {"format": "pt"})
    model.load_state_dict(load_safetensors(tmp_path / "model.safetensors"))
    np.testing.assert_allclose(*outputs(model, other), rtol=1e-4, atol=1e-5)


def test_pytorch_reads_a_checkpoints_weights(tmp_path: Path) -> None:
    model, other = network(nn), network(torch.nn)
    path = save_checkpoint(tmp_path, {"model": model}, step=1)
    found = theirs.load_file(path / "arrays.safetensors")
    other.load_state_dict({name.removeprefix("model."): x for name, x in found.items()})
    np.testing.assert_allclose(*outputs(model, other), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"])
def test_all_types_agree(tmp_path: Path, dtype: str) -> None:
    x = torch.arange(6).reshape(2, 3).to(getattr(torch, dtype))
    theirs.save_file({"x": x}, tmp_path / "x.safetensors")
    ours = load_safetensors(tmp_path / "x.safetensors")["x"]
    assert ours.dtype == dtype
    assert np.array_equal(ours.numpy(), x.numpy())
    save_safetensors({"x": ours.T}, tmp_path / "y.safetensors")
    assert torch.equal(theirs.load_file(tmp_path / "y.safetensors")["x"], x.T)


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    x = torch.randn(5, 3).to(torch.bfloat16)
    theirs.save_file({"x": x, "y": x.float()}, tmp_path / "x.safetensors")
    found = load_safetensors(tmp_path / "x.safetensors")
    assert np.array_equal(found["x"].numpy(), x.float().numpy())
    assert np.array_equal(found["y"].numpy(), x.float().numpy())
