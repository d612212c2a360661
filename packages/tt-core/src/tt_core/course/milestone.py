"""`tt milestone`: the field's great experiments, run again on this framework, with a report to look at."""

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NoReturn

import click
import numpy as np

from tt_core import overlay
from tt_core.course import duration, progress, provenance, report, runs, writing
from tt_core.course.arguments import complete_milestone
from tt_core.course.console import can_draw, json_option, make_console, plain_option
from tt_core.course.version import installed_packages
from tt_core.course.workspace import Workspace, near
from tt_core.dispatch import NAIVE, active_backend, get_backend, use_backend
from tt_core.errors import TinyTorchError
from tt_core.milestones import Milestone, Progress, Rehearsal, Settings
from tt_core.milestones.registry import Broken, announced, load
from tt_core.milestones.runner import Outcome, run

DEFAULT_REPORT = Path("runs", "milestones.html")


@click.command()
@click.argument("name", metavar="NAME|all|list", shell_complete=complete_milestone)
@click.option(
    "--budget",
    type=duration.read,
    metavar="TIME",
    help="How long to train: 90s, 10m, 1h; where that is to choose.",
)
@click.option("--data", default="", help="The data set: one that `tt milestone list` shows. The first is the default.")
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
def milestone(*, name: str, budget: float | None, data: str, as_json: bool, path: Path, seed: int, plain: bool) -> None:
    """Run a milestone, or all that are installed, and write a report.

    A milestone is a famous experiment: the perceptron of 1957, the exclusive or of 1969, and those that further tt
    packages bring. Each learns for real, and passes if it reaches its bar. `tt milestone list` shows them, with the
    data sets that they know; those that need real data or much time run when they are named, not under `all`.

    In a workspace it runs on your files: on your loops as far as that is bearable, and then on the fast backend.

    Exit codes: 0 all passed, 1 one missed its bar or broke, 2 wrong usage.
    """
    if name in {"all", "list"} and (data or budget is not None):
        raise click.UsageError(f"--data and --budget are for one milestone, by its name; got them with {name}.")
    chosen = choose(name)
    plain = plain or not can_draw(make_console())
    home = near()
    if home and path == DEFAULT_REPORT:
        path = home.root / DEFAULT_REPORT
    if name == "list":
        show_list(chosen, as_json=as_json, plain=plain)
        leave(any(isinstance(each, Broken) for each in chosen))
    settings = Settings(seed, data, budget)
    check(chosen, settings)
    make_room(path)
    if home and not overlay.active():
        leave(on_own_files(home, command_line(name, settings), path.absolute(), as_json=as_json, plain=plain))
    backends = [backend_for(each, settings) for each in chosen]
    facts = environment(seed, backends)
    if "modules" in facts and not as_json:
        click.echo(f"Whose code runs: {facts['modules']}.", err=True)
    outcomes = run_all(chosen, backends, settings, display(as_json=as_json, plain=plain))
    if home:
        for outcome in outcomes:
            runs.save(outcome, facts, home.runs)
    show(outcomes, facts, path, as_json=as_json, plain=plain)
    save(path, report.render(outcomes, facts, command_line(name, settings)))
    if not as_json:
        click.echo(f"Pictures and story: {path}")
    leave(any(outcome.status != "passed" for outcome in outcomes))


def on_own_files(home: Workspace, command: str, path: Path, *, as_json: bool, plain: bool) -> bool:
    """Run the same command in a process that has the learner's files in place of ours; tell whether it failed."""
    options = ["--report", str(path), *["--json"] * as_json, *["--plain"] * plain]
    arguments = [sys.executable, "-m", "tt_core.course.cli", *command.split()[1:], *options]
    return subprocess.run(arguments, env={**os.environ, **home.environ()}, check=False).returncode != 0  # noqa: S603


def leave(failed: bool) -> NoReturn:
    """End the command with exit code 1 if something failed, else 0."""
    click.get_current_context().exit(int(failed))


def display(*, as_json: bool, plain: bool) -> AbstractContextManager[progress.Begin]:
    """Return what shows the progress of runs: nothing beside JSON, lines in plain text, bars otherwise."""
    if as_json:
        return nullcontext(progress.quiet)
    return nullcontext(progress.lines) if plain else progress.bars(make_console(stderr=True))


def show(outcomes: Sequence[Outcome], facts: dict[str, str], path: Path, *, as_json: bool, plain: bool) -> None:
    """Write the outcomes; those that broke also to the standard error, with the traceback where there is one."""
    if as_json:
        click.echo(writing.as_json_text(outcomes, facts, path))
        return
    if plain:
        click.echo(writing.plain_text(outcomes))
    else:
        writing.draw(make_console(), outcomes)
    for outcome in outcomes:
        if outcome.error:
            click.echo(f"\n{outcome.name} broke: {outcome.error}\n{outcome.details}".rstrip(), err=True)


def save(path: Path, page: str) -> None:
    """Write the report; by now the figures have been shown, so a full disk does not cost the run."""
    try:
        report.write(path, page)
    except OSError as error:
        message = f"the report could not be written to {str(path)!r}: {error.strerror}; see --report."
        raise click.ClickException(message) from error


def choose(name: str) -> list[Milestone | Broken]:
    """Return the milestones that a name stands for, the oldest first and the broken last."""
    entries = announced()
    if not entries:
        raise click.ClickException('no package announces a milestone; run pip install "tt-core[course]" and try again.')
    if name in {"all", "list"}:
        found = sorted(map(load, entries.values()), key=_age)
        return found if name == "list" else for_all(found)
    if name not in entries:
        known = ", ".join(sorted(entries)) or "none"
        raise click.BadParameter(f"there is no milestone {name!r}; installed: {known}; or say all, or list.")
    return [load(entries[name])]


def _age(found: Milestone | Broken) -> tuple[float, str]:
    return (found.year if isinstance(found, Milestone) else math.inf, found.name)


def for_all(found: Sequence[Milestone | Broken]) -> list[Milestone | Broken]:
    """Return those that need not be asked for by name; having none is an error, not a success."""
    chosen = [each for each in found if isinstance(each, Broken) or not each.extended]
    if not chosen:
        names = ", ".join(each.name for each in found)
        raise click.ClickException(f"every milestone that is installed runs only when it is named: {names}.")
    return chosen


def check(chosen: Sequence[Milestone | Broken], settings: Settings) -> None:
    """Refuse a data set or a budget that a milestone does not take, before anything runs or is written."""
    for each in chosen:
        if isinstance(each, Milestone):
            try:
                each.complete(settings)
            except TinyTorchError as error:
                raise click.UsageError(f"{error}.") from error


def command_line(name: str, settings: Settings) -> str:
    """Return the command that repeats a run."""
    data = f" --data {settings.data}" if settings.data else ""
    budget = f" --budget {duration.show(settings.budget)}" if settings.budget is not None else ""
    return f"tt milestone {name}{data}{budget} --seed {settings.seed}"


def make_room(path: Path) -> None:
    """Make the folder of the report before any long run, so that a wrong path costs no time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot make the folder {str(path.parent)!r}: {error.strerror}; choose another path."
        raise click.BadParameter(message, param_hint="--report") from error


def run_all(
    chosen: Sequence[Milestone | Broken],
    backends: Sequence[str],
    settings: Settings,
    display: AbstractContextManager[progress.Begin],
) -> list[Outcome]:
    """Run one after the other, each on its backend and with its own line on the display."""
    pairs = zip(chosen, backends, strict=True)
    with display as begin:
        return [run_on(backend, each, settings, begin(each.name)) for each, backend in pairs]


def run_on(backend: str, each: Milestone | Broken, settings: Settings, heard: Progress) -> Outcome:
    """Run one milestone on a backend."""
    with use_backend(backend):
        return run(each, settings, heard)


def backend_for(each: Milestone | Broken, settings: Settings) -> str:
    """Return the backend to run on: the active one, unless that is the loops and the run is too long for them.

    Then a few steps are taken on the loops, and what the whole would cost is said.
    """
    active = active_backend().name
    if active != NAIVE.name or isinstance(each, Broken) or not (each.rehearse or each.extended):
        return active
    if each.rehearse:
        click.echo(cost(each.name, each.rehearse(each.complete(settings))), err=True)
    return get_backend("auto").name


def cost(name: str, tried: Rehearsal) -> str:
    """Say what a run would cost at the pace of its rehearsal.

    >>> cost("lenet", Rehearsal(1.5, 4, 28_840))[:83]
    'lenet on loops: 4 images took 1.5 s; the whole, 28,840 images, would take about 3.0'
    """
    whole = duration.about(tried.whole)
    pace = f"{tried.done} {tried.unit if tried.done > 1 else tried.unit.removesuffix('s')} took {tried.seconds:.1f} s"
    return (
        f"{name} on loops: {pace}; the whole, {tried.total:,} {tried.unit}, would take about {whole}. "
        "It goes on with fast kernels: the same code, another backend."
    )


def environment(seed: int, backends: Sequence[str]) -> dict[str, str]:
    """Return what the figures were measured on, and in a workspace whose each module is."""
    facts = {
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        **installed_packages(),
        "backend": " and ".join(dict.fromkeys(backends)),
        "seed": str(seed),
    }
    home = near()
    if home is None or not overlay.active():
        return facts
    return {**facts, "modules": provenance.in_words(provenance.origins(home.state.opened))}


def show_list(found: Sequence[Milestone | Broken], *, as_json: bool, plain: bool) -> None:
    """Write which milestones are installed and which course modules each one runs on."""
    rows = [writing.list_row(each) for each in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif plain:
        click.echo("\n".join(", ".join(f"{key} {text}" for key, text in row.items() if text) for row in rows))
    else:
        writing.draw_list(make_console(), rows)
