import json
import platform
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from tt_core.course.version import installed_packages, version


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have two packages of the family installed, one of them under an unusual spelling, and one that does not count."""
    found = [("TT_Train", "0.3.0"), ("tt-core", "0.1.0"), ("ttkthemes", "9.9"), (None, "0")]
    packages = [SimpleNamespace(name=name, version=number) for name, number in found]
    monkeypatch.setattr("tt_core.course.version.distributions", lambda: packages)


def test_installed_packages_by_name() -> None:
    assert installed_packages() == {"tt-core": "0.1.0", "tt-train": "0.3.0"}


def test_version_as_text() -> None:
    result = CliRunner().invoke(version)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[:2] == ["tt-core   0.1.0", "tt-train  0.3.0"]
    assert lines[2].split() == ["numpy", np.__version__]


def test_version_as_json() -> None:
    result = CliRunner().invoke(version, ["--json"])
    assert json.loads(result.output) == {
        "tt-core": "0.1.0",
        "tt-train": "0.3.0",
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
