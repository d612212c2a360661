"""How the outcomes of milestones are written: as JSON, as plain text and as a table."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tt_core.course import duration, report
from tt_core.course.console import trimmed
from tt_core.milestones import Measure, Milestone
from tt_core.milestones.registry import Broken
from tt_core.milestones.runner import Outcome

STYLES = {"passed": "bold green", "missed": "bold yellow", "broken": "bold red"}
SIGNS = {"passed": "✔", "missed": "▲", "broken": "✖"}


def as_json_text(outcomes: Sequence[Outcome], facts: dict[str, str], path: Path) -> str:
    """Return the outcomes for a program; a value that is not finite becomes null."""
    return json.dumps(
        {
            "passed": all(outcome.status == "passed" for outcome in outcomes),
            "environment": facts,
            "report": str(path),
            "milestones": [outcome_json(outcome) for outcome in outcomes],
        },
        indent=2,
        allow_nan=False,
    )


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """Return one outcome for a program."""
    found: dict[str, object] = {"name": outcome.name, "status": outcome.status, "seconds": round(outcome.seconds, 3)}
    if outcome.milestone:
        found |= {"year": outcome.milestone.year, "title": outcome.milestone.title}
        found |= {"data": outcome.settings.data or None, "budget": outcome.settings.budget}
    if outcome.result is None:
        return {**found, "error": outcome.error, "details": outcome.details}
    result = outcome.result
    return {
        **found,
        "before": _measure_json(result.before),
        "after": _measure_json(result.after),
        "bar": {"side": result.bar.side, "limit": result.bar.limit},
        "measures": [_measure_json(measure) for measure in result.measures],
        "remarks": result.remarks,
    }


def _measure_json(measure: Measure) -> dict[str, object]:
    value = measure.value if math.isfinite(measure.value) else None
    return {"name": measure.name, "value": value, "unit": measure.unit}


def plain_text(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as lines that read well aloud and are easy to search."""
    return "\n".join([*map(plain_line, outcomes), report.verdict(outcomes)])


def plain_line(outcome: Outcome) -> str:
    """Return one outcome as a sentence."""
    if outcome.milestone is None or outcome.result is None:
        return f"{outcome.name}: broken: {outcome.error}"
    result = outcome.result
    bar = f"bar {result.bar.side} {result.bar.limit:,.6g} {result.after.unit}".rstrip()
    return (
        f"{outcome.name} ({outcome.milestone.year}{_conditions(outcome)}): {result.after.name} {result.before} before, "
        f"{result.after} after, {bar}, {outcome.seconds:.1f} s: {outcome.status}"
    )


def _conditions(outcome: Outcome) -> str:
    found = report.conditions(outcome)
    return f", {found}" if found else ""


def draw(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes as a table, and the verdict below it."""
    table = Table(box=box.ROUNDED, border_style="bright_black", header_style="bold", pad_edge=False, show_edge=False)
    for heading in ("Milestone", "Year", "Measure", "Before", "After", "Bar", "Time", "Result"):
        number = heading in {"Before", "After", "Bar", "Time"}
        table.add_column(heading, justify="right" if number else "left", no_wrap=heading != "Measure")
    for outcome in outcomes:
        table.add_row(
            *map(Text, _cells(outcome)), Text(f"{SIGNS[outcome.status]} {outcome.status}", STYLES[outcome.status])
        )
    console.print(table)
    console.print(Text(report.verdict(outcomes), "bold"), soft_wrap=True)


def _cells(outcome: Outcome) -> tuple[str, ...]:
    name = f"{outcome.name}{_conditions(outcome)}".replace(", ", "\n")  # in a narrow column
    year = str(outcome.milestone.year) if outcome.milestone else ""
    seconds = f"{outcome.seconds:.{0 if outcome.seconds >= 10 else 1}f} s"
    if outcome.result is None:
        return name, year, "", "", "", "", seconds
    result = outcome.result
    return (
        name,
        year,
        result.after.name,
        str(result.before),
        str(result.after),
        report.bar_text(result),
        seconds,
    )


def draw_list(console: Console, rows: Sequence[dict[str, str]]) -> None:
    """Write the list as a table."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("Milestone", "Year", "What it shows", "Modules", "Data", "Budget", "In all"):
        table.add_column(heading, no_wrap=heading not in {"What it shows", "Data"})
    for row in rows:
        table.add_row(*map(Text, {**row, "modules": spans(row["modules"])}.values()))
    console.print(trimmed(console, table), end="")


def spans(modules: str) -> str:
    """Return numbers of modules with three or more in sequence as first and last.

    >>> spans("02 03 04 06"), spans("02 04"), spans("")
    ('02–04 06', '02 04', '')
    """
    runs: list[list[str]] = []
    for each in modules.split():
        follows = runs and each.isdigit() and runs[-1][-1].isdigit() and int(each) == int(runs[-1][-1]) + 1
        runs[-1].append(each) if follows else runs.append([each])
    return " ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else " ".join(run) for run in runs)


def list_row(each: Milestone | Broken) -> dict[str, str]:
    """Return what the list says of one milestone."""
    if isinstance(each, Broken):
        title = f"broken: {each.reason}"
        return {"name": each.name, "year": "", "title": title, "modules": "", "data": "", "budget": "", "all": ""}
    return {
        "name": each.name,
        "year": str(each.year),
        "title": each.title,
        "modules": " ".join(each.requires),
        "data": " ".join(each.data),
        "budget": "" if each.budget is None else duration.show(each.budget),
        "all": "no" if each.extended else "yes",
    }
