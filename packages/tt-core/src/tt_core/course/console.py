"""How commands write: options that they share, and the console that they write to."""

import sys
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.segment import Segment, Segments

WIDEST = 100

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON and nothing else.")
plain_option = click.option("--plain", is_flag=True, help="Write plain text without colours, lines and symbols.")


def make_console(**settings: Any) -> Console:  # rich's own keywords
    """Return a console that is never wider than is good to read; it has no colours in a file or under NO_COLOR."""
    console = Console(highlight=False, **settings)
    console.width = min(console.width, WIDEST)
    return console


def trimmed(console: Console, found: RenderableType) -> Segments:
    """Return a drawing without the blanks at the ends of its lines, which whoever copies them would have too."""
    lines = [without_end(line) for line in console.render_lines(found, pad=False)]
    return Segments([part for line in lines for part in (*line, Segment.line())])


def without_end(line: list[Segment]) -> list[Segment]:
    """Return the parts of a line up to the last that is to be seen."""
    line = list(line)
    while line and not line[-1].text.strip():
        line.pop()
    return [*line[:-1], Segment(line[-1].text.rstrip(), line[-1].style)] if line else []


def can_draw(console: Console) -> bool:
    """Return whether the output's encoding has lines and symbols."""
    return not console.options.ascii_only


def write(text: str) -> None:
    """Write plain text; what the output's encoding lacks becomes an escape and never an error."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding))
