"""Take the learner's code out of exercises, or out of a whole file, and leave what a module begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from tt_core.course import backups, files, opening, reference
from tt_core.course.backups import Backup
from tt_core.course.lessons import Exercise, Lesson, LessonError, all_lessons
from tt_core.course.locking import locked
from tt_core.course.merging import BOM, MergeError, merge, units_of
from tt_core.course.state import State
from tt_core.course.symbols import Function, Source
from tt_core.course.workspace import Workspace, Wrong

__all__ = ["reset_exercises", "reset_file", "unbuilt"]

NOT_BUILT = "not built"


def reset_exercises(home: Workspace, lesson: Lesson, exercises: Sequence[Exercise], change: str) -> Backup | None:
    """Cut the bodies of exercises out of the learner's files; None if there was nothing to cut.

    Raises:
        Wrong: the module is not open.
        click.ClickException: a file cannot be read as Python.
    """
    record = home.state.module(lesson.number)
    if not record.opened:
        raise Wrong(f"module {lesson.number} is not open: tt start {lesson.number} opens it.")
    with locked(home.hidden / "files.lock"):
        skeletons = opening.skeletons(lesson, home.state)
        changes = {home.file(module): cut(home, module, text, exercises) for module, text in skeletons.items()}
        backup = put(home, changes, change, lesson.number, record.opened)
    home.change(lambda now: unbuilt(now, {lesson: exercises}))
    return backup


def cut(home: Workspace, module: str, skeleton: str, exercises: Iterable[Exercise]) -> bytes:
    """Return the learner's version of a module without the bodies of exercises."""
    file = home.file(module)
    names = [each.name for exercise in exercises for each in exercise.symbols if each.module == module]
    if not file.is_file():
        return skeleton.encode() if names else b""
    try:
        return without(file.read_bytes().decode(), skeleton, names).encode()
    except (MergeError, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, MergeError) else "it is not UTF-8 text"
        name = file.relative_to(home.root)
        text = f"{name} cannot be read ({why}): correct that, or begin the whole file anew with tt reset {name}."
        raise click.ClickException(text) from error


def without(text: str, skeleton: str, names: Sequence[str]) -> str:
    """Return a text with the bodies that functions have in a skeleton; a function that is missing comes back.

    Raises:
        MergeError: it is not Python.
    """
    units_of(text.removeprefix(BOM))
    if any(lacks(Source(text), Source(skeleton), name) for name in names):
        text = merge(None, text, skeleton).text
    mine, bare = Source(text), Source(skeleton)
    changes = {}
    for name in names:
        for function, empty in zip(mine.functions(name), bare.functions(name), strict=False):
            changes[mine.body(function)] = body(mine, function, bare, empty)
    return mine.replaced(changes)


def lacks(mine: Source, bare: Source, name: str) -> bool:
    """Tell whether a text has fewer functions of a name than a skeleton."""
    try:
        return len(mine.functions(name)) < len(bare.functions(name))
    except LessonError:
        return True


def body(mine: Source, function: Function, bare: Source, empty: Function) -> str:
    """Return the body of a skeleton, set in as the learner's is."""
    return mine.opening(function) + bare.body(empty).of(bare.text).strip("; \r\n")


def reset_file(home: Workspace, file: Path, change: str) -> Backup | None:
    """Make a whole file what it would be if its modules were opened now.

    Raises:
        Wrong: no open module has it.
    """
    now = home.state
    lessons = [lesson for lesson in all_lessons() if now.module(lesson.number).opened]
    owners = {module: lesson for lesson in lessons for module in reference.modules(lesson)}
    module = next((name for name in owners if home.file(name) == file), None)
    if module is None:
        raise Wrong(f"{file} is not a file of an open module: tt status shows which ones are.")
    with locked(home.hidden / "files.lock"):
        skeleton = reference.skeleton(module, lessons).encode()
        backup = put(home, {file: skeleton, home.base(module): skeleton}, change, owners[module].number, "")
    cleared = {each: [one for one in each.exercises if module in one.modules] for each in lessons}
    home.change(lambda now: unbuilt(now, cleared))
    return backup


def put(home: Workspace, changes: Mapping[Path, bytes], change: str, module: str, opened: str) -> Backup | None:
    """Write files, with a backup before; None if they are so already."""
    news = {file: data for file, data in changes.items() if data != (opening.content(file) or b"")}
    if not news:
        return None
    backup = backups.save(home.root, news, change, module, opened, news)
    for file, data in news.items():
        files.write(file, data)
    return backup


def unbuilt(now: State, cleared: Mapping[Lesson, Sequence[Exercise]]) -> State:
    """Return the state after exercises were cut; when they first passed is not forgotten."""
    for lesson, exercises in cleared.items():
        for each in exercises:
            record = replace(now.module(lesson.number).exercise(each.name), outcome=NOT_BUILT)
            now = now.with_exercise(lesson.number, each.name, record)
    return now
