import pytest

from .demo import Demo


def test_hints_come_one_after_the_other_and_the_last_one_stays(demo: Demo) -> None:
    levels = [demo.json("hint 02.1") for _ in range(4)]
    assert [found["level"] for found in levels] == [1, 2, 3, 3]
    assert [found["hint"] for found in levels[:3]] == ["Ask about half.", "Think of half.", "return half"]
    assert demo.home.state.module("02").exercise("half").hints == 3
    assert demo.home.state.module("02").exercise("top").hints == 0


def test_a_level_can_be_read_again_and_is_remembered(demo: Demo) -> None:
    assert demo.json("hint 2.1 --level 2")["hint"] == "Think of half."
    assert demo.json("hint 2.1 --level 1")["hint"] == "Ask about half."
    assert demo.home.state.module("02").exercise("half").hints == 2
    assert demo.json("hint 2.1")["level"] == 3


@pytest.mark.parametrize("option", ["", " --plain"])
def test_what_to_do_next_is_said(demo: Demo, option: str) -> None:
    first = demo.tt(f"hint 02.1{option}")
    assert "02.1 half: hint 1 of 3" in first
    assert "Still stuck? Type tt hint 02.1 again." in first
    assert "tt check 02.1 says what differs" in demo.tt(f"hint 02.1 --level 3{option}")


@pytest.mark.parametrize(
    "target,words",
    [
        ("02", "expected an exercise as 02.4; got '02'"),
        ("02.7", "module 02 has no exercise '02.7'; it has 02.1 to 02.2"),
        ("99.1", "there is no module '99'"),
        ("02.1 --level 4", "4 is not in the range 1<=x<=3"),
    ],
)
def test_wrong_usage(demo: Demo, target: str, words: str) -> None:
    assert words in demo.refused(f"hint {target}", 2)


def test_what_a_hint_changes_in_the_state_is_no_attempt(demo: Demo) -> None:
    demo.tt("start 02")
    before = demo.home.state
    demo.tt("hint 02.1")
    after = demo.home.state
    assert after.module("02").opened == before.module("02").opened
    assert after.module("02").exercise("half").attempts == 0
