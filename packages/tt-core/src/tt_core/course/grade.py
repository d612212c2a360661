"""`tt grade`: check what many students handed in, in a sandbox, and write their points down."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from tt_core.course import files
from tt_core.course.arguments import MODULE
from tt_core.course.console import can_draw, json_option, make_console, plain_option, write
from tt_core.course.grading import gradebooks, junit, names, summary, tiers
from tt_core.course.grading.batch import grade_all
from tt_core.course.grading.grader import BUDGET, Grader
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.journal import FOLDER, Journal, fingerprint
from tt_core.course.grading.library import Library
from tt_core.course.grading.limits import MIB, Limits
from tt_core.course.grading.sandbox import Sandbox
from tt_core.course.grading.showing import Showing, showing
from tt_core.course.lessons import Lesson, all_lessons
from tt_core.course.locking import locked
from tt_core.course.version import versions
from tt_core.course.workspace import Wrong
from tt_core.environment import find_cpu

SEED_BITS = 63

OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Grade submissions, each in a sandbox: for instructors.")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--module", "modules", type=MODULE, multiple=True, help="Grade this module; may be repeated.  [all]")
@click.option("--workers", type=click.IntRange(min=1), help="How many to grade at a time.  [one per core]")
@click.option("--csv", "canvas", type=OUTPUT, help="Write a table that Canvas's gradebook imports.")
@click.option("--assignment", default="", help="With --csv: one column of this name, as Canvas names the assignment.")
@click.option("--moodle", type=OUTPUT, help="Write a grading worksheet that Moodle imports.")
@click.option("--junit", "xml", type=OUTPUT, help="Write JUnit's XML.")
@click.option("--resume/--fresh", "resume", default=None, help="Go on with the run before, or forget it.")
@click.option("--seed", type=click.IntRange(0), help="What inputs are drawn from, to repeat a run.  [a secret]")
@click.option("--tier", type=click.Choice(["1", "2", "3", "none"]), help="Demand this sandbox.  [the best]")
@click.option("--seconds", type=click.FloatRange(1), default=BUDGET, show_default=True, help="Limit for each module.")
@click.option("--memory", type=click.IntRange(512), default=2048, show_default=True, help="Limit in MiB.")
@json_option
@plain_option
def grade(
    *,
    folder: Path,
    modules: tuple[Lesson, ...],
    workers: int | None,
    canvas: Path | None,
    assignment: str,
    moodle: Path | None,
    xml: Path | None,
    resume: bool | None,
    seed: int | None,
    tier: str | None,
    seconds: float,
    memory: int,
    as_json: bool,
    plain: bool,
) -> None:
    """Grade the submissions in DIR: a workspace or an archive (.zip, .tar.gz) for each student.

    Each is checked in a sandbox that shows it its own files and a library without answers; which sandbox, is printed.
    Inputs are drawn from a secret number, the same for all. What is graded is kept in DIR/.tt-grade at once: a run that
    was stopped goes on where it was, and a submission is graded again only if it or the course has changed.

    Exit codes: 0 all were graded, 1 some could not be, 2 wrong usage, or no sandbox holds on this machine.
    """
    lessons = chosen(modules)
    found, others = submissions_in(folder)
    sandbox, tier_found = sandbox_for(tier or "", memory)
    key = fingerprint(lessons, tier_found, sandbox.limits, seconds, versions())
    show = showing(as_json=as_json, plain=plain or not can_draw(make_console()))
    with journal_in(folder) as journal:
        drawn = begin(journal, key, resume=resume, seed=seed)
        show.starts(len(found), tier_found, others)
        with journal.workshop() as place:
            library = Library(place, all_lessons())
            grader = Grader(lessons, library, sandbox, drawn, seconds)
            grades = run(found, grader, journal, workers or find_cpu().usable, show)
    done = summary.Run(grades, lessons, tier_found, drawn, versions())
    save(canvas, lambda: gradebooks.canvas(grades, lessons, assignment))
    save(moodle, lambda: gradebooks.moodle(grades, lessons))
    save(xml, lambda: junit.junit(grades, str(tier_found)))
    tell(done, as_json=as_json, plain=plain or not can_draw(make_console()))
    click.get_current_context().exit(int(bool(done.missed())))


def chosen(modules: Sequence[Lesson]) -> tuple[Lesson, ...]:
    """Return the lessons to grade, each once, in the order of the course."""
    lessons = {lesson.number: lesson for lesson in modules or all_lessons()}
    if not lessons:
        raise Wrong("no package brings a module to grade.")
    return tuple(lessons[number] for number in sorted(lessons))


def submissions_in(folder: Path) -> tuple[list[names.Submission], list[str]]:
    """Return the submissions of a folder and what else is there."""
    try:
        found, others = names.find(folder)
    except OSError as error:
        raise Wrong(f"{folder} cannot be read: {error.strerror}.") from error
    if not found:
        raise Wrong(f"{folder} holds no submission: expected a folder or an archive for each student.")
    return found, others


def sandbox_for(demanded: str, memory: int) -> tuple[Sandbox, tiers.Tier]:
    """Return the sandbox that is demanded, or the best that holds here."""
    try:
        tier = tiers.choose(demanded)
    except tiers.TierError as error:
        raise Wrong(f"{error}.") from error
    return Sandbox(tier.kind, replace(Limits(), memory=memory * MIB)), tier


@contextmanager
def journal_in(folder: Path) -> Iterator[Journal]:
    """Yield the journal of a folder, which no other run writes meanwhile."""
    try:
        with locked(folder / FOLDER / "lock"):
            yield Journal(folder / FOLDER)
    except PermissionError as error:
        raise Wrong(f"{folder} cannot be written, and the grades are kept there: {error.strerror}.") from error


def begin(journal: Journal, key: str, *, resume: bool | None, seed: int | None) -> int:
    """Return the number that inputs are drawn from: of the run that goes on, or of a new one."""
    before = None if resume is False else journal.begun(key)
    if before is not None and seed in {None, before}:
        return before
    if resume:
        raise Wrong("there is no run to go on with: the modules, checks, packages, sandbox or seed are others now.")
    drawn = secrets.randbits(SEED_BITS) if seed is None else seed
    journal.begin(key, drawn)
    return drawn


def run(
    found: Sequence[names.Submission], grader: Grader, journal: Journal, workers: int, show: Showing
) -> list[Grade]:
    """Grade all, and show how far it is."""
    with show.progress(len(found)) as done:
        return grade_all(found, grader, journal, workers, done)


def save(path: Path | None, text: Callable[[], str]) -> None:
    """Write a file, if it was asked for."""
    if path is None:
        return
    try:
        files.write(path, text().encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise click.ClickException(f"{path} could not be written: {error.strerror}.") from error


def tell(done: summary.Run, *, as_json: bool, plain: bool) -> None:
    """Write the grades to the standard output."""
    if as_json:
        click.echo(summary.as_json(done))
    elif plain:
        write(summary.lines(done))
    else:
        summary.draw(make_console(), done)
