import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tt_core.course import skeletons, state
from tt_core.course.lessons import Lesson, find_lesson
from tt_core.course.notebook import notebook
from tt_core.course.notebooks import magic

nbformat = pytest.importorskip("nbformat", reason="the extra `course` is not installed")


@pytest.fixture
def lesson() -> Lesson:
    return find_lesson("03")


@pytest.fixture
def workspace(tmp_path: Path, lesson: Lesson, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in which module 03 is solved."""
    (tmp_path / "tt.toml").write_text("format = 1\n", encoding="utf-8")
    for module in {module for exercise in lesson.exercises for module in exercise.modules}:
        file = tmp_path.joinpath(*module.split(".")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(skeletons.reference_source(module), encoding="utf-8", newline="")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    return tmp_path


def tt(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(notebook, ["3", *arguments], input=answer)


def read(workspace: Path) -> Any:
    return nbformat.read(workspace / "lessons" / "03_activations" / "03_activations.ipynb", 4)


def save(workspace: Path, book: Any) -> None:
    nbformat.write(book, workspace / "lessons" / "03_activations" / "03_activations.ipynb")


def exercise_cells(book: Any) -> list[Any]:
    return [cell for cell in book.cells if "exercise" in cell.metadata.get("tags", ())]


def change(workspace: Path, place: int = 0) -> Any:
    """Change a function in the notebook, and return its cell."""
    book = read(workspace)
    cell = exercise_cells(book)[place]
    cell.source += "\n    # changed in the notebook"
    save(workspace, book)
    return cell


def test_it_has_the_lesson_and_a_cell_for_each_function_behind_its_text(workspace: Path, lesson: Lesson) -> None:
    ran = tt()
    assert ran.exit_code == 0
    book = read(workspace)
    nbformat.validate(book)
    symbols = [str(symbol) for exercise in lesson.exercises for symbol in exercise.symbols]
    assert [cell.metadata.tt.symbol for cell in exercise_cells(book)] == symbols
    headings = [c.source.splitlines()[0] for c in book.cells if c.cell_type == "markdown" and c.source.startswith("#")]
    assert sum(heading.startswith("### 03.") for heading in headings) == len(lesson.exercises)
    for number, cell in enumerate(book.cells):
        if "exercise" in cell.metadata.get("tags", ()) and book.cells[number - 1].cell_type == "markdown":
            assert not book.cells[number - 1].source.startswith("## ")
    assert "TT_WORKSPACE" in book.cells[0].source


def test_the_same_lesson_makes_the_same_file(workspace: Path) -> None:
    file = workspace / "lessons" / "03_activations" / "03_activations.ipynb"
    tt()
    first = file.read_bytes()
    tt()
    assert file.read_bytes() == first


def test_a_change_comes_back_after_the_difference_was_shown(workspace: Path) -> None:
    tt()
    symbol = change(workspace).metadata.tt.symbol
    asked = tt("--apply", answer="n\n")
    assert asked.exit_code == 1
    assert "+    # changed in the notebook" in asked.stdout
    own = workspace.joinpath(*symbol.partition(":")[0].split(".")).with_suffix(".py")
    before = own.read_text(encoding="utf-8")
    assert "changed in the notebook" not in before
    agreed = tt("--apply", answer="y\n")
    assert agreed.exit_code == 0
    assert f"Saved {symbol}" in agreed.stdout


def test_a_new_notebook_does_not_drop_what_is_only_in_the_old_one(workspace: Path) -> None:
    tt()
    change(workspace)
    refused = tt()
    assert refused.exit_code == 1
    assert "--apply" in refused.stderr
    assert tt("--fresh").exit_code == 0


def test_nothing_changed_is_nothing_to_do(workspace: Path) -> None:
    tt()
    ran = tt("--apply", "--json")
    assert ran.exit_code == 0
    assert json.loads(ran.stdout) == {"changed": []}


def test_a_function_that_was_changed_on_both_sides_is_left_to_the_learner(workspace: Path) -> None:
    tt()
    symbol = change(workspace).metadata.tt.symbol
    own = workspace.joinpath(*symbol.partition(":")[0].split(".")).with_suffix(".py")
    function = f"def {symbol.partition(':')[2]}("
    text = own.read_text(encoding="utf-8")
    start = text.index(function)
    end = text.index("\n    return", start)
    own.write_text(text[:end] + "\n    changed_in_the_file = True" + text[end:], encoding="utf-8", newline="")
    ran = tt("--apply", "--yes")
    assert ran.exit_code == 1
    assert "changed in the notebook and in your file" in ran.stderr


def test_apply_without_a_notebook_says_how_to_make_one(workspace: Path) -> None:
    ran = tt("--apply")
    assert ran.exit_code == 1
    assert "there is no" in ran.stderr


@pytest.mark.parametrize(
    "text", ["", "[]", '{"cells": [{}]}', '{"cells": [{"metadata": {"tt": {"symbol": "a:b"}}, "source": []}]}']
)
def test_a_damaged_notebook_is_one_sentence(workspace: Path, text: str) -> None:
    file = workspace / "lessons" / "03_activations" / "03_activations.ipynb"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    ran = tt("--apply")
    assert ran.exit_code == 1
    assert "is not a notebook of this course" in ran.stderr


@pytest.mark.long
def test_it_runs_from_top_to_bottom_on_a_solved_workspace(workspace: Path, lesson: Lesson) -> None:
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    tt()
    book = read(workspace)
    folder = workspace / "lessons" / "03_activations"
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    last = {str(each.symbols[-1]) for each in lesson.exercises}
    for cell in exercise_cells(book):
        printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
        assert "Your file says the same." in printed
        assert ("✓ It " in printed) == (cell.metadata.tt.symbol in last)
        assert "✗" not in printed
    kept = state.read(workspace / "tt.toml").module("03")
    assert {kept.exercise(each.name).outcome for each in lesson.exercises} == {"passed"}


def run_cell(workspace: Path, line: str, cell: str, capsys: pytest.CaptureFixture[str]) -> str:
    magic.exercise(line, cell)
    return capsys.readouterr().out


def test_a_cell_saves_and_checks_and_says_what_is_wrong(
    workspace: Path, lesson: Lesson, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TT_WORKSPACE", str(workspace))
    tt()
    cell = exercise_cells(read(workspace))[0]
    line, _, text = cell.source.partition("\n")
    symbol = line.removeprefix("%%exercise ")
    same = run_cell(workspace, symbol, text, capsys)
    assert "Your file says the same." in same
    assert "✓ It " in same
    head = text[: text.rindex("    return")]
    wrong = run_cell(workspace, symbol, head + "    return 7 * x", capsys)
    assert "+    return 7 * x" in wrong
    assert "✗ It " in wrong
    assert "Not saved: line 1" in run_cell(workspace, symbol, "def (:", capsys)
    assert "Not saved: no exercise" in run_cell(workspace, "tt_core.naive.activations:nothing", "", capsys)
    monkeypatch.delenv("TT_WORKSPACE")
    assert "run its first cell" in run_cell(workspace, symbol, text, capsys)
