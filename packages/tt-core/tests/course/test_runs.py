import json
from pathlib import Path

import pytest

from tt_core.course import runs
from tt_core.milestones import Bar, Measure, Milestone, Picture, Result, Settings
from tt_core.milestones.runner import Outcome

SVG, PNG = b"<svg/>", b"\x89PNG\r\n"


def outcome(after: float = 98.5) -> Outcome:
    milestone = Milestone("lenet", 1998, "Digits", "A story.", ("09",), ..., data=("digits",))  # type: ignore[arg-type]
    pictures = (
        Picture("What it saw: a 7!", "A digit.", "A seven.", SVG),
        Picture("Filters", "Windows.", "Six windows.", PNG, "image/png"),
    )
    measures = (Measure("parameters", 61_706), Measure("steps", float("inf")))
    result = Result(Measure("accuracy", 10, "%"), Measure("accuracy", after, "%"), Bar(98.0), measures, pictures)
    return Outcome("lenet", milestone, result, seconds=1.5, settings=Settings(data="digits"))


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    runs.save(outcome(), {"modules": "yours: 02 tensor", "backend": "naive"}, tmp_path)
    found = runs.load_all(tmp_path)
    assert list(found) == ["lenet"]
    run = found["lenet"]
    assert run.passed
    assert run.environment == {"modules": "yours: 02 tensor", "backend": "naive"}
    assert run.pictures == outcome().result.pictures  # type: ignore[union-attr]
    assert run.found["after"] == {"name": "accuracy", "value": 98.5, "unit": "%"}
    assert run.found["measures"][1]["value"] is None  # JSON has no infinity


def test_pictures_have_names_that_every_system_takes(tmp_path: Path) -> None:
    runs.save(outcome(), {}, tmp_path)
    names = sorted(file.name for file in (tmp_path / "lenet").iterdir())
    assert names == ["1-what-it-saw-a-7.svg", "2-filters.png", "result.json"]


def test_the_latest_run_counts(tmp_path: Path) -> None:
    for after in (99.0, 50.0):
        runs.save(outcome(after), {}, tmp_path)
    assert not runs.load_all(tmp_path)["lenet"].passed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"name": "lenet"}',
        '{"name": "a", "environment": {}, "pictures": [{"file": "none.svg", "title": "", "caption": "", "alt": ""}]}',
        '{"name": "lenet", "environment": {}, "pictures": "many"}',
    ],
)
def test_a_file_that_is_not_ours_counts_as_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "lenet").mkdir()
    (tmp_path / "lenet" / "result.json").write_text(text, encoding="utf-8")
    assert runs.load_all(tmp_path) == {}


def test_a_result_cannot_name_a_picture_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.svg").write_bytes(SVG)
    runs.save(outcome(), {}, tmp_path / "runs")
    file = tmp_path / "runs" / "lenet" / "result.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    found["pictures"][0]["file"] = "../../secret.svg"
    file.write_text(json.dumps(found), encoding="utf-8")
    assert runs.load_all(tmp_path / "runs") == {}
