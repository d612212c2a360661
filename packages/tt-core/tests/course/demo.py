"""A small course on a package `tt_demo`, whose releases the tests write themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tt_core import overlay
from tt_core.course import lessons, reference
from tt_core.course.diff import diff
from tt_core.course.hint import hint
from tt_core.course.init import init
from tt_core.course.lessons import Lesson, all_lessons, find_lesson
from tt_core.course.start import start
from tt_core.course.status import status
from tt_core.course.undo import reset, undo
from tt_core.course.workspace import Workspace

COMMANDS: Mapping[str, click.Command] = {
    "diff": diff,
    "hint": hint,
    "init": init,
    "reset": reset,
    "start": start,
    "status": status,
    "undo": undo,
}

NUMBERS = '''\
"""Numbers."""

import math


def double(x: float) -> float:
    """Return 2x."""
    return 2 * x


def half(x: float) -> float:
    """Return x/2."""
    return x / 2


def root(x: float) -> float:
    """Return √x."""
    return math.sqrt(x)
'''
PILE = '''\
from dataclasses import dataclass


@dataclass
class Pile:
    """A pile."""

    height: int = 0

    @property
    def top(self) -> int:
        """The top."""
        return self.height - 1

    def grow(self) -> None:
        """Add one."""
        self.height += 1
'''
LESSON = """\
number = "{number}"
name = "{name}"
title = "All about {name}"
summary = "It is about {name}."
prerequisites = {prerequisites}
unlocks = ["You can {name}."]
milestone = "{milestone}"
modules = ["tt_demo.*"]
read = [{{ file = "aten/{name}.cpp", what = "the same in C++" }}]
"""
EXERCISE = """
[[exercise]]
name = "{name}"
title = "What {name} does"
symbols = {symbols}
points = 10
hints = ["Ask about {name}.", "Think of {name}.", "return {name}"]
"""
COURSE = {
    "01 setup": {"double": ["tt_demo.numbers:double"]},
    "02 tensor": {"half": ["tt_demo.numbers:half"], "top": ["tt_demo.pile:Pile.top", "tt_demo.pile:Pile.grow"]},
    "15 acceleration": {"root": ["tt_demo.numbers:root"]},
}


@dataclass
class Demo:
    """The course, and a learner who works in a folder."""

    package: Path
    folder: Path

    def release(self, **modules: str) -> None:
        """Install another version of the package."""
        for name, text in modules.items():
            (self.package / f"{name}.py").write_text(text, encoding="utf-8")
        reference.digest.cache_clear()
        reference.source_of.cache_clear()

    def move(self, name: str, old: str, new: str) -> None:
        """Install another version of the package, in which a function is in another module."""
        for file in self.package.glob("lessons/*/lesson.toml"):
            text = file.read_text(encoding="utf-8").replace(f"tt_demo.{old}:{name}", f"tt_demo.{new}:{name}")
            file.write_text(text, encoding="utf-8")
        all_lessons.cache_clear()
        source = reference.source_of(f"tt_demo.{old}")
        there = self.package / f"{new}.py"
        (function,) = source.functions(name)
        moved = "".join(source.lines[function.lineno - 1 : function.end_lineno])
        before = there.read_text(encoding="utf-8") if there.exists() else "import math\n"
        self.release(**{old: source.text.replace(moved, ""), new: f"{before}\n\n{moved}"})

    def run(self, *arguments: str) -> Result:
        """Run a command of `tt` in the learner's folder."""
        return CliRunner().invoke(COMMANDS[arguments[0]], arguments[1:], prog_name="tt")

    def tt(self, line: str) -> str:
        """Run a command that must succeed, and return what it writes."""
        result = self.run(*line.split())
        assert result.exit_code == 0, result.output
        return result.output

    def refused(self, line: str, code: int = 1) -> str:
        """Run a command that must fail with this exit code, and return what it writes, as one line."""
        result = self.run(*line.split())
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    def json(self, line: str) -> dict:
        """Return what a command says as JSON."""
        return json.loads(self.run(*line.split(), "--json").stdout)

    @property
    def home(self) -> Workspace:
        return Workspace(self.folder)

    def text(self, module: str = "numbers") -> str:
        """Return the learner's version of a module."""
        return self.home.file(f"tt_demo.{module}").read_text(encoding="utf-8")

    def write(self, text: str, module: str = "numbers") -> None:
        """Have the learner write a whole module."""
        self.home.file(f"tt_demo.{module}").write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str, module: str = "numbers") -> None:
        """Have the learner change one place."""
        text = self.text(module)
        assert text.count(old) == 1, text
        self.write(text.replace(old, new), module)

    def build(self, name: str, body: str, module: str = "numbers") -> None:
        """Have the learner write a body."""
        (line,) = (line for line in self.text(module).splitlines() if f" {name}: " in line)
        self.edit(line.strip(), body, module)

    def passes(self, number: str) -> None:
        """Let all checks of a module pass."""
        lesson = find_lesson(number)
        self.home.record(lesson, {each.name: "passed" for each in lesson.exercises})

    def lesson(self, number: str) -> Lesson:
        """Return a lesson."""
        return find_lesson(number)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the package and its lessons where they are found, and nothing else of the family's lessons."""
    package = folder / "site" / "tt_demo"
    package.mkdir(parents=True)
    for name, text in {"__init__": "", "numbers": NUMBERS, "pile": PILE}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    earlier: list[str] = []
    for key, exercises in COURSE.items():
        write_lesson(package / "lessons" / key.replace(" ", "_"), key, exercises, earlier[-1:])
        earlier.append(key[:2])
    monkeypatch.syspath_prepend(str(folder / "site"))
    monkeypatch.setattr(lessons, "folders", lambda: iter([package / "lessons"]))
    monkeypatch.setattr(overlay, "FAMILY", ("tt_demo",))
    for cached in (all_lessons, reference.digest, reference.source_of):
        cached.cache_clear()
    return package


def write_lesson(folder: Path, key: str, exercises: Mapping[str, list[str]], prerequisites: list[str]) -> None:
    """Write a lesson with a text and a picture."""
    number, name = key.split()
    folder.mkdir(parents=True)
    start = LESSON.format(
        number=number, name=name, prerequisites=prerequisites, milestone="perceptron" if number == "02" else ""
    )
    rows = [EXERCISE.format(name=each, symbols=symbols) for each, symbols in exercises.items()]
    (folder / "lesson.toml").write_text("".join([start, *rows]), encoding="utf-8")
    (folder / "lesson.md").write_text(f"# {name}\n", encoding="utf-8")
    (folder / "picture.svg").write_text("<svg/>\n", encoding="utf-8")
    (folder / "checks.py").write_text("CHECKS = []\n", encoding="utf-8")
