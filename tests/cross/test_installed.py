"""What is installed is what was meant: the wheel and not the checkout; this package and its needs, and nothing else."""

import importlib
import os
import re
from importlib.metadata import EntryPoint, distribution, requires
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGE = os.environ.get("PACKAGE", "")
PACKAGES = sorted(folder.name for folder in (Path(__file__).resolve().parents[2] / "packages").glob("tt-*"))
pytestmark = pytest.mark.skipif(not PACKAGE, reason="tox sets PACKAGE")


def needed(package: str) -> set[str]:
    """Return the package and all siblings that it stands on."""
    siblings = {m[0] for line in requires(package) or [] if (m := re.match(r"tt-\w+", line))}
    return {package}.union(*map(needed, siblings - {package}))


@pytest.mark.parametrize("package", PACKAGES)
def test_only_what_is_needed_is_there(package: str) -> None:
    name = package.replace("-", "_")
    if package not in needed(PACKAGE):
        assert find_spec(name) is None, "an upward import would go unnoticed"
        return
    folder = Path(str(importlib.import_module(name).__file__)).parent
    assert "site-packages" in folder.parts, "the checkout is being tested, not the wheel"
    assert importlib.import_module(name).__version__ == distribution(package).version
    assert (folder / "py.typed").is_file()


def test_the_wheel_carries_its_licence() -> None:
    assert any(file.match("*.dist-info/licenses/LICENSE") for file in distribution(PACKAGE).files or [])


def registered() -> list[EntryPoint]:
    return list(distribution(PACKAGE).entry_points) if PACKAGE else []


@pytest.mark.parametrize("point", registered(), ids=lambda point: f"{point.group}:{point.name}")
def test_entry_points_lead_somewhere(point: EntryPoint) -> None:
    if ".course." in point.module:
        pytest.importorskip("click", reason="the extra `course` is not installed here")
    assert point.load() is not None
