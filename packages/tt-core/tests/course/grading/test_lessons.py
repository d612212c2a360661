"""Every installed lesson, graded in the sandbox: the reference earns everything, skeletons earn nothing."""

from pathlib import Path

import pytest

from tt_core.course.grading.grader import Grader
from tt_core.course.grading.library import Library
from tt_core.course.grading.names import Submission
from tt_core.course.grading.sandbox import Sandbox
from tt_core.course.grading.submissions import read
from tt_core.course.grading.tiers import Tier
from tt_core.course.lessons import Lesson, all_lessons
from tt_core.course.reference import path_in_package, skeleton

from .workspaces import put

pytestmark = pytest.mark.long


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.key)
@pytest.mark.parametrize("built", [True, False], ids=["reference", "skeletons"])
def test_a_lesson_is_graded_as_it_should_be(built: bool, lesson: Lesson, best: Tier, tmp_path: Path) -> None:
    modules = {module for each in all_lessons() for exercise in each.exercises for module in exercise.modules}
    missing = [each for each in all_lessons() if not built and each.number >= lesson.number]
    put(tmp_path / "work", {str(path_in_package(module)): skeleton(module, missing) for module in modules})
    grader = Grader([lesson], Library((tmp_path / "desk").resolve(), all_lessons()), Sandbox(best.kind), 2718281828)
    submission = Submission.at(tmp_path / "work")
    grade = grader.grade(submission, read(submission, grader.wanted))
    faults = [(each.number, check) for each in grade.exercises for check in each.checks if check.passed != built]
    assert grade.points == (lesson.points if built else 0), faults
