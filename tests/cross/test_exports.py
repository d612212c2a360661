"""The public names of a package are those of its `__all__`: sorted, complete, and there."""

import importlib
import pkgutil
from types import ModuleType

import pytest

import tt_core


def modules() -> list[ModuleType]:
    names = [
        m.name
        for m in pkgutil.walk_packages(tt_core.__path__, "tt_core.")
        if not m.name.startswith(("tt_core.course", "tt_core.milestones"))
    ]
    return [tt_core, *(m for m in map(importlib.import_module, names) if hasattr(m, "__all__"))]


every_module = pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)


@every_module
def test_all_is_sorted_and_said_once(module: ModuleType) -> None:
    assert module.__all__ == sorted(set(module.__all__))


@every_module
def test_all_names_exist(module: ModuleType) -> None:
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("name", ["tt_core", "tt_core.functional", "tt_core.nn", "tt_core.extend"])
def test_what_is_imported_for_users_is_in_all(name: str) -> None:
    module = importlib.import_module(name)
    public = {
        key for key, value in vars(module).items() if not key.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public <= set(module.__all__)
