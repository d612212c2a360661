from collections.abc import Callable
from pathlib import Path

import pytest

from tt_core.course.checks.affected import affected, texts
from tt_core.course.lessons import Lesson

from ..sample import LINALG, LOOPS, skeleton, write_module


def changed(lesson: Lesson, module: str, change: Callable[[str], str]) -> set[str]:
    before = {name: skeleton(lesson, name) for name in (LOOPS, LINALG)}
    return affected(lesson, before, {**before, module: change(before[module])})


def test_nothing_changed_affects_nothing(sample: Lesson) -> None:
    assert changed(sample, LOOPS, lambda text: text) == set()


def test_a_body_affects_its_exercise(sample: Lesson) -> None:
    assert changed(sample, LOOPS, lambda text: text.replace('NotImplementedError("02.1', 'ValueError("')) == {
        "common_shape"
    }


@pytest.mark.parametrize("change", ["\nx = 1\n", "\ndef helper(): pass\n", "\ndef (:\n"])
def test_what_stands_beside_an_exercise_affects_it(change: str, sample: Lesson) -> None:
    assert changed(sample, LINALG, lambda text: text + change) == {"matmul"}


def test_an_exercise_that_is_removed_is_affected(sample: Lesson) -> None:
    assert changed(sample, LINALG, lambda text: text.replace("def matmul", "def product")) == {"matmul"}


def test_another_file_affects_all(sample: Lesson) -> None:
    assert affected(sample, {}, {"tt_core.naive.shapes": ""}) == {"common_shape", "matmul"}


def test_a_file_that_comes_or_goes_affects_its_exercises(sample: Lesson) -> None:
    text = {LOOPS: skeleton(sample, LOOPS)}
    assert affected(sample, text, {}) == affected(sample, {}, text) == {"common_shape"}


def test_modules_are_found_by_their_place(workspace: Path) -> None:
    write_module(workspace, "tt_core.naive.linalg", "x = 'é'\r\n")
    write_module(workspace, "tt_train.spatial.__init__", "")
    write_module(workspace, "runs.mine", "")
    assert texts(workspace) == {"tt_core.naive.linalg": "x = 'é'\r\n", "tt_train.spatial": ""}
