import dataclasses
import math

import pytest

from tt_core.milestones import Bar, Measure, Picture, Result, Settings, Source, silent


@pytest.mark.parametrize(
    "value,unit,text",
    [(97.5, "%", "97.5 %"), (12345, "", "12,345"), (0.0011567, "", "0.0011567"), (math.inf, "", "inf")],
)
def test_a_measure_reads_well(value: float, unit: str, text: str) -> None:
    assert str(Measure("anything", value, unit)) == text


@pytest.mark.parametrize(
    "bar,value,met",
    [
        (Bar(90), 90, True),
        (Bar(90), 89.999, False),
        (Bar(0.1, "at most"), 0.1, True),
        (Bar(0.1, "at most"), 0.11, False),
        (Bar(90), math.nan, False),
        (Bar(90, "at most"), math.nan, False),
    ],
)
def test_a_bar_is_met_on_its_side_and_on_the_limit_but_never_by_nan(bar: Bar, value: float, met: bool) -> None:
    assert bar.met(value) is met


def test_a_result_passes_by_its_measure_after_learning_alone() -> None:
    def result(before: float, after: float) -> Result:
        return Result(Measure("accuracy", before, "%"), Measure("accuracy", after, "%"), Bar(90))

    assert result(10, 95).passed
    assert not result(95, 10).passed


def test_the_parts_of_the_interface_cannot_be_changed() -> None:
    for part, name in ((Settings(), "seed"), (Source("a paper"), "url"), (Measure("m", 1), "value")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, name, 1)


def test_a_picture_does_not_print_its_bytes() -> None:
    assert "secret" not in repr(Picture("title", "caption", "alt", b"secret"))


def test_settings_have_a_default_for_every_field_so_that_new_ones_break_nobody() -> None:
    assert Settings() == Settings(seed=0)


def test_silent_takes_reports_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    silent(1, 2, "note")
    assert capsys.readouterr() == ("", "")
