from pathlib import Path

import pytest

from tt_core.course.lessons import Lesson

from .sample import write_lesson


@pytest.fixture
def sample(tmp_path: Path) -> Lesson:
    return write_lesson(tmp_path / "lessons" / "02_sample")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "my work"
    folder.mkdir()
    return folder
