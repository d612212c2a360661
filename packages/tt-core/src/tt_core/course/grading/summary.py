"""The grades of a run for people and for programs: a table, lines, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tt_core.course.grading.gradebooks import shown
from tt_core.course.grading.grader import printable
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.tiers import Tier
from tt_core.course.lessons import Lesson

__all__ = ["Run", "as_json", "draw", "lines"]

MOST_COLUMNS = 4
STYLES = {"graded": "", "refused": "yellow", "broken": "bold red"}


@dataclass(frozen=True, slots=True)
class Run:
    """All that is to be told of a run; `seed` is what its inputs were drawn from."""

    grades: Sequence[Grade]
    lessons: Sequence[Lesson]
    tier: Tier
    seed: int
    packages: dict[str, str]

    @property
    def possible(self) -> int:
        """What all exercises could earn together."""
        return sum(lesson.points for lesson in self.lessons)

    def share(self, grade: Grade) -> float:
        """Return what a submission earned of what it could, in percent."""
        return 100 * grade.points / self.possible if self.possible else 0.0

    def missed(self) -> list[Grade]:
        """Return those that could not be graded."""
        return [grade for grade in self.grades if grade.status != "graded"]


def verdict(run: Run) -> list[str]:
    """Return the sentences below the table."""
    graded = [run.share(grade) for grade in run.grades if grade.status == "graded"]
    found = [f"{len(graded)} of {len(run.grades)} graded, {run.possible} points possible."]
    if graded:
        found.append(f"Mean {mean(graded):.0f} %, median {median(graded):.0f} %.")
    return [*found, f"Sandbox: {run.tier}."]


def note(grade: Grade) -> str:
    """Return what is to be known of a submission besides its points."""
    return "; ".join(part for part in (grade.reason, *grade.remarks, *everywhere(grade)) if part)


def everywhere(grade: Grade) -> list[str]:
    """Return, for each module in which all checks ended in the same way, how: its files could not be imported."""
    modules: dict[str, set[tuple[str, str]]] = {}
    for exercise in grade.exercises:
        found = modules.setdefault(exercise.module, set())
        found |= {(check.outcome, check.what) for check in exercise.checks if check.outcome != "not reached"}
    ends = {number: found.pop() for number, found in modules.items() if len(found) == 1}
    return [f"{number}: {what}" for number, (outcome, what) in ends.items() if outcome in {"crashed", "timed out"}]


def draw(console: Console, run: Run) -> None:
    """Write the grades as a table, and what they amount to below it."""
    table = Table(box=box.ROUNDED, border_style="bright_black", header_style="bold", pad_edge=False, show_edge=False)
    table.add_column("Student", overflow="fold", min_width=12)
    modules = run.lessons if 1 < len(run.lessons) <= MOST_COLUMNS else ()
    for heading in (*(f"{lesson.number} {lesson.name}" for lesson in modules), "Points", "%"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Note", overflow="fold")
    for grade in run.grades:
        points = [shown(grade.of(lesson.number)) for lesson in modules]
        cells = [printable(grade.student), *points, shown(grade.points), f"{run.share(grade):.0f}", note(grade)]
        table.add_row(*map(Text, cells), style=STYLES[grade.status])
    console.print(table)
    console.print(Text(" ".join(verdict(run)), "bold"))


def lines(run: Run) -> str:
    """Return the grades as lines that read well aloud and are easy to search."""
    rows = [
        f"{printable(grade.student)}: {shown(grade.points)} of {run.possible} points"
        + (f" ({grade.status}: {note(grade)})" if note(grade) else "")
        for grade in run.grades
    ]
    return "\n".join([*rows, *verdict(run)])


def as_json(run: Run) -> str:
    """Return everything that is known, for a program."""
    found: dict[str, Any] = {
        "sandbox": {"tier": run.tier.number, "name": run.tier.title, "does not prevent": list(run.tier.open)},
        "packages": run.packages,
        "seed": run.seed,
        "modules": [{"number": each.number, "name": each.name, "points": each.points} for each in run.lessons],
        "possible": run.possible,
        "submissions": [grade.as_dict() for grade in run.grades],
    }
    return json.dumps(found, indent=2)
