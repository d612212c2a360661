"""`tt export`: a learner's files in one archive, to hand in."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import click
from rich import box
from rich.table import Table
from rich.text import Text

from tt_core.course import files
from tt_core.course.console import can_draw, json_option, make_console, plain_option, write
from tt_core.course.grading.library import exercise_files
from tt_core.course.grading.submissions import SETTINGS, from_folder
from tt_core.course.lessons import all_lessons
from tt_core.course.workspace import Wrong, find

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same files give the same archive


@click.command(short_help="Put your files into one archive, to hand in.")
@click.argument("path", metavar="[FILE]", required=False, type=click.Path(dir_okay=False, path_type=Path))
@json_option
@plain_option
def export(*, path: Path | None, as_json: bool, plain: bool) -> None:
    """Put your files into the archive FILE, to hand in; without a name, beside tt.toml.

    In it are the files that hold exercises, and tt.toml: no lessons, no runs, nothing else of yours.

    Exit codes: 0 all is well, 1 a file had to be left out or the archive cannot be written, 2 wrong usage.
    """
    root = find().root
    target = path or root / f"{root.resolve().name}.zip"
    handed = from_folder(root, {*exercise_files(all_lessons()), SETTINGS})
    if not any(name.endswith(".py") for name in handed.files):
        raise Wrong("there is nothing to hand in yet: open a module with tt start 01.")
    save(target, pack(handed.files, root.resolve().name))
    found = {name: len(data) for name, data in handed.files.items()}
    tell(target, found, as_json=as_json, plain=plain or not can_draw(make_console()))
    for remark in handed.remarks:
        click.echo(f"Warning: {remark}.", err=True)
    click.get_current_context().exit(int(bool(handed.remarks)))


def pack(found: Mapping[str, bytes], folder: str) -> bytes:
    """Return an archive in which the files lie in one folder."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(found):
            info = zipfile.ZipInfo(f"{folder}/{name}", LONG_AGO)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, found[name])
    return data.getvalue()


def save(target: Path, data: bytes) -> None:
    """Write the archive."""
    try:
        files.write(target, data)
    except OSError as error:
        raise click.ClickException(f"{target} could not be written: {error.strerror}; name another file.") from error


def tell(target: Path, found: Mapping[str, int], *, as_json: bool, plain: bool) -> None:
    """Say what is in the archive."""
    if as_json:
        click.echo(json.dumps({"archive": str(target), "files": found}, indent=2))
        return
    said = f"{len(found)} files are in {target}: hand in this file."
    if plain:
        write("\n".join([*(f"{name}: {size} bytes" for name, size in found.items()), said]))
        return
    table = Table(box=box.ROUNDED, border_style="bright_black", header_style="bold", pad_edge=False, show_edge=False)
    table.add_column("File", overflow="fold")
    table.add_column("Bytes", justify="right")
    for name, size in found.items():
        table.add_row(Text(name), f"{size:,}")
    console = make_console()
    console.print(table)
    console.print(Text(said, "bold"), soft_wrap=True)
