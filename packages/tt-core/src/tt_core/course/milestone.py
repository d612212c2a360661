"""`tt milestone`: the field's great experiments, run again on this framework, with a report to look at."""

import json
import math
import platform
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click
import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tt_core.course import progress, report
from tt_core.course.console import can_draw, json_option, make_console, plain_option
from tt_core.course.version import installed_packages
from tt_core.dispatch import active_backend
from tt_core.milestones import Measure, Milestone, Settings
from tt_core.milestones.registry import Broken, announced, load
from tt_core.milestones.runner import Outcome, run

DEFAULT_REPORT = Path("runs", "milestones.html")
STYLES = {"passed": "bold green", "missed": "bold yellow", "broken": "bold red"}
SIGNS = {"passed": "✔", "missed": "▲", "broken": "✖"}


@click.command()
@click.argument("name", metavar="NAME|all|list")
@json_option
@click.option(
    "--report",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_REPORT,
    show_default=True,
    help="Where to write the HTML report.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Start of all random numbers.")
@plain_option
def milestone(*, name: str, as_json: bool, path: Path, seed: int, plain: bool) -> None:
    """Run a milestone, or all that are installed, and write a report.

    A milestone is a famous experiment: the perceptron of 1957, the exclusive or of 1969, and those that further tt
    packages bring. Each learns for real, and passes if it reaches its bar. `tt milestone list` shows them.

    Exit codes: 0 all passed, 1 one missed its bar or broke, 2 wrong usage.
    """
    chosen = choose(name)
    console = make_console()
    plain = plain or not can_draw(console)
    if name == "list":
        show_list(console, chosen, as_json=as_json, plain=plain)
        click.get_current_context().exit(int(any(isinstance(each, Broken) for each in chosen)))
    make_room(path)
    display = progress.quiet if as_json else progress.lines if plain else None
    outcomes = run_all(
        chosen, Settings(seed), nullcontext(display) if display else progress.bars(make_console(stderr=True))
    )
    facts = environment(seed)
    report.write(path, report.render(outcomes, facts, f"tt milestone {name} --seed {seed}"))
    if as_json:
        click.echo(as_json_text(outcomes, facts, path))
    elif plain:
        click.echo(plain_text(outcomes, path))
    else:
        draw(console, outcomes, path)
    if not as_json:
        tell_errors(outcomes)
    click.get_current_context().exit(int(any(outcome.status != "passed" for outcome in outcomes)))


def choose(name: str) -> list[Milestone | Broken]:
    """Return the milestones that a name stands for, the oldest first and the broken last."""
    entries = announced()
    if name in {"all", "list"}:
        return sorted(map(load, entries.values()), key=_age)
    if name not in entries:
        known = ", ".join(sorted(entries)) or "none"
        raise click.BadParameter(f"there is no milestone {name!r}; installed: {known}; or say all, or list.")
    return [load(entries[name])]


def _age(found: Milestone | Broken) -> tuple[float, str]:
    return (found.year if isinstance(found, Milestone) else math.inf, found.name)


def make_room(path: Path) -> None:
    """Make the folder of the report before any long run, so that a wrong path costs no time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot make the folder {str(path.parent)!r}: {error.strerror}; choose another path."
        raise click.BadParameter(message, param_hint="--report") from error


def run_all(
    chosen: Sequence[Milestone | Broken], settings: Settings, display: AbstractContextManager[progress.Begin]
) -> list[Outcome]:
    """Run one after the other, each with its own line on the display."""
    with display as begin:
        return [run(each, settings, begin(each.name)) for each in chosen]


def environment(seed: int) -> dict[str, str]:
    """Return what the figures were measured on; here goes, per module, `yours` or `reference` in a workspace."""
    return {
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        **installed_packages(),
        "backend": active_backend().name,
        "seed": str(seed),
    }


def as_json_text(outcomes: Sequence[Outcome], facts: dict[str, str], path: Path) -> str:
    """Return the outcomes for a program; a value that is not finite becomes null."""
    return json.dumps(
        {
            "passed": all(outcome.status == "passed" for outcome in outcomes),
            "environment": facts,
            "report": str(path),
            "milestones": [_outcome_json(outcome) for outcome in outcomes],
        },
        indent=2,
        allow_nan=False,
    )


def _outcome_json(outcome: Outcome) -> dict[str, object]:
    found: dict[str, object] = {"name": outcome.name, "status": outcome.status, "seconds": round(outcome.seconds, 3)}
    if outcome.milestone:
        found |= {"year": outcome.milestone.year, "title": outcome.milestone.title}
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


def plain_text(outcomes: Sequence[Outcome], path: Path) -> str:
    """Return the outcomes as lines that read well aloud and are easy to search."""
    return "\n".join([*map(plain_line, outcomes), report.verdict(outcomes), f"report: {path}"])


def plain_line(outcome: Outcome) -> str:
    """Return one outcome as a sentence."""
    if outcome.milestone is None or outcome.result is None:
        return f"{outcome.name}: broken: {outcome.error}"
    result = outcome.result
    return (
        f"{outcome.name} ({outcome.milestone.year}): {result.after.name} {result.before} before, {result.after} after, "
        f"bar {result.bar.side} {result.bar.limit:,.6g} {result.after.unit}".rstrip()
        + f", {outcome.seconds:.1f} s: {outcome.status}"
    )


def draw(console: Console, outcomes: Sequence[Outcome], path: Path) -> None:
    """Write the outcomes as a table, the verdict and the path of the report."""
    table = Table(box=box.ROUNDED, border_style="bright_black", header_style="bold", padding=(0, 1))
    for heading in ("Milestone", "Year", "Measure", "Before", "After", "Bar", "Time", "Result"):
        table.add_column(heading, justify="right" if heading in {"Before", "After", "Bar", "Time"} else "left")
    for outcome in outcomes:
        table.add_row(
            *map(Text, _cells(outcome)), Text(f"{SIGNS[outcome.status]} {outcome.status}", STYLES[outcome.status])
        )
    console.print(table)
    console.print(Text(f" {report.verdict(outcomes)}", "bold"))
    console.print(Text.assemble(" Pictures and story: ", (str(path), "bold cyan")), soft_wrap=True)


def _cells(outcome: Outcome) -> tuple[str, ...]:
    year = str(outcome.milestone.year) if outcome.milestone else ""
    seconds = f"{outcome.seconds:.1f} s"
    if outcome.result is None:
        return outcome.name, year, "", "", "", "", seconds
    result = outcome.result
    return (
        outcome.name,
        year,
        result.after.name,
        str(result.before),
        str(result.after),
        report.bar_text(result),
        seconds,
    )


def tell_errors(outcomes: Sequence[Outcome]) -> None:
    """Write what broke to the standard error, with the traceback where there is one."""
    for outcome in outcomes:
        if outcome.error:
            click.echo(f"\n{outcome.name} broke: {outcome.error}\n{outcome.details}".rstrip(), err=True)


def show_list(console: Console, found: Sequence[Milestone | Broken], *, as_json: bool, plain: bool) -> None:
    """Write which milestones are installed and which course modules each one runs on."""
    rows = [_list_row(each) for each in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif plain:
        click.echo("\n".join(", ".join(f"{key} {text}" for key, text in row.items()) for row in rows))
    else:
        table = Table(box=box.ROUNDED, border_style="bright_black", header_style="bold")
        for heading in ("Milestone", "Year", "What it shows", "Modules"):
            table.add_column(heading)
        for row in rows:
            table.add_row(*(Text(row.get(key, "")) for key in ("name", "year", "title", "modules")))
        console.print(table)


def _list_row(each: Milestone | Broken) -> dict[str, str]:
    if isinstance(each, Broken):
        return {"name": each.name, "year": "", "title": f"broken: {each.reason}", "modules": ""}
    return {"name": each.name, "year": str(each.year), "title": each.title, "modules": " ".join(each.requires)}
