"""The examples in docstrings run, and give what they say, in each module that can be imported here."""

import doctest
import importlib
import pkgutil
from importlib.util import find_spec

import pytest

PACKAGES = [importlib.import_module(name) for name in ("tt_core", "tt_train") if find_spec(name)]
MODULES = [
    name
    for package in PACKAGES
    for name in (
        package.__name__,
        *(module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")),
    )
]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def examples(module: str) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(importlib.import_module(module)) if test.examples]


@pytest.mark.parametrize("module", [name for name in MODULES if not name.endswith("__main__")])
def test_examples_run(module: str) -> None:
    if module.split(".")[1:2] == ["course"] and find_spec("click") is None:
        pytest.skip("the extra `course` is not installed here")
    said: list[str] = []
    for example in examples(module):
        doctest.DocTestRunner(optionflags=FLAGS).run(example, out=said.append)
    assert not said, "".join(said)


def test_there_are_examples() -> None:
    assert sum(len(examples(name)) for name in MODULES if ".course" not in name and "__main__" not in name) > 30
