"""`tt start`: open a module: its files with the exercises left to write, and its lesson."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tt_core.course import overview
from tt_core.course.arguments import MODULE
from tt_core.course.console import can_draw, json_option, make_console, plain_option, trimmed, write
from tt_core.course.init import quoted
from tt_core.course.lessons import Lesson
from tt_core.course.merging import Conflict
from tt_core.course.opening import Opened, Written, open_module
from tt_core.course.workspace import Workspace, find

SIGNS = {"written": "+", "merged": "~", "left alone": "!"}


@click.command(short_help="Open a module: its lesson, and its files for you to write.")
@click.argument("module", type=MODULE, required=False)
@click.option("--anyway", is_flag=True, help="Open it though an earlier module is open and has gaps.")
@json_option
@plain_option
def start(*, module: Lesson | None, anyway: bool, as_json: bool, plain: bool) -> None:
    """Open MODULE, the next one if it is left out: write its files and its lesson into your workspace.

    In the files, the bodies of the module's exercises are left for you to write. What you wrote already stays: a file
    that is there is merged, after a backup. So it is also the way to get what is new after an upgrade of the packages.

    Exit codes: 0 opened, 1 a file could not be merged or an earlier module has gaps, 2 wrong usage.
    """
    home = find()
    lesson = module or following(home)
    need_earlier(home, lesson, anyway=anyway)
    try:
        found = open_module(home, lesson)
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be written: {error.strerror}.") from error
    console = make_console()
    if as_json:
        click.echo(json.dumps(as_dict(home, found), indent=2))
    elif plain or not can_draw(console):
        write("\n".join(lines(home, found)))
    else:
        draw(console, lines(home, found))
    click.get_current_context().exit(int(any(each.fate == "left alone" for each in found.code)))


def following(home: Workspace) -> Lesson:
    """Return the module to open next.

    Raises:
        click.ClickException: all are open.
    """
    lesson = overview.next_lesson(home.state)
    if lesson is None:
        raise click.ClickException("every module that is installed is open: tt status shows how far each one is.")
    return lesson


def need_earlier(home: Workspace, lesson: Lesson, *, anyway: bool) -> None:
    """Say which earlier modules have not been passed; refuse if one is open, since its gaps would be run into.

    Raises:
        click.ClickException: one is, and the module shall not be opened anyway.
    """
    now = home.state
    earlier = [] if now.module(lesson.number).opened else overview.missing(now, lesson)
    begun = [each for each in earlier if now.module(each.number).opened]
    if begun and not anyway:
        number = begun[0].number
        raise click.ClickException(
            f"module {lesson.number} {lesson.name} runs on your {titles(begun)}, which has gaps: go on with tt check "
            f"{number}, or open it with tt start {lesson.number} --anyway."
        )
    if earlier:
        text = f"module {lesson.number} {lesson.name} builds on {titles(earlier)}, which you have not passed"
        click.echo(f"Note: {text}; what you have not opened comes from the reference.", err=True)


def titles(lessons: Iterable[Lesson]) -> str:
    """Return modules in words."""
    return listed(f"{each.number} {each.name}" for each in lessons)


def listed(words: Iterable[str]) -> str:
    """Return names in words.

    >>> listed(["relu", "gate", "gelu"])
    'relu, gate and gelu'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def as_dict(home: Workspace, found: Opened) -> dict[str, object]:
    """Return what was done, for a program."""
    return {
        "module": found.lesson.number,
        "first": found.first,
        "files": [row(home, each) for each in (*found.code, *found.texts)],
        "backup": found.backup.name if found.backup else None,
        "lesson": str(home.lesson_folder(found.lesson) / "lesson.md"),
        "exercises": [
            {"number": each.number, "name": each.name, "title": each.title} for each in found.lesson.exercises
        ],
    }


def row(home: Workspace, each: Written) -> dict[str, object]:
    """Return what became of a file, for a program."""
    conflicts = [
        {"name": one.name, "reason": one.reason, "yours": one.yours, "reference": one.reference}
        for one in each.conflicts
    ]
    file = each.file.relative_to(home.root).as_posix()
    moved = list(each.moved)
    return {"file": file, "fate": each.fate, "problem": each.problem, "conflicts": conflicts, "moved": moved}


def lines(home: Workspace, found: Opened) -> list[str]:
    """Return what was done and what to do next, line by line."""
    lesson = found.lesson
    return [
        f"Module {lesson.number}: {lesson.title}",
        *file_lines(home, found.code),
        *(
            line
            for each in found.code
            for one in each.conflicts
            for line in conflict_lines(each.file.relative_to(home.root), one)
        ),
        "",
        *next_lines(home, lesson),
    ]


def file_lines(home: Workspace, code: Sequence[Written]) -> list[str]:
    """Return a line for each file that changed or could not be merged."""
    told = [each for each in code if each.fate != "unchanged"]
    if not told:
        return ["  Nothing new: your files are as they were."]
    return [f"  {SIGNS[each.fate]} {each.file.relative_to(home.root)}: {said(each)}" for each in told]


def said(each: Written) -> str:
    """Return what became of a file, in words."""
    if each.fate == "left alone":
        return f"left as it is, because it cannot be merged ({each.problem}): correct that and start the module again"
    if each.moved:
        return f"written; what you wrote for {listed(each.moved)} came along from another file: check again"
    return "written" if each.fate == "written" else "merged with what you wrote"


def conflict_lines(file: Path, one: Conflict) -> list[str]:
    """Return a conflict, with the reference's version to read."""
    verdict = "yours stays" if one.yours else "it stays out"
    shown = [f"    | {line}" for line in one.reference.strip("\n").splitlines()]
    return [f"  ! {file}: {one.name}: {one.reason}; {verdict}." + (" The reference has:" if shown else ""), *shown]


def next_lines(home: Workspace, lesson: Lesson) -> list[str]:
    """Return what to read, what to write and what to type next."""
    wide = max((len(each.name) for each in lesson.exercises), default=0)
    exercises = [f"  {each.number:<5}  {each.name:<{wide}}  {each.title}" for each in lesson.exercises]
    return [
        f"Read   {place(home.lesson_folder(lesson) / 'lesson.md')}",
        "Build",
        *exercises,
        f"Try    {interpreter(place(home.root))}   (plain python runs the library's functions)",
        f"Then   tt check {lesson.number}",
        f"Stuck? tt hint {lesson.exercises[0].number if lesson.exercises else lesson.number}",
    ]


def interpreter(folder: str, system: str = os.name) -> str:
    """Return what starts Python on the learner's files.

    >>> interpreter(".", "posix"), interpreter("my tinytorch", "nt")
    ('TT_WORKSPACE=. python', '$env:TT_WORKSPACE="my tinytorch"; python')
    """
    return f'$env:TT_WORKSPACE="{folder}"; python' if system == "nt" else f"TT_WORKSPACE={quoted(folder)} python"


def place(file: Path) -> str:
    """Return a path as one would type it from here."""
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def draw(console: Console, told: Sequence[str]) -> None:
    """Write the lines in colours: the first as a heading."""
    styles = {"  +": "green", "  ~": "cyan", "  !": "bold yellow", "    |": "bright_black"}
    for number, line in enumerate(told):
        style = "bold" if not number else next((styles[key] for key in styles if line.startswith(key)), "")
        name = re.match(r"  \d\d\.\d+ +\S+ +", line)
        if name and console.is_terminal:  # a title that wraps stays beside it
            grid = Table.grid()
            grid.add_column(no_wrap=True)
            grid.add_row(name[0], Text(line[name.end() :]))
            console.print(trimmed(console, grid), end="")
        else:
            console.print(Text(line, style), soft_wrap=True)
