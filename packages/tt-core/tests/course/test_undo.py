import pytest

from tt_core.course import backups
from tt_core.course.backups import all_backups

from .demo import NUMBERS, PILE, Demo


@pytest.fixture
def built(demo: Demo) -> Demo:
    """A learner who passed module 01 and built some of module 02."""
    demo.tt("start 01")
    demo.build("double", "y = x  # mine\n    return y + x")
    demo.passes("01")
    demo.tt("start 02")
    return demo


def test_undo_takes_the_last_change_back_and_can_itself_be_undone(built: Demo) -> None:
    now = built.text()
    told = built.tt("undo")
    assert "Took back 'start 02'" in told
    assert "tt_demo/numbers.py is as it was" in told
    assert "lessons/02_tensor/lesson.md is gone, as it was not there before" in told
    assert ".tt/" not in told
    assert "tt_demo/pile.py is gone, as it was not there before" in told
    assert "return x / 2" in built.text()
    assert "y + x" in built.text()
    assert not built.home.file("tt_demo.pile").exists()
    told = built.tt("undo")
    assert "Restored 'start 02'" in told
    assert "Took back 'start 02'" in built.tt("undo")
    built.tt("undo")
    assert built.text() == now
    assert 'raise NotImplementedError("02.2' in built.text("pile")


def test_edits_since_the_change_are_not_taken_back_unawares(built: Demo) -> None:
    built.build("top", "return self.height - 1  # mine", "pile")
    told = built.refused("undo")
    assert "you have edited tt_demo/pile.py since 'start 02': tt undo --anyway takes your edits back too" in told
    assert "# mine" in built.text("pile")
    built.tt("undo --anyway")
    assert not built.home.file("tt_demo.pile").exists()
    built.tt("undo")
    assert "# mine" in built.text("pile")


def test_a_finished_module_and_edits_since_a_reset_are_not_taken_back_unawares(built: Demo) -> None:
    built.build("half", "return x * 0.5")
    built.passes("02")
    assert "you have edited tt_demo/numbers.py since 'start 02'" in built.refused("undo")
    built.tt("reset 02.1")
    built.build("half", "return x * 0.25 * 2")
    told = built.refused("undo")
    assert "you have edited tt_demo/numbers.py since 'reset 02.1': tt undo --anyway" in told
    assert "0.25" in built.text()
    built.tt("undo --anyway")
    assert "return x * 0.5" in built.text()
    built.write(built.text() + "# mine\n")
    assert "since 'undo reset 02.1'" in built.refused("undo")


def test_undoing_a_start_closes_its_module_and_undoing_that_opens_it(built: Demo) -> None:
    built.tt("undo")
    assert built.home.state.opened == ("01",)
    built.tt("undo")
    assert built.home.state.opened == ("01", "02")


def test_after_an_undo_the_module_can_be_started_again(built: Demo) -> None:
    built.tt("undo")
    built.tt("start 02")
    assert 'raise NotImplementedError("02.1' in built.text()
    assert "y + x" in built.text()


def test_undo_of_one_module(built: Demo) -> None:
    built.tt("undo 01 --anyway")
    assert not built.home.file("tt_demo.numbers").exists()
    assert "there is no change" in built.refused("undo 15")


def test_undo_of_one_of_the_list(built: Demo) -> None:
    newest, oldest = built.json("undo --list")
    assert (newest["change"], oldest["change"]) == ("start 02", "start 01")
    assert built.json(f"undo --anyway --to {oldest['name']}")["undone"]["change"] == "start 01"
    assert not built.home.file("tt_demo.numbers").exists()
    assert "there is no backup 'yesterday'" in built.refused("undo --to yesterday", 2)


def test_the_list_in_words(built: Demo) -> None:
    first = built.tt("undo --list").splitlines()[0]
    assert first.endswith("start 02: tt_demo/numbers.py, tt_demo/pile.py and 2 lesson files")


def test_nothing_to_undo(demo: Demo) -> None:
    assert "there is no change to take back." in demo.refused("undo")
    assert demo.tt("undo --list") == "There is no change to take back.\n"


def test_reset_cuts_the_body_of_one_exercise_and_nothing_else(built: Demo) -> None:
    built.edit("def root(", "def helper() -> None:\n    pass\n\n\ndef root(")
    built.build("top", "return self.height - 1  # mine", "pile")
    expected = built.text().replace(
        "    y = x  # mine\n    return y + x\n", '    raise NotImplementedError("01.1 double: Return 2x.")\n'
    )
    assert "01.1 begins anew, in:\n  tt_demo/numbers.py\n" in built.tt("reset 01.1")
    assert built.text() == expected
    assert "# mine" in built.text("pile")
    built.tt("undo")
    assert "y + x" in built.text()


def test_reset_forgets_the_outcome_but_not_the_first_pass(built: Demo) -> None:
    before = built.home.state.module("01").exercise("double")
    built.tt("reset 01.1")
    after = built.home.state.module("01").exercise("double")
    assert after.outcome == "not built"
    assert after.first_passed == before.first_passed != ""


def test_reset_of_a_module(built: Demo) -> None:
    built.build("half", "return x * 0.5")
    built.build("top", "return self.height - 1  # mine", "pile")
    built.tt("reset 02")
    assert 'raise NotImplementedError("02.1' in built.text()
    assert "y + x" in built.text()
    assert "# mine" not in built.text("pile")


def test_reset_of_a_file_has_the_exercises_of_all_open_modules(built: Demo) -> None:
    built.write("what is this", "numbers")
    assert "tt_demo/numbers.py begins anew" in built.tt("reset tt_demo/numbers.py")
    expected = NUMBERS.replace("return 2 * x", 'raise NotImplementedError("01.1 double: Return 2x.")')
    assert built.text() == expected.replace("return x / 2", 'raise NotImplementedError("02.1 half: Return x/2.")')
    built.tt("undo")
    assert built.text() == "what is this"


def test_a_function_that_is_missing_comes_back(built: Demo) -> None:
    built.write(built.text().replace("def double", "def treble"))
    built.tt("reset 01.1")
    assert 'def double(x: float) -> float:\n    """Return 2x."""\n    raise NotImplementedError("01.1' in built.text()
    assert "def treble" in built.text()


def test_reset_keeps_a_learners_own_indentation_and_line_ends(built: Demo) -> None:
    file = built.home.file("tt_demo.pile")
    file.write_bytes(PILE.replace("    ", "\t").replace("\n", "\r\n").encode())
    built.tt("reset 02.2")
    expected = PILE.replace("return self.height - 1", 'raise NotImplementedError("02.2 top: The top.")')
    expected = expected.replace("self.height += 1", 'raise NotImplementedError("02.2 grow: Add one.")')
    assert file.read_bytes() == expected.replace("    ", "\t").replace("\n", "\r\n").encode()


def test_nothing_to_reset(built: Demo) -> None:
    before = len(all_backups(built.folder))
    built.tt("reset 02.1")
    assert "Nothing to do: 02.1 is as it begins." in built.tt("reset 02.1")
    assert len(all_backups(built.folder)) == before


@pytest.mark.parametrize(
    "target,words",
    [
        ("15", "module 15 is not open: tt start 15 opens it."),
        ("02.9", "module 02 has no exercise '02.9'; it has 02.1 to 02.2; or name a file of your workspace."),
        ("99", "there is no module '99'"),
        ("other.py", "other.py is not a file of an open module"),
    ],
)
def test_what_cannot_be_reset(built: Demo, target: str, words: str) -> None:
    assert words in built.refused(f"reset {target}", 2)


def test_a_file_that_is_not_python_can_only_be_reset_whole(built: Demo) -> None:
    built.write("def (", "numbers")
    told = built.refused("reset 01.1")
    assert "tt_demo/numbers.py cannot be read (line 1: " in told
    assert told.endswith("or begin the whole file anew with tt reset tt_demo/numbers.py.")
    assert built.text() == "def ("


def test_the_number_of_backups_is_bounded(built: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "MOST", 3)
    for _ in range(5):
        built.tt("undo")
    found = backups.all_backups(built.folder)
    assert [each.change for each in found] == ["undo start 02", "redo start 02", "undo start 02"]


def test_a_damaged_backup_is_left_out(built: Demo) -> None:
    newest, oldest = all_backups(built.folder)
    (newest.folder / "backup.json").write_text("{")
    assert all_backups(built.folder) == [oldest]


def test_a_copy_that_is_gone_is_one_sentence(built: Demo) -> None:
    newest, _ = all_backups(built.folder)
    (newest.folder / "files/tt_demo/numbers.py").unlink()
    assert "'start 02' cannot be taken back: No such file or directory, " in built.refused("undo")
    assert 'raise NotImplementedError("02.1' in built.text()


def test_a_forged_backup_cannot_write_outside(built: Demo) -> None:
    newest, _ = all_backups(built.folder)
    manifest = newest.folder / "backup.json"
    manifest.write_text(manifest.read_text().replace("tt_demo/numbers.py", "../outside.py"))
    (newest.folder / "outside.py").write_text("1")
    built.tt("undo")
    assert not (built.folder.parent / "outside.py").exists()
