import dataclasses
import math

import pytest

from tt_core.errors import TinyTorchError
from tt_core.milestones import Bar, Measure, Milestone, Picture, Progress, Result, Settings, Source, silent


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


def lenet(*, data: tuple[str, ...] = ("digits", "mnist"), budget: float | None = 600.0) -> Milestone:
    def run(settings: Settings, progress: Progress) -> Result:
        raise AssertionError

    return Milestone("lenet", 1998, "Digits", "A story.", ("09",), run, data=data, budget=budget)


def test_a_milestone_completes_what_settings_leave_open_and_keeps_what_they_say() -> None:
    assert lenet().complete(Settings(3)) == Settings(3, "digits", 600.0)
    assert lenet().complete(Settings(3, "mnist", 90)) == Settings(3, "mnist", 90)
    assert lenet(data=(), budget=None).complete(Settings()) == Settings(0, "", None)


@pytest.mark.parametrize(
    "milestone,settings,message",
    [
        (lenet(), Settings(data="rocks"), "not know the data set 'rocks'; it runs on digits (the default) or mnist"),
        (lenet(data=("digits",)), Settings(data="rocks"), "it runs on digits (the default)"),
        (lenet(data=()), Settings(data="mnist"), "lenet has no data set to choose, and got 'mnist'; leave it out"),
        (lenet(budget=None), Settings(budget=60), "lenet trains as long as it needs and takes no budget; leave it out"),
        (lenet(), Settings(budget=0), "lenet expected a budget of more than 0 seconds; got 0"),
        (lenet(), Settings(budget=math.nan), "lenet expected a budget of more than 0 seconds; got nan"),
        (lenet(), Settings(budget=math.inf), "lenet expected a budget of more than 0 seconds; got inf"),
    ],
)
def test_settings_that_do_not_fit_are_refused(milestone: Milestone, settings: Settings, message: str) -> None:
    with pytest.raises(TinyTorchError) as caught:
        milestone.complete(settings)
    assert str(caught.value).endswith(message)


def test_settings_have_a_default_for_every_field_so_that_new_ones_break_nobody() -> None:
    assert Settings() == Settings(seed=0, data="", budget=None)


def test_silent_takes_reports_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    silent(1, 2, "note")
    assert capsys.readouterr() == ("", "")
