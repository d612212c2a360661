"""`tt report`: a learner's way through the course as one HTML page: the map, what it unlocked, and their own runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
from jinja2 import Environment, PackageLoader, StrictUndefined

from tt_core.course import files, runs
from tt_core.course.console import json_option, plain_option, write
from tt_core.course.overview import Place, Status, overview
from tt_core.course.report import data_uri
from tt_core.course.roadmap import PACKAGES
from tt_core.course.runs import Run
from tt_core.course.version import installed_packages
from tt_core.course.workspace import find

__all__ = ["render", "report"]

PHASES: Final = {
    "tt-core": "Foundations",
    "tt-train": "Learning to see",
    "tt-nlp": "Learning to read",
    "tt-optimize": "Making it fast",
    "tt-capstone": "Everything together",
    "": "More",
}
HISTORY: Final = {
    "perceptron": (1957, "Perceptron", "04"),
    "xor": (1969, "Exclusive or", "06"),
    "lenet": (1998, "LeNet", "09"),
    "alexnet": (2012, "AlexNet", "10"),
    "gpt": (2018, "GPT", "14"),
}
LOOKS: Final[dict[Status, str]] = {"passed": "passed", "recheck": "recheck", "coming": "away", "locked": "away"}


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the page; runs/report.html in the workspace unless given.",
)
@json_option
@plain_option
def report(*, output: Path | None, as_json: bool, plain: bool) -> None:  # noqa: ARG001 - there are no colours in it
    """Write your way through the course as one HTML page.

    It has the map of the twenty modules, what you can do by now, and the figures and pictures of your own milestones.
    The page is one file without scripts, and asks the network for nothing.

    Exit codes: 0 written, 1 it cannot be written, 2 wrong usage.
    """
    home = find()
    path = output or home.runs / "report.html"
    try:
        files.write(path, render(overview(home), runs.load_all(home.runs)))
    except OSError as error:
        raise click.ClickException(f"the page cannot be written to {path}: {error.strerror}; see --output.") from error
    write(json.dumps({"report": str(path)}) if as_json else f"Your way so far: {path}")


def render(places: Sequence[Place], found: Mapping[str, Run]) -> str:
    """Return the page."""
    pages = Environment(loader=PackageLoader("tt_core.course"), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("journey.html").render(
        title="My TinyTorch",
        verdict=next_step(places),
        numbers=numbers(places, found),
        phases=list(phases(places)),
        milestones=[milestone(name, places, found.get(name)) for name in (*HISTORY, *sorted({*found} - {*HISTORY}))],
        unlocked=[
            text for place in places if place.lesson and place.status == "passed" for text in place.lesson.unlocks
        ],
        runs=[view(run) for run in by_year(found)],
        environment=" · ".join(f"{name} {version}" for name, version in installed_packages().items()),
        command="tt report",
    )


def by_year(found: Mapping[str, Run]) -> list[Run]:
    """Return the runs that came to an end, the oldest experiment first."""
    return sorted(
        (run for run in found.values() if "after" in run.found), key=lambda run: (run.found["year"], run.name)
    )


def next_step(places: Sequence[Place]) -> str:
    """Say in a sentence what is next."""
    for wanted, text in NEXT.items():
        for place in places:
            if place.status == wanted:
                return text.format(number=place.stop.number, name=place.stop.name)
    return "All that is installed is built."


NEXT: Final[dict[Status, str]] = {
    "recheck": "Module {number} {name} has changed since you passed it: tt check {number}.",
    "open": "In the making: {number} {name}.",
    "ready": "Next: {number} {name}.",
}


def numbers(places: Sequence[Place], found: Mapping[str, Run]) -> list[dict[str, str]]:
    """Return the way so far in three figures."""
    done, total = sum(place.done for place in places), sum(place.exercises for place in places)
    passed = sum(place.status == "passed" for place in places)
    ran = sum(run.passed for run in found.values())
    return [
        {"value": f"{done} of {total}", "text": "exercises"},
        {"value": f"{passed} of {len(places)}", "text": "modules"},
        {"value": f"{ran} of {len({*HISTORY, *found})}", "text": "milestones"},
    ]


def phases(places: Sequence[Place]) -> Iterator[dict[str, Any]]:
    """Yield the modules of each package."""
    for package in (*PACKAGES, ""):
        own = [place for place in places if place.stop.package == package]
        if own:
            yield {"title": PHASES[package], "package": package, "modules": [module(place) for place in own]}


def module(place: Place) -> dict[str, Any]:
    """Return what the map shows of a module."""
    return {
        "number": place.stop.number,
        "name": place.stop.name,
        "summary": place.lesson.summary if place.lesson else "",
        "look": LOOKS.get(place.status, "open"),
        "state": state(place),
        "done": place.done,
        "total": place.exercises,
    }


def state(place: Place) -> str:
    """Return where a module is in words."""
    share = f"{place.done} of {place.exercises}"
    words: dict[Status, str] = {
        "passed": f"✓ all {place.exercises} exercises",
        "recheck": f"recheck {', '.join(place.recheck)}",
        "open": share,
        "ready": f"ready: {place.exercises} exercises",
        "locked": f"{place.exercises} exercises",
        "coming": f"comes with {place.stop.package}",
    }
    return words[place.status]


def milestone(name: str, places: Sequence[Place], run: Run | None) -> dict[str, str]:
    """Return what the history shows of a milestone."""
    if name not in HISTORY:
        year, title, number = run.found.get("year", "") if run else "", name, ""
    else:
        year, title, number = HISTORY[name]
    look, text = standing(name, next((place for place in places if place.stop.number == number), None), run)
    return {"year": str(year), "name": title, "look": look, "state": text}


def standing(name: str, place: Place | None, run: Run | None) -> tuple[str, str]:
    """Return how a milestone looks on the page, and where it is in words."""
    if run and run.passed:
        return "passed", f"✓ {score(run.found['after'])}"
    if run:
        return "open", "ran, and missed its bar" if run.found.get("status") == "missed" else "broke"
    if place and place.status == "passed":
        return "unlocked", f"unlocked: tt milestone {name}"
    if place and place.status == "coming":
        return "open", f"comes with {place.stop.package}"
    return "open", f"after module {place.stop.number}" if place else ""


def view(run: Run) -> dict[str, Any]:
    """Return what the page shows of a run."""
    found = run.found
    code = run.environment.get("modules", "")
    side = "≥" if found["bar"]["side"] == "at least" else "≤"
    return {
        "name": run.name,
        "year": found["year"],
        "title": found["title"],
        "scores": [
            {"name": f"{found['before']['name']} before", "value": score(found["before"]), "look": ""},
            {"name": f"{found['after']['name']} after", "value": score(found["after"]), "look": "after"},
            {"name": "bar", "value": f"{side} {found['bar']['limit']:,g} {found['after']['unit']}".strip(), "look": ""},
            {"name": "result", "value": found["status"], "look": found["status"]},
        ],
        "code": f"Whose code ran: {code}." if code else "",
        "pictures": [
            {"title": each.title, "caption": each.caption, "alt": each.alt, "uri": data_uri(each)}
            for each in run.pictures
        ],
        "measures": [{"name": each["name"], "value": score(each)} for each in found["measures"]],
    }


def score(measure: Mapping[str, Any]) -> str:
    """Return a measured value with its unit.

    >>> score({"name": "accuracy", "value": 98.6, "unit": "%"}), score({"name": "epochs", "value": None, "unit": ""})
    ('98.6 %', '∞')
    """
    value = measure["value"]
    return "∞" if value is None else f"{value:,.6g} {measure['unit']}".rstrip()
