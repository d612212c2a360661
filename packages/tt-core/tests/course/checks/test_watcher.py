import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tt_core.course.checks.watcher import Watcher
from tt_core.course.lessons import Lesson
from tt_core.course.skeletons import reference_source

from ..sample import LINALG, LOOPS, skeleton, write_module


@pytest.fixture
def watcher(sample: Lesson, workspace: Path) -> Iterator[Watcher]:
    for module in (LOOPS, LINALG):
        write_module(workspace, module, skeleton(sample, module))
    made = Watcher(sample, workspace, {})
    yield made
    made.close()


def answer(watcher: Watcher) -> list[tuple[str, str]]:
    found = [(s.exercise.name, s.outcome) for checked in watcher.answers() for s in checked]
    watcher.prepare()
    return found


def solve(watcher: Watcher, *modules: str) -> None:
    for module in modules:
        write_module(watcher.workspace, module, reference_source(module))


def test_it_stays_at_the_first_exercise_that_is_not_built(watcher: Watcher) -> None:
    assert answer(watcher) == [("common_shape", "not built")]
    assert watcher.current is watcher.lesson.exercises[0]


def test_it_never_steps_over_an_earlier_failure(watcher: Watcher) -> None:
    solve(watcher, LINALG)
    assert answer(watcher) == [("common_shape", "not built")]


def test_it_moves_on_by_itself(watcher: Watcher) -> None:
    answer(watcher)
    solve(watcher, LOOPS)
    assert answer(watcher) == [("common_shape", "passed"), ("matmul", "not built")]
    solve(watcher, LINALG)
    assert answer(watcher) == [("matmul", "passed"), ("common_shape", "passed")]
    assert watcher.current is None


def test_it_comes_back_to_what_was_broken(watcher: Watcher) -> None:
    solve(watcher, LOOPS, LINALG)
    answer(watcher)
    write_module(watcher.workspace, LOOPS, skeleton(watcher.lesson, LOOPS))
    assert answer(watcher) == [("common_shape", "not built"), ("matmul", "not built")]
    assert watcher.current is watcher.lesson.exercises[0]


def test_what_stands_on_a_change_is_checked_again(watcher: Watcher) -> None:
    solve(watcher, LOOPS, LINALG)
    answer(watcher)
    write_module(watcher.workspace, LOOPS, reference_source(LOOPS).replace("def put(", "def placed("))
    found = answer(watcher)
    assert found[0][1] == "crashed"
    assert watcher.current is watcher.lesson.exercises[0]


def test_an_error_of_syntax_is_survived(watcher: Watcher) -> None:
    solve(watcher, LOOPS, LINALG)
    answer(watcher)
    write_module(watcher.workspace, LINALG, "def (:\n")
    assert answer(watcher) == [("matmul", "crashed")]
    solve(watcher, LINALG)
    assert answer(watcher)[0] == ("matmul", "passed")


def test_a_file_that_is_deleted_and_comes_back_is_survived(watcher: Watcher) -> None:
    solve(watcher, LOOPS, LINALG)
    answer(watcher)
    (watcher.workspace / "tt_core/naive/linalg.py").unlink()
    assert answer(watcher)[0] == ("matmul", "not built")
    solve(watcher, LINALG)
    assert answer(watcher)[0] == ("matmul", "passed")


def test_a_save_ends_what_is_running(watcher: Watcher) -> None:
    body = f"import pathlib\npathlib.Path({str(watcher.workspace / 'started')!r}).touch()\nwhile True: pass"
    write_module(watcher.workspace, LOOPS, skeleton(watcher.lesson, LOOPS, {"02.1": body}))
    found: list[list[tuple[str, str]]] = []
    thread = threading.Thread(target=lambda: found.append(answer(watcher)))
    thread.start()
    while not (watcher.workspace / "started").exists():
        thread.join(0.01)
    watcher.interrupt()
    thread.join()
    assert found == [[]], "what was cut off says nothing"
    solve(watcher, LOOPS)
    assert answer(watcher)[0] == ("common_shape", "passed")


def test_a_save_while_nothing_runs_ends_nothing(watcher: Watcher) -> None:
    solve(watcher, LOOPS)
    answer(watcher)
    watcher.interrupt()
    assert answer(watcher)[-1] == ("common_shape", "passed")
