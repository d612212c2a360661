"""A learner goes from `tt init` through every module to the milestones: nothing is built, then it is, then it runs.

On the way every command is run that a document or a lesson shows.
"""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

pytest.importorskip("click", reason="the extra `course` is not installed here")
pytest.importorskip("rich", reason="the extra `course` is not installed here")
from tt_core.course.lessons import Lesson, all_lessons
from tt_core.course.proving import solved
from tt_core.course.reference import modules, path_in_package

from .tt import ROOT, environ, tt

pytestmark = pytest.mark.long
MARK = """
_unmarked = matmul


@P.matmul.kernel(NAIVE)
def matmul(x: Array, y: Array) -> Array:
    with open({hits!r}, "a", encoding="utf-8") as file:
        file.write(".")
    return _unmarked(x, y)
"""


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return environ(tmp_path_factory.mktemp("metadata"))


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory, variables: Mapping[str, str]) -> Path:
    """The workspace of somebody who went all the way, and who was told what they had to be told."""
    folder = tmp_path_factory.mktemp("a learner") / "my tinytorch"
    made = tt(folder.parent, variables, "init", str(folder))
    assert made.returncode == 0, made.stderr
    for lesson in all_lessons():
        go_through(folder, variables, lesson)
    return folder


def go_through(folder: Path, variables: Mapping[str, str], lesson: Lesson) -> None:
    opened = tt(folder, variables, "start", lesson.number)
    assert opened.returncode == 0, opened.stderr
    assert outcomes(folder, variables, lesson) <= {"not built", "crashed", "failed"}, "nothing is built yet"
    for module in modules(lesson):
        file = folder / path_in_package(module)
        text = file.read_text(encoding="utf-8")
        assert "raise NotImplementedError" in text
        file.write_text(solved(text, module, lesson.exercises), encoding="utf-8", newline="")
    assert outcomes(folder, variables, lesson) == {"passed"}


def outcomes(folder: Path, variables: Mapping[str, str], lesson: Lesson) -> set[str]:
    done = tt(folder, variables, "check", lesson.number, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["passed"] else 1), done.stderr
    first = found["exercises"][0]
    assert first["outcome"] in {"not built", "passed"}, first
    return {each["outcome"] for each in found["exercises"]}


def test_every_module_is_passed(learner: Path, variables: Mapping[str, str]) -> None:
    for lesson in all_lessons():
        assert outcomes(learner, variables, lesson) == {"passed"}
    done = tt(learner, variables, "status", "--json")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [lesson.milestone for lesson in all_lessons() if lesson.milestone])
def test_the_milestones_run_on_what_was_built(
    name: str, learner: Path, variables: Mapping[str, str], tmp_path: Path
) -> None:
    file = learner / "tt_core" / "naive" / "linalg.py"
    unmarked = file.read_bytes()
    hits = tmp_path / "hits"
    file.write_bytes(unmarked + MARK.format(hits=str(hits)).encode())
    try:
        done = tt(learner, variables, "milestone", name, "--plain", seconds=1800)
    finally:
        file.write_bytes(unmarked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert hits.exists(), "the milestone ran, but not on the learner's matmul"
    assert "yours: " in done.stderr


DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("packages/*/README.md"),
        *(lesson.folder / "lesson.md" for lesson in all_lessons()),
    ]
)
# what is not run here, because it takes long or needs what a test does not have, and where it is run
ELSEWHERE = {
    r"tt milestone (perceptron|xor|lenet|alexnet)": "tests/cross/test_learner.py",
    r"tt milestone all": "tox.ini",
    r"tt milestone cifar10.*": "packages/tt-train/tests/milestones/test_cifar10.py",
    r"tt launch.*": "packages/tt-train/tests/mpi/test_mpi.py",
    r"tt plot.*": "packages/tt-train/tests/course/test_plot.py",
    r"tt watch.*": "packages/tt-core/tests/course/test_watch.py",
}
# in the workspace of who has built everything: the command, and with which exit codes it may end
HERE = {
    r"tt start": {1},  # all modules are open by then
    r"tt start \d\d": {0},
    r"tt check( \d\d(\.\d+)?)?": {0},
    r"tt hint \d\d\.\d+": {0},
    r"tt diff \d\d": {0},
    r"tt notebook \d\d": {0},
    r"tt (status|report|version|export)": {0},
    r"tt doctor": {0, 1},
    r"tt (undo|reset \d\d\.\d+)": {0},
    r"tt init( my-tinytorch)?": {0},
    r"tt grade( submissions)?": {0},
}


def shown() -> list[str]:
    """Return every command `tt …` that a document shows, in code or between its lines."""
    found: set[str] = set()
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        found |= {command for command in re.findall(r"`(tt [a-z][^`\n]*)`", text) if "=" not in command}
        for line in re.findall(r"^(?:    |\$ )?(tt [a-z].*)$", text, re.MULTILINE):
            column = re.split(r"\s{2,}", line)[0]
            found |= {each.strip() for each in re.split(r"&&|, ", column) if each.strip().startswith("tt ")}
    return sorted(command.replace(" N", " 02") for command in found)


def known(command: str, table: Mapping[str, object]) -> str | None:
    return next((pattern for pattern in table if re.fullmatch(pattern, command)), None)


@pytest.mark.parametrize("command", shown())
def test_commands_that_are_shown_run(command: str, learner: Path, variables: Mapping[str, str], tmp_path: Path) -> None:
    if elsewhere := known(command, ELSEWHERE):
        assert (ROOT / ELSEWHERE[elsewhere]).exists()
        return
    pattern = known(command, HERE)
    assert pattern, f"{command!r} is shown somewhere: say in a table here how it is run"
    module = re.search(r"\b(\d\d)\b", command)
    if module and module[1] not in {lesson.number for lesson in all_lessons()}:
        pytest.skip(f"the package of module {module[1]} is not installed here")
    where = tmp_path / "workspace"
    shutil.copytree(learner, where)
    words = command.split()[1:]
    if words[0] == "init":
        where = tmp_path
    if words[0] == "grade":
        where = submissions(where, variables, tmp_path)
        words = ["grade", "submissions"]
    if words[0] in {"undo", "reset"}:
        assert tt(where, variables, "reset", "02.1").returncode == 0
    done = tt(where, variables, *words)
    assert done.returncode in HERE[pattern], done.stdout + done.stderr


def submissions(home: Path, variables: Mapping[str, str], where: Path) -> Path:
    """Hand in what was built, and return the instructor's folder."""
    assert tt(home, variables, "export").returncode == 0
    (archive,) = (file for file in home.iterdir() if file.suffix in {".zip", ".gz"})
    (where / "submissions").mkdir()
    shutil.copy(archive, where / "submissions" / f"ada{archive.suffix}")
    return where


def test_documents_show_commands() -> None:
    assert len(shown()) > 30
