"""`tt plot`: curves and confusion matrix of a run, as pictures."""

from __future__ import annotations

from pathlib import Path

import click

from tt_core.errors import TinyTorchError
from tt_train.plots import plot_confusion, plot_curves, read_run, sparkline


@click.command()
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option("--output", "-o", type=click.Path(file_okay=False, path_type=Path), help="Where to; by default into RUN.")
@click.option(
    "--format", "kind", type=click.Choice(["svg", "png", "pdf"]), default="svg", show_default=True, help="Of the files."
)
@click.option("--classes", metavar="A,B,…", help="Names of the classes, in order.")
def plot(*, run: Path, output: Path | None, kind: str, classes: str | None) -> None:
    """Draw the curves and the confusion matrix of a run.

    RUN is the folder that a Trainer was given, or the log in it. The run need not have ended.

    Exit codes: 0 all is well, 1 there is nothing to draw, 2 wrong usage.
    """
    names = [name.strip() for name in classes.split(",")] if classes else None
    folder = output or (run if run.is_dir() else run.parent)
    try:
        found = read_run(run)
        files = [plot_curves(found, folder / f"curves.{kind}")]
        if (matrix := found.matrix()) is not None:
            files.append(plot_confusion(matrix, folder / f"confusion.{kind}", names))
    except TinyTorchError as error:
        raise click.ClickException(str(error)) from error
    for name in ("loss", "val_loss"):
        _, values = found.over_epochs(name)
        if len(values) > 1:
            click.echo(f"{name:9} {sparkline(values.tolist(), 40)}  {values[0]:.4g} → {values[-1]:.4g}")
    for file in files:
        click.echo(f"{file}")
