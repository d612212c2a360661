from pathlib import Path

import pytest

from tt_core.course.checks import session
from tt_core.course.checks.drawing import details
from tt_core.course.checks.places import functions, unbuilt
from tt_core.course.checks.results import Result
from tt_core.course.checks.summary import Summary, places_of, spot
from tt_core.course.lessons import Lesson, read_lesson

from ..sample import CHECKS, LESSON, write_module

MODULE = "tt_core.own"
SYMBOLS = ("inner", "outer", "Pile.top")
FILE = '''\
def inner(x):
    """Return x.

    Whatever it is.
    """
    # the simplest
    return x


def outer(x):
    return 2 * inner(x)


class Pile:
    @property
    def top(self):
        """Return the top."""
        return 3
'''
PROBES = """
from functools import cache
from tt_core import own as loops

def of_inner(x): return loops.inner(x)
def of_outer(x): return loops.outer(x)
def of_outer_by_name(x, name): return getattr(loops, name)(x)
def of_top(x): return loops.Pile().top
def of_two(x): return loops.inner(x) + loops.outer(x)
def of_all(x): return of_two(x) + loops.Pile().top
def of_none(x): return x
def once(x, outer=cache(lambda x: loops.outer(x))): print("once"); return outer(x)
def hang(x, seen=[]):
    if seen: loops.wait()
    seen.append(x)
    return loops.outer(x)
"""


def made(folder: Path, *checks: str) -> Lesson:
    """Return a lesson with one exercise of three functions and the checks."""
    folder.mkdir()
    symbols = ", ".join(f'"{MODULE}:{name}"' for name in SYMBOLS)
    head, first, _ = LESSON.split("[[exercise]]")
    lesson = f"{head}[[exercise]]{first}".replace('"tt_core.naive.loops:common_shape"', symbols)
    (folder / "lesson.toml").write_text(lesson, encoding="utf-8")
    rows = [f'Check("common_shape", "is right", {each}, expected=-1, seconds=1.0)' for each in checks]
    start = CHECKS.partition("CHECKS = [")[0]
    (folder / "checks.py").write_text(f"{start}CHECKS = [{', '.join(rows)}]", encoding="utf-8")
    (folder / "probes.py").write_text(PROBES, encoding="utf-8")
    return read_lesson(folder)


def checked(lesson: Lesson, workspace: Path) -> list[Result]:
    write_module(workspace, MODULE, FILE)
    return list(session.run(lesson, workspace, whole=False, locating=True))


@pytest.mark.parametrize(
    "check,places",
    [
        ('"of_inner", {"x": 1}', ["inner"]),
        ('"of_outer", {"x": 1}', ["outer"]),  # and not what it calls
        ('"of_outer_by_name", {"x": 1, "name": "outer"}', ["outer"]),
        ('"of_top", {"x": 1}', ["Pile.top"]),
        ('"of_two", {"x": 1}', ["outer", "inner"]),
        ('"of_all", {"x": 1}', []),  # too many to be of help
        ('"of_none", {"x": 1}', []),
        ('"once", {"x": 1}', []),
        ('"hang", {"x": 1}', []),
        ('"of_none", {"x": 1}, symbol="inner"', ["inner"]),
    ],
)
def test_the_function_that_a_probe_calls_is_named(check: str, places: list[str], tmp_path: Path) -> None:
    workspace = tmp_path / "my work"
    (found,) = checked(made(tmp_path / "lesson", check), workspace)
    summary = Summary(found.exercise, (found,))
    assert [each.function for each in places_of(summary, workspace)] == places
    assert found.what.startswith("expected -1, got ")


def test_only_the_first_failure_is_looked_into_and_what_it_prints_is_told_once(tmp_path: Path) -> None:
    lesson = made(tmp_path / "lesson", '"of_outer", {"x": 1}', '"of_inner", {"x": 1}', '"once", {"x": 1}')
    first, second, third = checked(lesson, tmp_path / "my work")
    assert [each.function for each in first.called] == ["outer"]
    assert second.called == ()
    assert third.printed == "once\n"


def test_what_runs_on_an_exercise_that_fails_is_not_blamed(tmp_path: Path) -> None:
    folder = tmp_path / "lesson"
    made(folder, '"of_inner", {"x": 1}')
    text = (folder / "lesson.toml").read_text(encoding="utf-8")
    start, exercise = text.replace(', "tt_core.own:outer", "tt_core.own:Pile.top"', "").split("[[exercise]]")
    second = exercise.replace("common_shape", "twice").replace(":inner", ":outer")
    (folder / "lesson.toml").write_text(f"{start}[[exercise]]{exercise}[[exercise]]{second}", encoding="utf-8")
    checks = (folder / "checks.py").read_text(encoding="utf-8")
    more = ', Check("twice", "is right", "of_outer", {"x": 1}, expected=-1, seconds=1.0)]'
    (folder / "checks.py").write_text(checks.removesuffix("]") + more, encoding="utf-8")
    first, second_result = checked(read_lesson(folder), tmp_path / "my work")
    assert [each.function for each in first.called] == ["inner"]
    assert second_result.called == ()
    assert second_result.uses == first.exercise
    lines = [text.plain for _, text in details([Summary(second_result.exercise, (second_result,))], tmp_path)]
    assert "It runs on 02.1 common_shape, which fails too: begin there." in lines


def test_a_place_is_the_first_line_behind_the_docstring(tmp_path: Path) -> None:
    lesson = made(tmp_path / "lesson")
    write_module(tmp_path, MODULE, FILE)
    found = functions(lesson.exercises[0], tmp_path)
    lines = FILE.splitlines()
    assert [lines[each.line - 1].strip() for each in found] == ["return x", "return 2 * inner(x)", "return 3"]
    assert spot(found[2]).endswith("own.py:18  in Pile.top")


def test_the_next_function_to_write_is_the_first_that_is_empty(tmp_path: Path) -> None:
    exercise = made(tmp_path / "lesson").exercises[0]
    write_module(tmp_path, MODULE, FILE.replace("return 2 * inner(x)", 'raise NotImplementedError("02.1 outer: 2 x")'))
    place = unbuilt(exercise, tmp_path)
    assert place is not None
    assert place.function == "outer"
    write_module(tmp_path, MODULE, FILE)
    assert unbuilt(exercise, tmp_path) is None
    write_module(tmp_path, MODULE, "def (")
    assert unbuilt(exercise, tmp_path) is None
