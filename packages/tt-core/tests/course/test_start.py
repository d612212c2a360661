import json
from pathlib import Path

import pytest

from tt_core.course import files
from tt_core.course.console import make_console
from tt_core.course.start import draw, interpreter

from .demo import NUMBERS, PILE, Demo


def test_a_module_is_opened(demo: Demo) -> None:
    told = demo.tt("start 01")
    assert demo.text() == NUMBERS.replace(
        "    return 2 * x\n", '    raise NotImplementedError("01.1 double: Return 2x.")\n'
    )
    assert not demo.home.file("tt_demo.pile").exists()
    assert (demo.folder / "lessons/01_setup/lesson.md").read_text() == "# setup\n"
    assert (demo.folder / "lessons/01_setup/picture.svg").exists()
    assert not (demo.folder / "lessons/01_setup/checks.py").exists()
    for words in (
        "Module 01: All about setup",
        "+ tt_demo/numbers.py: written",
        "lesson.md",
        "01.1   double  What double does",
    ):
        assert words in told
    assert told.splitlines()[-3].startswith(f"Try    {interpreter('.')}   (")
    assert told.splitlines()[-2:] == ["Then   tt check 01", "Stuck? tt hint 01.1"]


def test_without_a_number_the_next_module_is_opened(demo: Demo) -> None:
    assert "Module 01" in demo.tt("start")
    demo.passes("01")
    assert "Module 02" in demo.tt("start")
    demo.passes("02")
    assert "Module 15" in demo.tt("start")
    assert "every module that is installed is open" in demo.refused("start")


def test_starting_twice_changes_nothing(demo: Demo) -> None:
    demo.tt("start 01")
    demo.build("double", "return x + x")
    before = {path: path.read_bytes() for path in demo.folder.rglob("*") if path.is_file()}
    assert "Nothing new: your files are as they were." in demo.tt("start 01")
    assert {path: path.read_bytes() for path in demo.folder.rglob("*") if path.is_file()} == before


def test_the_next_module_of_a_file_keeps_what_the_learner_wrote(demo: Demo) -> None:
    demo.tt("start 01")
    demo.build("double", "return x + x  # mine")
    demo.edit("import math\n", "import math\n\n\ndef helper() -> None:\n    pass\n")
    demo.passes("01")
    expected = demo.text().replace("    return x / 2\n", '    raise NotImplementedError("02.1 half: Return x/2.")\n')
    assert "~ tt_demo/numbers.py: merged with what you wrote" in demo.tt("start 02")
    assert demo.text() == expected
    assert demo.text("pile").count("raise NotImplementedError") == 2


def test_after_an_upgrade_what_is_new_is_merged(demo: Demo) -> None:
    demo.tt("start 01")
    demo.build("double", "return x + x")
    demo.release(numbers=NUMBERS.replace("Return 2x.", "Return twice x.") + "\n\ndef new() -> int:\n    return 1\n")
    demo.tt("start 01")
    assert demo.text().endswith("\n\ndef new() -> int:\n    return 1\n")
    assert '"""Return twice x."""\n    return x + x\n' in demo.text()


def test_what_both_changed_is_shown_with_the_references_version(demo: Demo) -> None:
    demo.tt("start 01")
    demo.edit("return x / 2", "return 0.5 * x")
    demo.release(numbers=NUMBERS.replace("return x / 2", "return float(x / 2)"))
    told = demo.tt("start 01")
    assert "! tt_demo/numbers.py: half: you and the reference both changed it; yours stays. The reference has:" in told
    assert '    |     """Return x/2."""\n    |     return float(x / 2)\n' in told
    assert "return 0.5 * x" in demo.text()
    assert "!" not in demo.tt("start 01")


@pytest.mark.parametrize("gone", [True, False], ids=["the old file is gone", "the old file has other functions"])
def test_after_an_upgrade_that_moved_functions_what_the_learner_wrote_comes_along(gone: bool, demo: Demo) -> None:
    demo.tt("start 01")
    demo.build("double", "return x + x  # mine")
    demo.edit("import math\n", "import math\n\n\ndef helper() -> None:\n    pass\n")
    demo.passes("01")
    demo.move("double", "numbers", "arithmetic")
    demo.move("half", "numbers", "arithmetic")
    if gone:
        demo.move("root", "numbers", "arithmetic")
        (demo.package / "numbers.py").unlink()
        demo.release()
    assert "check again" in demo.refused("status")
    told = demo.tt("start 01")
    assert (
        "+ tt_demo/arithmetic.py: written; what you wrote for double came along from another file: check again" in told
    )
    assert "    return x + x  # mine\n" in demo.text("arithmetic")
    assert "def helper()" in (demo.folder / "tt_demo" / "numbers.py").read_text(encoding="utf-8")
    demo.tt("start 02")  # its body stood there, as the reference's: it is to be written
    assert 'raise NotImplementedError("02.1 half: Return x/2.")' in demo.text("arithmetic")
    assert "    return x + x  # mine\n" in demo.text("arithmetic")


def test_an_old_file_that_cannot_be_read_takes_nothing_along(demo: Demo) -> None:
    demo.tt("start 01")
    demo.write("def double(x:\n")
    demo.move("double", "numbers", "arithmetic")
    assert "+ tt_demo/arithmetic.py: written\n" in demo.tt("start 01")
    assert "raise NotImplementedError" in demo.text("arithmetic")


def test_a_file_with_a_syntax_error_is_left_alone_and_reported(demo: Demo) -> None:
    demo.tt("start 01")
    demo.passes("01")
    demo.write("def double(:\n")
    told = demo.refused("start 02")
    assert "! tt_demo/numbers.py: left as it is, because it cannot be merged (line 1: " in told
    assert demo.text() == "def double(:\n"
    assert demo.home.file("tt_demo.pile").exists()
    demo.write(NUMBERS.replace("return 2 * x", "return x + x"))
    demo.tt("start 02")
    assert 'raise NotImplementedError("02.1' in demo.text()


def test_bytes_that_are_no_text_are_left_alone(demo: Demo) -> None:
    demo.tt("start 01")
    demo.home.file("tt_demo.numbers").write_bytes(b"# \xff\n")
    demo.release(numbers=NUMBERS + "\nX = 1\n")
    assert "it is not UTF-8 text" in demo.refused("start 01")


def test_a_module_on_an_open_one_with_gaps_is_opened_only_if_it_is_wanted(demo: Demo) -> None:
    demo.tt("start 01")
    told = demo.refused("start 02")
    assert "module 02 tensor runs on your 01 setup, which has gaps: go on with tt check 01" in told
    assert "tt start 02 --anyway" in told
    assert "you have not passed" in demo.tt("start 02 --anyway")


def test_a_module_on_one_that_is_not_open_runs_on_the_reference(demo: Demo) -> None:
    assert "builds on 01 setup, which you have not passed; what you have not opened comes from" in demo.tt("start 02")
    assert "return 2 * x" in demo.text()


def test_a_lesson_that_was_written_into_stays_and_the_new_one_comes_beside_it(demo: Demo) -> None:
    demo.tt("start 01")
    text, source = demo.folder / "lessons/01_setup/lesson.md", demo.package / "lessons/01_setup/lesson.md"
    text.write_text("# setup\nMy notes.\n")
    demo.tt("start 01")
    assert text.read_text() == "# setup\nMy notes.\n"
    source.write_text("# setup, better\n")
    demo.tt("start 01")
    assert text.read_text() == "# setup\nMy notes.\n"
    assert text.with_suffix(".new.md").read_text() == "# setup, better\n"
    text.write_text("# setup\n")
    source.write_text("# setup, best\n")
    demo.tt("start 01")
    assert text.with_suffix(".new.md").read_text() == "# setup, best\n"


def test_an_unread_lesson_becomes_the_new_one(demo: Demo) -> None:
    demo.tt("start 01")
    (demo.package / "lessons/01_setup/lesson.md").write_text("# setup, better\n")
    demo.tt("start 01")
    assert (demo.folder / "lessons/01_setup/lesson.md").read_text() == "# setup, better\n"
    assert not (demo.folder / "lessons/01_setup/lesson.new.md").exists()


def test_files_of_a_lost_base_keep_all_and_get_what_is_missing(demo: Demo) -> None:
    demo.tt("start 01")
    demo.build("double", "return x + x")
    (demo.folder / ".tt/base/tt_demo/numbers.py").unlink()
    demo.release(numbers=NUMBERS + "\n\nX = 1\n")
    demo.tt("start 01")
    assert "return x + x" in demo.text()
    assert demo.text().endswith("X = 1\n")


def test_json_tells_what_became_of_each_file(demo: Demo) -> None:
    demo.tt("start 01")
    demo.edit("return x / 2", "return 0.5 * x")
    demo.release(numbers=NUMBERS.replace("return x / 2", "return float(x / 2)"))
    found = demo.json("start 01")
    assert (found["module"], found["first"]) == ("01", False)
    (code,) = (row for row in found["files"] if row["file"] == "tt_demo/numbers.py")
    assert code["fate"] == "unchanged"
    (conflict,) = code["conflicts"]
    assert conflict["name"] == "half"
    assert found["backup"] is not None
    assert found["exercises"] == [{"number": "01.1", "name": "double", "title": "What double does"}]


@pytest.mark.parametrize("spelling", ["1", "01", "setup", "01_setup"])
def test_a_module_has_several_spellings(demo: Demo, spelling: str) -> None:
    assert "Module 01" in demo.tt(f"start {spelling}")


@pytest.mark.parametrize(
    "number,words",
    [
        ("99", "there is no module '99'; installed are: 01 setup"),
        ("12", "12 embeddings comes with tt-nlp, which is not"),
    ],
)
def test_a_module_that_is_not_there(demo: Demo, number: str, words: str) -> None:
    assert words in demo.refused(f"start {number}", 2)


def test_from_any_folder_inside(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo.folder / "runs")
    demo.tt("start 01")
    assert "2x" in demo.text()


def test_outside_of_a_workspace(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "make one with tt init my-tinytorch" in demo.refused("start 01", 2)
    monkeypatch.setenv("TT_WORKSPACE", str(demo.folder))
    demo.tt("start 01")
    monkeypatch.setenv("TT_WORKSPACE", str(tmp_path))
    assert "TT_WORKSPACE names" in demo.refused("start 01", 2)


def test_a_disk_that_is_full_is_told_in_a_sentence(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "numbers.py")

    monkeypatch.setattr("tt_core.course.opening.files.write", full)
    assert "numbers.py cannot be written: No space left on device." in demo.refused("start 01")


def test_an_interrupted_start_is_completed_by_the_next(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.tt("start 01")
    demo.build("double", "return x + x")
    demo.release(numbers=NUMBERS.replace("return x / 2", "return 0.5 * x"))
    written = files.write

    def die(path: Path, data: bytes) -> None:
        if path.is_relative_to(demo.folder / ".tt/base"):
            raise KeyboardInterrupt
        written(path, data)

    with monkeypatch.context() as patch:
        patch.setattr("tt_core.course.opening.files.write", die)
        demo.run("start", "01")
    assert "return 0.5 * x" in demo.text()
    demo.tt("start 01")
    assert "return x + x" in demo.text()
    assert demo.tt("start 01").count("Nothing new") == 1


def test_plain_output_is_ascii_without_escapes(demo: Demo) -> None:
    output = demo.tt("start 01 --plain")
    assert output.isascii()
    assert "\x1b" not in output


def test_two_symbols_of_a_class(demo: Demo) -> None:
    demo.tt("start 02")
    expected = PILE.replace("return self.height - 1", 'raise NotImplementedError("02.2 top: The top.")')
    expected = expected.replace("self.height += 1", 'raise NotImplementedError("02.2 grow: Add one.")')
    assert demo.text("pile") == expected


def test_the_manifest_of_a_start_is_json(demo: Demo) -> None:
    demo.tt("start 01")
    (manifest,) = (demo.folder / ".tt/backups").glob("*/backup.json")
    assert json.loads(manifest.read_text())["files"]["tt_demo/numbers.py"] is False


def test_a_title_that_wraps_hangs_under_itself_in_a_terminal(demo: Demo) -> None:
    console = make_console(width=30, record=True, force_terminal=True)
    draw(console, ["Module 01", "  01.1   double  What double does to x", "Then"])
    lines = console.export_text().splitlines()
    assert lines == ["Module 01", "  01.1   double  What double", " " * 17 + "does to x", "Then"]
