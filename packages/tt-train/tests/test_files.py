"""A file is there whole, or as it was."""

from pathlib import Path

import pytest

from tt_train.files import replacing


def test_a_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old", "until all is written"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("new")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  it has no text
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
