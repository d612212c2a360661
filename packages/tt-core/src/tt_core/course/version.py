"""`tt version`: what is installed, for a bug report."""

import json
import platform
from importlib.metadata import distributions

import click
import numpy as np

from tt_core.course.console import json_option


def installed_packages() -> dict[str, str]:
    """Return the version of each installed distribution whose name starts with `tt-`, in order of name."""
    found = ((dist.name.lower().replace("_", "-"), dist.version) for dist in distributions() if dist.name)
    return dict(sorted((name, version) for name, version in found if name.startswith("tt-")))


def versions() -> dict[str, str]:
    """Return the versions of the TinyTorch packages, of NumPy and of Python."""
    return {**installed_packages(), "numpy": np.__version__, "python": platform.python_version()}


def told() -> str:
    """Return the versions, a line each."""
    found = versions()
    width = max(map(len, found))
    return "\n".join(f"{name:{width}}  {text}" for name, text in found.items())


@click.command()
@json_option
def version(*, as_json: bool) -> None:
    """Show the versions of the tt packages, NumPy and Python."""
    click.echo(json.dumps(versions(), indent=2) if as_json else told())
