"""Grade all submissions of a folder in a pool; one that fails in whatever way gets its row, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from threading import Event

from tt_core.course.grading.grader import Grader, refusal
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.journal import Journal
from tt_core.course.grading.names import Submission
from tt_core.course.grading.submissions import Refused, read

__all__ = ["grade_all"]


def grade_all(
    submissions: Sequence[Submission],
    grader: Grader,
    journal: Journal,
    workers: int,
    done: Callable[[Grade, bool], None],
) -> list[Grade]:
    """Return the grades in the order of the submissions; `done` hears of each, and whether it was graded before."""
    found: dict[str, Grade] = {}
    with pool(workers) as (executor, stop):
        waiting: list[Future[tuple[Grade, bool]]] = [
            executor.submit(one, submission, grader, journal, stop) for submission in submissions
        ]
        for future in as_completed(waiting):
            grade, old = future.result()
            found[grade.name] = grade
            done(grade, old)
    return [found[submission.name] for submission in submissions]


@contextmanager
def pool(workers: int) -> Iterator[tuple[ThreadPoolExecutor, Event]]:
    """Yield threads, each of which waits for one process; when interrupted, nothing more is begun."""
    stop = Event()
    executor = ThreadPoolExecutor(workers, thread_name_prefix="grade")
    try:
        yield executor, stop
    except BaseException:
        stop.set()
        executor.shutdown(cancel_futures=True)
        raise
    executor.shutdown()


def one(submission: Submission, grader: Grader, journal: Journal, stop: Event) -> tuple[Grade, bool]:
    """Return the grade of one submission, and whether it was in the journal."""
    try:
        handed = read(submission, grader.wanted)
    except Refused as reason:
        return refusal(submission, str(reason)), False
    kept = journal.grade(submission.name, handed.digest)
    if kept is not None:
        return kept, True
    try:
        grade = grader.grade(submission, handed, stop.is_set)
    except Exception as error:  # noqa: BLE001 - whatever a submission brings about, the others are graded
        return refusal(submission, f"grading it failed: {type(error).__name__}: {error}", broken=True), False
    if not stop.is_set():
        journal.add(handed.digest, grade)
    return grade, False
