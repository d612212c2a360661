"""The command group `tt`, whose commands are found through the entry points `tt.commands` of installed packages."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import NoReturn

import click

GROUP = "tt.commands"


def installed_commands() -> dict[str, EntryPoint]:
    """Return the entry point of each command, by name; the first package on the path wins a name."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, entry)
    return found


def load(entry: EntryPoint) -> click.Command | str:
    """Return the command behind an entry point, or in a few words why it cannot be had."""
    try:
        command = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  # code of others may fail in any way, and tt goes on
        return f"{type(error).__name__}: {error}"
    return command if isinstance(command, click.Command) else f"{entry.value} is not a click command"


def broken_commands(entries: Mapping[str, EntryPoint]) -> dict[str, str]:
    """Return the error of each command that does not load."""
    loaded = {name: load(entry) for name, entry in sorted(entries.items())}
    return {name: error for name, error in loaded.items() if isinstance(error, str)}


def stand_in(entry: EntryPoint, error: str) -> click.Command:
    """Return a command that is listed with its error and only tells it."""

    def fail() -> NoReturn:
        package = entry.dist.name if entry.dist else entry.module
        raise click.ClickException(
            f"The command {entry.name!r} does not load ({error}): reinstall or remove {package}."
        )

    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(entry.name, context_settings=settings, callback=fail, short_help=f"(broken) {error}")


class Commands(click.Group):
    """A group whose commands are imported when they are asked for; one that does not load never takes `tt` down."""

    def __init__(self, name: str, entries: Mapping[str, EntryPoint], **settings: object) -> None:
        super().__init__(name, **settings)  # type: ignore[arg-type]  # click's own keywords, passed on
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted, without importing one."""
        return sorted({*super().list_commands(ctx), *self.entries})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or one in its place that tells why it does not load, or None if there is none."""
        if cmd_name not in self.entries:
            return super().get_command(ctx, cmd_name)
        command = load(self.entries[cmd_name])
        return stand_in(self.entries[cmd_name], command) if isinstance(command, str) else command


def tell_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Do what `tt version` does, and end."""
    _ = param
    if value and not ctx.resilient_parsing:
        from tt_core.course.version import told

        click.echo(told())
        ctx.exit()


tt = Commands(
    "tt",
    installed_commands(),
    params=[
        click.Option(
            ["-V", "--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=tell_version,
            help="Show the versions and exit, as tt version does.",
        )
    ],
    help="Build a deep-learning framework on NumPy, piece by piece, and run what you built.",
    epilog="""\b
Exit codes: 0 all is well, 1 a problem that needs action, 2 wrong usage.
Completion: eval "$(_TT_COMPLETE=bash_source tt)"; also zsh_source, fish_source.""",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
