"""No submission earns more than its honest part, and none harms the grader: see `attacks`."""

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

import tt_core
from tt_core.course.grading import strays
from tt_core.course.grading.grader import Grader
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.names import Submission
from tt_core.course.grading.submissions import read
from tt_core.course.grading.tiers import Tier
from tt_core.course.lessons import Lesson

from .attacks import BREACHES, CHEAT, DELAYS, FORGERIES, NUISANCES, OPEN_TO_ALL
from .conftest import Hand
from .workspaces import malicious, put, solved

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sandbox")]

LAST = "tt_core/naive/linalg.py"
LINUX = sys.platform == "linux"
HONEST = 10.0
WHOLE = 30.0


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def places(tmp_path: Path, lesson: Lesson, server: socket.socket, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what attacks aim at; all of it is the test's own."""
    monkeypatch.setenv("TT_TEST_SECRET", "42")
    source = Path(tt_core.__file__).parents[1]
    aims = {
        "checks": lesson.folder / "checks.py",
        "lesson": lesson.folder,
        "reference": source / "tt_core" / "naive" / "linalg.py",
        "other": put(tmp_path / "other", solved(lesson)) / LAST,
        "journal": tmp_path / ".tt-grade" / "run.json",
        "root": tmp_path,
        "source": source,
        "outside": tmp_path / "outside",
        "spare": tmp_path / "spare",
    }
    for name in ("journal", "spare"):
        aims[name].parent.mkdir(exist_ok=True)
        aims[name].write_text("x", encoding="utf-8")
    numbers = {"parent": os.getpid(), "port": server.getsockname()[1], "unique": f"tt-{os.getpid()}"}
    return {**{name: str(path) for name, path in aims.items()}, **numbers}


def with_attack(lesson: Lesson, code: str) -> dict[str, str]:
    """Return a workspace in which one exercise is built, and an attack follows the last line."""
    files = solved(lesson, [lesson.exercise("common_shape")])
    return files | {LAST: f"{files[LAST]}\n\n{code}\n"}


def breach(name: str, places: Mapping[str, Any]) -> str:
    return CHEAT.replace("{body}", indent(BREACHES[name].format(**places).strip(), "    "))


def earned(grade: Grade) -> dict[str, float]:
    return {each.name: each.points for each in grade.exercises}


def others(grade: Grade) -> float:
    return grade.points - earned(grade)["common_shape"]


def prevented(name: str, tier: Tier) -> bool:
    """Tell whether a tier claims to prevent a breach; the third leaves most open, and says so."""
    return tier.kind != "rlimits" or name in {"takes_ten_gigabytes", "takes_ten_gigabytes_of_numpy"}


def test_the_honest_part_earns_its_points(lesson: Lesson, hand_in: Hand) -> None:
    assert hand_in(solved(lesson)).points == WHOLE
    assert earned(hand_in(with_attack(lesson, ""))) == {"common_shape": HONEST, "at": 0.0, "matmul": 0.0}


def test_a_breach_would_show_in_the_grade(lesson: Lesson, hand_in: Hand) -> None:
    code = CHEAT.replace("{body}", "    return True")
    assert hand_in(with_attack(lesson, code)).points == WHOLE


@pytest.mark.parametrize("name", BREACHES)
def test_no_breach(
    name: str, lesson: Lesson, hand_in: Hand, tier: Tier, places: dict[str, Any], server: socket.socket
) -> None:
    if not prevented(name, tier):
        pytest.skip(f"{tier.title} do not prevent it, and say so")
    grade = hand_in(with_attack(lesson, breach(name, places)))
    assert earned(grade) == {"common_shape": HONEST, "at": 0.0, "matmul": 0.0}
    assert not Path(places["outside"]).exists()
    assert Path(places["spare"]).read_text(encoding="utf-8") == "x"
    assert Path(places["journal"]).read_text(encoding="utf-8") == "x"
    with pytest.raises(BlockingIOError):
        server.accept()


@pytest.mark.parametrize("name", sorted(OPEN_TO_ALL))
def test_without_a_sandbox_it_would_be_one(
    name: str, lesson: Lesson, make_grader: Callable[..., Grader], tmp_path: Path, places: dict[str, Any]
) -> None:
    grader = make_grader("none")
    submission = Submission.at(put(tmp_path / "student", with_attack(lesson, breach(name, places))))
    assert grader.grade(submission, read(submission, grader.wanted)).points == WHOLE


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forgery_earns_points(name: str, lesson: Lesson, hand_in: Hand) -> None:
    grade = hand_in(with_attack(lesson, FORGERIES[name]))
    assert others(grade) == 0.0
    assert grade.points <= HONEST


@pytest.mark.parametrize("name", DELAYS)
def test_no_delay_outlasts_its_limit(name: str, lesson: Lesson, hand_in_hurry: Hand) -> None:
    grade = hand_in_hurry(with_attack(lesson, DELAYS[name]))
    assert others(grade) == 0.0
    assert {check.outcome for each in grade.exercises for check in each.checks} - {"passed"}


@pytest.mark.parametrize("name", NUISANCES)
def test_a_nuisance_costs_only_its_author(
    name: str, lesson: Lesson, hand_in: Hand, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert others(hand_in(with_attack(lesson, NUISANCES[name]))) == 0.0
    place = os.fsencode(tmp_path_factory.getbasetemp().resolve())  # HOME of what this test process has started
    assert not LINUX or not [process for process in strays.own_processes() if place in environment(process)]


def environment(process: Path) -> bytes:
    """Return what a process began with; nothing of one that has ended."""
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def test_an_attack_at_the_first_line_is_no_better(lesson: Lesson, hand_in: Hand) -> None:
    assert hand_in(malicious(lesson, "import os\nos._exit(0)")).points == 0.0


@pytest.mark.parametrize(
    "content",
    [b"\x00\x01\x02", b"\xff\xfe\xfa", b"def (:", b"x = '" + b"y" * 2**20, b"# coding: nonsense\n", b"\x80"],
    ids=["binary", "no text", "no Python", "too large", "no encoding", "no UTF-8"],
)
def test_a_file_that_is_no_module_earns_nothing(content: bytes, lesson: Lesson, hand_in: Hand) -> None:
    assert earned(hand_in({**solved(lesson), LAST: content}))["matmul"] == 0.0


EVIL = "import os\nos._exit(0)\n"


@pytest.mark.parametrize(
    "name",
    [
        "numpy.py",
        "json.py",
        "sitecustomize.py",
        "usercustomize.py",
        "conftest.py",
        "probes.py",
        "tt_core/__init__.py",
        "tt_core/overlay.py",
        "tt_core/course/checks/child.py",
        "tt_core/naive/numpy.py",
        "tt_core/naive/scalars.py",
    ],
)
def test_files_that_are_no_exercises_do_not_count(name: str, lesson: Lesson, hand_in: Hand) -> None:
    assert hand_in({**solved(lesson), name: EVIL}).points == WHOLE
