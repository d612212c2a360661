import sys
from importlib.metadata import EntryPoint, EntryPoints
from types import ModuleType

import pytest

from tt_core.milestones import Measure, Milestone, registry
from tt_core.milestones.perceptron import MILESTONE
from tt_core.milestones.registry import GROUP, Broken, announced, load


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("milestone_plugin")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_a_milestone_is_loaded_by_its_entry_point() -> None:
    assert load(EntryPoint("perceptron", "tt_core.milestones.perceptron:MILESTONE", GROUP)) is MILESTONE


@pytest.mark.parametrize(
    "value,reason",
    [
        ("no_such_module_at_all:MILESTONE", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("tt_core.milestones:NOTHING", "AttributeError"),
    ],
)
def test_a_milestone_that_cannot_be_imported_is_reported(value: str, reason: str) -> None:
    found = load(EntryPoint("lenet", value, GROUP))
    assert isinstance(found, Broken)
    assert found.name == "lenet"
    assert f"{value} cannot be imported: {reason}" in found.reason


def test_an_import_that_asks_to_leave_is_reported_and_not_obeyed(plugin: ModuleType) -> None:
    def leave(name: str) -> object:
        raise SystemExit(name)

    plugin.__getattr__ = leave  # type: ignore[method-assign]  # what a module's own __getattr__ does
    found = load(EntryPoint("lenet", "milestone_plugin:LENET", GROUP))
    assert found == Broken("lenet", "milestone_plugin:LENET cannot be imported: SystemExit: LENET")


def test_what_is_not_a_milestone_is_reported(plugin: ModuleType) -> None:
    plugin.LENET = Measure("accuracy", 1.0)  # type: ignore[attr-defined]
    found = load(EntryPoint("lenet", "milestone_plugin:LENET", GROUP))
    assert found == Broken("lenet", "milestone_plugin:LENET is a Measure; expected a tt_core.milestones.Milestone")


def test_a_milestone_under_another_name_than_its_own_is_reported(plugin: ModuleType) -> None:
    plugin.LENET = MILESTONE  # type: ignore[attr-defined]
    found = load(EntryPoint("lenet", "milestone_plugin:LENET", GROUP))
    assert isinstance(found, Broken)
    assert "calls itself 'perceptron'" in found.reason


def test_announced_milestones_are_named_and_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = EntryPoints([EntryPoint("lenet", "no_such_module:LENET", GROUP), EntryPoint("x", "y:z", "another.group")])
    monkeypatch.setattr(registry, "entry_points", lambda group: entries.select(group=group))
    assert announced() == {"lenet": entries["lenet"]}


def test_the_first_package_on_the_path_wins_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = EntryPoints([EntryPoint("lenet", "first:LENET", GROUP), EntryPoint("lenet", "second:LENET", GROUP)])
    monkeypatch.setattr(registry, "entry_points", lambda group: entries.select(group=group))
    assert announced()["lenet"].value == "first:LENET"


def test_a_milestone_compares_by_what_it_holds() -> None:
    assert isinstance(MILESTONE, Milestone)
    assert Broken("perceptron", "") != MILESTONE
