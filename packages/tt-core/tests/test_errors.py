"""The error tree is as its docstring draws it, and each kind can be caught by two names."""

import re

import pytest

import tt_core as tt
from tt_core import errors

TREE = re.findall(r"── (\w+) +\((\w+)\)", errors.__doc__ or "")


def test_the_tree_is_complete() -> None:
    made = {name for name, value in vars(errors).items() if isinstance(value, type)} - {"TinyTorchError"}
    assert {name for name, _ in TREE} == made


@pytest.mark.parametrize("name, builtin", TREE)
def test_each_error_is_also_a_builtin_one(name: str, builtin: str) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, errors.TinyTorchError)
    assert builtin in {base.__name__ for base in kind.__mro__}
    assert kind.__doc__
    assert getattr(tt, name) is kind


def test_messages_are_shown_as_they_are() -> None:
    for name, _ in TREE:
        assert str(getattr(errors, name)("expected 'a'; got 'b'")) == "expected 'a'; got 'b'"
    assert not str(errors.StateError())
