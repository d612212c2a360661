import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tt_core.course.checks import session
from tt_core.course.checks.results import Result
from tt_core.course.lessons import Lesson
from tt_core.course.skeletons import reference_source

from ..sample import LINALG, LOOPS, skeleton, write_module

RIGHT = "return np.matmul(x, y)"


def run(lesson: Lesson, workspace: Path, **settings: Any) -> Iterator[Result]:
    return session.run(lesson, workspace, whole=False, **settings)


def outcomes(results: list[Result]) -> list[tuple[str, str]]:
    return [(result.exercise.name, result.outcome) for result in results]


def with_matmul(lesson: Lesson, workspace: Path, body: str) -> list[Result]:
    write_module(workspace, LINALG, skeleton(lesson, LINALG, {"02.2": body}))
    return list(run(lesson, workspace, exercises=["matmul"]))


def test_the_reference_passes(sample: Lesson, workspace: Path) -> None:
    assert [result.outcome for result in run(sample, workspace)] == ["passed"] * 5


def test_a_skeleton_says_that_it_is_not_built(sample: Lesson, workspace: Path) -> None:
    for module in (LOOPS, LINALG):
        write_module(workspace, module, skeleton(sample, module))
    found = list(run(sample, workspace))
    assert {result.outcome for result in found} == {"not built"}
    assert found[0].what.startswith("02.1 common_shape: ")
    assert found[0].frames[-1].function == "common_shape"
    assert Path(found[0].frames[-1].file) == workspace / "tt_core/naive/loops.py"


def test_what_is_not_built_before_it_is_named(sample: Lesson, workspace: Path) -> None:
    write_module(workspace, LOOPS, skeleton(sample, LOOPS))
    found = list(run(sample, workspace, exercises=["matmul"]))
    assert found[0].outcome == "not built"
    assert found[0].what.startswith("02.1 common_shape: ")


def test_a_refusal_of_an_option_is_not_a_skeleton(sample: Lesson, workspace: Path) -> None:
    body = "from tt_core.errors import NotSupportedError\nraise NotSupportedError('expected inplace=False')"
    found = with_matmul(sample, workspace, body)  # NotSupportedError is a NotImplementedError
    assert "not built" not in {result.outcome for result in found}


def test_a_wrong_value_is_shown_with_its_place(sample: Lesson, workspace: Path) -> None:
    first, _, last = with_matmul(sample, workspace, "out = x @ y\nout[..., 1:] += 2.0\nreturn out")
    assert first.outcome == "failed"
    assert first.place == "[0, 1]"
    wanted = (first.inputs["x"] @ first.inputs["y"])[0, 1]
    assert f"element [0, 1]: expected {wanted:.6g}, got {wanted + 2:.6g} (6 of 8 elements differ)" == first.what
    assert first.actual.shape == (2, 4)
    assert last.passed


def test_a_wrong_shape_is_said(sample: Lesson, workspace: Path) -> None:
    first, *_ = with_matmul(sample, workspace, "return (x @ y).T")
    assert first.what == "expected shape (2, 4), got (4, 2)"


def test_a_check_may_examine_the_result_itself(sample: Lesson, workspace: Path) -> None:
    *_, last = with_matmul(sample, workspace, "return (x @ y) * 2")
    assert (last.outcome, last.what) == ("failed", "4.0 is too large")


@pytest.mark.parametrize("body", ["return None", "return 'much'", "return [1.0]", "return {'max': 1}"])
def test_what_a_check_cannot_examine_has_failed(body: str, sample: Lesson, workspace: Path) -> None:
    *_, last = with_matmul(sample, workspace, body)
    assert last.outcome == "failed"
    assert "is not of the expected kind" in last.what


def test_an_object_is_no_result(sample: Lesson, workspace: Path) -> None:
    first, *_ = with_matmul(sample, workspace, "return object()")
    assert first.outcome == "crashed"
    assert "expected a number, a text, an array or a tensor, or a list of them; got builtins.object" in first.what


def test_a_missing_error_is_said(sample: Lesson, workspace: Path) -> None:
    write_module(workspace, LOOPS, skeleton(sample, LOOPS, {"02.1": "return tuple(np.broadcast_shapes((2, 3)))"}))
    found = list(run(sample, workspace, exercises=["common_shape"]))
    assert found[1].outcome == "failed"
    assert found[1].what == 'expected ValueError that mentions "2" and "3", but none came'


def test_an_error_must_say_what_it_is_about(sample: Lesson, workspace: Path) -> None:
    write_module(workspace, LOOPS, skeleton(sample, LOOPS, {"02.1": "raise ValueError('no 2')"}))
    found = list(run(sample, workspace, exercises=["common_shape"]))
    assert found[0].outcome == "crashed"
    assert found[0].what == "ValueError: no 2"
    assert found[1].outcome == "failed"
    assert found[1].what == 'the message should mention "3"; it says: no 2'


def test_a_crash_shows_the_learners_lines_only(sample: Lesson, workspace: Path) -> None:
    first, *_ = with_matmul(sample, workspace, "return np.stack([x, y[0]]) / 0")
    assert first.outcome == "crashed"
    assert first.what.startswith("ValueError: all input arrays must have the same shape")
    assert [(frame.function, frame.text) for frame in first.frames] == [("matmul", "return np.stack([x, y[0]]) / 0")]


def test_a_recursion_without_end_is_told_briefly(sample: Lesson, workspace: Path) -> None:
    first, *_ = with_matmul(sample, workspace, "return matmul(x, y)")
    assert first.what.startswith("RecursionError: ")
    assert 0 < len(first.frames) <= 30


@pytest.mark.long
def test_a_hang_ends_after_its_limit_and_the_next_exercise_is_checked(sample: Lesson, workspace: Path) -> None:
    write_module(workspace, LOOPS, reference_with_loop(sample))
    found = list(run(sample, workspace))
    assert outcomes(found)[:2] == [("common_shape", "timed out"), ("common_shape", "not reached")]
    assert found[0].what == "it was not done after 5 s: does a loop never end?"
    assert [result.exercise.name for result in found[2:]] == ["matmul"] * 3


def reference_with_loop(lesson: Lesson) -> str:
    return skeleton(lesson, LOOPS, {"02.1": "while True:\n    pass"})


def test_a_program_that_ends_itself_is_said_to(sample: Lesson, workspace: Path) -> None:
    found = with_matmul(sample, workspace, "import os\nprint('bye')\nos._exit(3)")
    assert [result.outcome for result in found] == ["crashed", "not reached", "not reached"]
    assert found[0].what == "the program ended itself, with exit code 3"


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_program_that_is_killed_is_said_to_be(sample: Lesson, workspace: Path) -> None:
    first, *_ = with_matmul(sample, workspace, "import os\nos.kill(os.getpid(), 11)")
    assert first.what == "the program was ended by SIGSEGV"


def test_sys_exit_is_an_error_as_any_other(sample: Lesson, workspace: Path) -> None:
    found = with_matmul(sample, workspace, "import sys\nsys.exit(0)")
    assert [result.outcome for result in found] == ["crashed"] * 3
    assert found[0].what == "SystemExit: 0"
    assert found[0].frames[-1].text == "sys.exit(0)"


def test_what_is_printed_belongs_to_its_check(sample: Lesson, workspace: Path) -> None:
    found = with_matmul(sample, workspace, f"print('shape', x.shape, flush=False)\n{RIGHT}")
    assert [result.printed for result in found] == ["shape (2, 3)\n", "shape (2, 0)\n", "shape (1, 2)\n"]
    assert all(result.passed for result in found)


def test_of_much_that_is_printed_the_first_is_kept(sample: Lesson, workspace: Path) -> None:
    first, second, _ = with_matmul(sample, workspace, f"print('é' * 300_000)\n{RIGHT}")
    assert first.passed
    assert len(first.printed) <= 20_000
    assert second.printed.startswith("éé")


def test_input_is_empty(sample: Lesson, workspace: Path) -> None:
    first, *_ = with_matmul(sample, workspace, f"input()\n{RIGHT}")
    assert first.what.startswith("EOFError")


def test_an_error_of_syntax_has_its_place(sample: Lesson, workspace: Path) -> None:
    file = write_module(workspace, LINALG, "import numpy as np\n\ndef matmul(x, y):\n    return (x @ y\n")
    found = list(run(sample, workspace))
    assert {result.outcome for result in found} == {"crashed"}
    assert found[0].what == "SyntaxError: '(' was never closed (linalg.py, line 4)"
    frame = found[0].frames[-1]
    assert (Path(frame.file), frame.line, frame.column, frame.text) == (file, 4, 12, "    return (x @ y")


def test_an_error_at_import_has_its_place(sample: Lesson, workspace: Path) -> None:
    write_module(workspace, LINALG, "import nunpy as np\n")
    first, *_ = run(sample, workspace)
    assert first.what == "ModuleNotFoundError: No module named 'nunpy'"
    assert [(frame.line, frame.text) for frame in first.frames] == [(1, "import nunpy as np")]


def test_a_file_that_ends_the_program_at_import_is_asked_once(sample: Lesson, workspace: Path) -> None:
    file = write_module(workspace, LINALG, "import os\nwith open('count', 'a') as f:\n    f.write('x')\nos._exit(0)\n")
    here = Path.cwd()
    os.chdir(workspace)
    try:
        found = list(run(sample, workspace))
    finally:
        os.chdir(here)
    assert {result.what for result in found} == {
        "the program ended itself, with exit code 0, while your files were imported"
    }
    assert (file.parents[2] / "count").read_text() == "x"


def test_inputs_depend_on_the_seed_and_not_on_what_else_is_checked(sample: Lesson, workspace: Path) -> None:
    def x(**settings: object) -> object:
        return next(r for r in run(sample, workspace, **settings) if r.exercise.name == "matmul").inputs["x"].tolist()

    assert x() == x(exercises=["matmul"])
    assert x() != x(seed=1)


def test_a_workspace_may_be_named_from_where_one_is(
    sample: Lesson, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_module(workspace, LINALG, skeleton(sample, LINALG))
    monkeypatch.chdir(workspace.parent)
    found = list(run(sample, Path(workspace.name), exercises=["matmul"]))
    assert found[0].outcome == "not built"
    assert found[0].frames


def test_an_error_whose_message_fails_is_told(sample: Lesson, workspace: Path) -> None:
    body = "class Bad(Exception):\n    def __str__(self): raise TypeError\nraise Bad"
    first, *_ = with_matmul(sample, workspace, body)
    assert first.what == "Bad: (its message cannot be shown: TypeError)"


def test_a_result_is_data_for_programs(sample: Lesson, workspace: Path) -> None:
    found = with_matmul(sample, workspace, "return (x @ y).T")[0].as_dict()
    assert (found["exercise"], found["name"], found["outcome"]) == ("02.2", "matmul", "failed")
    assert found["what"] == "expected shape (2, 4), got (4, 2)"


def test_the_reference_does_not_stand_in_for_a_file_that_is_gone(sample: Lesson, workspace: Path) -> None:
    write_module(workspace, LOOPS, reference_source(LOOPS))
    found = list(session.run(sample, workspace))
    assert outcomes(found) == [("common_shape", "passed")] * 2 + [("matmul", "not built")] * 3
    assert found[2].what == "there is no tt_core.naive.linalg in the workspace: tt start writes it again"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
@pytest.mark.parametrize("end", ["os._exit(0)", "time.sleep(60)"])
def test_what_was_started_is_ended_too(end: str, sample: Lesson, workspace: Path) -> None:
    body = f"import os, sys, time, subprocess\nwith open({str(workspace / 'pid')!r}, 'w') as f:\n"
    body += "    f.write(str(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid))\n"
    with_matmul(sample, workspace, body + end)
    pid = (workspace / "pid").read_text()
    for _ in range(100_000):  # a signal takes a moment
        if not is_alive(pid):
            break
        os.sched_yield()
    assert not is_alive(pid)


def is_alive(pid: str) -> bool:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False
