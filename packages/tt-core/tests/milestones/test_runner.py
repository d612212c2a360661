import pytest

from tt_core.milestones import Bar, Measure, Milestone, Progress, Result, Settings, silent
from tt_core.milestones.registry import Broken
from tt_core.milestones.runner import Outcome, run


def milestone(after: float = 100.0, error: BaseException | None = None) -> Milestone:
    def experiment(settings: Settings, progress: Progress) -> Result:
        progress(settings.seed, 10, "half way")
        if error:
            raise error
        return Result(Measure("accuracy", 50, "%"), Measure("accuracy", after, "%"), Bar(90))

    return Milestone("lenet", 1998, "Reading digits", "A story.", ("09",), experiment)


@pytest.mark.parametrize("after,status", [(90.0, "passed"), (89.0, "missed")])
def test_a_run_passes_or_misses_its_bar(after: float, status: str) -> None:
    outcome = run(milestone(after), Settings())
    assert outcome.status == status
    assert outcome.result is not None
    assert outcome.result.after.value == after
    assert outcome.seconds >= 0
    assert outcome.error == ""


def test_settings_and_progress_reach_the_milestone() -> None:
    heard: list[tuple[int, int, str]] = []
    run(milestone(), Settings(seed=5), lambda done, total, note="": heard.append((done, total, note)))
    assert heard == [(5, 10, "half way")]


def test_a_run_gets_its_settings_completed_and_the_outcome_keeps_them() -> None:
    seen: list[Settings] = []

    def experiment(settings: Settings, progress: Progress) -> Result:
        seen.append(settings)
        return Result(Measure("accuracy", 50, "%"), Measure("accuracy", 95, "%"), Bar(90))

    lenet = Milestone("lenet", 1998, "Digits", "A story.", ("09",), experiment, data=("digits", "mnist"))
    outcome = run(lenet, Settings(seed=2))
    assert seen == [outcome.settings] == [Settings(seed=2, data="digits")]


def test_settings_that_do_not_fit_break_the_run_with_their_reason() -> None:
    outcome = run(milestone(), Settings(data="rocks"))
    assert outcome.status == "broken"
    assert "lenet has no data set to choose" in outcome.error


def test_a_run_that_raises_is_broken_and_keeps_its_traceback() -> None:
    outcome = run(milestone(error=ZeroDivisionError("by nothing")), Settings(), silent)
    assert outcome.status == "broken"
    assert outcome.error == "ZeroDivisionError: by nothing"
    assert "in experiment" in outcome.details
    assert outcome.result is None


def test_a_run_that_asks_to_leave_is_broken() -> None:
    assert run(milestone(error=SystemExit(0)), Settings()).error == "SystemExit: 0"


def test_an_interrupt_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(milestone(error=KeyboardInterrupt()), Settings())


def test_what_could_not_be_loaded_is_broken_without_a_run() -> None:
    assert run(Broken("gpt", "no module"), Settings()) == Outcome("gpt", error="no module")
    assert run(Broken("gpt", "no module"), Settings()).status == "broken"
