import re

import pytest

from tt_core.course.console import make_console
from tt_core.course.lessons import all_lessons
from tt_core.course.overview import overview
from tt_core.course.status import draw

from .demo import NUMBERS, Demo


def states(demo: Demo) -> dict[str, str]:
    """Return the status of each module."""
    return {row["number"]: row["status"] for row in demo.json("status")["modules"]}


def test_the_map_at_the_start(demo: Demo) -> None:
    found = states(demo)
    assert len(found) == 20
    assert (found["01"], found["02"], found["15"], found["12"]) == ("ready", "locked", "locked", "coming")


def test_the_way_of_a_module(demo: Demo) -> None:
    demo.tt("start 01")
    assert states(demo)["01"] == "open"
    demo.passes("01")
    assert (states(demo)["01"], states(demo)["02"]) == ("passed", "ready")
    found = demo.json("status")
    assert found["unlocked"] == ["You can setup."]
    assert found["next"] == "tt start 02"
    assert found["milestones"] == [{"name": "perceptron", "unlocked": False}]


def test_a_changed_reference_asks_for_another_check_and_forgets_nothing(demo: Demo) -> None:
    demo.tt("start 01")
    demo.build("double", "return x + x")
    demo.passes("01")
    before = demo.home.state.module("01").exercise("double")
    demo.release(numbers=NUMBERS.replace("return 2 * x", "return x * 2"))
    result = demo.run("status", "--plain")
    assert result.exit_code == 1
    assert "01 setup: check again: 01.1" in result.output
    assert "Next: tt check 01" in result.output
    assert demo.home.state.module("01").exercise("double") == before
    assert demo.json("status")["modules"][1]["status"] == "ready"
    demo.passes("01")
    assert states(demo)["01"] == "passed"
    assert demo.home.state.module("01").exercise("double").first_passed == before.first_passed


def test_opening_again_does_not_hide_that_a_check_is_due(demo: Demo) -> None:
    demo.tt("start 01")
    demo.passes("01")
    demo.release(numbers=NUMBERS.replace('"""Return 2x."""', '"""Return 2x, exactly."""'))
    assert demo.json("status")["modules"][0]["news"] is True
    assert demo.json("status")["next"] == "tt start 01"
    demo.tt("start 01")
    assert demo.json("status")["modules"][0]["news"] is False
    assert states(demo)["01"] == "recheck"


def test_an_exercise_with_a_symbol_more_is_to_be_checked_again(demo: Demo) -> None:
    demo.tt("start 01")
    demo.passes("01")
    toml = demo.package / "lessons/01_setup/lesson.toml"
    toml.write_text(
        toml.read_text().replace("'tt_demo.numbers:double'", "'tt_demo.numbers:double', 'tt_demo.numbers:root'")
    )
    all_lessons.cache_clear()
    demo.tt("start 01")
    assert states(demo)["01"] == "recheck"


def test_a_better_lesson_is_news(demo: Demo) -> None:
    demo.tt("start 01")
    (demo.package / "lessons/01_setup/lesson.md").write_text("# better")
    assert "01 setup: 0 of 1, news" in demo.tt("status --plain")
    assert "New in the reference: tt start 01 merges it into your files." in demo.tt("status --plain")
    demo.tt("start 01")
    assert "news" not in demo.tt("status --plain")


def test_comments_in_the_reference_change_nothing(demo: Demo) -> None:
    demo.tt("start 01")
    demo.passes("01")
    demo.release(numbers=NUMBERS.replace("    return 2 * x", "    # twice\n\n    return 2 * x"))
    assert states(demo)["01"] == "passed"


def test_a_pass_that_was_lost_again_is_an_open_module_that_unlocks_the_next(demo: Demo) -> None:
    demo.tt("start 01")
    demo.passes("01")
    demo.home.record(demo.lesson("01"), {"double": "failed"})
    found = states(demo)
    assert (found["01"], found["02"]) == ("open", "ready")


def test_whose_code_runs(demo: Demo) -> None:
    demo.tt("start 01")
    first, second = demo.json("status")["modules"][:2]
    assert first["code"] == {"tt_demo.numbers": "yours"}
    assert second["code"] == {"tt_demo.numbers": "yours", "tt_demo.pile": "reference"}
    assert "02 tensor: after 01; code: reference" in demo.tt("status --plain")
    demo.tt("start 02 --anyway")
    demo.home.file("tt_demo.pile").unlink()
    assert "02 tensor: 0 of 2; code: yours 1/2" in demo.tt("status --plain")


def test_after_the_module_of_speed_the_workspace_is_fast(demo: Demo) -> None:
    demo.tt("start 15")
    assert demo.home.environ() == {"TT_WORKSPACE": str(demo.folder), "TT_BACKEND": "naive"}
    demo.passes("15")
    assert demo.home.environ()["TT_BACKEND"] == "auto"


@pytest.mark.parametrize("width", [80, 100])
def test_the_drawing_fits_the_width(demo: Demo, width: int) -> None:
    demo.tt("start 01")
    demo.passes("01")
    console = make_console(width=width)
    with console.capture() as captured:
        draw(console, demo.home, overview(demo.home))
    lines = captured.get().splitlines()[1:]
    assert all(len(line) <= width for line in lines)
    rows = [line for line in lines if re.match(r"\S   \d\d ", line)]
    assert len(rows) == 20
    assert rows[0].split() == ["✔", "01", "setup", "━" * 10, "passed", "yours"]


def test_plain_output_is_ascii_without_escapes(demo: Demo) -> None:
    output = demo.tt("status --plain")
    assert output.isascii()
    assert output.splitlines()[-1] == "Next: tt start 01"
