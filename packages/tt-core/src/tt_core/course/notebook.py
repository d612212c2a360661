"""`tt notebook`: a module of the course as a Jupyter notebook, and what was written there back in the `.py` files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

from tt_core.course import files
from tt_core.course.console import json_option, plain_option, write
from tt_core.course.lessons import LessonError, Symbol, find_lesson
from tt_core.course.notebooks.functions import (
    agreed,
    difference,
    function_text,
    learners_file,
    put_back,
    read,
    with_function,
)
from tt_core.course.notebooks.making import make
from tt_core.course.workspace import Workspace, find


class Change(NamedTuple):
    """A function that was written in a notebook: its text there, and the difference that it makes to the file."""

    symbol: Symbol
    function: str
    difference: str


@click.command(short_help="Write a module as a Jupyter notebook, and take it back.")
@click.argument("module")
@click.option("--apply", is_flag=True, help="Bring the functions of the notebook back into your files.")
@click.option("--yes", is_flag=True, help="With --apply: do not ask.")
@click.option(
    "--fresh", is_flag=True, help="Make the notebook anew, even if it has changes that are not in your files."
)
@json_option
@plain_option
def notebook(*, module: str, apply: bool, yes: bool, fresh: bool, as_json: bool, plain: bool) -> None:  # noqa: ARG001 - there are no colours in it
    """Write module MODULE as a Jupyter notebook: its lesson, and your functions in cells.

    Your .py files are the only truth. Running a cell that begins with %%exercise puts its function into your file,
    shows what changed, and checks it; `--apply` does so for all of them at once, and asks first.

    Exit codes: 0 all is well, 1 something has to be settled first, 2 wrong usage.
    """
    home = find()
    lesson = find_lesson(module)
    path = home.lesson_folder(lesson) / f"{lesson.key}.ipynb"
    if apply:
        bring_back(home, path, yes=yes, as_json=as_json)
        return
    if path.exists() and not fresh and list(changes(home, path)):
        raise click.ClickException(
            f"{path} has functions that are not in your files yet: bring them back with tt notebook {lesson.number} "
            "--apply, or drop them with --fresh."
        )
    text = (lesson.folder / "lesson.md").read_text(encoding="utf-8")
    files.write(path, as_text(make(lesson, text, home.root)))
    say({"notebook": str(path)}, f"Wrote {path}. Open it in Jupyter or an editor, and run its first cell.", as_json)


def as_text(notebook: Any) -> str:
    """Return a notebook as the text of its file."""
    import nbformat

    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def bring_back(home: Workspace, path: Path, *, yes: bool, as_json: bool) -> None:
    """Show what a notebook would change in the learner's files, and write it if they agree.

    Raises:
        ClickException: there is no notebook, or a function was changed on both sides.
    """
    found = list(changes(home, path))
    if not found:
        say({"changed": []}, "Your files say the same as the notebook.", as_json)
        return
    if not as_json:
        write("\n".join(change.difference for change in found))
    if not (yes or as_json or click.confirm("Write this into your files?")):
        raise click.Abort
    for change in found:
        put_back(home.root, change.symbol, change.function)
    names = [str(change.symbol) for change in found]
    say({"changed": names}, f"Saved {', '.join(names)}.", as_json)


def changes(home: Workspace, path: Path) -> Iterator[Change]:
    """Yield what was changed in a notebook since it was made.

    Raises:
        ClickException: it is not there or not a notebook, or a function was changed in the file as well.
    """
    for symbol, exported, function in exercise_cells(path):
        now = function_text(home.root, symbol)
        if function.strip() in {exported.strip(), (now or "").strip()}:
            continue
        if now is None or now != (agreed(home.root, symbol) or exported):
            raise click.ClickException(
                f"{symbol} was changed in the notebook and in your file: settle it in the file, then make the "
                "notebook anew with --fresh."
            )
        yield Change(symbol, function, preview(home, symbol, function))


def preview(home: Workspace, symbol: Symbol, function: str) -> str:
    """Return the difference that a function would make.

    Raises:
        ClickException: it is not that function, or not Python.
    """
    file = learners_file(home.root, symbol)
    old = read(file)
    try:
        return difference(old, with_function(old, symbol, function), file.relative_to(home.root).as_posix())
    except SyntaxError as error:
        raise click.ClickException(f"the cell of {symbol} is not Python yet: {error.msg}.") from error
    except LessonError as error:
        raise click.ClickException(f"the cell of {symbol} cannot be brought back: {error}.") from error


def exercise_cells(path: Path) -> Iterator[tuple[Symbol, str, str]]:
    """Yield the symbol, the text that was exported and the text that is there now, of each exercise's cell.

    Raises:
        ClickException: there is no notebook, or it is not one.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            kept = cell["metadata"].get("tt")
            if kept:
                source = "".join(cell["source"])
                yield Symbol.read(kept["symbol"]), str(kept["exported"]), source.partition("\n")[2]
    except FileNotFoundError as error:
        raise click.ClickException(f"there is no {path} yet: make it with tt notebook, without --apply.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise click.ClickException(f"{path} is not a notebook of this course: {error}.") from error


def say(data: dict[str, Any], text: str, as_json: bool) -> None:
    """Write the outcome, as JSON or as a sentence."""
    write(json.dumps(data, indent=2) if as_json else text)
