"""docs/extending.md is a package: it is installed as it stands there, and its sessions give what they say."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "extending.md"

SESSION = """
import doctest, sys
options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
failed, tried = doctest.testfile(sys.argv[1], module_relative=False, optionflags=options)
sys.exit(failed or tried < 10)
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Lay the page's package out as an installer would."""
    project = tomllib.loads("".join(blocks("toml")))["project"]
    (tmp_path / "tt_hypot.py").write_text("\n\n".join(blocks("python")))
    info = tmp_path / f"tt_hypot-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    entries = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in found.items())
        for group, found in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(entries))
    return tmp_path


def test_the_page_does_what_it_says(installed: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", SESSION, str(PAGE)]
    done = subprocess.run(command, cwd=installed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
