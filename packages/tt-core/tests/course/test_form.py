from collections.abc import Callable
from pathlib import Path

import pytest

from tt_core.course.form import faults, parts, prose
from tt_core.course.lessons import Exercise, Lesson, Symbol

HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
---
"""
PARTS = {
    "1. Why it exists": "Rosenblatt had the idea in 1957. ![A line between two clouds](line.svg)",
    "2. The idea": "![Two clouds of points](clouds.svg)\n\n$$\ny = x\n$$\n\n" + "word " * 1600,
    "3. Build it": "".join(f"### 02.{k} step{k} — what it does\n\nBuild it.\n\n" for k in range(1, 6)),
    "4. Measure it": "Predict first.\n\n```{code-cell}\n## a comment, no heading\nprint(35, 'ms')\n```",
    "5. How PyTorch does it": "See `aten/src/ATen/ExpandUtils.cpp`.",
    "6. Check yourself": "<details><summary>Why?</summary>Because.</details>\n" * 5,
    "7. What you unlocked": "Much.",
}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>Points</title><desc>Two clouds</desc></svg>'
GOOD = HEADER + "# Tensor\n\n" + "\n\n".join(f"## {title}\n\n{text}" for title, text in PARTS.items()) + "\n"
HINTS = ("Which axis?", "The last.", "x.sum(-1)")
EXERCISES = tuple(
    Exercise(f"02.{k}", f"step{k}", "what it does", (Symbol("tt_core.tensor", "f"),), 10, HINTS) for k in range(1, 6)
)


def lesson(folder: Path, text: str = GOOD, exercises: tuple[Exercise, ...] = EXERCISES) -> Lesson:
    (folder / "lesson.md").write_text(text, encoding="utf-8")
    for name in ("line.svg", "clouds.svg"):
        (folder / name).write_text(SVG, encoding="utf-8")
    return Lesson("02", "tensor", "Tensor", "Grids.", (), ("Much.",), "", (), (), exercises, folder)


def test_a_good_lesson_has_no_faults(tmp_path: Path) -> None:
    assert list(faults(lesson(tmp_path))) == []


def test_a_lesson_without_text_says_so(tmp_path: Path) -> None:
    made = lesson(tmp_path)
    (tmp_path / "lesson.md").unlink()
    assert list(faults(made)) == ["lesson.md is missing"]


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("format_name: myst\n", "", "header lacks 'format_name: myst'"),
        ("## 2. The idea", "## 2. An idea", "the parts are 1. Why it exists, 2. An idea,"),
        ("word " * 1600, "word " * 1000, "words; expected 1500 to 3000"),
        ("word " * 1600, "word " * 3001, "words; expected 1500 to 3000"),
        ("### 02.2 step2", "### 02.2 step3", "part 3 shows the exercises 02.1 step1, 02.2 step3"),
        ("<details><summary>Why?</summary>Because.</details>\n", "", "part 6 has 4 folded answers; expected 5"),
        ("in 1957", "long ago", "part 1 names no year"),
        ("Predict", "Look", "part 4 asks for no prediction"),
        ("```{code-cell}", "```python", "part 4 measures nothing"),
        ("`aten/src/ATen/ExpandUtils.cpp`", "the source", "part 5 names no file of PyTorch"),
        ("Build it.", "It takes 35 ms.", "the prose says '35 ms', which differs from machine to machine"),
        ("Build it.", "It reaches 1.2 GFLOP/s.", "the prose says '1.2 GFLOP/s'"),
        ("(line.svg)", "(lime.svg)", "the picture lime.svg is not in the lesson's folder"),
        ("(line.svg)", "(clouds.svg)", "line.svg is not shown in lesson.md"),
        ("![Two clouds of points]", "![clouds]", "the picture clouds.svg has no alternative text worth reading"),
    ],
)
def test_a_fault_is_named(old: str, new: str, expected: str, tmp_path: Path) -> None:
    assert old in GOOD
    found = list(faults(lesson(tmp_path, GOOD.replace(old, new, 1))))
    assert any(expected in each for each in found), found


@pytest.mark.parametrize(
    "change,expected",
    [
        (lambda found: found[:4], "there are 4 exercises; expected 5 to 12"),
        (lambda found: (*found[:4], with_hints(found[4], "a", "b")), "02.5 has 2 hints; expected 3, none empty"),
        (lambda found: (*found[:4], with_hints(found[4], "a", "b", " ")), "02.5 has 3 hints; expected 3, none empty"),
    ],
)
def test_a_fault_of_an_exercise_is_named(
    change: Callable[[tuple[Exercise, ...]], tuple[Exercise, ...]], expected: str, tmp_path: Path
) -> None:
    assert expected in list(faults(lesson(tmp_path, exercises=change(EXERCISES))))


def with_hints(exercise: Exercise, *hints: str) -> Exercise:
    return Exercise(exercise.number, exercise.name, exercise.title, exercise.symbols, exercise.points, hints)


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("<desc>Two clouds</desc>", "", "line.svg has no <desc>"),
        ("<title>Points</title>", "<title> </title>", "line.svg has no <title>"),
        (' viewBox="0 0 9 9"', "", "line.svg has no viewBox"),
        ("</svg>", "", "line.svg is not XML"),
        ("</svg>", '<image href="https://example.org/x.png"/></svg>', "line.svg loads something from elsewhere"),
    ],
)
def test_a_fault_of_a_picture_is_named(old: str, new: str, expected: str, tmp_path: Path) -> None:
    made = lesson(tmp_path)
    (tmp_path / "line.svg").write_text(SVG.replace(old, new), encoding="utf-8")
    assert any(each.startswith(expected) for each in faults(made))


def test_code_is_not_prose() -> None:
    assert prose(HEADER + "# Two words\n\n```python\nx = 1\n```\n\n$$\na b c\n$$\n").split() == ["Two", "words"]


def test_what_stands_between_two_formulas_is_prose() -> None:
    found = " ".join(prose("$$x^2$$\n\nis a square, and\n\n$$\nx^3\n$$\n\na cube").split())
    assert found == "is a square, and a cube"


def test_a_comment_in_code_is_no_heading() -> None:
    assert list(parts("## One\n\n```python\n## Two\n```\n\n## Three\n")) == ["One", "Three"]
