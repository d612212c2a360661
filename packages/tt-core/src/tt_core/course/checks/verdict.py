"""What a learner reads at the end of a check: how far they are, what they unlocked, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from tt_core.course.checks.places import unbuilt
from tt_core.course.checks.summary import Summary, spot
from tt_core.course.lessons import Exercise, Lesson, all_lessons
from tt_core.course.state import State

__all__ = ["is_passed", "verdict"]

DIM, STRONG, COMMAND = "bright_black", "bold", "cyan"


def is_passed(lesson: Lesson, state: State) -> bool:
    """Tell whether the last check of each exercise passed."""
    record = state.module(lesson.number)
    return bool(lesson.exercises) and all(record.exercise(each.name).outcome == "passed" for each in lesson.exercises)


def verdict(
    lesson: Lesson, before: State, after: State, workspace: Path, found: Sequence[Summary] = ()
) -> Iterator[tuple[int, Text]]:
    """Yield the last lines, each with its indentation; what was just found comes next, before what comes first."""
    if not is_passed(lesson, after):
        at_hand = [each.exercise for each in found if each.outcome != "passed" and not each.waits_for]
        yield from _to_go(lesson, after, workspace, at_hand)
        return
    known = before.module(lesson.number)
    first = not all(known.exercise(each.name).first_passed for each in lesson.exercises)
    yield 2, Text(f"All {len(lesson.exercises)} exercises of {lesson.number} {lesson.name} are built.", "bold green")
    yield 0, Text()
    if first:
        for place, sentence in enumerate(lesson.unlocks):
            yield 2, _row("" if place else "Unlocked", sentence)
        if lesson.milestone:
            yield 2, _row("Run", f"tt milestone {lesson.milestone}", COMMAND)
        yield 2, _row("Compare", f"tt diff {lesson.number}", COMMAND)
    yield from _next_module(lesson, after)


def _to_go(lesson: Lesson, after: State, workspace: Path, at_hand: Sequence[Exercise]) -> Iterator[tuple[int, Text]]:
    record = after.module(lesson.number)
    waiting = [each for each in lesson.exercises if record.exercise(each.name).outcome != "passed"]
    built = len(lesson.exercises) - len(waiting)
    following = [*at_hand, *waiting][0]
    text = Text.assemble((f"{built} of {len(lesson.exercises)} built.", STRONG), "  Next: ", _named(following))
    yield 2, text.append("   help: ", DIM).append(f"tt hint {following.number}", COMMAND)
    if place := unbuilt(following, workspace):
        yield 2, Text(spot(place), DIM)


def _named(exercise: Exercise) -> tuple[str, str]:
    return f"{exercise.number} {exercise.name}", STRONG


def _next_module(lesson: Lesson, after: State) -> Iterator[tuple[int, Text]]:
    later = [each for each in all_lessons() if each.number > lesson.number and not is_passed(each, after)]
    if later:
        command = "check" if later[0].number in after.opened else "start"
        yield 2, _row("Next", f"tt {command} {later[0].number}", COMMAND).append(f"  {later[0].title}", DIM)


def _row(name: str, said: str, style: str = "") -> Text:
    return Text.assemble((f"{name:<10}", DIM), (said, style))
