"""Write what milestones showed as one HTML file: no script, nothing from the network, every foreign text escaped."""

import base64
from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from tt_core.course import duration, files
from tt_core.milestones import Picture, Result
from tt_core.milestones.runner import Outcome

write = files.write


def render(outcomes: Sequence[Outcome], environment: Mapping[str, str], command: str) -> str:
    """Return the report as a page that holds all its pictures."""
    pages = Environment(loader=PackageLoader("tt_core.course"), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("report.html").render(
        title="Milestones",
        verdict=verdict(outcomes),
        outcomes=[_view(outcome) for outcome in outcomes],
        environment=" · ".join(f"{name} {value}" for name, value in environment.items()),
        command=command,
    )


def verdict(outcomes: Sequence[Outcome]) -> str:
    """Return the result of all runs in one line.

    >>> verdict([Outcome("xor", error="it did not start")])
    '0 of 1 passed: xor is broken.'
    """
    passed = sum(outcome.status == "passed" for outcome in outcomes)
    others = [
        f"{outcome.name} {'missed its bar' if outcome.status == 'missed' else 'is broken'}"
        for outcome in outcomes
        if outcome.status != "passed"
    ]
    return f"{passed} of {len(outcomes)} passed{': ' if others else ''}{', '.join(others)}."


def bar_text(result: Result) -> str:
    """Return the bar of a result with its unit, as ``≥ 100 %``."""
    sign = "≥" if result.bar.side == "at least" else "≤"
    return f"{sign} {result.bar.limit:,.6g} {result.after.unit}".rstrip()


def conditions(outcome: Outcome) -> str:
    """Return on which data set a milestone ran and with which budget, as far as that was to choose.

    >>> from tt_core.milestones import Settings
    >>> conditions(Outcome("cifar10", settings=Settings(data="cifar10", budget=600)))
    'on cifar10, budget 10m'
    """
    data, budget = outcome.settings.data, outcome.settings.budget
    return ", ".join([f"on {data}"] * bool(data) + ([] if budget is None else [f"budget {duration.show(budget)}"]))


def data_uri(picture: Picture) -> str:
    """Return a picture as an address that holds it; an SVG shown as an image cannot run a script or load a file."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode('ascii')}"


def _view(outcome: Outcome) -> dict[str, object]:
    result = outcome.result
    pictures = result.pictures if result else ()
    return {
        "name": outcome.name,
        "milestone": outcome.milestone,
        "result": result,
        "bar": bar_text(result) if result else "",
        "error": outcome.error,
        "status": outcome.status,
        "conditions": conditions(outcome),
        "seconds": outcome.seconds,
        "pictures": [
            {"title": each.title, "caption": each.caption, "alt": each.alt, "uri": data_uri(each)} for each in pictures
        ],
    }
