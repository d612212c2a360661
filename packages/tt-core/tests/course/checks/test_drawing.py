from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tt_core.course.checks import Check, Raised
from tt_core.course.checks.drawing import Page, details, fits, overview, sentence
from tt_core.course.checks.results import Result
from tt_core.course.checks.session import judged
from tt_core.course.checks.summary import Summary
from tt_core.course.console import make_console
from tt_core.course.lessons import Exercise, Symbol

EXERCISE = Exercise("02.1", "sum", "The sum of all, whatever they are", (Symbol("tt_core.none", "none"),), 5, ())


def drawn(expected: Any, actual: Any, inputs: Mapping[str, Any] | None = None, **settings: Any) -> list[str]:
    """Return the lines of a check that did not pass."""
    check = Check("sum", "adds up", "added_up", **settings)
    verdict = judged(check, {}, actual, expected)
    result = Result(EXERCISE, check, verdict.outcome, verdict.what, dict(inputs or {}), expected, actual)
    return [" " * indent + text.plain for indent, text in details([Summary(EXERCISE, (result,))], Path())]


def test_what_differs_comes_first_and_only_that_is_shown() -> None:
    expected = {"type": "float32", "out": np.asarray([1.0, 2.0]), "x afterwards": np.zeros(2)}
    got = {"type": "float32", "out": [1.0, 3.0], "x afterwards": [0.0, 0.0]}
    lines = drawn(expected, got, {"x": np.zeros(2, np.float32)}, hint="The last one counts too.")
    assert lines[:5] == [
        "  02.1 sum",
        "      Tested: it adds up.",
        "",
        '      at ["out"]: expected an array, got [1.0, 3.0]',
        "",
    ]
    assert lines[5:] == [
        "      x         [0. 0.]  (2,) float32",
        "      expected  out           [1. 2.]  (2,)",
        "                x afterwards  [0. 0.]  (2,)",
        "      got       out           [1.0, 3.0]",
        "                x afterwards  [0.0, 0.0]",
        "",
        "      Often: The last one counts too.",
        "",
    ]


def test_what_a_sentence_says_whole_is_not_repeated() -> None:
    assert drawn(3, 4, {"x": 1})[3:] == ["      expected 3, got 4", "", "      x  1", ""]
    assert drawn(Raised("ValueError", ("2, 3", "2, 4")), 5)[3:] == [
        '      expected ValueError that mentions "2, 3" and "2, 4", but none came',
        "",
        "      got  5",
        "",
    ]


def test_a_bare_truth_value_says_of_what() -> None:
    assert drawn(True, False)[3] == "      added up: expected True, got False"


@pytest.mark.parametrize(
    "outcome,what,hint,shown",
    [
        ("failed", "expected 3, got 4", "Count.", True),
        ("failed", "expected 3, got 4", "", False),
        ("crashed", "AttributeError: no _roles", "Compare by id().", False),
        ("crashed", "AttributeError: no _roles", "An AttributeError says that it comes too early.", True),
        ("crashed", "the program ended itself", "the", False),
        ("timed out", "it was not done after 5 s", "Count.", False),
    ],
)
def test_a_note_is_shown_where_it_may_help(outcome: Any, what: str, hint: str, shown: bool) -> None:
    assert fits(Result(EXERCISE, Check("sum", "adds up", "p", hint=hint), outcome, what)) is shown


def test_a_sentence_has_one_full_stop() -> None:
    assert [sentence(each) for each in ("stays nan", "stays nan.")] == ["stays nan.", "stays nan."]


def test_a_title_that_wraps_hangs_under_itself() -> None:
    console = make_console(width=34, record=True, force_terminal=True)
    summary = Summary(EXERCISE, (Result(EXERCISE, Check("sum", "adds up", "p"), "passed"),))
    Page(console, plain=False).row(*overview(summary, 3, plain=False))
    first, second, *_ = console.export_text().splitlines()
    assert first.rstrip() == "  ✔ 02.1  sum  The sum of all,"
    assert second.rstrip() == " " * 15 + "whatever they are"
