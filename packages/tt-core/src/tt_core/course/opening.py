"""Bring a module of the course into a workspace: its files, merged with what is there, its lesson, and the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from tt_core.course import backups, files, reference, state
from tt_core.course.backups import Backup
from tt_core.course.lessons import Lesson, LessonError, all_lessons
from tt_core.course.locking import locked
from tt_core.course.merging import Conflict, MergeError, merge
from tt_core.course.state import State
from tt_core.course.symbols import Source
from tt_core.course.workspace import Workspace
from tt_core.overlay import file_of

__all__ = ["Opened", "Written", "has_news", "open_module", "skeletons"]

Fate: TypeAlias = Literal["written", "merged", "unchanged", "left alone"]
TEXTS = {".md", ".svg", ".png", ".csv", ".txt"}


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one file.

    Attributes:
        file: where it is.
        fate: "left alone" if it could not be merged.
        conflicts: definitions that both sides changed: the learner's stayed.
        moved: names of functions whose bodies the learner wrote in a file where the reference no longer has them.
        problem: why it was left alone.
    """

    file: Path
    fate: Fate
    conflicts: tuple[Conflict, ...] = ()
    problem: str = ""
    moved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening a module did: to files of code, to the lesson's, and where the backup is, if one was needed."""

    lesson: Lesson
    code: tuple[Written, ...]
    texts: tuple[Written, ...]
    backup: Backup | None
    first: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall become of one file: its bytes before and after, and those that the next merge will start from."""

    written: Written
    before: bytes | None
    after: bytes
    base_file: Path
    base: bytes


def open_module(home: Workspace, lesson: Lesson) -> Opened:
    """Open a module, or bring what is new in it into one that is open; what the learner wrote stays."""
    with locked(home.hidden / "files.lock"):
        before = home.state
        was = before.module(lesson.number).opened
        code = [plan_code(home, before, module, text.encode()) for module, text in skeletons(lesson, before).items()]
        texts = [plan_text(home, lesson, file) for file in lesson_texts(lesson)]
        backup = carry_out(home, [*code, *texts], f"start {lesson.number}", lesson.number, was)
        home.change(lambda now: opened(now, lesson))
    return Opened(lesson, tuple(each.written for each in code), tuple(each.written for each in texts), backup, not was)


def opened(now: State, lesson: Lesson) -> State:
    """Return the state in which a module is open; what was passed keeps the reference that it was passed against."""
    record = now.module(lesson.number)
    known = dict(record.reference)
    for exercise in lesson.exercises:
        if not record.exercise(exercise.name).first_passed:
            known |= reference.digests(exercise)
    return now.with_module(lesson.number, replace(record, opened=record.opened or state.now(), reference=known))


def skeletons(lesson: Lesson, now: State) -> dict[str, str]:
    """Return the modules that a lesson's exercises are in, without the bodies of all exercises that are open then."""
    numbers = {*now.opened, lesson.number}
    lessons = [each for each in all_lessons() if each.number in numbers]
    return {module: reference.skeleton(module, lessons) for module in reference.modules(lesson)}


def has_news(home: Workspace, lesson: Lesson, now: State) -> bool:
    """Tell whether the reference has something for an open module that has not been merged yet."""
    code = {home.base(module): text.encode() for module, text in skeletons(lesson, now).items()}
    texts = {base_of(home, lesson, file): file.read_bytes() for file in lesson_texts(lesson)}
    return any(content(file) != data for file, data in {**code, **texts}.items())


def content(file: Path) -> bytes | None:
    """Return what is in a file, None if there is none."""
    return file.read_bytes() if file.is_file() else None


def plan_code(home: Workspace, now: State, module: str, skeleton: bytes) -> Plan:
    """Return what shall become of the learner's version of a module."""
    file, base_file = home.file(module), home.base(module)
    yours, base = content(file), content(base_file)
    if yours is None:
        text, moved = with_moved(home, now, module, skeleton.decode())
        return Plan(Written(file, "written", moved=moved), None, text.encode(), base_file, skeleton)
    try:
        merged = merge(None if base is None else base.decode(), yours.decode(), skeleton.decode())
    except (MergeError, UnicodeDecodeError) as error:
        problem = str(error) if isinstance(error, MergeError) else "it is not UTF-8 text"
        return Plan(Written(file, "left alone", problem=problem), yours, yours, base_file, base or b"")
    after = merged.text.encode()
    fate: Fate = "unchanged" if after == yours else "merged"
    return Plan(Written(file, fate, merged.conflicts), yours, after, base_file, skeleton)


def with_moved(home: Workspace, now: State, module: str, skeleton: str) -> tuple[str, tuple[str, ...]]:
    """Return a skeleton with the bodies that the learner wrote where an older reference had the functions, and which.

    The old file stays as it is, with all else that they wrote into it.
    """
    text, moved = skeleton, []
    for other, name in origins(now, module):
        file, base = (file_of(other, root) for root in (home.root, home.hidden / "base"))
        with suppress(LessonError, SyntaxError, UnicodeDecodeError):
            if file and base:
                yours, first = (Source(each.read_text(encoding="utf-8")) for each in (file, base))
                if yours.bodies(name) != first.bodies(name):
                    text = Source(text).with_bodies(yours, [name])
                    moved.append(name)
    return text, tuple(moved)


def origins(now: State, module: str) -> Iterator[tuple[str, str]]:
    """Yield where functions of a module were when their lessons were opened, if elsewhere, and their names."""
    for lesson in all_lessons():
        symbols = [symbol for exercise in lesson.exercises for symbol in exercise.symbols]
        gone = now.module(lesson.number).reference.keys() - set(map(str, symbols))
        names = {symbol.name for symbol in symbols if symbol.module == module}
        yield from ((other, name) for other, _, name in (key.partition(":") for key in sorted(gone)) if name in names)


def lesson_texts(lesson: Lesson) -> list[Path]:
    """Return the files of a lesson that learners get: its text and its pictures."""
    return sorted(file for file in lesson.folder.iterdir() if file.suffix in TEXTS)


def base_of(home: Workspace, lesson: Lesson, file: Path) -> Path:
    """Return where a lesson's file is kept as it last came."""
    return home.hidden / "base" / "lessons" / lesson.key / file.name


def plan_text(home: Workspace, lesson: Lesson, source: Path) -> Plan:
    """Return what shall become of a lesson's file; beside one that the learner wrote into, the new one is put."""
    file = home.lesson_folder(lesson) / source.name
    base_file = base_of(home, lesson, source)
    new, yours, base = source.read_bytes(), content(file), content(base_file)
    if yours not in {None, base, new}:
        if base == new:
            return Plan(Written(file, "unchanged"), yours, yours or b"", base_file, new)
        file = file.with_suffix(f".new{file.suffix}")
        yours = content(file)
    fate: Fate = "unchanged" if yours == new else "merged" if yours else "written"
    return Plan(Written(file, fate), yours, new, base_file, new)


def carry_out(home: Workspace, plans: Iterable[Plan], change: str, module: str, was: str) -> Backup | None:
    """Write the files, first a backup of what they were, last what the next merge starts from."""
    plans = [plan for plan in plans if plan.after != plan.before or plan.base != (content(plan.base_file) or b"")]
    if not plans:
        return None
    paths = [path for plan in plans for path in (plan.written.file, plan.base_file)]
    after = {plan.written.file: plan.after for plan in plans}
    backup = backups.save(home.root, paths, change, module, was, after)
    for plan in plans:
        if plan.after != plan.before:
            files.write(plan.written.file, plan.after)
    for plan in plans:
        files.write(plan.base_file, plan.base)
    return backup
