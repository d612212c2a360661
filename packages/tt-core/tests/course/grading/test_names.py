from pathlib import Path

import pytest

from tt_core.course.grading.names import Submission, find


@pytest.mark.parametrize(
    "name,student,canvas,moodle",
    [
        ("curiemarie_1867_5001_work.zip", "curiemarie", "1867", ""),
        ("curiemarie_LATE_1867_5001_my work.tar.gz", "curiemarie", "1867", ""),
        ("Marie Curie_314_assignsubmission_file_", "Marie Curie", "", "314"),
        ("Marie Curie_314_assignsubmission_file_work.zip", "Marie Curie", "", "314"),
        ("Anna_Maria Sá_9_assignsubmission_file", "Anna_Maria Sá", "", "9"),
        ("marie.zip", "marie", "", ""),
        ("group_12", "group_12", "", ""),
        (".zip", ".zip", "", ""),
    ],
)
def test_names_of_learning_platforms_say_whose_it_is(name: str, student: str, canvas: str, moodle: str) -> None:
    path = Path(name)
    assert Submission.at(path) == Submission(path, name, student, canvas, moodle)


def test_folders_and_archives_are_submissions_and_other_files_are_named(tmp_path: Path) -> None:
    for name in ("b", ".hidden"):
        (tmp_path / name).mkdir()
    for name in ("a.ZIP", "c.tar.gz", "d.tgz", "e.tar", "grades.csv"):
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "b")
    found, others = find(tmp_path)
    assert [each.name for each in found] == ["a.ZIP", "b", "c.tar.gz", "d.tgz", "e.tar", "link"]
    assert others == ["grades.csv"]
