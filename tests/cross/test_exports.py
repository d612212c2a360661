"""The public names of a package are those of its `__all__`: sorted, complete, and there."""

import __future__

import importlib
import pkgutil
import re
from types import ModuleType

import pytest

import tt_core


def modules() -> list[ModuleType]:
    names = [
        m.name
        for m in pkgutil.walk_packages(tt_core.__path__, "tt_core.")
        if not m.name.startswith(("tt_core.course", "tt_core.milestones", "tt_core.__main__"))
    ]
    return [tt_core, *(m for m in map(importlib.import_module, names) if hasattr(m, "__all__"))]


every_module = pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)


def by_kind_and_number(name: str) -> tuple[int, list[str | int]]:
    """Sort as ruff does: constants, classes, the rest; int8 before int16."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


@every_module
def test_all_is_sorted_and_said_once(module: ModuleType) -> None:
    assert list(module.__all__) == sorted(set(module.__all__), key=by_kind_and_number)


@every_module
def test_all_names_exist(module: ModuleType) -> None:
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("name", ["tt_core", "tt_core.functional", "tt_core.nn", "tt_core.extend"])
def test_what_is_imported_for_users_is_in_all(name: str) -> None:
    module = importlib.import_module(name)
    imported = {key for key, value in vars(module).items() if not isinstance(value, ModuleType | __future__._Feature)}
    assert {key for key in imported if not key.startswith("_")} - set(module.__all__) == set()
