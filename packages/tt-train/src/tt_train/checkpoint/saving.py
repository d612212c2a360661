"""From the parts of a training run to a checkpoint.

It is written under a hidden name, brought to the disk, and renamed; this last step makes it exist. So whatever kills
the process, the names in the folder mean whole checkpoints, and what is hidden can go.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from secrets import token_hex
from typing import Any, get_args

from tt_train.checkpoint.codec import Packer, Stateful
from tt_train.checkpoint.files import CheckpointError, digest, locked, told
from tt_train.checkpoint.folder import WRITING, by_age, name_of, numbers_in, prune, sweep
from tt_train.checkpoint.manifest import ARRAYS, NAME, Manifest, Mode, write_manifest
from tt_train.checkpoint.safetensors import write_arrays
from tt_train.files import flush_file, flush_folder

LAST_STEP = 10**18


def save_checkpoint(
    folder: str | PathLike[str],
    parts: Mapping[str, Stateful],
    *,
    step: int,
    metric: float | None = None,
    mode: Mode = "max",
    keep: int = 3,
) -> Path:
    """Save the states of all parts as one checkpoint; remove what is neither among the last `keep` nor the best.

    Once it returns, the checkpoint is on the disk; if it raises or is killed, those before it are as they were.
    Processes that save into one folder take turns.

    Args:
        folder: of the checkpoints of one run; made if need be.
        parts: what to save, by the names under which it will be loaded.
        step: of training.
        metric: how good this state is; nan is never the best, and of equal ones the earliest is.
        mode: whether the largest ("max") or the smallest ("min") metric is the best.
        keep: how many to keep beside the best.

    Returns:
        the checkpoint's own folder.

    Raises:
        CheckpointError: a state holds what cannot be stored, or the disk is full or read-only.
    """
    _check(step, mode, keep)
    packer = Packer()
    states = {name: packer.pack(_plain(part.state_dict()), name) for name, part in parts.items()}
    content = {"step": step, "metric": None if metric is None else float(metric), "mode": mode, "parts": states}
    root = Path(folder).absolute()
    with told(f"cannot save a checkpoint in {root}"):
        root.mkdir(parents=True, exist_ok=True)
        with locked(root):
            sweep(root)
            saved = _commit(root, packer, content)
            prune(root, keep)
    return saved


def _check(step: int, mode: str, keep: int) -> None:
    if (
        type(step) is not int
        or not 0 <= step < LAST_STEP
        or mode not in get_args(Mode)
        or type(keep) is not int
        or keep < 1
    ):
        wanted = "a step of 0 or more, mode 'max' or 'min', and 1 or more checkpoints to keep"
        message = f"expected {wanted}; got {step!r}, {mode!r} and {keep!r}"
        raise CheckpointError(message)


def _plain(state: Any) -> Any:
    return dict(state) if isinstance(state, Mapping) else state


def _commit(root: Path, packer: Packer, content: dict[str, Any]) -> Path:
    """Write a checkpoint under a hidden name, bring it to the disk, and give it its name: that makes it exist.

    The hidden folder's name begins with `WRITING` and goes on at random. In it come the packer's arrays, by
    `write_arrays(packer.arrays, path)` in the file `ARRAYS`, and the manifest with their size and digest, which
    `write_manifest` writes to the file `NAME` of a folder; both files and the folder are flushed before the rename,
    and `root` after it. Its serial number is one more than the highest in the folder, from 1 on. Whatever fails, the
    hidden folder goes.

    Returns:
        the checkpoint's folder, `name_of(serial, step)` in `root`.
    """
    serial = 1 + max((numbers_in(path)[0] for path in by_age(root)), default=0)
    target = root / name_of(serial, content["step"])
    temporary = root / f"{WRITING}{token_hex(4)}"
    temporary.mkdir()
    try:
        arrays = temporary / ARRAYS
        write_arrays(packer.arrays, arrays)
        flush_file(arrays)
        size, sha256 = arrays.stat().st_size, digest(arrays)
        write_manifest(Manifest(serial=serial, size=size, sha256=sha256, **content), temporary)
        flush_file(temporary / NAME)
        flush_folder(temporary)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    flush_folder(root)
    return target
