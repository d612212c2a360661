"""`tt doctor`: what machine this is, how fast it is, and what to change about it."""

import json
from collections.abc import Mapping
from dataclasses import replace

import click
from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from tt_core.course.commands import broken_commands, installed_commands
from tt_core.course.console import can_draw, json_option, make_console, plain_option, write
from tt_core.course.facts import Facts, facts
from tt_core.course.version import installed_packages
from tt_core.environment import Advice, Report, report

# Lines around and between the sections, none between the columns.
FRAME = box.Box("╭──╮\n│  │\n├──┤\n│  │\n├──┤\n├──┤\n│  │\n╰──╯\n")
SIGNS = {"problem": ("✖", "bold red"), "warning": ("▲", "yellow")}


@click.command()
@json_option
@click.option("--no-measure", is_flag=True, help="Skip the two seconds of measuring.")
@plain_option
def doctor(*, as_json: bool, no_measure: bool, plain: bool) -> None:
    """Check this machine: Python, NumPy, BLAS, cores, memory, speed.

    Each warning is one sentence with its cause and its cure. Passwords, tokens, your name and your home folder are
    never shown, so the output may be pasted into a bug report.

    Exit codes: 0 ready (warnings are allowed), 1 a problem that needs action, 2 wrong usage.
    """
    console = make_console()
    with make_console(stderr=True, quiet=plain).status("Examining this machine …"):
        found = complete(report(measure=not no_measure), broken_commands(installed_commands()))
    packages = installed_packages()
    if as_json:
        click.echo(
            json.dumps({"ready": not exit_code(found.advice), "packages": packages, **found.as_dict()}, indent=2)
        )
    elif plain or not can_draw(console):
        write(plain_text(facts(found, packages), found.advice))
    else:
        draw(console, facts(found, packages), found.advice)
    click.get_current_context().exit(exit_code(found.advice))


def complete(found: Report, broken: Mapping[str, str]) -> Report:
    """Return the report with a problem more for each command of `tt` that does not load."""
    text = "The command tt {} does not load ({}): reinstall or remove the package that brings it."
    problems = tuple(Advice("problem", text.format(*pair)) for pair in broken.items())
    return replace(found, advice=problems + found.advice)


def exit_code(advice: tuple[Advice, ...]) -> int:
    """Return 1 if there is a problem, else 0."""
    return int(any(item.level == "problem" for item in advice))


def verdict(advice: tuple[Advice, ...]) -> str:
    """Return the result in one line.

    >>> verdict(())
    'Ready: no problem, no warning.'
    >>> verdict((Advice("problem", "…"), Advice("warning", "…"), Advice("warning", "…")))
    'Not ready: 1 problem, 2 warnings.'
    """
    levels: list[str] = [item.level for item in advice]
    counts = ", ".join(count(levels.count(level), level) for level in SIGNS)
    return f"{'Not ready' if 'problem' in levels else 'Ready'}: {counts}."


def count(number: int, noun: str) -> str:
    """Return a counted noun.

    >>> count(0, "warning"), count(1, "warning"), count(2, "warning")
    ('no warning', '1 warning', '2 warnings')
    """
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"


def plain_text(found: Facts, advice: tuple[Advice, ...]) -> str:
    """Return the report as lines that read well aloud and are easy to search."""
    lines: list[str] = []
    for heading, rows in found.items():
        lines += [heading, *(f"  {name}: {text}" for name, text in rows.items())]
    return "\n".join([*lines, "", *(f"{item.level}: {item.text}" for item in advice), verdict(advice)])


def draw(console: Console, found: Facts, advice: tuple[Advice, ...]) -> None:
    """Write the report as a table, the advice below it, and the verdict last."""
    console.print(fact_table(found))
    if advice:
        console.print(advice_table(advice))
        console.print()
    code = exit_code(advice)
    console.print(Text(f"{'✖' if code else '✔'} {verdict(advice)}", style="bold red" if code else "bold green"))


def fact_table(found: Facts) -> RenderableType:
    """Return the facts as a table with one section for each heading."""
    table = Table(box=FRAME, show_header=False, border_style="bright_black", expand=True)
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(style="bright_black", no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for heading, rows in found.items():
        for number, (name, text) in enumerate(rows.items(), start=1):
            table.add_row(Text(heading if number == 1 else ""), Text(name), Text(text), end_section=number == len(rows))
    return table


def advice_table(advice: tuple[Advice, ...]) -> RenderableType:
    """Return each piece of advice behind the sign of its level; the cure, behind the colon, stands out."""
    table = Table.grid(padding=(0, 1, 1, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for item in advice:
        sign, style = SIGNS[item.level]
        cause, _, cure = item.text.rpartition(": ")
        table.add_row(Text(sign, style=style), Text.assemble(f"{cause}: ", (cure, "bold")))
    return table
