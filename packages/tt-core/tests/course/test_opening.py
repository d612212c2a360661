"""The real lessons, opened one after the other by a learner who solves each as the reference does."""

from pathlib import Path

import pytest

from tt_core.course import reference
from tt_core.course.init import make
from tt_core.course.lessons import all_lessons
from tt_core.course.opening import open_module
from tt_core.course.skeletons import reference_source

EXTRA = '\n\ndef helper_of_mine() -> None:\n    """Stay."""  # whatever happens\n'


@pytest.mark.parametrize("extra", ["", EXTRA])
def test_each_start_cuts_the_bodies_of_its_own_exercises_and_nothing_else(
    extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    home = make(tmp_path / "my work")
    assert all_lessons()
    for lesson in all_lessons():
        opened = open_module(home, lesson)
        assert not [each for each in opened.code if each.conflicts or each.problem]
        for module in reference.modules(lesson):
            file = home.file(module)
            expected = reference.skeleton(module, [lesson])
            assert file.read_text(encoding="utf-8") in {expected, expected + extra}
            file.write_text(reference_source(module) + extra, encoding="utf-8")
        again = open_module(home, lesson)
        assert {each.fate for each in (*again.code, *again.texts)} == {"unchanged"}
        assert again.backup is None
