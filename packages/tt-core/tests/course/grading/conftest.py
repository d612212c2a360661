"""A desk at which submissions are graded, in each sandbox that holds on this machine."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tt_core.course.grading import tiers
from tt_core.course.grading.grader import Grader
from tt_core.course.grading.grades import Grade
from tt_core.course.grading.library import Library
from tt_core.course.grading.limits import Limits
from tt_core.course.grading.names import Submission
from tt_core.course.grading.sandbox import Sandbox
from tt_core.course.grading.submissions import read
from tt_core.course.lessons import Lesson, read_lesson

from .workspaces import put

SEED = 2**62 + 271828
SECONDS = 5.0
HURRY = 2.5  # for what never comes to an end

Hand = Callable[[Mapping[str, str | bytes]], Grade]


@pytest.fixture(scope="session")
def lesson() -> Lesson:
    return read_lesson(Path(__file__).parent / "lesson")


@pytest.fixture(scope="session", params=tiers.TIERS, ids=[f"tier{tier.number}" for tier in tiers.TIERS])
def tier(request: pytest.FixtureRequest) -> tiers.Tier:
    found = tiers.examine(request.param)
    if isinstance(found, str):
        pytest.skip(f"{request.param.title} does not hold here: {found}")
    return found


@pytest.fixture(scope="session")
def best() -> tiers.Tier:
    try:
        return tiers.choose()
    except tiers.TierError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def make_grader(lesson: Lesson, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Grader]:
    library = Library(tmp_path_factory.mktemp("desk").resolve(), [lesson])

    def make(kind: str, seconds: float = SECONDS, **settings: Any) -> Grader:
        limits = Limits(**settings)
        return Grader([lesson], library, Sandbox(kind, limits), SEED, seconds)  # type: ignore[arg-type]

    return make


@pytest.fixture
def hand_in(tier: tiers.Tier, make_grader: Callable[..., Grader], tmp_path: Path) -> Hand:
    """Hand in a workspace, and have it graded in a sandbox of this tier."""
    return desk(make_grader(tier.kind), tmp_path)


@pytest.fixture
def hand_in_hurry(tier: tiers.Tier, make_grader: Callable[..., Grader], tmp_path: Path) -> Hand:
    """Hand in a workspace that will take all the time it is given."""
    return desk(make_grader(tier.kind, HURRY), tmp_path)


def desk(grader: Grader, folder: Path) -> Hand:
    """Return how to have a workspace graded."""

    def grade(files: Mapping[str, str | bytes]) -> Grade:
        submission = Submission.at(put(folder / "student", files))
        return grader.grade(submission, read(submission, grader.wanted))

    return grade
