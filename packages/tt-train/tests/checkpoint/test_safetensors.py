import json
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import tt_core as tt
from tt_core import nn
from tt_train.checkpoint import CheckpointError, load_metadata, load_safetensors, save_safetensors

TYPES = [d.name for d in tt.dtypes.SUPPORTED]


def file_of(header: Any, data: bytes = b"", *, length: int | None = None) -> bytes:
    """Return a safetensors file by hand."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wéights and more.safetensors"


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_tensors_come_back(path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    x = tt.as_tensor(np.random.default_rng(0).integers(0, 2, shape).astype(dtype))
    save_safetensors({"x": x, "y": x.data}, path)
    back = load_safetensors(path)
    for name in ("x", "y"):
        assert back[name].dtype == x.dtype
        assert back[name].shape == shape
        assert np.array_equal(back[name].data, x.data)


def test_the_library_reads_what_we_write(path: Path) -> None:
    x = np.arange(6.0).reshape(2, 3)
    save_safetensors({"ü.0": tt.as_tensor(x.T), "view": x[:, ::2], "big": x.astype(">f8")}, path, {"made by": "us"})
    back = safetensors.numpy.load_file(path)
    assert np.array_equal(back["ü.0"], x.T)
    assert np.array_equal(back["view"], x[:, ::2])
    assert np.array_equal(back["big"], x)
    assert load_metadata(path) == {"made by": "us"}


def test_we_read_what_the_library_writes(path: Path) -> None:
    safetensors.numpy.save_file({"x": np.arange(3, dtype=np.float16)}, path)
    assert load_safetensors(path)["x"].tolist() == [0, 1, 2]
    assert load_metadata(path) == {}


def test_what_was_read_can_be_changed_and_outlives_the_file(path: Path) -> None:
    save_safetensors({"x": tt.zeros(3)}, path)
    x = load_safetensors(path)["x"]
    path.unlink()
    x.add_(1)
    assert x.tolist() == [1, 1, 1]


def test_bfloat16_becomes_float32(path: Path) -> None:
    bits = np.array([0x3FC0, 0xC000, 0x7F80, 0xFFC1, 0x0001], np.uint16)
    header = {"x": {"dtype": "BF16", "shape": [5, 1], "data_offsets": [4, 14]}}
    header |= {"y": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
    path.write_bytes(file_of(header, np.float32(7).tobytes() + bits.tobytes()))
    back = load_safetensors(path)
    assert back["x"].dtype == tt.float32
    assert back["x"].shape == (5, 1)
    assert back["x"].data.view(np.uint32).ravel().tolist() == [int(b) << 16 for b in bits]
    assert back["y"].tolist() == [7.0]


@pytest.mark.parametrize("kind,size", [("U16", 2), ("F8_E4M3", 1)])
def test_types_that_tensors_cannot_have_are_named(path: Path, kind: str, size: int) -> None:
    path.write_bytes(file_of({"layer.x": {"dtype": kind, "shape": [1], "data_offsets": [0, size]}}, bytes(size)))
    with pytest.raises(CheckpointError, match=r"layer\.x.*(uint16|F8_E4M3)"):
        load_safetensors(path)


def test_modules_go_there_and_back(path: Path) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3))
    save_safetensors(model.state_dict(), path)
    other = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3))
    other.load_state_dict(load_safetensors(path))
    assert all((a == b).all() for a, b in zip(model.parameters(), other.parameters(), strict=True))


def test_tied_weights_stand_under_both_names(path: Path) -> None:
    layer = nn.Linear(2, 2)
    save_safetensors({"a": layer.weight, "b": layer.weight}, path)
    back = load_safetensors(path)
    assert (back["a"] == back["b"]).all()
    assert back["a"].data is not back["b"].data


@pytest.mark.parametrize(
    "tensors,metadata,match",
    [
        ({"x": [1.0]}, None, "'x': expected a tensor or an array of .*; got list"),
        ({"x": np.array([1j])}, None, "'x': .*got complex128"),
        ({"__metadata__": np.zeros(1)}, None, "no array named '__metadata__'"),
        ({1: np.zeros(1)}, None, "expected text as names"),
        ({"x": np.zeros(1)}, {"epoch": 3}, "expected text as names and metadata"),
    ],
)
def test_what_has_no_place_in_the_format_is_refused(path: Path, tensors: Any, metadata: Any, match: str) -> None:
    with pytest.raises(CheckpointError, match=match):
        save_safetensors(tensors, path, metadata)
    assert not list(path.parent.iterdir())


X = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
BAD: dict[str, bytes] = {
    "empty": b"",
    "seven bytes": b"1234567",
    "text": b"these are no weights at all, " * 9,
    "a zip archive": b"PK\x03\x04" + bytes(60),
    "a pickle": b"\x80\x04\x95\x0d\x00\x00\x00\x00\x00\x00\x00\x8c\x01o\x94\x8c\x01n\x94\x93\x94.",
    "zeros": bytes(64),
    "header of 2⁶⁴ bytes": file_of({"x": X}, bytes(4), length=2**64 - 1),
    "header of 1 TB": file_of({"x": X}, bytes(4), length=2**40),
    "header longer than the file": file_of({"x": X}, length=5000),
    "header cut off": file_of({"x": X}, bytes(4), length=10),
    "header is a list": file_of([1]),
    "header is not UTF-8": file_of(b'{"\xff": 1}'),
    "deep": file_of(b"[" * 50000),
    "gigantic shape": file_of({"x": {**X, "shape": [2**62, 2**62]}}, bytes(4)),
    "negative shape": file_of({"x": {**X, "shape": [-1]}}, bytes(4)),
    "shape and bytes disagree": file_of({"x": {**X, "shape": [3]}}, bytes(4)),
    "offsets beyond the end": file_of({"x": {**X, "shape": [2], "data_offsets": [0, 8]}}, bytes(4)),
    "offsets backwards": file_of({"x": {**X, "data_offsets": [4, 0]}}, bytes(4)),
    "overlap": file_of({"x": X, "y": X}, bytes(4)),
    "hole": file_of({"x": {**X, "data_offsets": [4, 8]}}, bytes(8)),
    "more than the header tells": file_of({"x": X}, bytes(9)),
    "unknown type": file_of({"x": {**X, "dtype": "F31"}}, bytes(4)),
    "no offsets": file_of({"x": {"dtype": "F32", "shape": [1]}}, bytes(4)),
    "metadata of numbers": file_of({"__metadata__": {"a": 1}, "x": X}, bytes(4)),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
@pytest.mark.parametrize("load", [load_safetensors, load_metadata])
def test_damaged_and_foreign_files_are_refused(path: Path, content: bytes, load: Callable[[Path], Any]) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"cannot read .*wéights and more.safetensors: it is no safetensors file"):
        load(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="absent: No such file"):
        load_safetensors(tmp_path / "absent")
    with pytest.raises(CheckpointError, match="no ordinary file"):
        load_safetensors(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_refused_and_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(CheckpointError, match="no ordinary file"):
        load_safetensors(path)


def test_links_to_files_are_followed(path: Path, tmp_path: Path) -> None:
    save_safetensors({"x": tt.ones(2)}, path)
    (tmp_path / "link").symlink_to(path)
    assert load_safetensors(tmp_path / "link")["x"].tolist() == [1, 1]


def test_an_old_file_stays_if_the_new_one_cannot_be_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_safetensors({"x": tt.ones(2)}, path)

    def fail(tensors: Any, temporary: Path, metadata: Any) -> None:
        temporary.write_bytes(b"half")
        message = "No space left on device"
        raise safetensors.SafetensorError(message)

    monkeypatch.setattr("tt_train.checkpoint.safetensors.save_file", fail)
    with pytest.raises(CheckpointError, match="No space left"):
        save_safetensors({"x": tt.zeros(2)}, path)
    assert load_safetensors(path)["x"].tolist() == [1, 1]
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"cannot write .*absent/x: .*No such file"):
        save_safetensors({"x": tt.ones(2)}, tmp_path / "absent" / "x")
