"""`tt check`: run a module's checks on the learner's files, and say what is right, what is not, and where."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.status import Status

from tt_core.course import files
from tt_core.course.arguments import complete_target
from tt_core.course.checks import Check, session
from tt_core.course.checks.drawing import DIM, Page, details, overview, title
from tt_core.course.checks.junit import junit
from tt_core.course.checks.summary import Summary, summaries
from tt_core.course.checks.verdict import verdict
from tt_core.course.console import can_draw, json_option, make_console, plain_option
from tt_core.course.lessons import Exercise, Lesson, LessonError, all_lessons, find_exercise, find_lesson
from tt_core.course.workspace import Workspace, Wrong, find

__all__ = ["Target", "TargetType", "check", "chosen", "last_opened"]


class Target(NamedTuple):
    """What to check: a module, or some exercises of it."""

    lesson: Lesson
    exercises: tuple[Exercise, ...] = ()

    @property
    def names(self) -> list[str] | None:
        """The names of the exercises, None if all."""
        return [each.name for each in self.exercises] or None


def together(targets: Iterable[Target]) -> list[Target]:
    """Return targets with those of one module in one, in the order in which the modules first came."""
    found: dict[str, Target] = {}
    for lesson, exercises in targets:
        known = found.setdefault(lesson.number, Target(lesson, exercises)).exercises
        found[lesson.number] = Target(lesson, tuple(dict.fromkeys(known + exercises)) if known and exercises else ())
    return list(found.values())


class TargetType(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """A module, "2" or "02" or "tensor", or an exercise, "2.4" or "02.4"; it becomes a `Target`."""

    name = "module"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Target:
        """Return the target."""
        if isinstance(value, Target):
            return value
        try:
            if "." not in value:
                return Target(find_lesson(value))
            lesson, exercise = find_exercise(value)
            return Target(lesson, (exercise,))
        except LessonError as error:
            self.fail(f"{error}.", param, ctx)


@click.command(short_help="Check a module, or some of its exercises, on your files.")
@click.argument("targets", metavar="[N|N.k]...", type=TargetType(), nargs=-1, shell_complete=complete_target)
@json_option
@click.option("--junit", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit's XML there too.")
@plain_option
def check(targets: tuple[Target, ...], *, as_json: bool, path: Path | None, plain: bool) -> None:
    """Check a module, or one of its exercises, on your files; or several, one after the other.

    Without N it is the module that you opened last. What is right is ticked; of the rest you are told what was tested,
    with which input, what came out and what should have, and where to look.

    Exit codes: 0 all passed, 1 something did not pass or is not built yet, 2 wrong usage.
    """
    home = find()
    wanted = [chosen(home, each) for each in together(targets)] or [chosen(home, None)]
    console = make_console()
    page = Page(console, plain or not can_draw(console))
    found = [(target, checked(home, target, None if as_json else page)) for target in wanted]
    if path:
        _write(path, junit((target.lesson, each) for target, each in found))
    if as_json:
        rows = [as_data(*each) for each in found]
        click.echo(json.dumps(rows if len(rows) > 1 else rows[0], indent=2))
    click.get_current_context().exit(int(any(each.outcome != "passed" for _, all_ in found for each in all_)))


def checked(home: Workspace, target: Target, page: Page | None) -> list[Summary]:
    """Check one target, write what comes of it on the page if there is one, and remember it."""
    found = list(_shown(home, target, page) if page else _found(home, target))
    before = home.state
    after = home.record(target.lesson, {each.exercise.name: each.outcome for each in found})
    if page:
        page.line()
        page.lines(details(found, home.root, page.console.width))
        page.lines(verdict(target.lesson, before, after, home.root, found))
    return found


def chosen(home: Workspace, target: Target | None) -> Target:
    """Return what to check: what was asked for if it is open, the module opened last if nothing was.

    Raises:
        Wrong: it is not open.
    """
    if target is None:
        return Target(last_opened(home))
    number = target.lesson.number
    if number not in home.state.opened:
        raise Wrong(f"module {number} {target.lesson.name} is not open yet: open it with tt start {number}.")
    return target


def last_opened(home: Workspace) -> Lesson:
    """Return the module that was opened last.

    Raises:
        Wrong: none is open.
    """
    state = home.state
    times = {number: state.module(number).opened for number in state.opened}
    known = [lesson for lesson in all_lessons() if lesson.number in times]
    if not known:
        raise Wrong("no module is open yet: open one with tt start 01.")
    return max(known, key=lambda lesson: (times[lesson.number], lesson.number))


def _found(home: Workspace, target: Target, starting: Callable[[Check], None] = lambda _: None) -> Iterator[Summary]:
    return summaries(
        session.run(
            target.lesson,
            home.root,
            exercises=target.names,
            environ=home.environ(),
            starting=starting,
            locating=True,
        )
    )


def _shown(home: Workspace, target: Target, page: Page) -> Iterator[Summary]:
    """Yield the summaries, and write a line for each as it comes."""
    lesson = target.lesson
    width = max(len(each.name) for each in lesson.exercises)
    page.line()
    page.line(title(lesson))
    page.line()
    with waiting(page) as wait:

        def starting(each: Check) -> None:
            wait(f"{lesson.exercise(each.exercise).number} {each.exercise}")

        for summary in _found(home, target, starting):
            wrong = summary.wrong
            if not (wrong and wrong.at_import):
                page.row(*overview(summary, width, plain=page.plain))
            yield summary


def waiting(page: Page) -> AbstractContextManager[Callable[[str], None]]:
    """Return what shows in a terminal that something is at work, and nothing elsewhere."""
    if page.plain or not page.console.is_terminal:
        return nullcontext(lambda _: None)
    return _Waiting(page.console.status("importing your files", spinner="dots", spinner_style=DIM))


class _Waiting(AbstractContextManager[Callable[[str], None]]):
    def __init__(self, status: Status) -> None:
        self.status = status

    def __enter__(self) -> Callable[[str], None]:
        self.status.start()
        return self.status.update

    def __exit__(self, *_: object) -> None:
        self.status.stop()


def as_data(target: Target, found: Sequence[Summary]) -> dict[str, Any]:
    """Return what `--json` writes."""
    return {
        "module": target.lesson.number,
        "name": target.lesson.name,
        "passed": all(each.outcome == "passed" for each in found),
        "seconds": round(sum(each.seconds for each in found), 3),
        "exercises": [
            {
                "number": each.exercise.number,
                "name": each.exercise.name,
                "title": each.exercise.title,
                "outcome": each.outcome,
                "points": each.exercise.points,
                "checks": [result.as_dict() for result in each.results],
            }
            for each in found
        ],
    }


def _write(path: Path, text: str) -> None:
    try:
        files.write(path, text)
    except OSError as error:
        raise click.ClickException(f"{str(path)!r} could not be written: {error.strerror}; see --junit.") from error
