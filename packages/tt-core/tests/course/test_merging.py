import ast
import textwrap
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tt_core.course.merging import Merged, MergeError, merge
from tt_core.course.skeletons import reference_source
from tt_core.course.symbols import Source
from tt_core.course.units import split

from .versions import Version, body_of, edited, versions

BASE = '''\
"""Numbers."""

from __future__ import annotations

import math
from typing import overload

LIMIT = 3


# the first
def first(x: float) -> float:
    """Return x."""
    raise NotImplementedError("02.1")


def second(x: float) -> float:
    """Return √x."""
    return math.sqrt(x)


class Pile:
    """A pile."""

    height: int = 0

    @property
    def top(self) -> int:
        """The top."""
        raise NotImplementedError("02.2")

    @top.setter
    def top(self, value: int) -> None:
        self.height = value

    def reset(self) -> None:
        """Empty it."""
        raise NotImplementedError("02.3")


class Heap:
    def reset(self) -> None:
        """Empty it too."""
        raise NotImplementedError("02.4")
'''
BUILT = BASE.replace('raise NotImplementedError("02.1")', "y = x  # mine\n    return y").replace(
    'raise NotImplementedError("02.3")', "self.height = 0"
)


def changed(text: str, old: str, new: str) -> str:
    """Return the text with one change, which must be one."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def test_with_an_unchanged_reference_nothing_changes() -> None:
    assert merge(BASE, BUILT, BASE) == Merged(BUILT)


def test_a_file_that_was_not_touched_becomes_the_new_one() -> None:
    new = changed(BASE, "LIMIT = 3", "LIMIT = 4\n\n# more\nMORE = 1")
    assert merge(BASE, BASE, new) == Merged(new)


def test_new_docstrings_imports_and_functions_come_in_and_bodies_stay() -> None:
    new = changed(BASE, '"""Return x."""', '"""Return x as it is."""')
    new = changed(new, "import math\n", "import math\nimport operator\n")
    new = changed(new, "\n\nclass Pile", "\n\ndef third() -> int:\n    return operator.add(1, 2)\n\n\nclass Pile")
    new = changed(
        new,
        '    def reset(self) -> None:\n        """Empty it.',
        '    def grow(self) -> None:\n        self.height += 1\n\n    def reset(self) -> None:\n        """Empty it.',
    )
    expected = new.replace('raise NotImplementedError("02.1")', "y = x  # mine\n    return y")
    expected = expected.replace('raise NotImplementedError("02.3")', "self.height = 0")
    assert merge(BASE, BUILT, new) == Merged(expected)


def test_helpers_imports_and_comments_of_the_learner_stay_where_they_are() -> None:
    mine = changed(BUILT, "import math\n", "import math\nimport statistics  # mine too\n")
    mine = changed(mine, "# the first\n", "def helper() -> int:\n    return 1\n\n\n# the first\n# and mine\n")
    mine = changed(mine, "    height: int = 0\n", "    height: int = 0\n    width: int = 1\n")
    new = changed(BASE, "LIMIT = 3", "LIMIT = 30")
    assert merge(BASE, mine, new) == Merged(changed(mine, "LIMIT = 3", "LIMIT = 30"))


def test_opening_the_next_module_cuts_its_bodies_and_nothing_else() -> None:
    new = changed(BASE, "return math.sqrt(x)", 'raise NotImplementedError("03.1")')
    assert merge(BASE, BUILT, new) == Merged(changed(BUILT, "return math.sqrt(x)", 'raise NotImplementedError("03.1")'))


def test_a_body_that_was_written_before_its_module_was_opened_stays() -> None:
    mine = changed(BASE, "return math.sqrt(x)", "return x**0.5")
    new = changed(BASE, "return math.sqrt(x)", 'raise NotImplementedError("03.1")')
    found = merge(BASE, mine, new)
    assert found.text == mine
    (conflict,) = found.conflicts
    assert (conflict.name, conflict.reason) == ("second", "you and the reference both changed it")
    assert "x**0.5" in conflict.yours
    assert "03.1" in conflict.reference


def test_methods_of_one_name_in_several_classes_are_kept_apart() -> None:
    new = changed(BASE, '"""Empty it too."""', '"""Empty the heap."""')
    mine = changed(BUILT, 'raise NotImplementedError("02.4")', "self.items = []")
    assert merge(BASE, mine, new).text == changed(mine, '"""Empty it too."""', '"""Empty the heap."""')


def test_a_conflict_in_a_class_is_named_with_it() -> None:
    mine = changed(BUILT, "self.height = value", "self.height = max(value, 0)")
    new = changed(BASE, "self.height = value", "self.height = int(value)")
    found = merge(BASE, mine, new)
    assert found.text == mine
    assert [conflict.name for conflict in found.conflicts] == ["Pile.top"]


def test_getter_and_setter_are_two() -> None:
    mine = changed(BUILT, 'raise NotImplementedError("02.2")', "return self.height")
    new = changed(BASE, "self.height = value", "self.height = int(value)")
    assert merge(BASE, mine, new) == Merged(changed(mine, "self.height = value", "self.height = int(value)"))


def test_what_the_reference_gives_up_goes_unless_the_learner_needs_it() -> None:
    new = changed(BASE, 'def second(x: float) -> float:\n    """Return √x."""\n    return math.sqrt(x)\n\n\n', "")
    new = changed(new, "import math\n", "")
    without = merge(BASE, BUILT, new)
    assert "def second" not in without.text
    assert "import math" not in without.text
    assert without.conflicts == ()
    mine = changed(BUILT, "return y", "return second(math.pi)")
    kept = merge(BASE, mine, new)
    assert kept.conflicts == ()
    assert kept.text == mine


def test_what_the_learner_changed_and_the_reference_gives_up_stays_with_a_word() -> None:
    mine = changed(BASE, "return math.sqrt(x)", "return x**0.5")
    new = changed(BASE, 'def second(x: float) -> float:\n    """Return √x."""\n    return math.sqrt(x)\n\n\n', "")
    found = merge(BASE, mine, new)
    assert found.text == mine
    assert [(each.name, each.reference) for each in found.conflicts] == [("second", "")]


def test_a_class_that_stays_keeps_what_it_needs_and_what_that_needs() -> None:
    base = """\
import math
import os


def deep():
    return os.getcwd()


def near():
    return deep()


class Pile:
    def size(self):
        return math.pi + len(near())

    def top(self):
        raise NotImplementedError
"""
    mine = changed(base, "raise NotImplementedError", "return 1")
    found = merge(base, mine, "import os\n\nX = os.sep\n")
    assert [each.name for each in found.conflicts] == ["Pile"]
    assert found.text == mine + "\nX = os.sep\n"
    untouched = merge(base, base + "\n\nY = 1\n", "import os\n\nX = os.sep\n")
    assert untouched == Merged("import os\n\n\nY = 1\n\nX = os.sep\n")


def test_what_the_learner_removed_stays_away_and_is_told_if_it_changed() -> None:
    mine = changed(BASE, 'def second(x: float) -> float:\n    """Return √x."""\n    return math.sqrt(x)\n\n\n', "")
    assert merge(BASE, mine, changed(BASE, "LIMIT = 3", "LIMIT = 4")) == Merged(changed(mine, "LIMIT = 3", "LIMIT = 4"))
    found = merge(BASE, mine, changed(BASE, "return math.sqrt(x)", "return math.sqrt(abs(x))"))
    assert found.text == mine
    assert [each.reason for each in found.conflicts] == ["you removed it, and the reference changed it"]


def test_an_import_that_an_editor_removed_comes_back_when_new_code_needs_it() -> None:
    mine = changed(BUILT, "import math\nfrom typing import overload\n", "").replace("math.sqrt(x)", "x**0.5")
    new = changed(BASE, "LIMIT = 3\n", "LIMIT = 3\n\n\ndef third() -> float:\n    return math.pi\n")
    found = merge(BASE, mine, new)
    assert "import math\n" in found.text
    assert "overload" not in found.text


def test_names_that_an_import_gains_come_in_behind_the_learners_own() -> None:
    mine = changed(BUILT, "from typing import overload\n", "from typing import Any, overload  # for me\n")
    new = changed(BASE, "from typing import overload\n", "from typing import Final, overload\n")
    expected = "from typing import Any, overload  # for me\nfrom typing import Final\n"
    assert merge(BASE, mine, new) == Merged(changed(BUILT, "from typing import overload\n", expected))


def test_a_name_that_moved_to_another_module_is_imported_once() -> None:
    base = "from a import f, g\n\n\ndef one():\n    raise NotImplementedError\n"
    mine = changed(base, "raise NotImplementedError", "return f()")
    new = changed(base, "from a import f, g\n", "from a import g\nfrom b import f\n")
    assert merge(base, mine, new) == Merged(changed(mine, "from a import f, g\n", "from a import g\nfrom b import f\n"))


def test_a_new_name_does_not_hide_one_of_the_learners() -> None:
    mine = BUILT + "\n\nthird = 3\n"
    new = changed(BASE, "LIMIT = 3\n", "LIMIT = 3\n\n\ndef third() -> float:\n    return 3.0\n")
    found = merge(BASE, mine, new)
    assert found.text == mine
    assert [each.name for each in found.conflicts] == ["third"]


def test_what_a_formatter_did_to_a_file_counts_as_nothing() -> None:
    mine = BUILT.replace("(x: float) -> float:", "(\n    x: float,\n) -> float:").replace("LIMIT = 3", "LIMIT=3")
    mine = changed(mine, "return math.sqrt(x)", "return math.sqrt(\n        x\n    )")
    new = changed(BASE, "return math.sqrt(x)", 'raise NotImplementedError("03.1")')
    found = merge(BASE, mine, new)
    assert found.conflicts == ()
    assert 'raise NotImplementedError("03.1")' in found.text
    assert "LIMIT=3" in found.text
    assert "y = x  # mine" in found.text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_stay(newline: str, mark: str) -> None:
    mine = mark + BUILT.replace("\n", newline)
    new = changed(BASE, "LIMIT = 3\n", "LIMIT = 3\nMORE = 4\n")
    found = merge(BASE, mine, new).text
    assert found == mark + changed(BUILT, "LIMIT = 3\n", "LIMIT = 3\nMORE = 4\n").replace("\n", newline)


def test_a_file_without_a_last_line_end_gets_one_only_when_something_follows() -> None:
    mine = BUILT.rstrip("\n")
    assert merge(BASE, mine, changed(BASE, "LIMIT = 3", "LIMIT = 4")).text == changed(mine, "LIMIT = 3", "LIMIT = 4")
    assert merge(BASE, mine, BASE + "\n\nLAST = 1\n").text == BUILT + "\n\nLAST = 1\n"


def test_comments_behind_a_body_belong_to_it() -> None:
    mine = changed(BASE, 'raise NotImplementedError("02.1")\n', "return x\n    # I am not sure about 0\n")
    new = changed(BASE, "# the first\n", "# the very first\n").replace("# the very first", "# number one")
    assert merge(BASE, mine, new).text == changed(mine, "# the first\n", "# number one\n")
    new = changed(BASE, "def second(x: float)", "def second(x: float, /)")
    assert "return x\n    # I am not sure about 0\n" in merge(BASE, mine, new).text


def test_bodies_on_the_line_of_their_heads() -> None:
    base = "class E(Exception): pass\n\n\ndef f(x): return x\n\n\ndef g(): raise NotImplementedError\n"
    mine = changed(base, "def g(): raise NotImplementedError\n", "def g():\n    # long\n    return 1\n")
    new = changed(base, "def g()", "def g(*, n=1)")
    found = merge(base, mine, new)
    assert "# long\n    return 1" in found.text
    assert [each.name for each in found.conflicts] == ["g"]
    assert merge(base, mine, changed(base, "return x", "return -x")).text == changed(mine, "return x", "return -x")


def test_conditions_and_statements_that_share_a_line() -> None:
    base = "import sys\nif sys.version_info:\n    import a\n    import b\nx = 1; y = 2\n"
    mine = changed(base, "    import a\n", "    import a\n    import mine\n")
    new = changed(base, "    import b\nx = 1; y = 2\n", "    import b\n    import c\nx = 1; y = 3\n")
    expected = (
        "import sys\nif sys.version_info:\n    import a\n    import mine\n    import b\n    import c\nx = 1; y = 3\n"
    )
    assert merge(base, mine, new) == Merged(expected)


def test_an_overload_that_is_added_comes_to_its_place() -> None:
    one = "@overload\ndef f(x: int) -> int: ...\n"
    two = "@overload\ndef f(x: str) -> str: ...\n"
    three = "@overload\ndef f(x: bytes) -> bytes: ...\n"
    start, body = "from typing import overload\n\n\n", "def f(x):\n    raise NotImplementedError\n"
    built = body.replace("raise NotImplementedError", "return x")
    found = merge(start + one + two + body, start + one + two + built, start + one + three + two + body)
    assert found == Merged(start + one + three + two + built)


def test_what_a_class_became_is_taken_whole() -> None:
    base, new = "class A: x = 1\n\n\ny = 1\n", "class A:\n    x = 1\n    z = 2\n\n\ny = 1\n"
    assert merge(base, base + "\n\nmine = 1\n", new).text == new + "\n\nmine = 1\n"


def test_reordered_definitions_stay_in_the_learners_order() -> None:
    base = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"
    mine = "def b():\n    return 2\n\n\ndef a():\n    return 10\n"
    found = merge(base, mine, base + "\n\ndef c():\n    return 3\n").text
    assert [unit.name for unit in split(found)][:3] == ["b", "c", "a"]


@pytest.mark.parametrize("broken", ["def f(:\n", "x = (\n", "\x00", "  x = 1\n y = 2\n"])
def test_a_file_that_is_not_python_is_refused(broken: str) -> None:
    with pytest.raises(MergeError):
        merge(BASE, BUILT + broken, BASE)


def test_a_syntax_error_is_told_with_its_line() -> None:
    with pytest.raises(MergeError, match=r"^line 2: "):
        merge(BASE, "x = 1\ndef f(:\n", BASE)


def test_a_new_method_in_a_class_that_is_set_in_otherwise_is_refused() -> None:
    base = "class A:\n    def f(self):\n        return 1\n"
    mine = "class A:\n  def f(self):\n    return 2\n"
    with pytest.raises(MergeError, match="does not fit into a file that is indented"):
        merge(base, mine, base + "\n    def g(self):\n        return 2\n")


def test_without_a_base_what_is_there_stays_and_what_is_missing_comes() -> None:
    mine = changed(BUILT, 'def second(x: float) -> float:\n    """Return √x."""\n    return math.sqrt(x)\n\n\n', "")
    found = merge(None, mine, BASE)
    assert found == Merged(BUILT)


@pytest.mark.parametrize(
    "module", ["tt_core.tensor", "tt_core.operations.reductions", "tt_core.layers.module", "tt_core.environment.memory"]
)
def test_the_librarys_own_files_are_cut_without_a_loss(module: str) -> None:
    text = reference_source(module)
    units = split(text)
    assert "".join(unit.text for unit in units) == text
    assert len({unit.key for unit in units}) == len(units)


@given(versions())
def test_units_are_the_file(version: Version) -> None:
    assert "".join(unit.text for unit in split(version.text)) == version.text


@given(versions(), st.data())
def test_merging_with_an_unchanged_reference_is_the_identity(version: Version, data: st.DataObject) -> None:
    mine = data.draw(edited(version, "mine"))
    assert merge(version.text, mine.text, version.text) == Merged(mine.text)


@given(versions(), st.data())
def test_merging_never_loses_a_line_of_the_learners(version: Version, data: st.DataObject) -> None:
    mine, new = data.draw(edited(version, "mine")), data.draw(edited(version, "new"))
    found = merge(version.text, mine.text, new.text).text
    ast.parse(found)
    own = Counter(mine.text.splitlines()) - Counter(version.text.splitlines())
    lost = {line for line in own - Counter(found.splitlines()) if line.strip()}
    assert not lost


@given(versions(), st.data())
def test_merging_twice_is_merging_once(version: Version, data: st.DataObject) -> None:
    mine, new = data.draw(edited(version, "mine")), data.draw(edited(version, "new"))
    once = merge(version.text, mine.text, new.text).text
    assert merge(new.text, once, new.text) == Merged(once)


@given(versions(), st.data())
def test_what_only_the_reference_changed_arrives(version: Version, data: st.DataObject) -> None:
    mine, new = data.draw(edited(version, "mine")), data.draw(edited(version, "new"))
    source = Source(merge(version.text, mine.text, new.text).text)
    for name in {*version.names} & {*mine.names} & {*new.names}:
        before, left, right = (body_of(each, name) for each in (version, mine, new))
        expected = right if left == before else left
        assert textwrap.dedent(source.body(source.functions(name)[0]).of(source.text)).strip() == expected
