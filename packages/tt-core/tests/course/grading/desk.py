"""A run of `tt grade` on a small lesson, to be killed: python desk.py LESSON DIR SEED; a line for each that is done."""

import sys
from pathlib import Path

from tt_core.course.grading import names, tiers
from tt_core.course.grading.batch import grade_all
from tt_core.course.grading.grader import Grader
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.journal import Journal
from tt_core.course.grading.library import Library
from tt_core.course.grading.sandbox import Sandbox
from tt_core.course.lessons import read_lesson


def main(place: Path, folder: Path, seed: int) -> None:
    lesson = read_lesson(place)
    journal = Journal(folder / ".tt-grade")
    if journal.begun("key") is None:
        journal.begin("key", seed)
    found, _ = names.find(folder)

    def done(grade: Grade, old: bool) -> None:
        print(f"{grade.name} {grade.points} {'old' if old else 'new'}", flush=True)

    with journal.workshop() as workshop:
        grader = Grader([lesson], Library(workshop, [lesson]), Sandbox(tiers.choose().kind), seed)
        grade_all(found, grader, journal, 2, done)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
