"""Record a first session with `tt` as the README's picture: `python tools/recording.py docs/pictures/terminal.svg`.

The commands run for real, in a workspace made for them; what a learner would type into their file is put there in
between, with a mistake first. It needs tt-core[course] installed.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from tt_core.course import skeletons
from tt_core.course.lessons import Symbol
from tt_core.course.notebooks.functions import put_back
from tt_core.course.symbols import Source

COLUMNS = 84
EXERCISE = Symbol("tt_core.naive.loops", "common_shape")
MISTAKE = "    return tuple(max(sizes) for sizes in zip(*shapes))\n"
COLOURED = {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "0", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}


def run(command: str, folder: Path) -> str:
    """Return what a command writes, with its colours."""
    environ = {**os.environ, **COLOURED}
    ran = subprocess.run(command.split(), cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return ran.stdout


def solution() -> str:
    """Return the exercise as the reference has it."""
    source = Source(skeletons.reference_source(EXERCISE.module))
    return source.span(source.functions(EXERCISE.name)[0]).of(source.text)


def mistaken() -> str:
    """Return the exercise as somebody might write it at first."""
    text = solution()
    source = Source(text)
    return text[: source.body(source.functions(EXERCISE.name)[0]).start] + "\n" + MISTAKE


def record(console: Console, home: Path) -> None:
    """Go through the session."""
    folder = home / "my-tinytorch"

    def show(command: str, place: Path, lines: int | None = None) -> None:
        console.print(Text.assemble(("$ ", "bright_black"), (command, "bold")))
        output = run(command, place).replace(str(home), "~").rstrip().splitlines()
        shown = output if lines is None else [*output[:lines], "  …", output[-1]]
        console.print(Text.from_ansi("\n".join(shown)), soft_wrap=True)
        console.print()

    show("tt init my-tinytorch", home)
    show("tt start 02", folder, lines=2)
    put_back(folder, EXERCISE, mistaken())
    show("tt check 02.1", folder)
    put_back(folder, EXERCISE, solution())
    show("tt check 02.1", folder)


def main(target: Path) -> None:
    """Write the picture."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, tempfile.TemporaryDirectory() as home:
        console = Console(record=True, width=COLUMNS, force_terminal=True, color_system="truecolor", file=nowhere)
        record(console, Path(os.path.realpath(home)))
    picture = console.export_svg(title="tt", theme=DIMMED_MONOKAI, unique_id="tt")
    without_fonts = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)  # they would come from the network
    target.write_text(without_fonts, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
