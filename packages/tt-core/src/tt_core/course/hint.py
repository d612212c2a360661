"""`tt hint`: three hints for each exercise, from a question to an excerpt of code."""

from __future__ import annotations

import json
from dataclasses import replace

import click
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from tt_core.course.arguments import EXERCISE
from tt_core.course.console import can_draw, json_option, make_console, plain_option, write
from tt_core.course.lessons import Exercise, Lesson
from tt_core.course.state import State
from tt_core.course.workspace import find


@click.command(short_help="Show the next of an exercise's three hints.")
@click.argument("exercise", type=EXERCISE)
@click.option("--level", type=click.IntRange(1, 3), help="Show this one: 1 a question, 2 the idea, 3 an excerpt.")
@json_option
@plain_option
def hint(*, exercise: tuple[Lesson, Exercise], level: int | None, as_json: bool, plain: bool) -> None:
    """Show the next hint for EXERCISE, as 02.4; after the last one, the last one again.

    How many you have seen is remembered, and shown to nobody.

    Exit codes: 0 shown, 2 wrong usage.
    """
    lesson, task = exercise
    level = seen(lesson, task, level)
    found = {"exercise": task.number, "name": task.name, "level": level, "levels": len(task.hints)}
    console = make_console()
    if as_json:
        click.echo(json.dumps({**found, "hint": task.hints[level - 1]}, indent=2))
    elif plain or not can_draw(console):
        write(f"{heading(task, level)}\n\n{task.hints[level - 1].strip()}\n\n{after(task, level)}")
    else:
        draw(console, task, level)


def seen(lesson: Lesson, task: Exercise, level: int | None) -> int:
    """Return the level to show, the one after those seen if None, and remember it.

    Raises:
        click.BadParameter: the exercise has fewer hints.
    """
    most = len(task.hints)
    if level is not None and level > most:
        raise click.BadParameter(f"exercise {task.number} has {most} hints.", param_hint="--level")
    home = find()
    record = home.state.module(lesson.number).exercise(task.name)
    shown = level or min(record.hints + 1, most)

    def remember(now: State) -> State:
        known = now.module(lesson.number).exercise(task.name)
        return now.with_exercise(lesson.number, task.name, replace(known, hints=max(known.hints, shown)))

    home.change(remember)
    return shown


def heading(task: Exercise, level: int) -> str:
    """Return what stands above a hint."""
    return f"{task.number} {task.name}: hint {level} of {len(task.hints)}"


def after(task: Exercise, level: int) -> str:
    """Return what to do when the hint does not help."""
    if level < len(task.hints):
        return f"Still stuck? Type tt hint {task.number} again."
    return f"That was the last one. tt check {task.number} says what differs, and for which input."


def draw(console: Console, task: Exercise, level: int) -> None:
    """Write a hint in a frame."""
    text = Text(task.hints[level - 1].strip())
    text.highlight_regex(r"`[^`]+`", "bold cyan")
    title = Text(heading(task, level), "bold")
    console.print(Panel(text, title=title, title_align="left", border_style="cyan", padding=(1, 2)))
    console.print(Text(after(task, level), "bright_black"))
