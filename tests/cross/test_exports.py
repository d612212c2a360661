"""The public names of a package are those of its `__all__`: sorted, complete, and there."""

import __future__

import importlib
import pkgutil
import re
from importlib.util import find_spec
from types import ModuleType

import pytest

PACKAGES = [importlib.import_module(name) for name in ("tt_core", "tt_train") if find_spec(name)]


def modules() -> list[ModuleType]:
    names = [
        m.name
        for package in PACKAGES
        for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if m.name.split(".")[1] not in {"course", "milestones", "__main__"}
    ]
    return [*PACKAGES, *(m for m in map(importlib.import_module, names) if hasattr(m, "__all__"))]


every_module = pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)


def by_kind_and_number(name: str) -> tuple[int, list[str | int]]:
    """Sort as ruff does: constants, classes, the rest; int8 before int16."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


@every_module
def test_all_is_sorted_and_said_once(module: ModuleType) -> None:
    theirs = list(module.core.__all__) if module.__name__ in {"tt_train.functional", "tt_train.nn"} else []
    own = module.__all__[: len(module.__all__) - len(theirs)]
    assert own == sorted(set(own), key=by_kind_and_number)
    assert module.__all__ == own + theirs, "an index ends with all that the one below has"
    assert not {*own} & {*theirs}


@every_module
def test_all_names_exist(module: ModuleType) -> None:
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


INDEXES = [
    "tt_core",
    "tt_core.functional",
    "tt_core.nn",
    "tt_core.extend",
    "tt_train.functional",
    "tt_train.nn",
    "tt_train.optim",
]


@pytest.mark.parametrize("name", [name for name in INDEXES if find_spec(name.partition(".")[0])])
def test_what_is_imported_for_users_is_in_all(name: str) -> None:
    module = importlib.import_module(name)
    imported = {key for key, value in vars(module).items() if not isinstance(value, ModuleType | __future__._Feature)}
    assert {key for key in imported if not key.startswith("_")} - set(module.__all__) == set()
