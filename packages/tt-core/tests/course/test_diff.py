import pytest
from rich.console import Console

from tt_core.course import diff
from tt_core.course.console import make_console

from .demo import Demo


@pytest.fixture
def built(demo: Demo) -> Demo:
    """A learner who passed module 02, with one function as the reference has it."""
    demo.tt("start 02")
    demo.build("half", "return 0.5 * x")
    demo.build("top", "return self.height - 1", "pile")
    demo.build("grow", "self.height = self.height + 1", "pile")
    demo.passes("02")
    return demo


def test_only_after_passing(demo: Demo) -> None:
    demo.tt("start 01")
    told = demo.refused("diff 01")
    assert "module 01 has not been passed yet: tt check 01 shows what is missing" in told
    assert "raise NotImplementedError" in demo.tt("diff 01 --anyway --plain")


def test_plain_is_a_unified_diff_and_what_to_read(built: Demo) -> None:
    lines = built.tt("diff 02 --plain").splitlines()
    assert lines[0] == "02.1 tt_demo.numbers:half"
    assert "  -    return x / 2" in lines
    assert "  +    return 0.5 * x" in lines
    assert "As in the reference, word by word: Pile.top." in lines
    assert "  +    self.height = self.height + 1" in lines
    assert lines[-3:] == ["Read next, in PyTorch's source:", "  aten/tensor.cpp", "    the same in C++"]


def test_json_has_both_versions(built: Demo) -> None:
    found = built.json("diff 02")
    half, top, _ = found["functions"]
    assert half["yours"] == 'def half(x: float) -> float:\n    """Return x/2."""\n    return 0.5 * x'
    assert half["reference"].endswith("return x / 2")
    assert (half["same"], top["same"]) == (False, True)
    assert top["yours"].startswith("@property\ndef top(self) -> int:\n    ")
    assert found["read"] == [{"file": "aten/tensor.cpp", "what": "the same in C++"}]


@pytest.mark.parametrize("width", [diff.WIDE, 160])
def test_side_by_side_in_a_wide_terminal(built: Demo, width: int) -> None:
    console = drawn(built, width)
    (row,) = (line for line in console.splitlines() if "0.5 * x" in line)
    assert row.index("return 0.5 * x") < width // 2 < row.index("return x / 2")
    assert all(len(line) <= width for line in console.splitlines())


def test_one_below_the_other_in_a_narrow_terminal(built: Demo) -> None:
    lines = drawn(built, 60).splitlines()
    assert lines.index("  -    return x / 2") == lines.index("  +    return 0.5 * x") - 1


def test_a_line_that_wraps_stays_beside_its_mark_and_in_a_pipe_none_does(built: Demo) -> None:
    long = f"return x * {' * '.join(['0.5'] * 30)}"
    built.edit("return 0.5 * x", long)
    lines = drawn(built, 60).splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("  +    return x"))
    rest = [line[3:] for line in lines[first + 1 :] if "0.5" in line]
    assert len(rest) > 1
    assert (lines[first][3:] + "".join(rest)).replace(" ", "") == long.replace(" ", "")  # blanks at ends are cut
    assert all(line.startswith("   ") for line in lines[first + 1 :][: len(rest)])
    assert all(line == line.rstrip() for line in lines)
    assert f"  +    {long}" in built.tt("diff 02").splitlines()


def test_of_long_agreement_only_the_ends_are_shown() -> None:
    text = [f"line {place}" for place in range(20)]
    found = list(diff.rows([*text, "mine"], [*text, "theirs"]))
    assert [mine for mine, _, _ in found] == [
        "line 0",
        "line 1",
        "line 2",
        "⋮",
        "line 17",
        "line 18",
        "line 19",
        "mine",
    ]
    assert found[-1] == ("mine", "theirs", False)


def test_what_the_learner_does_not_have(built: Demo) -> None:
    built.edit("def half", "def third")
    assert "02.1 tt_demo.numbers:half: you do not have it" in built.tt("diff 02 --plain")
    built.home.file("tt_demo.numbers").unlink()
    assert "you do not have it" in built.tt("diff 02 --plain")
    built.write("def (")
    assert "tt_demo/numbers.py cannot be read as Python" in built.refused("diff 02 --plain")


def drawn(demo: Demo, width: int) -> str:
    """Return what a terminal of this width shows."""
    console = make_console()
    console.width = width
    lesson = demo.lesson("02")
    found = [pair for exercise in lesson.exercises for pair in diff.pairs(demo.home, exercise)]
    with console.capture() as captured:
        diff.draw(console, lesson, found)
    assert isinstance(console, Console)
    return captured.get()
