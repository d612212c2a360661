from pathlib import Path

import pytest

from tt_core.course import backups
from tt_core.course.lessons import LessonError, Symbol
from tt_core.course.notebooks.functions import agree, function_text, put_back, with_function

TEXT = '''"""A module."""

from functools import cache


# what stands above stays
@cache
def one(x):
    """Return 1."""
    return 1  # as it is


class Box:
    size = 3

    @property
    def wide(self):
        """The width."""
        return self.size

    @wide.setter
    def wide(self, value):
        self.size = value


def two():
    return 2
'''
ONE, WIDE = Symbol("tt_core.naive.linalg", "one"), Symbol("tt_core.naive.linalg", "Box.wide")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    file = tmp_path / "tt_core" / "naive" / "linalg.py"
    file.parent.mkdir(parents=True)
    file.write_text(TEXT, encoding="utf-8", newline="")
    return tmp_path


def written(workspace: Path) -> str:
    return (workspace / "tt_core" / "naive" / "linalg.py").read_text(encoding="utf-8")


def test_a_function_is_taken_out_with_its_decorators(workspace: Path) -> None:
    assert function_text(workspace, ONE) == '@cache\ndef one(x):\n    """Return 1."""\n    return 1  # as it is'


def test_a_method_is_taken_out_without_its_indentation(workspace: Path) -> None:
    text = function_text(workspace, WIDE)
    assert text is not None
    assert text.startswith("@property\ndef wide(self):\n")
    assert text.endswith("@wide.setter\ndef wide(self, value):\n    self.size = value")


@pytest.mark.parametrize("symbol", [ONE, WIDE], ids=["function", "method"])
def test_putting_back_what_was_taken_out_changes_nothing(workspace: Path, symbol: Symbol) -> None:
    text = function_text(workspace, symbol)
    assert text is not None
    assert put_back(workspace, symbol, text) == ""
    assert written(workspace) == TEXT


def test_a_change_comes_into_the_file_and_nothing_else_moves(workspace: Path) -> None:
    shown = put_back(workspace, ONE, "@cache\ndef one(x):\n    return x + 1\n")
    assert "-    return 1" in shown
    assert "+    return x + 1" in shown
    expected = TEXT.replace('    """Return 1."""\n    return 1  # as it is', "    return x + 1")
    assert written(workspace) == expected


def test_a_method_gets_its_indentation_back(workspace: Path) -> None:
    text = function_text(workspace, WIDE)
    assert text is not None
    put_back(workspace, WIDE, text.replace("return self.size", "return 2 * self.size"))
    assert "        return 2 * self.size\n" in written(workspace)


def test_line_ends_of_windows_stay(workspace: Path) -> None:
    file = workspace / "tt_core" / "naive" / "linalg.py"
    file.write_bytes(TEXT.replace("\n", "\r\n").encode())
    put_back(workspace, ONE, "@cache\ndef one(x):\n    return 5\n")
    data = file.read_bytes()
    assert b"    return 5" in data
    assert data.count(b"\n") == data.count(b"\r\n")


@pytest.mark.parametrize(
    "cell",
    ["def other(x):\n    return 1", "def one(x):\n    return 1\n\nimport os", "x = 1", ""],
    ids=["another name", "more than the function", "no function", "nothing"],
)
def test_what_is_not_that_function_is_refused_and_nothing_is_written(workspace: Path, cell: str) -> None:
    with pytest.raises(LessonError, match="expected 1 definition of one"):
        put_back(workspace, ONE, cell)
    assert written(workspace) == TEXT


def test_what_is_not_python_is_refused_and_nothing_is_written(workspace: Path) -> None:
    with pytest.raises(SyntaxError):
        put_back(workspace, ONE, "def one(x:\n    return 1")
    assert written(workspace) == TEXT


def test_a_file_that_is_not_there_yet_says_how_to_get_it(tmp_path: Path) -> None:
    assert function_text(tmp_path, ONE) is None
    with pytest.raises(LessonError, match="tt start"):
        put_back(tmp_path, ONE, "def one(): ...")


def test_the_second_of_two_functions_is_found_behind_a_changed_first() -> None:
    text = with_function(TEXT, ONE, "def one(x):\n    a = 1\n    b = 2\n    return a + b")
    assert with_function(text, Symbol("m", "two"), "def two():\n    return 3").endswith("def two():\n    return 3\n")


def test_what_was_there_before_can_be_taken_back(workspace: Path) -> None:
    put_back(workspace, ONE, "def one(x):\n    return 7")
    [backup] = backups.all_backups(workspace)
    assert backup.change == "notebook: one"
    backups.restore(workspace, backup)
    assert written(workspace) == TEXT


def test_a_cell_that_is_older_than_the_file_is_refused(workspace: Path) -> None:
    text = function_text(workspace, ONE)
    assert text is not None
    agree(workspace, ONE, text)
    put_back(workspace, ONE, "def one(x):\n    return 2")
    put_back(workspace, ONE, "def one(x):\n    return 3")  # its own changes are no obstacle
    file = workspace / "tt_core" / "naive" / "linalg.py"
    file.write_text(written(workspace).replace("return 3", "return 4"), encoding="utf-8", newline="")
    with pytest.raises(LessonError, match=r"was changed in tt_core/naive/linalg\.py since"):
        put_back(workspace, ONE, "def one(x):\n    return 5")
    assert "return 4" in written(workspace)
