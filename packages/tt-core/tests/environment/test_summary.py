import json
import math
import sys
from dataclasses import FrozenInstanceError, fields
from functools import partial
from pathlib import Path

import pytest

from tt_core import environment
from tt_core.environment import Report, measure_speed, report


def test_report_without_measuring() -> None:
    found = report(measure=False)
    assert isinstance(found, Report)
    assert found.speed is None
    assert found.cpu.usable >= 1


def test_report_with_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tt_core.environment.summary.measure_speed", partial(measure_speed, seconds=0.0))
    found = report()
    assert found.speed is not None
    assert 0 < found.speed.matmul.best < math.inf


def test_as_dict_survives_json() -> None:
    found = report(measure=False).as_dict()
    again = json.loads(json.dumps(found, allow_nan=False))
    assert set(again) == {field.name for field in fields(Report)}
    assert again["blas"]["name"] == found["blas"]["name"]


def test_report_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    home = str(Path(sys.executable).parent.parent)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("USERPROFILE", home)
    monkeypatch.setenv("API_TOKEN", "do-not-tell-3141592")
    text = json.dumps(report(measure=False).as_dict())
    assert "do-not-tell" not in text
    assert json.dumps(home)[1:-1] not in text
    assert report(measure=False).python.executable.startswith("~")


def test_report_of_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    found = report(measure=False, root=tmp_path)
    assert found.memory.available is None
    assert found.cpu.model
    assert found.blas.name


def test_report_cannot_be_changed() -> None:
    found = report(measure=False)
    with pytest.raises(FrozenInstanceError):
        found.cpu.model = "Cray-1"  # type: ignore[misc]


def test_public_names_exist_and_are_sorted() -> None:
    assert environment.__all__ == sorted(
        environment.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )
    assert all(hasattr(environment, name) for name in environment.__all__)
