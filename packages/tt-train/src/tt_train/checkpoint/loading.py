"""From a checkpoint back to the parts: everything is looked at before the first of them changes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import zip_longest
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from tt_core import Tensor
from tt_core.errors import TinyTorchError
from tt_core.nn import Module
from tt_train.checkpoint.codec import Stateful, Unpacker
from tt_train.checkpoint.files import CheckpointError, digest, locked, need_file, told
from tt_train.checkpoint.folder import by_age, by_metric, name_of
from tt_train.checkpoint.manifest import ARRAYS, NAME, Manifest, read_manifest
from tt_train.checkpoint.safetensors import reading


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that was loaded.

    Attributes:
        path: its folder.
        step: of training.
        metric: as it was given to `save_checkpoint`.
    """

    path: Path
    step: int
    metric: float | None


def load_checkpoint(
    folder: str | PathLike[str], parts: Mapping[str, Stateful], *, which: Literal["latest", "best"] = "latest"
) -> Checkpoint | None:
    """Bring all parts back to the state that was saved last, or to the best one.

    A checkpoint that is damaged or does not fit is told of in a warning, and the one before it (the next best) is
    taken instead. Either all parts are loaded or none has changed.

    Args:
        folder: as given to `save_checkpoint`, or the folder of one checkpoint in it.
        parts: what to load, by name; a checkpoint may hold more.
        which: the one that was saved last, or the one with the best metric.

    Returns:
        what was loaded; None if the folder holds no checkpoint.

    Raises:
        CheckpointError: there are checkpoints, and none can be used.
    """
    choices: dict[str, Callable[[list[Path]], list[Path]]] = {"latest": list, "best": _best}
    if which not in choices:
        message = f"expected which='latest' or 'best'; got {which!r}"
        raise CheckpointError(message)
    root = Path(folder).absolute()
    with told(f"cannot read {root}"), locked(root, alone=False):
        if (root / NAME).exists():
            return _restore(root, parts)
        return _first_usable(choices[which](by_age(root)), parts)


def _best(candidates: list[Path]) -> list[Path]:
    """Return the checkpoints that have a metric, the best first.

    Raises:
        CheckpointError: there are checkpoints, and none has a metric.
    """
    read = list(_readable(candidates))
    found = by_metric(read)
    if candidates and not found:
        message = f"expected checkpoints with a metric in {candidates[0].parent}; got none: save with metric=…"
        raise CheckpointError(message)
    return found


def _readable(candidates: list[Path]) -> Iterator[tuple[Path, Manifest]]:
    for path in candidates:
        try:
            yield path, _identified(path)
        except CheckpointError as error:
            warnings.warn(f"{error}: whether it is the best is not known", stacklevel=5)


def _first_usable(candidates: list[Path], parts: Mapping[str, Stateful]) -> Checkpoint | None:
    failures: list[str] = []
    for path, following in zip_longest(candidates, candidates[1:]):
        try:
            _identified(path)
            return _restore(path, parts)
        except CheckpointError as error:
            failures.append(str(error))
            if following is not None:
                warnings.warn(f"{error}: {following.name} is tried instead", stacklevel=3)
    if failures:
        message = f"expected a checkpoint that can be used; got {len(failures)} that cannot: {'; '.join(failures)}"
        raise CheckpointError(message)
    return None


def _identified(path: Path) -> Manifest:
    """Return the manifest of the checkpoint that a name means.

    Raises:
        CheckpointError: it is not to be read, or that of another one.
    """
    manifest = read_manifest(path)
    if path.name != name_of(manifest.serial, manifest.step):
        message = f"cannot use {path}: in it is checkpoint {name_of(manifest.serial, manifest.step)}"
        raise CheckpointError(message)
    return manifest


def _restore(path: Path, parts: Mapping[str, Stateful]) -> Checkpoint:
    manifest = read_manifest(path)
    missing = [name for name in parts if name not in manifest.parts]
    if missing:
        message = f"cannot use {path}: expected the parts {', '.join(parts)}; got {', '.join(manifest.parts) or 'none'}"
        raise CheckpointError(message)
    states = _states(path, manifest, parts)
    for name, part in parts.items():
        if isinstance(part, Module):
            _need_fit(f"cannot use {path}: {name}", part.state_dict(), states[name])
    _load_all(path, parts, states)
    return Checkpoint(path, manifest.step, manifest.metric)


def _states(path: Path, manifest: Manifest, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the states of these parts.

    Raises:
        CheckpointError: the arrays are not those that were saved.
    """
    arrays = path / ARRAYS
    with told(f"cannot read {arrays}"):
        sound = need_file(arrays) == manifest.size and digest(arrays) == manifest.sha256
    if not sound:
        message = f"cannot read {arrays}: it was cut off, altered or exchanged since it was written"
        raise CheckpointError(message)
    with reading(arrays) as file:
        unpacker = Unpacker(file.read, file.types)
        return {name: unpacker.unpack(manifest.parts[name], f"{path}: {name}") for name in names}


def _need_fit(what: str, wanted: Mapping[str, Tensor], got: Any) -> None:
    """Compare names, shapes and types.

    Raises:
        CheckpointError: the state is that of another module; loading it would convert or half fill this one.
    """
    if not isinstance(got, dict):
        message = f"{what} is no module's: expected a state by names; got {type(got).__name__}"
        raise CheckpointError(message)
    ours, theirs = ({name: _look(x) for name, x in state.items()} for state in (wanted, got))
    wrong = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    if wrong:
        each = [f"{name}: {ours.get(name, 'none')}, got {theirs.get(name, 'none')}" for name in wrong[:3]]
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        message = f"{what} is another module's: expected {'; '.join(each)}{more}"
        raise CheckpointError(message)


def _look(x: Any) -> str:
    return f"{x.dtype}{list(x.shape)}" if isinstance(x, Tensor) else type(x).__name__


def _load_all(path: Path, parts: Mapping[str, Stateful], states: Mapping[str, Any]) -> None:
    """Load all parts or none: those that may refuse come first, and are taken back if a later one does.

    A module does not refuse, since its state was found to fit; so modules come last. Of each other part a deep copy
    of the state is kept before it loads the new one, in `_accepting`, and loaded again if any part fails, the latest
    first: what an `ExitStack` does with its callbacks. The error goes on to the caller.
    """
    with ExitStack() as undo:
        for name in sorted(parts, key=lambda name: isinstance(parts[name], Module)):
            part = parts[name]
            if not isinstance(part, Module):  # a module's state was found to fit
                undo.callback(part.load_state_dict, deepcopy(part.state_dict()))
            with _accepting(f"cannot use {path}: {name}"):
                part.load_state_dict(states[name])
        undo.pop_all()


@contextmanager
def _accepting(what: str) -> Iterator[None]:
    """Say of an error which part does not take its state.

    Raises:
        CheckpointError: instead of it.
    """
    try:
        yield
    except (TinyTorchError, LookupError, TypeError, ValueError, AttributeError) as error:
        message = f"{what} does not take the state that was saved: {error}"
        raise CheckpointError(message) from error
