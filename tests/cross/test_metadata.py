"""Every distribution states what the others state, and lies about nothing. Reads the checkout."""

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(folder for folder in (ROOT / "packages").iterdir() if (folder / "pyproject.toml").exists())
every_package = pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)


def metadata(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text())


@every_package
@pytest.mark.parametrize(
    "key", ["authors", "classifiers", "dynamic", "license", "license-files", "readme", "requires-python"]
)
def test_what_all_packages_share(folder: Path, key: str) -> None:
    assert metadata(folder)["project"][key] == metadata(PACKAGES[0])["project"][key]


@every_package
def test_a_package_is_named_like_its_folder(folder: Path) -> None:
    found, name = metadata(folder), folder.name.replace("-", "_")
    assert found["project"]["name"] == folder.name
    assert found["build-system"] == metadata(PACKAGES[0])["build-system"]
    assert found["tool"]["hatch"]["version"]["path"] == f"src/{name}/__init__.py"
    assert (folder / "src" / name / "py.typed").read_text() == ""


@every_package
def test_licence_is_a_real_file_and_the_same(folder: Path) -> None:
    licence = folder / "LICENSE"
    assert not licence.is_symlink(), "an sdist keeps the link, and then does not build"
    assert licence.read_bytes() == (ROOT / "LICENSE").read_bytes(), "hatchling builds in silence without one"


@every_package
def test_siblings_are_required_by_range(folder: Path) -> None:
    for need in metadata(folder)["project"]["dependencies"]:
        if need.startswith("tt-"):
            assert re.fullmatch(r"tt-\w+>=\d+\.\d+(\.\d+)?,<\d+\.\d+", need), need


@every_package
def test_the_workshop_knows_the_package(folder: Path) -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    name, factor = folder.name.replace("-", "_"), folder.name.removeprefix("tt-")
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert f"{factor}: PACKAGE = {folder.name}" in tox["testenv"]["set_env"]
    assert re.search(rf"py\{{.*\}}-.*\b{factor}\b.*latest", tox["tox"]["env_list"])
    assert f"packages/{folder.name}/src" in tox["testenv:imports"]["set_env"]
    assert name in tools["importlinter"]["root_packages"]
    assert name in tools["coverage"]["run"]["source_pkgs"]
    assert f"packages/{folder.name}/src/{name}" in tools["coverage"]["paths"][factor]


@every_package
def test_the_changelog_is_where_towncrier_writes(folder: Path) -> None:
    marker = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["start_string"]
    assert marker in (folder / "CHANGELOG.md").read_text()
