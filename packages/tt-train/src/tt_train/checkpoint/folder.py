"""A folder of checkpoints: which there are, in which order, and which can go."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterable
from math import isnan
from pathlib import Path
from secrets import token_hex

from tt_train.checkpoint.files import CheckpointError, need_file
from tt_train.checkpoint.manifest import ARRAYS, Manifest, read_manifest

WRITING, REMOVING = ".writing-", ".removing-"
_NAME = re.compile(r"(\d{6,12})-step-(\d{1,18})")


def name_of(serial: int, step: int) -> str:
    """Return the name of a checkpoint's folder.

    >>> name_of(12, 3400)
    '000012-step-3400'
    """
    return f"{serial:06d}-step-{step}"


def numbers_in(path: Path) -> tuple[int, int]:
    """Return serial and step, as the name of a checkpoint's folder tells them."""
    serial, _, step = path.name.partition("-step-")
    return int(serial), int(step)


def by_age(root: Path) -> list[Path]:
    """Return the checkpoints, the one that was saved last first; none if there is no folder."""
    if not root.exists():
        return []
    return sorted((path for path in root.iterdir() if _NAME.fullmatch(path.name)), key=numbers_in, reverse=True)


def by_metric(read: Iterable[tuple[Path, Manifest]]) -> list[Path]:
    """Return those with a metric, the best first and the earlier of equal ones first; a metric of nan is none.

    Args:
        read: checkpoints with their manifests, the newest first; its mode is that of all.
    """
    found = list(read)
    sign = -1 if found and found[0][1].mode == "max" else 1
    usable = [(sign * x.metric, path) for path, x in found if x.metric is not None and not isnan(x.metric)]
    return [path for _, path in sorted(usable, key=lambda pair: (pair[0], numbers_in(pair[1])))]


def prune(root: Path, keep: int) -> None:
    """Remove what is older than the last `keep` that seem whole, but for the best of those that do.

    Which ones seem whole, `_glance` tells by giving their manifest; one at least does, the one just saved. Damaged ones
    do not count among the `keep` and are never the best: they go if they are older than the last `keep` whole ones,
    and stay if not. If the best is among the last `keep`, nothing older stays.
    """
    found = by_age(root)
    whole = [(path, manifest) for path in found if (manifest := _glance(path)) is not None]
    needed = [path for path, _ in whole[:keep]]
    older = found[found.index(needed[-1]) + 1 :]
    for path in older:
        if path not in by_metric(whole)[:1]:
            _remove(path)


def sweep(root: Path) -> None:
    """Remove what killed processes left half written or half removed."""
    for path in root.iterdir():
        if path.name.startswith((WRITING, REMOVING)):
            _delete(path)


def _glance(path: Path) -> Manifest | None:
    """Return the manifest of a checkpoint that seems whole; reading all of its arrays would take too long."""
    try:
        manifest = read_manifest(path)
        return manifest if need_file(path / ARRAYS) == manifest.size else None
    except CheckpointError:
        return None


def _remove(path: Path) -> None:
    """Remove a checkpoint so that it is whole or hidden at any moment."""
    hidden = path.with_name(f"{REMOVING}{token_hex(4)}")
    try:
        path.rename(hidden)
    except OSError as error:
        _complain(path, error)
    else:
        _delete(hidden)


def _delete(path: Path) -> None:
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            shutil.rmtree(path)
    except OSError as error:
        _complain(path, error)


def _complain(path: Path, error: OSError) -> None:
    """What cannot be removed is no reason to stop training."""
    warnings.warn(f"cannot remove {path}: {error.strerror or error}", stacklevel=2)
