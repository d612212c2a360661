from pathlib import Path

import pytest

from tt_core.course.grading.library import Library, exercise_files
from tt_core.course.lessons import Lesson, all_lessons


@pytest.fixture(scope="module")
def tree(lesson: Lesson, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Library(tmp_path_factory.mktemp("library"), [lesson]).folders(lesson)[0]


def test_answers_are_taken_out_and_all_else_is_there(tree: Path) -> None:
    text = (tree / "tt_core" / "naive" / "linalg.py").read_text(encoding="utf-8")
    assert 'raise NotImplementedError("02.3 matmul' in text
    assert "def einsum" in text
    assert "total += product_at" in text
    assert (tree / "tt_core" / "py.typed").exists()


def test_lessons_checks_and_the_course_itself_are_not_there(tree: Path) -> None:
    assert not (tree / "tt_core" / "course").exists()
    assert not (tree / "tt_core" / "lessons").exists()
    assert not [path for path in tree.rglob("*") if path.name in {"checks.py", "mutants.toml", "lesson.toml"}]


def test_no_bytecode_of_the_reference_is_there(tree: Path) -> None:
    sources = {path.stem for path in tree.rglob("*.py")}
    compiled = list(tree.rglob("*.pyc"))
    assert {path.name.partition(".")[0] for path in compiled} <= sources
    matmul = next(path for path in compiled if path.name.startswith("linalg.") and path.parts[-3] == "naive")
    assert b"numbers meet columns" not in matmul.read_bytes()


def test_earlier_lessons_stay_and_later_ones_are_taken_out(tmp_path: Path) -> None:
    lessons = all_lessons()
    if len(lessons) < 3:
        pytest.skip("there are fewer than three lessons")
    first, second, third = lessons[0], lessons[1], lessons[2]
    tree = Library(tmp_path, lessons).folders(second)[0]

    def missing(of: Lesson) -> int:
        marks = [f'NotImplementedError("{each.number} ' for each in of.exercises]
        texts = [(tree / name).read_text(encoding="utf-8") for name in exercise_files([of])]
        return sum(text.count(mark) for text in texts for mark in marks)

    assert missing(first) == 0
    assert missing(second) >= len(second.exercises)
    assert missing(third) >= len(third.exercises)
