import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from tt_core.course import journey, runs
from tt_core.course.lessons import Exercise, Lesson, Symbol
from tt_core.course.overview import Place
from tt_core.course.roadmap import ROADMAP
from tt_core.course.runs import Run
from tt_core.milestones import Bar, Measure, Milestone, Picture, Result, Settings
from tt_core.milestones.runner import Outcome

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><rect width="4" height="3" fill="teal"/></svg>'


def lesson(number: str, name: str) -> Lesson:
    exercise = Exercise(f"{number}.1", "one", "One", (Symbol("tt_core.naive.linalg", "matmul"),), 10, ("a", "b", "c"))
    unlocks = (f"Whatever {name} can do.", f"`tt milestone {name}` and <more>.")
    return Lesson(number, name, name.title(), f"About <{name}>.", (), unlocks, "", (), (), (exercise,), Path())


def places() -> list[Place]:
    """The whole map: one module of each status."""
    coming = [Place(stop, None, "coming") for stop in ROADMAP]
    told = {
        "01": ("passed", 1),
        "02": ("recheck", 1),
        "03": ("open", 0),
        "04": ("ready", 0),
        "05": ("locked", 0),
    }
    return [
        replace(
            place,
            lesson=lesson(place.stop.number, place.stop.name),
            status=told[place.stop.number][0],
            done=told[place.stop.number][1],
            exercises=1,
            recheck=("02.1",) if told[place.stop.number][0] == "recheck" else (),
        )
        if place.stop.number in told
        else place
        for place in coming
    ]


def outcome(name: str = "xor", after: float = 100.0, error: str = "") -> Outcome:
    milestone = Milestone(name, 1969, f"The {name}", "A story.", ("06",), ...)  # type: ignore[arg-type]
    picture = Picture("A curve", "It falls.", "A falling curve.", SVG)
    measures = (Measure("epochs", float("inf")),)
    result = Result(Measure("accuracy", 75, "%"), Measure("accuracy", after, "%"), Bar(100), measures, (picture,))
    return Outcome(name, milestone, None if error else result, error=error, settings=Settings())


@pytest.fixture
def found(tmp_path: Path) -> dict[str, Run]:
    for each in (outcome(), outcome("lenet", 90.0), outcome("perceptron", error="it fell over")):
        runs.save(each, {"modules": "yours: 02 tensor"}, tmp_path)
    return runs.load_all(tmp_path)


class Words(HTMLParser):
    """Collect the text of a page and the tags that it uses."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_shows_the_whole_map_and_where_the_learner_is(found: dict[str, Run]) -> None:
    text = " ".join(Words(journey.render(places(), found)).text.split())
    for stop in ROADMAP:
        assert f"{stop.number} {stop.name}" in text
    for words in ("2 of 5 exercises", "1 of 20 modules", "1 of 5 milestones"):
        assert words in text
    assert "Module 02 tensor has changed since you passed it: tt check 02." in text
    for words in ("✓ all 1 exercises", "recheck 02.1", "0 of 1", "ready: 1 exercises", "comes with tt-capstone"):
        assert words in text
    assert "Whatever setup can do." in text
    assert "Whatever tensor can do." not in text


def test_the_history_says_what_ran_and_what_is_still_to_come(found: dict[str, Run]) -> None:
    text = " ".join(Words(journey.render(places(), found)).text.split())
    assert "1969 Exclusive or ✓ 100 %" in text
    assert "1998 LeNet ran, and missed its bar" in text
    assert "1957 Perceptron broke" in text
    assert "2018 GPT comes with tt-nlp" in text


def test_runs_come_with_figures_pictures_and_whose_code_it_was(found: dict[str, Run]) -> None:
    page = journey.render(places(), found)
    text = " ".join(Words(page).text.split())
    assert "accuracy before 75 %" in text
    assert "accuracy after 100 %" in text
    assert "epochs ∞" in text
    assert "Whose code ran: yours: 02 tensor." in text
    assert 'alt="A falling curve."' in page
    assert page.count("data:image/svg+xml;base64,") == 2


def test_the_page_is_one_file_without_scripts_and_foreign_text_is_escaped(found: dict[str, Run]) -> None:
    page = journey.render(places(), found)
    assert "About &lt;setup&gt;." in page
    assert "<code>tt milestone setup</code> and &lt;more&gt;." in page
    assert not Words(page).tags & {"script", "link", "iframe", "object"}
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_an_empty_workspace_says_what_comes_first() -> None:
    ready = [replace(place, status="ready", done=0) for place in places()[:1]]
    text = Words(journey.render(ready, {})).text
    assert "Next: 01 setup." in text
    assert "The first module that you finish brings the first line here." in text


def test_the_command_writes_the_page_into_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tt.toml").write_text("format = 1\n", encoding="utf-8")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    ran = CliRunner().invoke(journey.report, ["--json"])
    assert ran.exit_code == 0
    path = Path(json.loads(ran.stdout)["report"])
    assert path == tmp_path / "runs" / "report.html"
    assert "My TinyTorch" in path.read_text(encoding="utf-8")


def test_without_a_workspace_it_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    ran = CliRunner().invoke(journey.report, [])
    assert ran.exit_code == 2
    assert "tt init" in ran.stderr


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_fault_in_a_real_browser(found: dict[str, Run], tmp_path: Path, width: int, dark: bool) -> None:
    pytest.importorskip("axe_core_python", reason="the accessibility checker axe is not installed")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium on this machine")
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    faults = "r.violations.map(v => [v.id, v.nodes.map(n => n.html)])"
    run = f"axe.run().then(r => {{ document.title = 'AXE' + JSON.stringify({faults}); }})"
    page = re.sub(r"<meta http-equiv=.*?>", "", journey.render(places(), found))  # it would forbid this test's script
    if dark:
        page = page.replace("(prefers-color-scheme: dark)", "all")
    file = tmp_path / "page.html"
    file.write_text(page.replace("</body>", f"<script>{axe}</script><script>{run}</script></body>"), encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        f"--user-data-dir={tmp_path / 'browser'}",
    ]
    command = [
        browser,
        *options,
        f"--window-size={width},900",
        "--virtual-time-budget=20000",
        "--dump-dom",
        file.as_uri(),
    ]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    told = re.search(r"<title>AXE(.*?)</title>", dom, re.DOTALL)
    assert told is not None, "axe did not come to an end"
    assert told[1] == "[]"
