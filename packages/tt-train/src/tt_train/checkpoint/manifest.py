"""`state.json`: what a checkpoint holds beside its arrays, and how to tell that neither has changed.

Its first line is the SHA-256 of all the others, so that a bit that flips is noticed before the text is read as JSON.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias

from tt_train.checkpoint.files import CheckpointError, need_file, told

NAME = "state.json"
ARRAYS = "arrays.safetensors"
FORMAT = "tinytorch-checkpoint"
VERSION = 1
LARGEST = 2**28  # bytes; what is larger than this is not what we wrote

Mode: TypeAlias = Literal["max", "min"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `state.json` says.

    Attributes:
        serial: how many checkpoints the folder had seen, this one included.
        step: of training.
        metric: how good it is, None if nobody said.
        mode: whether the largest or the smallest metric is the best.
        size, sha256: of the file with the arrays.
        parts: the states by name, as `codec.Packer` wrote them.
    """

    serial: int
    step: int
    metric: float | None
    mode: Mode
    size: int
    sha256: str
    parts: dict[str, Any]


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write `state.json` into the folder of a checkpoint.

    Raises:
        CheckpointError: the states are too long for JSON.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        **{each.name: getattr(manifest, each.name) for each in fields(manifest)},
    }
    if manifest.metric is not None and not isfinite(manifest.metric):
        content["metric"] = str(manifest.metric)  # JSON has no nan
    try:
        text = json.dumps(content, allow_nan=False)
    except ValueError as error:  # whole numbers of more than 4,300 digits
        message = f"cannot write the states as JSON: {error}"
        raise CheckpointError(message) from error
    rest = text[1:].encode()
    if len(rest) > LARGEST:
        message = (
            f"expected states of at most {LARGEST} bytes of JSON; got {len(rest)}: keep long lists of numbers as arrays"
        )
        raise CheckpointError(message)
    (folder / NAME).write_bytes(_seal(rest) + rest)


def read_manifest(folder: Path) -> Manifest:
    """Read the `state.json` of a checkpoint.

    Raises:
        CheckpointError: it is missing, cut off, altered, or not ours.
    """
    path = folder / NAME
    if need_file(path) > LARGEST + len(_seal(b"")):
        message = f"cannot read {path}: it is too large to be ours"
        raise CheckpointError(message)
    with told(f"cannot read {path}"):
        data = path.read_bytes()
    seal, newline, rest = data.partition(b"\n")
    if seal + newline != _seal(rest):
        message = f"cannot read {path}: it was cut off or altered, or is no checkpoint's"
        raise CheckpointError(message)
    try:
        return _checked(json.loads(b"{" + rest, parse_constant=_refuse))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        message = f"cannot read {path}: it is no checkpoint's ({error})"
        raise CheckpointError(message) from error


def _seal(rest: bytes) -> bytes:
    return f'{{"sha256 of what follows": "{hashlib.sha256(rest).hexdigest()}",\n'.encode()


def _refuse(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _checked(content: dict[str, Any]) -> Manifest:
    """Return the manifest that was read.

    Raises:
        ValueError: something is not as it must be.
    """
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        found = f"{content.get('format')!r} {content.get('version')!r}"
        message = f"expected format {FORMAT!r}, version {VERSION}; got {found}: update tt-train if it is newer"
        raise ValueError(message)
    made = Manifest(**{each.name: content[each.name] for each in fields(Manifest)})
    made = replace(made, metric=None if made.metric is None else float(made.metric))
    whole = all(type(x) is int and x >= 0 for x in (made.serial, made.step, made.size))
    if not (whole and made.mode in ("max", "min") and isinstance(made.parts, dict)):
        message = f"expected whole numbers, a mode and parts; got {made!r:.200}"
        raise ValueError(message)
    return made
