"""`tt undo` and `tt reset`: take back a change, or begin an exercise anew; a backup is made before either."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from tt_core.course import backups, resetting
from tt_core.course.arguments import MODULE, complete_target
from tt_core.course.backups import Backup
from tt_core.course.console import json_option, plain_option, write
from tt_core.course.lessons import Lesson, LessonError, find_exercise, find_lesson
from tt_core.course.locking import locked
from tt_core.course.state import State
from tt_core.course.workspace import Workspace, Wrong, find, near


def complete_backup(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of backups that a word may become."""
    _ = ctx, param
    home = near()
    found = backups.all_backups(home.root) if home else []
    return [CompletionItem(each.name, help=each.change) for each in found if each.name.startswith(incomplete)]


@click.command(short_help="Take back the last change that tt made to your files.")
@click.argument("module", type=MODULE, required=False)
@click.option("--list", "listing", is_flag=True, help="Show what can be taken back, the newest first.")
@click.option("--to", "name", metavar="TIME", shell_complete=complete_backup, help="Take back this one of the list.")
@click.option("--anyway", is_flag=True, help="Take it back though you have edited the files since.")
@json_option
@plain_option
def undo(*, module: Lesson | None, listing: bool, name: str | None, anyway: bool, as_json: bool, plain: bool) -> None:  # noqa: ARG001  no colours
    """Take back the last change that `tt` made to your files: of start, reset, undo; only of MODULE, if it is given.

    Files become what they were before that change. What they are now is kept too: a second `tt undo` brings it back.

    Exit codes: 0 taken back, 1 nothing to take back or files edited since, 2 wrong usage.
    """
    home = find()
    found = [each for each in backups.all_backups(home.root) if module is None or each.module == module.number]
    if listing:
        show_list(found, as_json=as_json)
        return
    chosen = choose(found, name)
    if not anyway:
        need_no_edits(home, chosen)
    try:
        made = take_back(home, chosen)
    except OSError as error:
        raise click.ClickException(
            f"{chosen.change!r} cannot be taken back: {error.strerror}, {error.filename}."
        ) from error
    if as_json:
        click.echo(json.dumps({"undone": chosen.as_dict(), "backup": made.name}, indent=2))
        return
    write(f"{done(chosen)}, {readable(chosen)}:\n{told(chosen)}\ntt undo again is the way back.")


def choose(found: Sequence[Backup], name: str | None) -> Backup:
    """Return the backup of a name, the newest if None.

    Raises:
        click.ClickException: there is none.
    """
    if not found:
        raise click.ClickException("there is no change to take back.")
    if name is None:
        return found[0]
    for each in found:
        if each.name == name:
            return each
    raise Wrong(f"there is no backup {name!r}: tt undo --list shows those that there are.")


def need_no_edits(home: Workspace, chosen: Backup) -> None:
    """Refuse to take back a change whose files have been edited since: the learner may have meant their last edit.

    Raises:
        click.ClickException: they have.
    """
    files = backups.edited(home.root, chosen)
    if files:
        raise click.ClickException(
            f"you have edited {', '.join(files)} since {chosen.change!r}: tt undo --anyway takes your edits back too, "
            "and another tt undo brings them back."
        )


def take_back(home: Workspace, chosen: Backup) -> Backup:
    """Restore a backup, with a backup of how it is now; a module that the change had opened is closed."""
    with locked(home.hidden / "files.lock"):
        now = home.state.module(chosen.module).opened
        paths = [home.root / name for name in chosen.files]
        after = {home.root / name: data for name, data in backups.copies(chosen).items()}
        made = backups.save(home.root, paths, opposite(chosen.change), chosen.module, now, after)
        backups.restore(home.root, chosen)
        home.change(lambda state: reopened(state, chosen))
    return made


def opposite(change: str) -> str:
    """Return the name of the change that takes another back.

    >>> opposite("start 02"), opposite("undo start 02"), opposite("redo start 02")
    ('undo start 02', 'redo start 02', 'undo start 02')
    """
    word, _, rest = change.partition(" ")
    return {"undo": f"redo {rest}", "redo": f"undo {rest}"}.get(word, f"undo {change}")


def reopened(now: State, chosen: Backup) -> State:
    """Return the state with the backup's module as open, or closed, as it was."""
    if not chosen.module:
        return now
    return now.with_module(chosen.module, replace(now.module(chosen.module), opened=chosen.opened))


def readable(backup: Backup) -> str:
    """Return when a backup was made."""
    day, clock = backup.name.split("-")[:2]
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:]} UTC"


def done(backup: Backup) -> str:
    """Return what taking a change back did: to take an undo back is to restore.

    >>> [done(Backup(Path(), change, "02", "", {})) for change in ("start 02", "undo start 02")]
    ["Took back 'start 02'", "Restored 'start 02'"]
    """
    said = "Restored" if backup.change.startswith("undo ") else "Took back"
    return f"{said} {backup.change.removeprefix('undo ').removeprefix('redo ')!r}"


def visible(backup: Backup) -> list[str]:
    """Return the files of a backup that learners write."""
    return [name for name in sorted(backup.files) if not name.startswith((".tt/", "lessons/"))]


def in_words(backup: Backup) -> str:
    """Return the files of a backup, those of the lesson only counted."""
    lessons = sum(name.startswith("lessons/") for name in backup.files)
    return " and ".join(filter(None, [", ".join(visible(backup)), f"{lessons} lesson files" if lessons else ""]))


def told(backup: Backup) -> str:
    """Return what became of the files, a line each."""
    said = {True: "is as it was", False: "is gone, as it was not there before"}
    return "\n".join(f"  {name} {said[there]}" for name, there in sorted(backup.files.items()) if name[:4] != ".tt/")


def show_list(found: Sequence[Backup], *, as_json: bool) -> None:
    """Write which changes can be taken back."""
    if as_json:
        click.echo(json.dumps([each.as_dict() for each in found], indent=2))
        return
    rows = [f"{each.name}  {each.change}: {in_words(each)}" for each in found]
    write("\n".join(rows) or "There is no change to take back.")


@click.command(short_help="Begin an exercise, a module or a file anew.")
@click.argument("target", metavar="N.k|N|FILE", shell_complete=complete_target)
@json_option
@plain_option
def reset(*, target: str, as_json: bool, plain: bool) -> None:  # noqa: ARG001  its text has no colours
    """Begin exercise N.k anew, or all of module N, or a whole FILE, as it was when its modules were opened.

    Of an exercise only the body goes; signature, docstring and everything around it stay as you have them. A backup
    is made before: `tt undo` takes the reset back.

    Exit codes: 0 done, 1 a file cannot be read as Python, 2 wrong usage.
    """
    home = find()
    backup = reset_target(home, target)
    if as_json:
        click.echo(json.dumps({"target": target, "backup": backup.as_dict() if backup else None}, indent=2))
    elif backup is None:
        write(f"Nothing to do: {target} is as it begins.")
    else:
        write(
            f"{target} begins anew, in:\n"
            + "\n".join(f"  {name}" for name in visible(backup))
            + "\ntt undo takes it back."
        )


def reset_target(home: Workspace, target: str) -> Backup | None:
    """Reset an exercise, a module or a file.

    Raises:
        Wrong: it is none of them.
    """
    change = f"reset {target}"
    file = Path(target).absolute()
    if file.suffix == ".py":
        return resetting.reset_file(home, file, change)
    try:
        if "." in target:
            lesson, exercise = find_exercise(target)
            return resetting.reset_exercises(home, lesson, [exercise], change)
        lesson = find_lesson(target)
    except LessonError as error:
        raise Wrong(f"{error}; or name a file of your workspace.") from error
    return resetting.reset_exercises(home, lesson, lesson.exercises, change)
