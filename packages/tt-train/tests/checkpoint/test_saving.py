import json
import math
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import tt_core as tt
from tt_core import nn
from tt_train.checkpoint import (
    Checkpoint,
    CheckpointError,
    RandomState,
    load_checkpoint,
    save_checkpoint,
    save_safetensors,
)


class Part:
    """A part with one state."""

    def __init__(self, state: Any = None) -> None:
        self.state = {} if state is None else state

    def state_dict(self) -> Any:
        return self.state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.state = dict(state)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def save(folder: Path, step: int, **options: Any) -> Path:
    return save_checkpoint(folder, {"part": Part({"step": step, "x": np.full(3, step)})}, step=step, **options)


def load(folder: Path, **options: Any) -> int | None:
    """Return the step of the checkpoint that is loaded."""
    part = Part()
    found = load_checkpoint(folder, {"part": part}, **options)
    if found is None:
        return None
    assert part.state["step"] == found.step
    assert (part.state["x"] == found.step).all()
    return found.step


def test_a_model_and_all_around_it_come_back(tmp_path: Path) -> None:
    tt.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    other = Part(
        {"lr": 0.1 + 0.2, "betas": (0.9, 0.999), "state": {0: {"step": 7, "exp_avg": tt.rand(4, 3)}}, "x": None}
    )
    path = save_checkpoint(tmp_path / "run", {"model": model, "optimizer": other, "random": RandomState()}, step=7)
    drawn = tt.rand(3), np.random.rand(), __import__("random").random()

    fresh, part = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4)), Part()
    found = load_checkpoint(tmp_path / "run", {"model": fresh, "optimizer": part, "random": RandomState()})
    assert found == Checkpoint(path, 7, None)
    assert all((a == b).all() for a, b in zip(model.parameters(), fresh.parameters(), strict=True))
    assert str(part.state) == str(other.state)
    assert (tt.rand(3) == drawn[0]).all()
    assert (np.random.rand(), __import__("random").random()) == drawn[1:]


def test_the_files_can_be_read_without_us(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    path = save_checkpoint(tmp_path, {"model": model}, step=12, metric=0.5)
    assert path.name == "000001-step-12"
    assert names(path) == ["arrays.safetensors", "state.json"]
    arrays = safetensors.numpy.load_file(path / "arrays.safetensors")
    assert np.array_equal(arrays["model.weight"], model.weight.data)
    content = json.loads((path / "state.json").read_text())
    assert content["step"] == 12
    assert content["metric"] == 0.5
    assert content["parts"]["model"]["weight"] == {"!tensor": "model.weight"}


def test_there_may_be_nothing_yet(tmp_path: Path) -> None:
    assert load(tmp_path) is None
    assert load(tmp_path / "absent") is None
    assert load(tmp_path / "absent", which="best") is None
    assert not (tmp_path / "absent").exists()


def test_the_last_few_are_kept(tmp_path: Path) -> None:
    for step in range(5):
        save(tmp_path, step, keep=2)
    assert names(tmp_path) == ["000004-step-3", "000005-step-4"]
    assert load(tmp_path) == 4


@pytest.mark.parametrize("mode,best", [("max", 1), ("min", 2)])
def test_the_best_is_kept(tmp_path: Path, mode: Any, best: int) -> None:
    for step, metric in enumerate([0.5, 0.9, 0.1, math.nan, None, 0.9, 0.1, 0.5]):
        save(tmp_path, step, metric=metric, mode=mode, keep=1)
    assert names(tmp_path) == [f"00000{best + 1}-step-{best}", "000008-step-7"]
    assert load(tmp_path) == 7
    assert load(tmp_path, which="best") == best


@pytest.mark.parametrize("metric", [math.nan, math.inf, -math.inf, 0.1 + 0.2, np.float32(0.1), 3, None])
def test_metrics_come_back(tmp_path: Path, metric: Any) -> None:
    part = Part()
    save_checkpoint(tmp_path, {"part": part}, step=1, metric=metric)
    found = load_checkpoint(tmp_path, {"part": part})
    assert found
    assert repr(found.metric) == repr(None if metric is None else float(metric))


def test_the_best_needs_a_metric(tmp_path: Path) -> None:
    save(tmp_path, 1)
    save(tmp_path, 2, metric=math.nan)
    with pytest.raises(CheckpointError, match=r"expected checkpoints with a metric in .*; got none"):
        load(tmp_path, which="best")
    with pytest.raises(CheckpointError, match="expected which='latest' or 'best'; got 'newest'"):
        load(tmp_path, which="newest")


def test_the_latest_is_the_one_saved_last_whatever_its_step(tmp_path: Path) -> None:
    for step in (100, 200, 50, 60, 60):
        save(tmp_path, step, keep=3)
    assert names(tmp_path) == ["000003-step-50", "000004-step-60", "000005-step-60"]
    assert load(tmp_path) == 60


def test_one_checkpoint_can_be_loaded_by_its_folder(tmp_path: Path) -> None:
    first = save(tmp_path, 1)
    save(tmp_path, 2)
    assert load(first) == 1
    assert load(first.rename(tmp_path / "my favourite one")) == 1
    assert load(tmp_path) == 2


def test_a_part_of_a_checkpoint_is_enough(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, {"a": Part({"x": 1}), "b": Part({"x": 2})}, step=1)
    part = Part()
    load_checkpoint(tmp_path, {"b": part})
    assert part.state == {"x": 2}


@pytest.mark.parametrize(
    "options", [{"step": -1}, {"step": 1.0}, {"step": True}, {"step": 10**18}, {"mode": "best"}, {"keep": 0}]
)
def test_wrong_numbers_are_refused(tmp_path: Path, options: Any) -> None:
    with pytest.raises(CheckpointError, match="expected a step of 0 or more, mode 'max' or 'min', and 1 or more"):
        save_checkpoint(tmp_path, {}, **{"step": 1, **options})


def test_what_cannot_be_stored_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"part\.a\.1: expected a state of .*got set"):
        save_checkpoint(tmp_path / "run", {"part": Part({"a": [1, {2}]})}, step=1)
    assert not (tmp_path / "run").exists()
    with pytest.raises(CheckpointError, match="cannot write the states as JSON"):
        save_checkpoint(tmp_path / "run", {"part": Part({"a": 10**5000})}, step=1)
    assert names(tmp_path / "run") == []


def test_endless_lists_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tt_train.checkpoint.manifest.LARGEST", 10_000)
    with pytest.raises(CheckpointError, match=r"expected states of at most 10000 bytes of JSON; got .* as arrays"):
        save_checkpoint(tmp_path, {"part": Part({"order": list(range(5000))})}, step=1)
    assert names(tmp_path) == []


def test_unicode_spaces_and_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = save(Path("läufe und mehr/der erste"), 1)
    monkeypatch.chdir("/")
    assert path.is_absolute()
    assert load(tmp_path / "läufe und mehr" / "der erste") == 1


def test_the_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for step in range(3):
        save(tmp_path / "link", step, keep=1)
    assert names(tmp_path / "real") == ["000003-step-2"]
    assert load(tmp_path / "link") == 2


def test_tied_weights_come_back_tied(tmp_path: Path) -> None:
    def tied() -> nn.Sequential:
        model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        model[1].weight = model[0].weight
        return model

    model, other = tied(), tied()
    path = save_checkpoint(tmp_path, {"model": model, "average": model}, step=1)
    assert len(safetensors.numpy.load_file(path / "arrays.safetensors")) == 3
    load_checkpoint(tmp_path, {"model": other})
    assert other[0].weight is other[1].weight
    assert (other[0].weight == model[0].weight).all()


# What can go wrong while saving


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, 1)

    def fail(arrays: Any, path: Path, metadata: Any = None) -> None:
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tt_train.checkpoint.saving.write_arrays", fail)
    with pytest.raises(CheckpointError, match=r"cannot save a checkpoint in .*: No space left on device"):
        save(tmp_path, 2)
    assert names(tmp_path) == ["000001-step-1"]
    assert load(tmp_path) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file sizes are limited by a call of POSIX systems")
def test_a_write_that_the_system_refuses(tmp_path: Path) -> None:
    script = f"""
import resource, signal
import numpy as np
from tt_train.checkpoint import CheckpointError, save_checkpoint
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
class Part:
    def state_dict(self): return {{"x": np.zeros(n)}}
n = 10
save_checkpoint({str(tmp_path)!r}, {{"part": Part()}}, step=1)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
n = 10_000
try:
    save_checkpoint({str(tmp_path)!r}, {{"part": Part()}}, step=2)
except CheckpointError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "cannot save a checkpoint in" in done.stdout
    assert "File too large" in done.stdout
    assert names(tmp_path) == ["000001-step-1"]


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"cannot save a checkpoint in .*file: (Not a directory|File exists)"):
        save(tmp_path / "file", 1)
    with pytest.raises(CheckpointError, match=r"cannot save a checkpoint in .*run: Not a directory"):
        save(tmp_path / "file" / "run", 1)
    with pytest.raises(CheckpointError, match=r"cannot read .*file: Not a directory"):
        load(tmp_path / "file")


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="rights are those of Unix")
def test_a_read_only_folder_can_be_read() -> None:
    """Root may write everywhere, so the test becomes somebody else if it must."""
    script = """
import os, sys
from pathlib import Path
from tt_train.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
class Part:
    def state_dict(self): return {}
    def load_state_dict(self, state): pass
os.umask(0o022)
folder = Path(sys.argv[1], "run")
save_checkpoint(folder, {"part": Part()}, step=1)
folder.chmod(0o555)
(folder / ".lock").chmod(0o444)
if os.geteuid() == 0: os.setuid(65534)
try:
    save_checkpoint(folder, {"part": Part()}, step=2)
except CheckpointError as error:
    print(error)
print(load_checkpoint(folder, {"part": Part()}).step)
"""
    with TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        Path(folder).chmod(0o755)
        done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=False)
        (Path(folder) / "run").chmod(0o755)
    assert "run: Permission denied\n1\n" in done.stdout, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="rights are those of Unix")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_files_are_readable_for_those_whom_the_user_allows_to(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        path = save(tmp_path, 1)
        save_safetensors({"x": np.zeros(1)}, tmp_path / "x.safetensors")
    finally:
        os.umask(before)
    for file in (*path.iterdir(), tmp_path / "x.safetensors"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~mask, file
    assert stat.S_IMODE(path.stat().st_mode) == 0o777 & ~mask


@pytest.mark.parametrize("name", ["state.json", "arrays.safetensors"])
def test_a_file_that_may_not_be_read_is_as_good_as_damaged(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, 1)
    save(tmp_path, 2)
    real = Path.open

    def open_or_not(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == name and "step-2" in str(path):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_or_not)
    with pytest.warns(UserWarning, match=f"{name}: Permission denied: 000001-step-1 is tried instead"):
        assert load(tmp_path) == 1


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    save(tmp_path, 1)
    for name in (".writing-0a", ".removing-0b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "arrays.safetensors").write_bytes(b"half")
    (tmp_path / ".writing-0c").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("mine")
    assert load(tmp_path) == 1
    save(tmp_path, 2)
    assert names(tmp_path) == ["000001-step-1", "000002-step-2", "notes.txt"]


def test_what_cannot_be_removed_does_not_stop_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, 1)

    def fail(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tt_train.checkpoint.folder.shutil.rmtree", fail)
    with pytest.warns(UserWarning, match=r"cannot remove .*\.removing-.*: Permission denied"):
        save(tmp_path, 2, keep=1)
    assert load(tmp_path) == 2


def test_old_ones_that_are_held_fast_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, 1)
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if target.name.startswith(".removing-"):
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.warns(UserWarning, match=r"cannot remove .*000001-step-1: Permission denied"):
        save(tmp_path, 2, keep=1)
    assert load(tmp_path) == 2


def test_links_among_the_checkpoints_are_removed_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    save(tmp_path / "elsewhere", 1)
    run = tmp_path / "run"
    run.mkdir()
    (run / "000001-step-1").symlink_to(tmp_path / "elsewhere" / "000001-step-1")
    save(run, 2, keep=1)
    assert names(run) == ["000002-step-2"]
    assert load(tmp_path / "elsewhere") == 1


def test_two_processes_take_turns(tmp_path: Path) -> None:
    script = f"""
import sys
import numpy as np
from tt_train.checkpoint import load_checkpoint, save_checkpoint
class Part:
    def __init__(self, i): self.i = i
    def state_dict(self): return {{"x": np.full(1000, self.i), "step": self.i}}
    def load_state_dict(self, state): assert (state["x"] == state["step"]).all()
for i in range(int(sys.argv[1]), int(sys.argv[1]) + 30):
    save_checkpoint({str(tmp_path)!r}, {{"part": Part(i)}}, step=i, metric=i, keep=2)
    assert load_checkpoint({str(tmp_path)!r}, {{"part": Part(0)}}) is not None
"""
    start = [sys.executable, "-W", "error", "-c", script]
    running = [subprocess.Popen([*start, n], stderr=subprocess.PIPE, text=True) for n in ("100", "200")]
    assert [each.communicate()[1] for each in running] == ["", ""]
    found = names(tmp_path)
    assert found[-2:] == [name for name in found if name.startswith(("000059", "000060"))]
    assert len(found) <= 3
    assert load(tmp_path, which="best") == 229
