import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from tt_core.course import check as command
from tt_core.course import state
from tt_core.course.check import Target, check, together
from tt_core.course.checks import verdict as ending
from tt_core.course.checks.junit import junit
from tt_core.course.lessons import Lesson
from tt_core.course.skeletons import reference_source
from tt_core.course.state import ModuleRecord, State
from tt_core.course.workspace import Workspace

from .sample import LINALG, LOOPS, skeleton, write_module


@pytest.fixture
def home(sample: Lesson, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in which the small lesson is open, and nothing is built."""
    for module in (LOOPS, LINALG):
        write_module(workspace, module, skeleton(sample, module))
    opened = ModuleRecord(opened="2026-01-01T00:00:00Z")
    state.create(workspace / "tt.toml", State(modules={"02": opened}))
    monkeypatch.setattr(command, "all_lessons", lambda: (sample,))
    monkeypatch.setattr(command, "find_lesson", lambda _: sample)
    monkeypatch.setattr(command, "find_exercise", lambda text: (sample, sample.exercise(f"0{text}"[-4:])))
    monkeypatch.setattr(ending, "all_lessons", lambda: (sample,))
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    monkeypatch.chdir(workspace)
    return Workspace(workspace)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check, [*arguments], env={"COLUMNS": "100"})


def data(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json").output)
    return found


def solve(home: Workspace, *modules: str) -> None:
    for module in modules or (LOOPS, LINALG):
        write_module(home.root, module, reference_source(module))


def test_a_module_that_is_not_begun(home: Workspace) -> None:
    found = run("02", "--plain")
    assert found.exit_code == 1
    assert "02.1  common_shape  not built yet" in found.output
    assert "0 of 2 built.  Next: 02.1 common_shape   help: tt hint 02.1" in found.output
    assert "\x1b" not in found.output


def test_what_waits_says_for_what(home: Workspace) -> None:
    solve(home, LINALG)
    assert "02.2  matmul        waits for 02.1 common_shape" in run("--plain").output


def test_a_file_that_is_not_there_is_no_exercise_to_begin_anew(home: Workspace) -> None:
    home.file(LINALG).unlink()
    output = run("--plain").output
    assert "02.1  common_shape  not built yet" in output
    assert "02.2  matmul        its file is missing: tt start 02" in output


def test_the_module_opened_last_is_meant_where_none_is_named(home: Workspace) -> None:
    assert data()["module"] == "02"


def test_a_failure_shows_input_expected_got_place_and_hint(home: Workspace, sample: Lesson) -> None:
    solve(home, LOOPS)
    file = write_module(
        home.root, LINALG, skeleton(sample, LINALG, {"02.2": "return x @ y + np.eye(len(x), y.shape[1])"})
    )
    line = 1 + file.read_text().splitlines().index("    return x @ y + np.eye(len(x), y.shape[1])")
    found = run("02", "--plain")
    assert found.exit_code == 1
    for expected in (
        "02.1  common_shape  passed: The shape of two",
        "02.2  matmul        failed, 0 of 3 checks passed",
        "Tested: it multiplies a (2, 3) by a (3, 4) matrix.",
        "x         (2, 3) float64",
        "expected  (2, 4)\n",
        "got       (2, 4)\n",
        "element [0, 0]: expected ",
        "(2 of 8 elements differ)",
        f"tt_core/naive/linalg.py:{line}  in matmul",
        "Often: Each row meets each column.",
        "1 of 2 built.  Next: 02.2 matmul   help: tt hint 02.2",
    ):
        assert expected in found.output.replace("\\", "/")


def test_a_crash_shows_the_line(home: Workspace, sample: Lesson) -> None:
    solve(home, LOOPS)
    write_module(home.root, LINALG, skeleton(sample, LINALG, {"02.2": "print('here')\nreturn x.nothing"}))
    found = run("02", "--plain").output.replace("\\", "/")
    assert "AttributeError: 'numpy.ndarray' object has no attribute 'nothing'" in found
    assert re.search(r"tt_core/naive/linalg.py:\d+  in matmul\n +return x.nothing\n", found)
    assert "printed meanwhile:\n      here\n" in found
    assert "probes.py" not in found


def test_an_error_of_syntax_is_shown_once_with_a_caret(home: Workspace) -> None:
    write_module(home.root, LINALG, "def matmul(x, y):\n    return (x @ y\n")
    found = run("02", "--plain").output.replace("\\", "/")
    assert "Your files cannot be imported, so nothing was checked." in found
    assert "      tt_core/naive/linalg.py:2\n          return (x @ y\n                 ^\n" in found
    assert found.count("SyntaxError: '(' was never closed\n") == 1


def test_the_first_time_that_all_pass_says_what_is_unlocked(home: Workspace) -> None:
    solve(home)
    first, second = run("02", "--plain"), run("02", "--plain")
    assert first.exit_code == second.exit_code == 0
    assert "All 2 exercises of 02 sample are built." in first.output
    assert "Unlocked  Products of matrices on your own loops." in first.output
    assert "Compare   tt diff 02" in first.output
    assert "All 2 exercises of 02 sample are built." in second.output
    assert "Unlocked" not in second.output


def test_outcomes_are_remembered(home: Workspace) -> None:
    solve(home, LOOPS)
    run("02", "--plain")
    record = home.state.module("02")
    assert record.exercise("common_shape").outcome == "passed"
    assert record.exercise("common_shape").first_passed
    assert (record.exercise("matmul").outcome, record.exercise("matmul").attempts) == ("not built", 1)


def test_one_exercise_alone(home: Workspace) -> None:
    solve(home, LOOPS)
    found = run("2.1", "--plain")
    assert found.exit_code == 0
    assert "02.2" not in found.output.partition("Next")[0]
    assert home.state.module("02").exercise("matmul").attempts == 0


def test_help_is_offered_for_what_was_checked(home: Workspace, sample: Lesson) -> None:
    write_module(home.root, LOOPS, reference_source(LOOPS))
    write_module(home.root, LINALG, skeleton(sample, LINALG, {"02.2": "return x @ y + 1"}))
    assert "0 of 2 built.  Next: 02.2 matmul   help: tt hint 02.2" in run("2.2", "--plain").output
    write_module(home.root, LOOPS, skeleton(sample, LOOPS))
    write_module(home.root, LINALG, reference_source(LINALG))  # which waits for the other
    assert "Next: 02.1 common_shape   help: tt hint 02.1" in run("2.2", "--plain").output


def test_several_targets_are_checked_in_order(home: Workspace) -> None:
    solve(home, LOOPS)
    found = data("2.2", "2.1", "2.2")
    assert [each["number"] for each in found["exercises"]] == ["02.1", "02.2"]
    assert [each["number"] for each in data("2.1", "2")["exercises"]] == ["02.1", "02.2"]


def test_several_modules_are_checked_in_order(home: Workspace, sample: Lesson) -> None:
    solve(home)
    other = replace(sample, number="03", name="other")
    targets = [Target(other), Target(sample, sample.exercises[:1]), Target(sample, sample.exercises[1:])]
    assert together(targets) == [Target(other), Target(sample, sample.exercises)]
    xml = junit((each.lesson, ()) for each in together(targets))
    assert [suite.get("name") for suite in ET.fromstring(xml)] == ["03 other", "02 sample"]


def test_json_is_all_that_is_written(home: Workspace) -> None:
    found = data("02")
    assert (found["module"], found["name"], found["passed"]) == ("02", "sample", False)
    assert [(each["number"], each["outcome"], each["points"]) for each in found["exercises"]] == [
        ("02.1", "not built", 10),
        ("02.2", "not built", 20),
    ]
    assert found["exercises"][0]["checks"][0]["inputs"] == {"x": "(2, 1)", "y": "(3,)"}


def test_junit_is_written_beside(home: Workspace, sample: Lesson, tmp_path: Path) -> None:
    solve(home, LOOPS)
    write_module(home.root, LINALG, skeleton(sample, LINALG, {"02.2": "print('\\x00ü')\nreturn x.nothing"}))
    path = tmp_path / "reports" / "junit.xml"
    assert run("02", "--plain", "--junit", str(path)).exit_code == 1
    suite = ET.parse(path).getroot()[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("errors"), suite.get("failures")) == (
        "02 sample",
        "5",
        "3",
        "0",
    )
    assert {case.get("classname") for case in suite} == {"02.1 common_shape", "02.2 matmul"}
    assert [case.findtext("system-out") for case in suite.iter("testcase")][2] == "�ü\n"
    error = suite.find("testcase/error")
    assert error is not None
    assert error.get("type") == "crashed"


@pytest.mark.parametrize("arguments", [["--junit", "."], ["--no-such-option"]])
def test_wrong_usage(arguments: list[str], home: Workspace) -> None:
    assert run(*arguments).exit_code == 2


def test_a_module_that_is_not_open(home: Workspace) -> None:
    home.change(lambda before: before.with_module("02", ModuleRecord()))
    found = run("02")
    assert found.exit_code == 2
    assert "module 02 sample is not open yet: open it with tt start 02." in found.output
    assert "no module is open yet: open one with tt start 01." in run().output


def test_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    found = run()
    assert found.exit_code == 2
    assert "tt init" in found.output


def test_what_the_terminal_lacks_is_never_an_error(home: Workspace) -> None:
    found = CliRunner(charset="ascii").invoke(check, ["02"])
    assert found.exit_code == 1
    assert "not built yet" in found.output
