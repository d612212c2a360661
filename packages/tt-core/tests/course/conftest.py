from collections.abc import Iterator
from pathlib import Path

import pytest

from tt_core.course import reference
from tt_core.course.lessons import Lesson, all_lessons

from .demo import Demo, install
from .sample import write_lesson


@pytest.fixture
def sample(tmp_path: Path) -> Lesson:
    return write_lesson(tmp_path / "lessons" / "02_sample")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "my work"
    folder.mkdir()
    return folder


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """A small course, and a learner in a workspace of their own."""
    folder = tmp_path / "my work"
    found = Demo(install(tmp_path, monkeypatch), folder)
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    monkeypatch.delenv("TT_BACKEND", raising=False)
    folder.mkdir()
    monkeypatch.chdir(folder)
    found.tt("init")
    yield found
    for cached in (all_lessons, reference.digest, reference.source_of):
        cached.cache_clear()
