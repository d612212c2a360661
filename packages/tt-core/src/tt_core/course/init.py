"""`tt init`: make a workspace, the folder in which a learner rebuilds the framework."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tt_core.course import files, state
from tt_core.course.console import json_option, plain_option, write
from tt_core.course.lessons import all_lessons
from tt_core.course.version import installed_packages
from tt_core.course.workspace import FILE, Workspace, Wrong, near

README = """\
# My TinyTorch

Here you rebuild a deep-learning framework, module by module. Your files take the place of the library's; what you have
not built yet comes from the library. Type these commands in any folder inside this one:

| to | type |
|---|---|
| see where you are | `tt status` |
| open the next module | `tt start` |
| test what you built in it | `tt check` |
| get a hint for exercise 02.1 | `tt hint 02.1` |
| take back the last change that `tt` made to your files | `tt undo` |
| compare with the library, once module 02 passes | `tt diff 02` |

To try a function of yours by hand, start Python with your files in place of the library's:

    TT_WORKSPACE=. python

Then `import tt_core as tt`, as always. In PowerShell it is `$env:TT_WORKSPACE = "."` and then `python`. Without the
variable, Python has the library's functions; a notebook that `tt notebook 02` wrote sets it in its first cell.

What is where:

- `tt_core/`, `tt_train/`, …: your code, at the library's paths. Where it says `NotImplementedError`, it is your turn.
- `lessons/`: what to read, one folder per module.
- `runs/`: what milestones leave.
- `tt.toml`: your progress. `.tt/`: backups, and what `tt` needs to bring you the news of later versions.

Keep it in version control if you like; nothing in it depends on this machine.
"""
IGNORE = "__pycache__/\nruns/\n.tt/backups/\n.tt/*lock\n"


@click.command(short_help="Make a workspace, the folder in which you build.")
@click.argument("folder", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path), default=".")
@json_option
@plain_option
def init(*, folder: Path, as_json: bool, plain: bool) -> None:  # noqa: ARG001  its text has no colours
    """Make a workspace in DIR, which may exist: the present folder if it is left out.

    Nothing that is there is overwritten.

    Exit codes: 0 made, 1 it cannot be written, 2 there is one already.
    """
    home = make(folder.absolute())
    first = next((lesson.number for lesson in all_lessons()), None)
    if as_json:
        click.echo(json.dumps({"workspace": str(home.root), "next": first}, indent=2))
        return
    write(f"Made a workspace in {home.root}.")
    steps = [] if folder.absolute() == Path.cwd() else [f"cd {quoted(str(folder))}"]
    write(f"Next: {' && '.join([*steps, 'tt start'])}")


def make(root: Path) -> Workspace:
    """Make a workspace.

    Raises:
        Wrong: the folder is, or lies in, one already.
    """
    found = near(root) or near()
    if found and (root == found.root or root.is_relative_to(found.root)):
        where = "is a workspace already" if root == found.root else f"lies in the workspace {found.root}"
        raise Wrong(f"{root} {where}: tt status shows how far it is; for a second one choose another folder.")
    home = Workspace(root)
    try:
        home.runs.mkdir(parents=True, exist_ok=True)
        for name, text in {"README.md": README, ".gitignore": IGNORE}.items():
            if not (root / name).exists():
                files.write(root / name, text)
        state.create(root / FILE, state.State(created=state.now(), packages=installed_packages()))
    except OSError as error:
        raise click.ClickException(f"a workspace cannot be made in {root}: {error.strerror}.") from error
    return home


def quoted(path: str) -> str:
    """Return a path as a shell takes it.

    >>> quoted("my tinytorch"), quoted("here")
    ('"my tinytorch"', 'here')
    """
    return f'"{path}"' if " " in path else path
