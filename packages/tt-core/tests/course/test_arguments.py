import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from tt_core.course.commands import Commands
from tt_core.course.lessons import LessonError
from tt_core.course.milestone import milestone

from .demo import COMMANDS, Demo


@pytest.fixture
def tt(demo: Demo) -> Commands:
    group = Commands("tt", {})
    for command in (*COMMANDS.values(), milestone):
        group.add_command(command)
    return group


def offered(tt: Commands, *words: str, shell: type[ShellComplete] = BashComplete) -> list[str]:
    """Return what a shell offers for the last word of a line."""
    *before, last = words
    return [item.value for item in shell(tt, {}, "tt", "_TT_COMPLETE").get_completions(before, last)]


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete])
def test_modules_are_completed_in_each_shell(tt: Commands, shell: type[ShellComplete]) -> None:
    assert offered(tt, "start", "", shell=shell) == ["01", "02", "15"]
    assert offered(tt, "diff", "0", shell=shell) == ["01", "02"]
    assert offered(tt, "undo", "te", shell=shell) == ["tensor"]


def test_exercises_are_completed_with_what_they_are(tt: Commands) -> None:
    assert offered(tt, "hint", "02") == ["02.1", "02.2"]
    (item,) = FishComplete(tt, {}, "tt", "_TT_COMPLETE").get_completions(["hint"], "01")
    assert item.help == "What double does"


def test_targets_of_reset_are_modules_exercises_and_files(tt: Commands) -> None:
    assert offered(tt, "reset", "02") == ["02", "02.1", "02.2"]
    (item,) = BashComplete(tt, {}, "tt", "_TT_COMPLETE").get_completions(["reset"], "tt_demo/n")
    assert item.type == "file"


def test_backups_are_completed(tt: Commands, demo: Demo) -> None:
    demo.tt("start 01")
    assert len(offered(tt, "undo", "--to", "2")) == 1


def test_milestones_are_completed(tt: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tt_core.milestones.registry.announced", lambda: {"xor": None, "perceptron": None})
    assert offered(tt, "milestone", "") == ["all", "list", "perceptron", "xor"]
    assert offered(tt, "milestone", "x") == ["xor"]


def test_a_damaged_lesson_completes_to_nothing(tt: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise LessonError("no")

    monkeypatch.setattr("tt_core.course.arguments.all_lessons", damaged)
    assert offered(tt, "start", "0") == []
