"""What a workspace remembers, in `tt.toml`: which modules were opened, and how far each exercise is.

The file is for people too: what they write into it between the lines, and keys that this version does not know, stay.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable, Table

from tt_core.course import files
from tt_core.course.locking import locked
from tt_core.errors import TinyTorchError

__all__ = ["ExerciseRecord", "ModuleRecord", "State", "StateError", "change", "now", "read"]

T = TypeVar("T")

FORMAT = 1
LARGEST = 2**20
FIRST_LINE = "What tt remembers of this workspace. Comments of yours stay; the rest is kept up to date by tt."


class StateError(TinyTorchError):
    """`tt.toml` cannot be read, and neither can its backup."""


@dataclass(frozen=True, slots=True)
class ExerciseRecord:
    """How far an exercise is.

    Attributes:
        outcome: of its last check, "" if it has not been checked.
        attempts: how often it was checked until it first passed.
        hints: how many were seen.
        first_passed: when it first passed, "" if it has not.
    """

    outcome: str = ""
    attempts: int = 0
    hints: int = 0
    first_passed: str = ""


@dataclass(frozen=True, slots=True)
class ModuleRecord:
    """How far a module is.

    Attributes:
        opened: when, "" if it is not open.
        reference: per symbol a digest of the reference that the learner's version was last known to agree with.
        exercises: by name.
    """

    opened: str = ""
    reference: Mapping[str, str] = field(default_factory=dict)
    exercises: Mapping[str, ExerciseRecord] = field(default_factory=dict)

    def exercise(self, name: str) -> ExerciseRecord:
        """Return the record of an exercise, an empty one at first."""
        return self.exercises.get(name, ExerciseRecord())


@dataclass(frozen=True, slots=True)
class State:
    """What a workspace remembers.

    Attributes:
        created: when.
        backend: what the learner's code runs on: "naive" are the loops that they write, "auto" is the fastest.
        packages: the versions that the workspace was started with.
        modules: by number.
    """

    created: str = ""
    backend: str = "naive"
    packages: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)

    def module(self, number: str) -> ModuleRecord:
        """Return the record of a module, an empty one at first."""
        return self.modules.get(number, ModuleRecord())

    @property
    def opened(self) -> tuple[str, ...]:
        """The numbers of the modules that are open."""
        return tuple(sorted(number for number, record in self.modules.items() if record.opened))

    def with_module(self, number: str, record: ModuleRecord) -> State:
        """Return the state with another record of a module."""
        return replace(self, modules={**self.modules, number: record})

    def with_exercise(self, number: str, name: str, record: ExerciseRecord) -> State:
        """Return the state with another record of an exercise."""
        module = self.module(number)
        return self.with_module(number, replace(module, exercises={**module.exercises, name: record}))


def now() -> str:
    """Return the time as it is written into the state: of the world's clock, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(path: Path, warn: Callable[[str], None] = lambda _: None) -> State:
    """Return the state in a file, or in the copy of it that the last change left if the file is damaged.

    Args:
        path: the file `tt.toml`.
        warn: told in one sentence if the copy was used.

    Raises:
        StateError: neither can be read, or the file was written by a newer version.
    """
    try:
        return parse(load(path))
    except StateError as error:
        try:
            found = parse(load(copy_of(path)))
        except StateError:
            raise error from None
        warn(f"{error}; going on with the copy of before the last change, {copy_of(path).relative_to(path.parent)}")
        return found


def copy_of(path: Path) -> Path:
    """Return where the copy of a state is."""
    return path.parent / ".tt" / path.name


def load(path: Path) -> str:
    """Return the text of a state.

    Raises:
        StateError: it cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise StateError(f"{path.name} is larger than {LARGEST:,} bytes, which no state is")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise StateError(f"{path.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StateError(f"{path.name} is damaged: it is not UTF-8 text") from error


def parse(text: str) -> State:
    """Return the state that a text holds.

    Raises:
        StateError: it is not a state, or of a newer version.
    """
    try:
        found = tomllib.loads(text)
        form = need(found, "format", int)
        if form > FORMAT:
            raise StateError(f"tt.toml has format {form}, this tt-core knows {FORMAT}: install the newer tt-core again")
        return _state(found)
    except (ValueError, RecursionError) as error:
        raise StateError(f"tt.toml is damaged: {error}") from error


def need(found: Mapping[str, Any], key: str, kind: type[T], default: T | None = None) -> T:
    """Return a value of the expected type.

    Raises:
        ValueError: it is missing, or something else.
    """
    value = found.get(key, default)
    if not isinstance(value, kind) or isinstance(value, bool) or (isinstance(value, int) and value < 0):
        raise ValueError(f"expected {key} to be {kind.__name__}; got {value!r}"[:200])
    return value


def _state(found: Mapping[str, Any]) -> State:
    modules = need(found, "modules", dict, {})
    return State(
        created=need(found, "created", str, ""),
        backend=need(found, "backend", str, "naive"),
        packages=_texts(need(found, "packages", dict, {})),
        modules={number: _module(need(modules, number, dict)) for number in sorted(modules)},
    )


def _module(found: Mapping[str, Any]) -> ModuleRecord:
    exercises = need(found, "exercises", dict, {})
    return ModuleRecord(
        opened=need(found, "opened", str, ""),
        reference=_texts(need(found, "reference", dict, {})),
        exercises={name: _exercise(need(exercises, name, dict)) for name in exercises},
    )


def _exercise(found: Mapping[str, Any]) -> ExerciseRecord:
    return ExerciseRecord(
        outcome=need(found, "outcome", str, ""),
        attempts=need(found, "attempts", int, 0),
        hints=need(found, "hints", int, 0),
        first_passed=need(found, "first_passed", str, ""),
    )


def _texts(found: Mapping[str, Any]) -> dict[str, str]:
    return {key: need(found, key, str) for key in found}


def change(path: Path, function: Callable[[State], State], warn: Callable[[str], None] = lambda _: None) -> State:
    """Replace a state by what a function makes of it as it is now; what other processes changed is not lost.

    Raises:
        StateError: the file and its copy cannot be read.
    """
    with locked(path.parent / ".tt" / "lock"):
        before = read(path, warn)
        after = function(before)
        if after != before or not is_sound(path):
            keep(path)
            files.write(path, written(load(path) if is_sound(path) else "", after))
        return after


def create(path: Path, state: State) -> None:
    """Write the first state of a workspace."""
    for place in (copy_of(path), path):
        files.write(place, written("", state))


def is_sound(path: Path) -> bool:
    """Tell whether the file itself can be read."""
    try:
        parse(load(path))
    except StateError:
        return False
    return True


def keep(path: Path) -> None:
    """Copy the file as it is: as the copy to fall back on, or aside if it is damaged."""
    if path.is_file():
        files.write(copy_of(path) if is_sound(path) else copy_of(path).with_suffix(".damaged"), path.read_bytes())


def written(text: str, state: State) -> str:
    """Return the text of a state: an older text of it, with its comments, brought up to date."""
    try:
        document = tomlkit.parse(text)
        update(document, as_table(state))
        found = tomlkit.dumps(document)
        if text and parse(found) == state:
            return found
    except (TOMLKitError, StateError):
        pass
    fresh = tomlkit.document()
    fresh.add(tomlkit.comment(FIRST_LINE))
    update(fresh, as_table(state))
    return tomlkit.dumps(fresh)


def update(document: Any, found: Mapping[str, Any]) -> None:
    """Set what is not yet so, and leave all else as it is written."""
    for key, value in found.items():
        if isinstance(value, Mapping) and isinstance(document.get(key), Mapping):
            update(document[key], value)
        elif document.get(key) != value:
            document[key] = value


def as_table(state: State) -> dict[str, Any]:
    """Return the state as it is written."""
    modules = tomlkit.table(is_super_table=True)
    for number in sorted(state.modules):
        modules[number] = _module_table(state.modules[number])
    start = {"format": FORMAT, "created": state.created, "backend": state.backend}
    return {**start, "packages": dict(state.packages), "modules": modules}


def _module_table(record: ModuleRecord) -> Table:
    table = tomlkit.table()
    table["opened"] = record.opened
    table["reference"] = dict(record.reference)
    exercises = tomlkit.table()
    for name, each in record.exercises.items():
        exercises[name] = _row(each)
    table["exercises"] = exercises
    return table


def _row(record: ExerciseRecord) -> InlineTable:
    row = tomlkit.inline_table()
    row.update({"outcome": record.outcome, "attempts": record.attempts, "hints": record.hints})
    row["first_passed"] = record.first_passed
    return row
