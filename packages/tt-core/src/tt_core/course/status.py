"""`tt status`: the map of the twenty modules, and where one is on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tt_core.course.console import can_draw, json_option, make_console, plain_option, trimmed, write
from tt_core.course.overview import Place, overview
from tt_core.course.workspace import Workspace, find

SIGNS = {
    "passed": ("✔", "green"),
    "recheck": ("↻", "yellow"),
    "open": ("●", "cyan"),
    "ready": ("○", ""),
    "locked": ("·", "bright_black"),
    "coming": ("·", "bright_black"),
}
WIDEST_STATE = 22  # so that the table fits 80 columns


@click.command(short_help="Show the map of the course, and where you are on it.")
@json_option
@plain_option
def status(*, as_json: bool, plain: bool) -> None:
    """Show the map: which modules are open, passed, to be checked again, and what comes next.

    A module is to be checked again if the packages were upgraded and its reference has changed since it passed; your
    code and the record of it stay.

    Exit codes: 0 shown, 1 a module is to be checked again, 2 wrong usage.
    """
    home = find()
    places = overview(home)
    console = make_console()
    if as_json:
        click.echo(json.dumps(as_dict(home, places), indent=2))
    elif plain or not can_draw(console):
        write("\n".join([*map(plain_line, places), "", *closing(places)]))
    else:
        draw(console, home, places)
    click.get_current_context().exit(int(any(place.status == "recheck" for place in places)))


def as_dict(home: Workspace, places: Sequence[Place]) -> dict[str, object]:
    """Return the map for a program."""
    now = home.state
    return {
        "workspace": str(home.root),
        "backend": now.backend,
        "started_with": dict(now.packages),
        "passed": sum(place.status == "passed" for place in places),
        "next": advice(places),
        "unlocked": unlocked(places),
        "milestones": milestones(places),
        "modules": [place.as_dict() for place in places],
    }


def state_of(place: Place) -> str:
    """Return the status of a module in words."""
    if place.status == "coming":
        return f"with {place.stop.package}"
    if place.status == "recheck":
        return f"check again: {', '.join(place.recheck)}"
    if place.status == "locked" and place.lesson:
        return f"after {', '.join(place.lesson.prerequisites)}"
    words = f"{place.done} of {place.exercises}" if place.status == "open" else place.status
    return f"{words}, news" if place.news else words


def code_of(place: Place) -> str:
    """Return whose code a module runs on."""
    yours = sum(whose == "yours" for _, whose in place.files)
    if not yours or place.status in {"ready", "locked"}:  # its file may be open for another module's exercises
        return "reference" if place.lesson else ""
    return "yours" if yours == len(place.files) else f"yours {yours}/{len(place.files)}"


def milestone_of(place: Place) -> str:
    """Return the milestone that a module leads to."""
    return place.lesson.milestone if place.lesson else ""


def milestones(places: Iterable[Place]) -> list[dict[str, object]]:
    """Return the milestones on the way, and which of them the learner has unlocked."""
    found = [(milestone_of(place), place) for place in places]
    return [{"name": name, "unlocked": place.status in {"passed", "recheck"}} for name, place in found if name]


def unlocked(places: Iterable[Place]) -> list[str]:
    """Return what the learner can do by now."""
    done = [place.lesson for place in places if place.lesson and place.status in {"passed", "recheck"}]
    return [text for lesson in done for text in lesson.unlocks]


def advice(places: Sequence[Place]) -> str:
    """Return the next command to type, "" if there is nothing left to do."""
    for wanted, command in (("recheck", "tt check"), ("open", "tt check"), ("ready", "tt start")):
        for place in places:
            if place.news and wanted in {"recheck", "open"}:
                return f"tt start {place.stop.number}"
            if place.status == wanted:
                return f"{command} {place.stop.number}"
    return ""


def closing(places: Sequence[Place]) -> list[str]:
    """Return how far one is, and what to type next."""
    done = sum(place.status == "passed" for place in places)
    exercises = sum(place.done for place in places), sum(place.exercises for place in places)
    news = [place.stop.number for place in places if place.news]
    lines = [f"{done} of {len(places)} modules, {exercises[0]} of {exercises[1]} exercises passed."]
    if news:
        lines.append(f"New in the reference: tt start {' and tt start '.join(news)} merges it into your files.")
    return [*lines, f"Next: {advice(places)}"] if advice(places) else lines


def plain_line(place: Place) -> str:
    """Return a module as a line that reads well aloud."""
    words = [f"{place.stop.number} {place.stop.name}: {state_of(place)}"]
    words += [f"code: {code_of(place)}"] if place.lesson else []
    words += [f"milestone: {milestone_of(place)}"] if milestone_of(place) else []
    return "; ".join(words)


def draw(console: Console, home: Workspace, places: Sequence[Place]) -> None:
    """Write the map as a table, what is unlocked, and what to type next."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bright_black", show_edge=False, pad_edge=False)
    for name in ("", "Module", "Progress", "State", "Code", "Milestone"):
        table.add_column(name, no_wrap=name != "State", max_width=WIDEST_STATE if name == "State" else None)
    for place in places:
        sign, style = SIGNS[place.status]
        dim = "bright_black" if place.status in {"locked", "coming"} else ""
        table.add_row(
            Text(sign, style),
            Text(f"{place.stop.number} {place.stop.name}", dim or "bold"),
            bar(place),
            Text(state_of(place), style),
            Text(code_of(place), "green" if code_of(place).startswith("yours") else "bright_black"),
            Text(milestone_of(place), "magenta" if place.status == "passed" else "bright_black"),
            end_section=is_last_of_package(place, places),
        )
    console.print(Text(f"{home.root}", "bright_black"), soft_wrap=True)
    console.print(trimmed(console, table), end="")
    console.print()
    console.print(trimmed(console, can_do(places)), end="")
    for line in closing(places):
        console.print(Text(line, "bold" if line.startswith("Next") else ""))


def can_do(places: Sequence[Place]) -> Table:
    """Return what the learner can do by now, with a sign before each."""
    grid = Table.grid(padding=(0, 1))
    for text in unlocked(places):
        grid.add_row(Text("✔", "green"), Text(text))
    return grid


def is_last_of_package(place: Place, places: Sequence[Place]) -> bool:
    """Tell whether the next module belongs to another package."""
    following = places[places.index(place) + 1 :]
    return bool(following) and following[0].stop.package != place.stop.package


def bar(place: Place, width: int = 10) -> Text:
    """Return how much of a module passes, as a bar."""
    if not place.exercises or place.status in {"locked", "coming"}:
        return Text("")
    full = place.done * width // place.exercises
    return Text.assemble(("━" * full, "green"), ("━" * (width - full), "bright_black"))
