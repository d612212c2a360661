"""A small lesson of two exercises, and a workspace for it, whose files tests write as a learner might."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tt_core.course.lessons import Lesson, read_lesson
from tt_core.course.skeletons import blank, reference_source

LOOPS, LINALG = "tt_core.naive.loops", "tt_core.naive.linalg"

LESSON = f"""
number = "02"
name = "sample"
title = "Loops: what the numbers do"
summary = "Two functions."
unlocks = ["Products of matrices on your own loops."]
modules = ["{LOOPS}", "{LINALG}"]
read = []

[[exercise]]
name = "common_shape"
title = "The shape of two"
symbols = ["{LOOPS}:common_shape"]
points = 10
hints = ["Where do you start?", "At the right.", "zip(reversed(x), reversed(y))"]

[[exercise]]
name = "matmul"
title = "Rows times columns"
symbols = ["{LINALG}:matmul"]
points = 20
hints = ["Which sizes meet?", "The inner ones.", "total += x[i, k] * y[k, j]"]
"""

CHECKS = """
import numpy as np

from tt_core.course.checks import Check, Raised

CHECKS = [
    Check("common_shape", "gives the larger of two sizes", "shape", {"x": (2, 1), "y": (3,)}, (2, 3)),
    Check("common_shape", "refuses sizes that do not fit", "shape", {"x": (2,), "y": (3,)},
          Raised("ValueError", mentions=("2", "3"))),
    Check("matmul", "multiplies a (2, 3) by a (3, 4) matrix", "product",
          lambda rng: {"x": rng.normal(size=(2, 3)), "y": rng.normal(size=(3, 4))}, lambda x, y: x @ y,
          seconds=1.0, hint="Each row meets each column."),
    Check("matmul", "multiplies empty matrices", "product", {"x": np.ones((2, 0)), "y": np.ones((0, 2))},
          np.zeros((2, 2)), seconds=1.0),
    Check("matmul", "gives a result in a reasonable range", "product", {"x": np.ones((1, 2)), "y": np.ones((2, 1))},
          verify=lambda result, x, y: "" if result.max() < 3 else f"{result.max()} is too large", seconds=1.0),
]
"""

PROBES = '''
"""What is done with your code."""

import numpy as np

from tt_core.naive import linalg, loops


def shape(x, y):
    return loops.common_shape(x, y)


def product(x, y):
    return linalg.matmul(x, y)
'''


def write_lesson(folder: Path) -> Lesson:
    """Write the lesson and read it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"lesson.toml": LESSON, "checks.py": CHECKS, "probes.py": PROBES}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return read_lesson(folder)


def write_module(workspace: Path, module: str, text: str) -> Path:
    """Write a learner's file."""
    file = workspace.joinpath(*module.split(".")).with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="")
    return file


def skeleton(lesson: Lesson, module: str, bodies: Mapping[str, str] | None = None) -> str:
    """Return what `tt start` writes, with these bodies instead of the lines that say what is not built."""
    text = blank(reference_source(module), module, lesson.exercises)
    for number, body in (bodies or {}).items():
        lines = text.splitlines(keepends=True)
        place = next(i for i, line in enumerate(lines) if f'raise NotImplementedError("{number} ' in line)
        lines[place] = "".join(f"    {line}\n" for line in body.splitlines())
        text = "".join(lines)
    return text
